"""IKE310: the Child SA failed, and no line here says why."""

from collections.abc import Iterator

from ikelog.correlation.ikev1.outcome import is_unanswered_quick_mode
from ikelog.diagnosis.commands import debug_fixes
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.quick_mode import error_notifies
from ikelog.diagnosis.refused_child import REFUSED_CHILD, RefusedChild, refused_children
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.terms.notifies import is_error


def find(log: Log) -> Iterator[Match]:
    """Find every Child SA that was refused; any finding that explains one goes before this."""
    for child in refused_children(log):
        evidence = _evidence(child)
        lists = [refusal for refusal in child.policies if refusal.own]
        if evidence:
            yield Match(
                (child.negotiation,),
                [*evidence, *(event for r in lists[-1:] for event in (r.received, r.expected) if event)],
                _said(child),
                comparison=lists[-1].comparisons if lists else None,
                fix=tuple(
                    debug_fixes(child.negotiation.platform, peer(child.negotiation), child.negotiation.ike_version)
                ),
            )
    for event in log.of_none.of("ikev1_mode_failed"):
        if str(event.fields.get("mode")).lower() == "quick":
            address = str(event.fields.get("remote_address", "<peer-address>"))
            said = f"Quick Mode with {address} failed, so that no IPsec SA was made, and no line here says why."
            yield Match((), [event], said, fix=tuple(debug_fixes(event.platform, address, 1)))


def _evidence(child: RefusedChild) -> list[Lined]:
    """Return what shows the refusal: the failing event, the messages that carry an error, else what came last."""
    negotiation = child.negotiation
    refusing = [message for message in child.messages if any(map(is_error, message.notifies))]
    told: list[Lined] = [head(message) for message in refusing]
    first: list[Lined] = [negotiation.failure] if negotiation.failure and child.holds(negotiation.failure) else []
    return first + told[:2] + error_notifies(child)[:2] or list(child.own[-1:])


def _said(child: RefusedChild) -> str:
    names = dict.fromkeys(name for message in child.messages for name in message.notifies if is_error(name))
    names |= dict.fromkeys(str(event.fields.get("notify")) for event in error_notifies(child))
    seen = f"; seen was {', '.join(names)}" if names else ""
    who = peer(child.negotiation, "the peer")
    if any(is_unanswered_quick_mode(event) for event in child.events("sa_deleted")):
        return f"Quick Mode with {who} was not answered, so that no IPsec SA was made{seen}: its log may say why."
    if child.negotiation.ike_version == 1:
        return f"Quick Mode with {who} failed, so that no IPsec SA was made, and no line here says why{seen}."
    return f"A Child SA with {who} was refused and no line here says why{seen}."


RULE = Rule(
    code="IKE310",
    name="child-sa-failed-unexplained",
    severity="error",
    title="The Child SA failed, and this log does not say why",
    side="unknown",
    rank=Rank.UNEXPLAINED,
    meaning="The IKE SA is up or its authentication was passed, the Child SA was not made, and no line names the "
    "cause. The other end's log may, or a fuller debug here.",
    find=find,
    needs=(*REFUSED_CHILD, "ikev1_mode_failed"),
    fix=tuple(debug_fixes(None, "<peer-address>")),
    looks_like=(
        "IKEv2-ERROR:(SESSION ID = 6,SA ID = 1):: Create child exchange failed",
        "QM FSM error (P2 struct &0x00007fff2a1b3c40, mess id 0x5d0e2f17)!",
    ),
    mistaken_for="a fault of the IKE SA: that one is up, and stays up until it is deleted",
    references=("RFC 7296 section 1.3.1", "RFC 7296 section 2.21.2", "RFC 2409 section 5.5"),
)
