"""IKE310: the Child SA failed, and no line here says why."""

from collections.abc import Iterator

from ikelog.diagnosis.commands import debug_fixes
from ikelog.diagnosis.evidence import head
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.refused_child import RefusedChild, refused_children
from ikelog.diagnosis.rule import Lined, Log, Match, Rank, Rule
from ikelog.diagnosis.types import Alternative
from ikelog.terms.notifies import is_error

_PFS = Alternative("IKE305", "the lists agree in all but the DH group, so it may be PFS that only one end asks for")


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
                alternatives=(_PFS,) if lists else (),
                comparison=lists[-1].comparisons if lists else None,
                fix=tuple(debug_fixes(child.negotiation.platform, peer(child.negotiation))),
            )


def _evidence(child: RefusedChild) -> list[Lined]:
    """Return what shows the refusal: the failing event, the messages that carry an error, else what came last."""
    negotiation = child.negotiation
    refusing = [message for message in child.messages if any(map(is_error, message.notifies))]
    told: list[Lined] = [head(message) for message in refusing]
    first: list[Lined] = [negotiation.failure] if negotiation.failure and child.holds(negotiation.failure) else []
    return first + told[:2] or list(child.own[-1:])


def _said(child: RefusedChild) -> str:
    names = dict.fromkeys(name for message in child.messages for name in message.notifies if is_error(name))
    seen = f"; seen was {', '.join(names)}" if names else ""
    return f"A Child SA with {peer(child.negotiation, 'the peer')} was refused and no line here says why{seen}."


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
    fix=tuple(debug_fixes(None, "<peer-address>")),
    looks_like=("IKEv2-ERROR:(SESSION ID = 6,SA ID = 1):: Create child exchange failed",),
    mistaken_for="a fault of the IKE SA: that one is up, and stays up until it is deleted",
    references=("RFC 7296 section 1.3.1", "RFC 7296 section 2.21.2"),
)
