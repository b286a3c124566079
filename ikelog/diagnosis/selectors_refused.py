"""Which lines show that a Child SA was refused for its traffic selectors (proxy identities in IKEv1), and by whom."""

from collections.abc import Sequence

from ikelog.diagnosis.quick_mode import PROXIES, invalid_id_notifies, invalidated, without_policy
from ikelog.diagnosis.refused_child import ANOTHERS, ENTRY, RefusedChild, entry_name, refused_entries
from ikelog.diagnosis.rule import Lined
from ikelog.diagnosis.types import Alternative
from ikelog.events.types import Event
from ikelog.record import record
from ikelog.terms import errors

_REFUSED = ("selectors_refused", "proxies_refused", "traffic_selectors_refused")
_INCOMPLETE = Alternative("IKE303", "the crypto map entry may be incomplete, or its peer another address")


@record
class SelectorsRefused:
    """Lines that refuse traffic selectors; `entry` is the crypto map entry that did not fit, as people name it."""

    evidence: Sequence[Lined]
    entry: str
    by_peer: bool
    sure: bool = True
    others: tuple[Alternative, ...] = ()


def selectors_refused(child: RefusedChild) -> SelectorsRefused | None:
    """Return what shows that a Child SA was refused for its traffic selectors; None where nothing does."""
    entries, sure = refused_entries(child)
    unmatched = [entry for entry in entries if entry.kind == "crypto_map_unmatched"]
    entry = entry_name(unmatched[-1]) if unmatched else ENTRY
    here = [*_here(child), *(unmatched if sure else [])]
    if here:
        return SelectorsRefused(here, entry, child.asked_here)
    by_peer = [*_notified(child, "received"), *invalid_id_notifies(child)]
    if by_peer:
        others = (_INCOMPLETE,) if child.negotiation.ike_version == 1 else ()
        return SelectorsRefused(by_peer, entry, True, others=others)
    near: list[Event] = [*unmatched, *child.nearby(*_REFUSED)]
    if near:
        return SelectorsRefused(near, entry, child.asked_here, sure=False, others=(ANOTHERS,))
    untold = [] if entries else without_policy(child)
    return SelectorsRefused(untold, entry, child.asked_here, sure=False, others=(_INCOMPLETE,)) if untold else None


def _here(child: RefusedChild) -> list[Lined]:
    told: list[Lined] = [*child.events(*_REFUSED), *child.errors(errors.NO_POLICY_FOR_TS)]
    return [*told, *invalidated(child, PROXIES), *_notified(child, "sent")]


def _notified(child: RefusedChild, direction: str) -> list[Lined]:
    return child.notify_lines("TS_UNACCEPTABLE", child.notified("TS_UNACCEPTABLE", direction))
