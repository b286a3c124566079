"""IKE216: the peer landed in one of an ASA's default tunnel groups."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events
from ikelog.diagnosis.ikev1_commands import DEFAULT_GROUPS
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.told import named_peer
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event

_KINDS = (
    "tunnel_group_landed",
    "tunnel_group_defaulted",
    "tunnel_group_found",
    "key_mismatch_suspected",
    "session_disconnected",
    "tunnel_group_set",
    "session_torn_down",
)


def find(log: Log) -> Iterator[Match]:
    """Find the default groups, once for each of a source, with all who landed there."""
    landed: dict[tuple[str, str | None], list[tuple[Event, Negotiation | None]]] = {}
    for negotiation in log.negotiations:
        for event in events(negotiation, *_KINDS):
            if _group(event):
                landed.setdefault((event.source, _group(event)), []).append((event, negotiation))
    for event in log.of_none.of(*_KINDS):
        if _group(event):
            landed.setdefault((event.source, _group(event)), []).append((event, None))
    yield from (_match(found) for found in landed.values())


def _group(event: Event) -> str | None:
    """Return the default group that a line names."""
    named = (event.fields.get("tunnel_group"), event.fields.get("group"))
    return next((str(name) for name in named if name in DEFAULT_GROUPS), None)


def _match(found: list[tuple[Event, Negotiation | None]]) -> Match:
    peers = dict.fromkeys(named_peer(event) or (n.remote.address if n else None) for event, n in found)
    known = [name for name in peers if name]
    who = ", ".join(known[:3]) + (f" and {len(known) - 3} more" if len(known) > 3 else "")
    return Match(
        tuple({n.id: n for _, n in found if n}.values()),
        [event for event, _ in found[:3]],
        f"{who or 'A peer'} landed in {_group(found[0][0])}: no other tunnel group was found, and the settings and the "
        "key of the default group were used.",
        fix=_fixes(known[0] if len(known) == 1 else "<peer-address>"),
    )


def _fixes(address: str = "<peer-address>") -> tuple[Fix, ...]:
    return (
        Fix(
            "asa",
            (f"tunnel-group {address} type ipsec-l2l", f"tunnel-group {address} ipsec-attributes"),
            "named after the address (or key ID) that the peer comes with, with its own key; or else:",
        ),
        Fix("peer", (), "let it come from the address, and with the identity, that has a tunnel group here"),
    )


RULE = Rule(
    code="IKE216",
    name="default-tunnel-group",
    severity="warning",
    title="The peer landed in a default tunnel group",
    side="local",
    rank=Rank.NOTE,
    meaning="An ASA that finds no tunnel group for a peer's address or identity takes DefaultL2LGroup or "
    "DefaultRAGroup. That works only where these have been given a key, and then for anybody.",
    find=find,
    needs=_KINDS,
    fix=_fixes(),
    looks_like=("[IKEv1]: IP = 198.51.100.7, Connection landed on tunnel_group DefaultL2LGroup",),
    mistaken_for="a fault where the default group is used on purpose, for peers with changing addresses",
    references=("RFC 7296 section 3.5",),
    sample="asa-syslog-refusals.log",
)
