"""IKE117: a message could not be read, before there were keys."""

from collections.abc import Iterator

from ikelog.correlation.kinds import NAME_ERROR
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.evidence import notify_lines
from ikelog.diagnosis.facts import events, notified, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

# Of these sentences the wording is believed, not seen: the grammar takes them whatever their case.
_SENTENCES = (
    "invalid payload type",
    "detected an unsupported critical payload",
    "detected an invalid value in the packet",
)
_PARSING = ("failed to parse", "failed to process")
_IKEV1 = ("message_malformed", "payload_malformed", "payload_missing", "doi_unknown", "responder_cookie_missing")
_NOTIFIES = ("INVALID_SYNTAX", "UNSUPPORTED_CRITICAL_PAYLOAD")
_DAMAGED = Alternative("IKE109", "the peer may speak another version of IKE on this port, or be no IKE device at all")


def find(log: Log) -> Iterator[Match]:
    """Find messages that failed to parse in IKE_SA_INIT, and such lines of no negotiation."""
    for negotiation in log.negotiations:
        if negotiation.stage in (None, "init"):
            yield from _in_init(negotiation)
    by_source: dict[str, list[Event]] = {}
    for event in filter(_says_so, log.of_none.of(*NAME_ERROR)):
        by_source.setdefault(event.source, []).append(event)
    for said in by_source.values():
        yield _match((), said)


def _in_init(negotiation: Negotiation) -> Iterator[Match]:
    told = [
        place
        for name in _NOTIFIES
        for place in notify_lines(negotiation, name, notified(negotiation, name, exchange="IKE_SA_INIT"))
    ]
    said = [event for event in events(negotiation, *NAME_ERROR) if _says_so(event)]
    said += events(negotiation, *_IKEV1) if negotiation.ike_version == 1 else []
    evidence: list[Lined] = sorted([*told, *said], key=lambda place: place.line)
    if evidence:
        yield _match((negotiation,), evidence)


def _says_so(event: Event) -> bool:
    error = event.fields.get("error")
    sentences = error if isinstance(error, tuple) else (error,)
    return any(isinstance(s, str) and (s in _SENTENCES or s.startswith(_PARSING)) for s in sentences)


def _match(negotiations: tuple[Negotiation, ...], evidence: list[Lined] | list[Event]) -> Match:
    who = peer(negotiations[0], "a peer") if negotiations else "a peer"
    ended = any(negotiation.outcome == "failed" for negotiation in negotiations)
    return Match(
        negotiations,
        evidence[:3],
        f"A message exchanged with {who} before there were keys could not be read: it is malformed or was damaged.",
        severity="error" if ended else None,
        alternatives=(_DAMAGED,),
    )


RULE = Rule(
    code="IKE117",
    name="packet-invalid",
    severity="warning",
    title="A message could not be read",
    side="unknown",
    rank=Rank.ECHO,
    meaning="A message of IKE_SA_INIT failed to parse, or was answered with INVALID_SYNTAX. Nothing is encrypted yet, "
    "so no key is to blame: the sender made it wrong, the way damaged it, or it is no IKE at all. It is an error where "
    "the negotiation ended with it.",
    find=find,
    needs=(*_NOTIFIES, *NAME_ERROR, *_IKEV1),
    fix=(
        Fix("path", (), "capture the packet at both ends: if the two differ, something on the way changes it"),
        Fix("peer", (), "update the end that sends what the other cannot read; scanners on UDP 500 are harmless"),
    ),
    looks_like=("IKEv2-ERROR:(SESSION ID = 2,SA ID = 1):: Detected an invalid value in the packet",),
    mistaken_for="a wrong key: with keys in place a message that cannot be decrypted is IKE201. No wording of it has "
    "been seen in a real log yet",
    references=("RFC 7296 section 2.21.1", "RFC 7296 section 3.10"),
)
