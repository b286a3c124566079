"""What a dense log plays: the samples, how often each comes, and what ikelog must say of it."""

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from benchmarks.templates import UPTIME, Record, Template, find_ends, make_template, read_records
from benchmarks.traces import add_traces

Platform = Literal["ios", "asa"]
Outcome = tuple[str, str | None]

_UP: Outcome = ("established", None)
_DELETED_ON = {"ios": "iosxe-two-simultaneous", "asa": "asa-child-proposal-mismatch"}
_DELETE = {
    "ios": re.compile(r"IKEv2:(?P<handle>\(SESSION.*?\)):Received Packet .*\n.*\nIKEv2 INFORMATIONAL Exchange REQUEST"),
    "asa": re.compile(r"IKEv2-PLAT-\d: RECV PKT \[INFORMATIONAL\]"),
}
_SPIS = re.compile(r"Initiator SPI : (\w{16}) - Responder SPI : (?!0{16})(\w{16})")
_BRACKETS = {
    "From": re.compile(r"\[From \S+/To \S+/VRF i0:f0\]"),
    "To": re.compile(r"\[To \S+/From \S+/VRF i0:f0\]"),
}
_NUMBER = re.compile(
    r"(Message id: |MID=0{7}|MsgID = (?:0{7})?|mess_id |message id |expected |through |range | to )(\d)\b"
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A sample that is played `weight` times in a hundred, and the outcome of each negotiation in it.

    `deleted_from` is the message ID from which the peer's DELETEs count in the end; None where the sample is whole.
    """

    sample: str
    weight: int
    outcomes: tuple[Outcome, ...]
    deleted_from: int | None = None


SCENARIOS: dict[str, tuple[Scenario, ...]] = {
    "ios": (
        Scenario("iosxe-healthy-initiator", 34, (_UP,), 0),
        Scenario("iosxe-healthy-responder", 30, (_UP,), 2),
        Scenario("iosxe-rekey", 10, (_UP, _UP), 1),
        Scenario("iosxe-invalid-ke-retried", 7, (_UP,), 0),
        Scenario("iosxe-two-simultaneous", 4, (_UP, _UP)),
        Scenario("iosxe-liveness-lost", 1, (("established", "IKE401"),)),
        Scenario("iosxe-no-response", 3, (("failed", "IKE101"),)),
        Scenario("iosxe-authentication-rejected", 3, (("failed", "IKE205"),)),
        Scenario("iosxe-ike-proposal-mismatch", 3, (("failed", "IKE103"),)),
        Scenario("iosxe-traffic-selector-mismatch", 1, (("child_failed", "IKE302"),)),
        Scenario("iosxe-profile-not-found", 1, (("failed", "IKE204"),)),
        Scenario("iosxe-certificate-invalid", 1, (("failed", "IKE206"),)),
        Scenario("iosxe-auth-unanswered", 1, (("failed", "IKE214"),)),
        Scenario("iosxe-child-refused-by-peer", 1, (("child_failed", "IKE309"),)),
    ),
    "asa": (
        Scenario("asa-healthy-initiator", 42, (_UP,), 0),
        Scenario("asa-healthy-responder", 43, (_UP,), 2),
        Scenario("asa-psk-mismatch", 4, (("failed", "IKE201"),)),
        Scenario("asa-child-proposal-mismatch", 3, (("child_failed", "IKE301"),)),
        Scenario("asa-dh-group-mismatch", 3, (("failed", "IKE105"),)),
        Scenario("asa-traffic-selector-mismatch", 2, (("child_failed", "IKE302"),)),
        Scenario("asa-crypto-map-incomplete", 1, (("child_failed", "IKE303"),)),
        Scenario("asa-certificate-identity-mismatch", 1, (("failed", "IKE220"),)),
        Scenario("asa-response-not-arriving", 1, (("failed", "IKE102"), ("failed", "IKE102"))),
    ),
}


@cache
def template(platform: Platform, scenario: Scenario, *, deleted: bool) -> Template:
    """Return the template of a scenario, with or without the DELETE that ends it."""
    records = read_records(scenario.sample)
    if deleted and scenario.deleted_from is not None:
        records += _deletion(platform, records, scenario.deleted_from)
    return make_template(add_traces(records) if platform == "ios" else records)


def _deletion(platform: Platform, records: list[Record], first_id: int) -> list[Record]:
    """Return the records in which the peer deletes the SA that the last message of `records` is of."""
    other = read_records(_DELETED_ON[platform])
    begin = next(place for place, record in enumerate(other) if _DELETE[platform].match(record.text))
    tail = other[begin:]
    if platform == "ios":
        handle = _DELETE["ios"].match(tail[0].text)["handle"]  # type: ignore[index]
        tail = tail[: max(n for n, record in enumerate(tail) if handle in record.text) + 1]
    text = _renamed("\0".join(record.text for record in tail), records, other)
    old_id = int(re.search(r"Message id: (\d)", text)[1])  # type: ignore[index]
    text = _NUMBER.sub(lambda found: found[1] + _shifted(found[2], old_id, first_id), text)
    begins = records[-1].at + UPTIME - tail[0].at
    moved = [Record(record.at + begins, part) for record, part in zip(tail, text.split("\0"), strict=True)]
    return _with_own_children(moved, records) if platform == "ios" else moved


def _shifted(number: str, old: int, new: int) -> str:
    """Return a message ID counted from `new` in place of `old`; those before are of the device's own requests."""
    return str(int(number) - old + new) if int(number) >= old else number


def _renamed(text: str, records: list[Record], other: list[Record]) -> str:
    """Give the records of another sample the SPIs, the handle and the ends of this one's last message."""
    own, others = ("\n".join(record.text for record in part) for part in (records, other))
    spis = _SPIS.findall(own)[-1]
    for old, new in zip(_SPIS.findall(text)[0], spis, strict=True):
        text = text.replace(old, new).replace(old.lower(), new.lower())
    for direction, pattern in _BRACKETS.items():
        text = pattern.sub(lambda _, d=direction: _BRACKETS[d].findall(own)[-1], text)  # type: ignore[misc]
    for old, new in zip(find_ends(others), find_ends(own), strict=True):
        text = text.replace(old, new)
    handle = re.compile(r"\((?:SESSION ID = \d+,SA ID = )?\d+\)(?=:)")
    return text.replace(handle.findall(text)[0], handle.findall(own)[-1])


def _with_own_children(tail: list[Record], records: list[Record]) -> list[Record]:
    """Let the DELETEs be of the ESP SAs that were made last."""
    created = [record.text for record in records if record.text.startswith("IPSEC(create_sa)")][-2:]
    outbound = re.search(r"sa_spi= 0x(\w+)", created[-1])[1]  # type: ignore[index]
    children = iter(created)
    result = []
    for record in tail:
        text = re.sub(r"(?<=IPsec SA \[SPI: 0x)\w+", outbound, record.text)
        if text.startswith("IPSEC(delete_sa)"):
            text = next(children).replace("IPSEC(create_sa): sa created", "IPSEC(delete_sa): deleting SA")
        result.append(replace(record, text=text))
    return result
