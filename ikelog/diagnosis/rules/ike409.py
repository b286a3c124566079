"""IKE409: INITIAL_CONTACT threw out an SA that was up."""

from collections import defaultdict
from collections.abc import Iterator

from ikelog.correlation.ikev1.subject import remote_of
from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Endpoint, Event

_TOLD = ("initial_contact_replaced", "initial_contact_received")
_MANY = 3
_CLEARED = Alternative("IKE404", "the old SA may have ended before, in lines that this log does not have")
_Thrown = tuple[Lined, str, tuple[Negotiation, ...]]


def find(log: Log) -> Iterator[Match]:
    """Yield, for each identity of a peer, the SAs that its INITIAL_CONTACT threw out."""
    thrown: defaultdict[str, list[_Thrown]] = defaultdict(list)
    for event in log.of_none.of(*_TOLD):
        thrown[_who(event)].append((event, _address(event), ()))
    for negotiation in log.negotiations:
        for event in _of(negotiation):
            address = _address(event) or peer(negotiation, "")
            thrown[_who(event) or peer(negotiation, "")].append((event, address, (negotiation,)))
    for who, found in thrown.items():
        yield _match(who or "A peer", found)
    yield from _silenced(log)


def _silenced(log: Log) -> Iterator[Match]:
    """Find SAs of which nothing is heard any more once their peer says INITIAL_CONTACT in a new negotiation."""
    last: dict[tuple[str | None, str | None], Negotiation] = {}
    for new in log.negotiations:
        told = events(new, "initial_contact_processed") if new.role == "responder" else []
        pair = new.device, new.remote.address
        old = last.get(pair)
        if told and old is not None and _was_up_until(old, new, told[0]):
            said = f"{peer(new)} said INITIAL_CONTACT, and nothing is heard any more of its SA that was up before."
            yield Match((old, new), told[:1], said, certainty="inferred", alternatives=(_CLEARED,))
        if new.child_up is not None and new.remote.address:
            last[pair] = new


def _was_up_until(old: Negotiation, new: Negotiation, told: Event) -> bool:
    """Tell whether an SA was up when a negotiation began, and had neither an end nor a message behind a line."""
    up = old.child_up is not None and old.child_up.source == told.source and old.child_up.line < new.events[0].line
    return up and old.messages[-1:] != () and old.messages[-1].line < new.events[0].line and old.closed is None


def _of(negotiation: Negotiation) -> list[Event]:
    told = events(negotiation, *_TOLD)
    deleted = [e for e in events(negotiation, "sa_deleted") if "initial contact" in str(e.fields.get("reason")).lower()]
    return told[:1] or deleted[:1] if negotiation.ike_version == 1 else told


def _who(event: Event) -> str:
    return str(event.fields.get("remote_identity", "")) or _address(event)


def _address(event: Event) -> str:
    remote = event.fields.get("contact_remote") or remote_of(event)
    return remote.address if isinstance(remote, Endpoint) else ""


def _match(who: str, found: list[_Thrown]) -> Match:
    addresses = sorted({address for _, address, _ in found if address})
    about = {negotiation.id: negotiation for *_, negotiations in found for negotiation in negotiations}
    text = f"{who} said that it has no other SA (INITIAL_CONTACT), so the one that was still up here was deleted"
    repeated = len(found) >= _MANY or (len(found) > 1 and len(addresses) > 1)
    if repeated:
        text += f", {len(found)} times"
        text += f", from {' and '.join(addresses)}" if len(addresses) > 1 else ""
        text += ": two peers may use one identity and throw each other out"
    return Match(
        tuple(about.values()),
        [place for place, *_ in found[:3]],
        f"{text}.",
        severity="warning" if repeated else None,
        fix=None if repeated else (Fix("peer", (), "nothing, where it happens once: it was restarted or cleared"),),
    )


_FIX = (
    Fix(
        "ios",
        ("crypto ikev2 profile <profile>", " identity local fqdn <name>"),
        "where it repeats: on each peer, a name of its own",
    ),
    Fix("asa", ("crypto isakmp identity <address|hostname|key-id>",), "where it repeats: on each peer, one of its own"),
    Fix("peer", (), "give each peer an identity of its own; one address behind NAT serves one peer only"),
)

RULE = Rule(
    code="IKE409",
    name="initial-contact-replaced",
    severity="info",
    title="INITIAL_CONTACT replaced an SA that was up",
    side="peer",
    rank=Rank.NOTE,
    meaning="A peer that restarted says INITIAL_CONTACT, and the SA that is left over from before is deleted. That is "
    "how it should be. Where it repeats, two peers use one identity.",
    find=find,
    needs=(*_TOLD, "initial_contact_processed", "ikev1 sa_deleted"),
    fix=_FIX,
    looks_like=(
        "%ASA-4-750014: Local:192.0.2.30:500 Remote:198.51.100.7:500 Username:198.51.100.7 IKEv2 Session aborted. "
        "Reason: Initial Contact received for Local ID: 192.0.2.30, Remote ID: 198.51.100.7 from remote "
        "peer:198.51.100.7:500 to 192.0.2.30:500",
    ),
    mistaken_for="`Process initial contact, bring down existing phase 1 and 2 SA's`, printed in any case",
    references=("RFC 7296 section 2.4", "RFC 7296 section 3.10.1"),
    sample="asa-initial-contact.log",
)
