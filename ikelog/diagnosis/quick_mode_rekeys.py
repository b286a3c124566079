"""Quick Modes that were to replace an IPsec SA at work, and were refused or not answered."""

from collections.abc import Iterator, Sequence

from ikelog.correlation.ikev1.outcome import is_child_refusal, is_unanswered_quick_mode
from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diagnosis.facts import events
from ikelog.diagnosis.order import ordered
from ikelog.diagnosis.quick_mode import error_notifies
from ikelog.diagnosis.refused_child import RefusedChild, refused_children
from ikelog.diagnosis.rule import Log
from ikelog.events.types import Event


def failed_rekeys(log: Log) -> Iterator[tuple[Negotiation, list[Event], bool]]:
    """Yield the negotiations of IKEv1 whose rekey of an IPsec SA failed, the lines, and whether it was answered."""
    for child in refused_children(log):
        negotiation, sa = child.negotiation, child.sa
        if negotiation.ike_version == 1 and negotiation.child_up is not None and sa is not None:
            said = _said(negotiation, sa)
            if _is_rekey(negotiation, sa, said):
                yield negotiation, [*said[:1], *_lines(child, sa)], True
    for negotiation in log.negotiations:
        unanswered = unanswered_rekey(negotiation)
        if unanswered:
            yield negotiation, unanswered, False


def unanswered_rekey(negotiation: Negotiation) -> list[Event]:
    """Return the lines of a Quick Mode that was not answered although the ISAKMP SA had served one before."""
    if negotiation.ike_version != 1 or negotiation.outcome != "established":
        return []
    end = next((e for e in events(negotiation, "sa_deleted") if is_unanswered_quick_mode(e)), None)
    asked = [c.line for c in negotiation.child_sas if end and c.state is None and c.line < end.line]
    return [e for e in negotiation.events if e.line == asked[-1]] + [end] if end and asked else []


def _said(negotiation: Negotiation, sa: ChildSa) -> list[Event]:
    """Return the lines, behind those of the Quick Mode before, in which the device says what it begins."""
    said = events(negotiation, "negotiation_started")
    since = max([c.line for c in negotiation.child_sas if c.line < sa.line], default=0) if said else 0
    return [e for e in said if since < e.line <= sa.line]


def _lines(child: RefusedChild, sa: ChildSa) -> list[Event]:
    told = {e.line: e for e in child.own if e.line == sa.line or is_child_refusal(e)}
    told |= {e.line: e for e in error_notifies(child)}
    return ordered(child.negotiation, told.values())[:3]


def _is_rekey(negotiation: Negotiation, sa: ChildSa, said: Sequence[Event]) -> bool:
    """Tell whether a Quick Mode was to replace an IPsec SA: the device says so, or it is for the same networks."""
    if any("Rekeying" in str(event.fields.get("start")) for event in said):
        return True
    earlier = [c for c in negotiation.child_sas if c.line < sa.line and c.state != "failed"]
    networks = sa.local_selectors, sa.remote_selectors
    return all(networks) and networks in [(c.local_selectors, c.remote_selectors) for c in earlier]
