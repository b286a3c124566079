"""Tunnel against transport mode: what was asked for in a refused Child SA, and what this device has."""

from collections.abc import Iterable

from ikelog.diagnosis.facts import events
from ikelog.diagnosis.quick_mode import offered_modes
from ikelog.diagnosis.refused_child import RefusedChild
from ikelog.events.types import Event

_MODES = ("tunnel", "transport")


def own_request(child: RefusedChild) -> Event | None:
    """Return the line in which this device itself asked for an SA with a mode, as IPSEC prints it."""
    return next((e for e in events(child.negotiation, "child_sa_wanted") if _mode(e)), None)


def peer_modes(child: RefusedChild) -> list[str]:
    """Return the modes that the peer asked for: as IPSEC shows the proposal, else as Quick Mode lists it."""
    seen = dict.fromkeys(mode for mode in map(_mode, child.events("child_proposal_seen")) if mode)
    return list(seen) or offered_modes(child)


def modes_differ(child: RefusedChild) -> tuple[str, str] | None:
    """Return the own mode and the peer's where they differ and the transforms, as far as they are seen, do not."""
    wanted = None if child.asked_here else own_request(child)
    modes = peer_modes(child) if wanted else []
    if wanted is None or not modes or _mode(wanted) in modes:
        return None
    theirs = _sets(child.events("transform_refused", "child_proposal_seen"))
    return (_mode(wanted), modes[0]) if theirs <= _sets([wanted]) else None


def _sets(found: Iterable[Event]) -> set[str]:
    sets = {" ".join(str(e.fields["transform_set"]).split()) for e in found if "transform_set" in e.fields}
    return sets - {"NONE"}


def _mode(event: Event) -> str:
    """Return the mode that a line names: `Tunnel`, `Tunnel-UDP` and `Transport` are printed."""
    printed = str(event.fields.get("mode", "")).lower()
    return next((mode for mode in _MODES if printed.startswith(mode)), "")
