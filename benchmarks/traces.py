"""State-machine traces for IOS logs, as `debug crypto ikev2 internal` prints them: the states are the ASA samples'."""

import re
from functools import cache

from benchmarks.templates import SAMPLES, Record, read_sample

_MOST_AT_ONCE = 3
_TRACE = re.compile(r"SM Trace-> .*\((?P<role>[IR])\) MsgID = (?P<id>\d+) (?P<tail>CurState: (?P<state>\S+) .*)")
_SENTENCE = re.compile(r"IKEv2(?:-PROTO-\d: \(\d+\): |:\((?:SESSION ID = \d+,)?SA ID = \d+\):)(?=\S)(?P<text>[^\n]*)")
_PACKET = re.compile(r"(?P<verb>SENT|RECV) PKT \[(?P<exchange>\w+)\]")
_MESSAGE = re.compile(
    r"(?P<verb>Sending|Received) Packet .*\nInitiator SPI : (?P<initiator>\w+) - Responder SPI : (?P<responder>\w+) "
    r"Message id: (?P<id>\d+)\nIKEv2 (?P<exchange>\w+) Exchange (?P<kind>\w+)"
)
_HANDLE = re.compile(r"IKEv2:(\((?:SESSION ID = \d+,)SA ID = \d+\))")
_LATER = ("READY", "INFO_R", "EXIT", "DELETE")

_Key = tuple[str, str, str]
_Message = re.Match[str]


def _key(role: str, packet: str, sentence: str) -> _Key:
    """Return what states are learnt by: the role, the last packet before, and a sentence without its values."""
    return role, packet, re.sub(r"\d+", "0", sentence.split("'")[0]).strip()


@cache
def _learnt() -> dict[_Key, list[tuple[int, str]]]:
    """Return the states that an ASA goes through just before it prints a sentence, each with its message ID.

    Those of the healthy samples come first: the others only tell of the sentences that those have not.
    """
    found: dict[_Key, list[tuple[int, str]]] = {}
    for path in sorted(SAMPLES.glob("asa-*.log"), key=lambda path: ("healthy" not in path.stem, path.stem)):
        run: list[tuple[int, str]] = []
        role = packet = ""
        for line in read_sample(path.stem).split("\n"):
            if trace := _TRACE.search(line):
                run, role = [*run, (int(trace["id"]), trace["tail"])], trace["role"]
            elif message := _PACKET.search(line):
                run, packet = [], f"{message['verb']} {message['exchange']}"
            elif (sentence := _SENTENCE.match(line)) and not sentence["text"].startswith("Action"):
                found.setdefault(_key(role, packet, sentence["text"]), run[-_MOST_AT_ONCE:])
                run = []
    return found


def add_traces(records: list[Record]) -> list[Record]:
    """Put the traces of its states before each sentence of an IKE SA.

    An SA that a rekey made shows only that it is ready: no ASA sample has one to learn more from.
    """
    messages: dict[str, list[tuple[int, _Message]]] = {}
    for place, record in enumerate(records):
        handle, message = _HANDLE.match(record.text), _MESSAGE.search(record.text)
        if handle and message:
            messages.setdefault(handle[1], []).append((place, message))
    traced = []
    seen = set()
    for place, record in enumerate(records):
        handle, sentence = _HANDLE.match(record.text), _SENTENCE.match(record.text)
        own = messages.get(handle[1], []) if handle else []
        tails: list[str] = []
        if own and sentence and own[0][1]["exchange"] == "IKE_SA_INIT":
            tails = _traces(sentence["text"], own[0][1], [message for where, message in own if where < place])
        elif own and handle and handle[1] not in seen:
            tails = [_trace(own[0][1], own[0][1], "I", "0", "CurState: READY Event: EV_NO_EVENT")]
        if handle:
            seen.add(handle[1])
            traced += [Record(record.at, f"IKEv2-INTERNAL:{handle[1]}:SM Trace-> SA: {tail}") for tail in tails]
        traced.append(record)
    return traced


def _traces(sentence: str, first: _Message, before: list[_Message]) -> list[str]:
    """Return the traces that go with a sentence, given the first message of its SA and those before the sentence."""
    last = before[-1] if before else first
    role, packet = ("I", "") if first["kind"] == "REQUEST" else ("R", "RECV IKE_SA_INIT")
    if before:
        packet = f"{'SENT' if last['verb'] == 'Sending' else 'RECV'} {last['exchange']}"
    if last["exchange"] == "INFORMATIONAL":
        role = "I" if (last["verb"] == "Sending") == (last["kind"] == "REQUEST") else "R"
    return [
        _trace(first, last, role, last["id"] if tail.split()[1] in _LATER else str(number), tail)
        for number, tail in _learnt().get(_key(role, packet, sentence), [])
    ]


def _trace(first: _Message, last: _Message, role: str, message_id: str, tail: str) -> str:
    return f"I_SPI={first['initiator']} R_SPI={last['responder']} ({role}) MsgID = {message_id} {tail}"
