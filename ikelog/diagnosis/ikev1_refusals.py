"""Why a peer's transforms for the ISAKMP SA (IKEv1) were refused: the findings of IKE103, IKE105 and IKE203."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.commands import platforms
from ikelog.diagnosis.compare import DH_GROUP, differences, differing, differs_only_in, nearest_of
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.ikev1_commands import METHODS, WEAK, policy_fixes, policy_head
from ikelog.diagnosis.ikev1_policies import (
    AUTHENTICATION,
    REFUSALS,
    RefusedTransform,
    compare_refused,
    policies_refused,
    refused_match,
    went_beyond,
)
from ikelog.diagnosis.rule import Log, Match
from ikelog.diagnosis.told import told
from ikelog.diagnosis.types import Alternative, Fix
from ikelog.events.types import Event

_UNSEEN = Alternative("IKE105", "the DH group alone may be the matter: no line of this log names the attribute")
_OTHER_NOTIFY = Alternative("IKE112", "the refusal may have another reason, such as nothing configured for this device")
_REFUSING_NOTIFIES = ("NO_PROPOSAL_CHOSEN", "PROPOSAL_NOT_CHOSEN")
_NAMED_ELSEWHERE = ("preshared_key_missing", "aggressive_mode_disabled", "tunnel_group_missing")


def proposal_refused(negotiation: Negotiation) -> Iterator[Match]:
    """Find transforms that were refused here or by the peer, and not for the group or the method alone."""
    if negotiation.outcome != "failed" or negotiation.ike_up or went_beyond(negotiation):
        return
    if negotiation.stage != "init" and not events(negotiation, *REFUSALS):
        return
    refused = policies_refused(negotiation)
    comparisons = compare_refused(refused)
    if refused:
        if not _only(refused, DH_GROUP) and not _only(refused, AUTHENTICATION):
            text = f"No ISAKMP policy of this device takes what {peer(negotiation, 'the peer')} offers; "
            named = f"{text}the nearest differ in {differences(comparisons)}{_against(refused)}."
            yield refused_match(negotiation, refused, named)
    elif not events(negotiation, *_NAMED_ELSEWHERE, "attribute_mismatched"):
        yield from _unlisted(negotiation)


def lone_refusals(log: Log) -> Iterator[Match]:
    """Find answers of a peer that do not fit what was offered, of which only syslog tells."""
    for said in told(log, "attribute_not_offered", stages=()):
        if not said.negotiations:
            text = (
                f"{said.who} answered with {said.value('attribute') or 'an attribute'} as this device never offered it."
            )
            fix = policy_fixes(said.platform, None, None)
            yield Match((), said.lines[:2], text, severity="warning", fix=fix)


def _only(refused: tuple[RefusedTransform, ...], attribute: str) -> bool:
    return differs_only_in(compare_refused(refused), attribute)


def _against(refused: tuple[RefusedTransform, ...]) -> str:
    numbers = dict.fromkeys(str(one.priority) for one in refused if one.priority is not None)
    return f", against policy {' and '.join(numbers)}" if numbers else ""


def _unlisted(negotiation: Negotiation) -> Iterator[Match]:
    """Find a refusal of which no line names the attribute."""
    who, fix = peer(negotiation, "the peer"), policy_fixes(negotiation.platform, None, None)
    said = events(negotiation, *REFUSALS)
    if said:
        text = f"No ISAKMP policy of this device takes what {who} offers; no line names the attribute that differs."
        yield Match((negotiation,), said[:2], text, "inferred", alternatives=(_UNSEEN,), fix=fix)
        return
    told = [e for e in events(negotiation, "notify_received") if notify_name(e) in _REFUSING_NOTIFIES]
    offered = events(negotiation, "attribute_not_offered")
    text = f"{who} accepts none of the ISAKMP policies that this device offers; its own log names the attribute."
    if told or offered:
        yield Match((negotiation,), [*told, *offered][:2], text, alternatives=(_UNSEEN,), fix=fix)
    elif _rejected(negotiation):
        text = (
            f"{who} answered the first message with an error whose name this log does not print: most likely none of "
        )
        text += "the ISAKMP policies that this device offers fits one there."
        evidence = [*_rejected(negotiation)[:1], *events(negotiation, "ikev1_mode_failed")[:1]]
        yield Match((negotiation,), evidence, text, "inferred", alternatives=(_UNSEEN, _OTHER_NOTIFY), fix=fix)


def notify_name(event: Event) -> str:
    """Return the name of a notify as RFC 2408 writes it: `No proposal chosen` is NO_PROPOSAL_CHOSEN."""
    return str(event.fields.get("notify")).strip().upper().replace(" ", "_").replace("-", "_")


def _rejected(negotiation: Negotiation) -> list[Event]:
    """Return the unauthenticated notifies that came while the initiator waited for the first answer."""
    if negotiation.role != "initiator" or any(m.step in ("MM2", "AM2") for m in negotiation.messages):
        return []
    return events(negotiation, "notify_rejected")


def group_refused(negotiation: Negotiation) -> Iterator[Match]:
    """Find transforms of which all but the DH group fits."""
    refused = policies_refused(negotiation) if negotiation.outcome == "failed" and not negotiation.ike_up else ()
    if not refused or not _only(refused, DH_GROUP):
        return
    group = next(a for a in nearest_of(compare_refused(refused))[0].attributes if a.attribute == DH_GROUP)
    here, there = _value(group.local, "<own-group>"), _value(group.remote, "<peer-group>")
    wanted = "another one" if here.startswith("<") else f"group {here}"
    offered = "one group" if there.startswith("<") else f"group {there}"
    text = f"Only the DH group does not fit: {peer(negotiation, 'the peer')} offers {offered}, "
    number = next((one.priority for one in refused if one.priority is not None), None)
    fix = tuple(
        Fix(
            name,
            (policy_head(name, number), f" group {there}"),
            "as the peer offers, where it is 14 or above; or else:",
        )
        for name in platforms(negotiation.platform)
    )
    there_fix = Fix("peer", (), f"offer DH group {here} there; of the two take the stronger, and no group below 14")
    fixes = (there_fix, *fix) if there in WEAK else (*fix, there_fix)
    yield refused_match(negotiation, refused, f"{text}this device wants {wanted}.", fixes)


def _value(values: tuple[str, ...], unknown: str) -> str:
    return unknown if values == ("unknown",) else values[0]


def method_refused(negotiation: Negotiation) -> Iterator[Match]:
    """Find transforms of which all but the authentication method fits."""
    refused = policies_refused(negotiation) if negotiation.outcome == "failed" and not negotiation.ike_up else ()
    if not refused or not _only(refused, AUTHENTICATION):
        return
    compared = next(c for c in compare_refused(refused) if differing(c) == (AUTHENTICATION,))
    used = next(a for a in compared.attributes if a.attribute == AUTHENTICATION)
    offered = "" if used.remote == ("unknown",) else f" ({used.remote[0]})"
    text = f"Only the authentication method does not fit: {peer(negotiation, 'the peer')} offers one{offered} "
    number = next((one.priority for one in refused if one.priority is not None), None)
    word = METHODS.get(used.remote[0], "<method>")
    fix = tuple(
        Fix(name, (policy_head(name, number), f" authentication {word}"), "the method that the peer offers; or else:")
        for name in platforms(negotiation.platform)
    )
    there = Fix("peer", (), "offer there the method of a policy of this device; both ends use the same one")
    yield refused_match(negotiation, refused, f"{text}that no ISAKMP policy of this device allows.", (*fix, there))
