"""What a ladder shows of one negotiation, before it is laid out: a row for each message and each local step."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Literal, NamedTuple

from ikelog.correlation.types import Message, Negotiation, Repeat, Step
from ikelog.diagnosis.types import Finding
from ikelog.reporting import wording
from ikelog.reporting.layout import Style
from ikelog.terms.notifies import is_error, notify_name

# IKEv1 phase 1 has message ID 0 throughout: there it tells nothing (RFC 2409 section 3.1)
_NO_ID = (None, 0)


class Row(NamedTuple):
    """One row. `arrow` points the way it is printed, None for a local step; `proves` marks the verdict's evidence.

    `end_line` is the record's last line, `kind` a local step's kind, `message` the message that a row is of.
    """

    source: str
    line: int
    time: str | None
    offset_ms: int | None
    label: str
    arrow: Literal["right", "left"] | None
    text: str
    remarks: tuple[str, ...] = ()
    style: Style = "plain"
    proves: bool = False
    end_line: int = 0
    kind: str = ""
    message: Message | None = None


def ladder_rows(negotiation: Negotiation, finding: Finding | None) -> list[Row]:
    """Return the messages and steps of a negotiation in the order of the log; `finding` is its verdict's."""
    order = {source: number for number, source in enumerate(dict.fromkeys(span.source for span in negotiation.spans))}
    rows = [
        *(_message_row(message, negotiation, finding) for message in negotiation.messages),
        *(_step_row(step, finding) for step in negotiation.steps),
    ]
    return sorted(rows, key=lambda row: (order.get(row.source, len(order)), row.line))


def _message_row(message: Message, negotiation: Negotiation, finding: Finding | None) -> Row:
    failed = any(is_error(notify_name(name)) for name in message.notifies)
    return Row(
        source=message.source,
        line=message.line,
        time=message.time,
        offset_ms=message.offset_ms,
        label=_label(message, negotiation),
        arrow=_arrow(message, negotiation),
        text=contents(message),
        remarks=tuple(_remarks(message)),
        style="bad" if failed else "plain",
        proves=_proves(message, finding),
        end_line=message.end_line,
        message=message,
    )


def _step_row(step: Step, finding: Finding | None) -> Row:
    proves = _proves(step, finding)
    failed = proves and finding is not None and finding.severity == "error"
    return Row(
        source=step.source,
        line=step.line,
        time=step.time,
        offset_ms=step.offset_ms,
        label="",
        arrow=None,
        text=f"{'✗' if failed else '·'} {step.text}",
        style="bad" if failed else "plain",
        proves=proves,
        end_line=step.end_line,
        kind=step.kind,
    )


def _proves(item: Message | Step, finding: Finding | None) -> bool:
    return finding is not None and any(
        evidence.source == item.source and evidence.line <= item.end_line and item.line <= evidence.end_line
        for evidence in finding.evidence
    )


def _label(message: Message, negotiation: Negotiation) -> str:
    """Name a message by its exchange or step and its message ID, as the device prints it: an ASA in hex for IKEv1."""
    name, number = message.step or message.exchange, message.message_id
    if number is None or (message.step is not None and number in _NO_ID):
        return name
    in_hex = negotiation.ike_version == 1 and negotiation.platform == "asa"
    return f"{name} {number:x}" if in_hex else f"{name} {number}"


def _arrow(message: Message, negotiation: Negotiation) -> Literal["right", "left"]:
    """Tell where a message goes: on the left stands who began, or this device while that is unknown."""
    here_is_left = negotiation.role != "responder"
    return "right" if (message.direction == "sent") == here_is_left else "left"


def contents(message: Message) -> str:
    """Return a message's payloads and notifies by name, repeated ones folded: `SA KE N VID×4 NAT_DETECTION×2`."""
    notifies = [notify_name(name) for name in message.notifies]
    names = [_payload_name(payload) for payload in message.payloads if payload != "NOTIFY" or not notifies]
    names += (Counter(notifies) - Counter(names)).elements()
    folded = Counter("NAT_DETECTION" if name.startswith("NAT_DETECTION_") else name for name in names)
    return " ".join(name if times == 1 else f"{name}×{times}" for name, times in folded.items())


def _payload_name(payload: str) -> str:
    kind, _, name = payload.partition("(")
    return notify_name(name[:-1]) if kind in ("NOTIFY", "N") and name[1:].endswith(")") else payload


# So many retransmissions are told one by one: no device sends one message more often before it gives up.
MOST_REPEATS = 12


def _remarks(message: Message) -> Iterator[str]:
    if message.fragments:
        yield f"{message.fragments.got} of {message.fragments.of} fragments"
    if message.repeats:
        yield f"again ×{len(message.repeats)}, {_repeated(message)}"
    if message.round_trip_ms is not None:
        yield f"round trip {message.round_trip_ms / 1000:.3f}s"


def _repeated(message: Message) -> str:
    """Return the delays between retransmissions; their lines where there is no clock, or not one clock, to tell."""
    first = Repeat(message.source, message.line, message.time, message.offset_ms)
    shown = message.repeats[:MOST_REPEATS]
    more = "" if len(shown) == len(message.repeats) else " …"
    delays = list(_delays([first, *shown]))
    if None not in delays:
        return " ".join(wording.interval(delay) for delay in delays if delay is not None) + more
    return "line " + " ".join(str(repeat.line) for repeat in shown) + more


def _delays(sendings: Iterable[Repeat]) -> Iterator[int | None]:
    for earlier, later in pairwise(sendings):
        if earlier.source != later.source or earlier.offset_ms is None or later.offset_ms is None:
            yield None
        else:
            yield later.offset_ms - earlier.offset_ms
