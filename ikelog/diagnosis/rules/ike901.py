"""IKE901: the log begins in the middle of a negotiation."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import debug_commands, platforms
from ikelog.diagnosis.debug_recipes import ANY_PEER, anew
from ikelog.diagnosis.facts import begun, events, peer
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

# Debug records that are printed within an exchange: without its messages something before them is missing.
_FROM_WITHIN = frozenset(
    """state_changed policies_received policies_expected peer_identity_received peer_method profile_found init_completed
    message_retransmitted nat_notify_processed authentication_started peer_authentication_verified ke_group_retried
    notify_parsed""".split()
)


def find(log: Log) -> Iterator[Match]:
    """Find the negotiations of each source that have no beginning."""
    by_source: dict[str, list[Negotiation]] = {}
    for negotiation in log.negotiations:
        if negotiation.events:
            late = by_source.setdefault(negotiation.events[0].source, [])
            late += [negotiation] if _begins_late(negotiation) else []
    yield from (_match(late) for late in by_source.values() if late)


def _begins_late(negotiation: Negotiation) -> bool:
    if negotiation.rekeyed_from is not None:
        return False
    if not negotiation.messages:
        return negotiation.events[0].kind in _FROM_WITHIN
    if negotiation.ike_version == 1 or not begun(negotiation):
        return not begun(negotiation)
    first = negotiation.messages[0]
    return any(event.line < first.line for event in events(negotiation, "message_retransmitted"))


def _match(late: list[Negotiation]) -> Match:
    names = ", ".join(negotiation.id for negotiation in late[:5]) + (", …" if len(late) > 5 else "")
    return Match(
        tuple(late),
        [negotiation.events[0] for negotiation in late[:5]],
        f"The beginning of {names} is not in this log: what was offered and agreed before its first line is not known.",
        fix=_fix(late[0]),
    )


def _fix(negotiation: Negotiation | None) -> tuple[Fix, ...]:
    """Return the debugs, and what begins the negotiation again under them."""
    address = peer(negotiation) if negotiation else ANY_PEER
    version = negotiation.ike_version if negotiation else 2
    why = "to see it from the beginning; the last command interrupts this VPN for a moment"
    return tuple(
        Fix(name, (*debug_commands(name, address, version), *anew(name, f"ikev{version}", address)), why)
        for name in platforms(negotiation.platform if negotiation else None)
    )


RULE = Rule(
    code="IKE901",
    name="log-starts-late",
    severity="info",
    title="The log begins in the middle of a negotiation",
    side="unknown",
    rank=Rank.NOTE,
    meaning="The first line of a negotiation comes from its middle, so its role, proposals or first messages may be "
    "unknown. Start the debug first, then clear the SA and let it begin again.",
    find=find,
    needs=("late", "message_retransmitted"),
    fix=_fix(None),
    looks_like=("IKEv2-PROTO-2: (2): Retransmitting packet",),
    mistaken_for="a fault of the VPN: it is one of the log",
    references=("RFC 7296 section 1.2",),
)
