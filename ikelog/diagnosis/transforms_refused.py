"""A Child SA whose transforms were refused, as the lines tell that list no policies: IPSEC's, and those of IKEv1."""

from collections.abc import Iterator

from ikelog.diagnosis import quick_mode
from ikelog.diagnosis.commands import in_words, proposal_fixes
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.refused_child import ANOTHERS, RefusedChild
from ikelog.diagnosis.rule import Match
from ikelog.diagnosis.types import Alternative, Certainty
from ikelog.events.types import Event

# What names another cause than the transforms.
_OTHERS = (
    "proxies_refused",
    "traffic_selectors_refused",
    "crypto_map_unmatched",
    "crypto_map_incomplete",
    "crypto_map_peer_differs",
    "crypto_map_absent",
    "local_address_invalid",
    "peer_address_unknown",
    "transform_flags_refused",
)
_MODE = Alternative("IKE304", "the modes may differ, tunnel against transport: IPSEC lines print them apart")


def refused_transforms(child: RefusedChild) -> Iterator[Match]:
    """Yield what a log without lists of policies tells: the IPSEC line that names transforms, else IKEv1's lines."""
    own = child.events("transform_refused")
    found = own or child.nearby("transform_refused")
    names = ", ".join(dict.fromkeys(str(e.fields["transform_set"]) for e in found if "transform_set" in e.fields))
    if found:
        certainty: Certainty = "observed" if own else "inferred"
        numbered = quick_mode.invalidated(child, quick_mode.TRANSFORMS)
        others = (_MODE,) if own else (ANOTHERS, _MODE)
        yield _refused(child, [*found[:3], *numbered[:1]], names, certainty, others)
    else:
        yield from _in_quick_mode(child)


def _in_quick_mode(child: RefusedChild) -> Iterator[Match]:
    """Find the lines of IKEv1 that refuse a Quick Mode for its transforms, or for nothing that they name."""
    named = quick_mode.invalidated(child, quick_mode.TRANSFORMS) + quick_mode.mismatched(child, "authent", "transform")
    if named:
        yield _refused(child, named[:3], "", "observed", (quick_mode.MODE,))
        return
    refused = child.events("child_proposals_refused", "child_policy_refused")
    untold = [] if refused or quick_mode.error_notifies(child) else quick_mode.without_proposal(child)
    if untold and not _names_another(child):
        yield _refused(child, untold, "", "inferred", (quick_mode.PFS, quick_mode.MODE, quick_mode.NETWORKS))
    elif refused and not _names_another(child):
        others = (quick_mode.PFS, quick_mode.MODE)
        asa = refused[0].kind == "child_proposals_refused"
        yield _refused(child, refused[:2], "", "inferred", others if asa else (quick_mode.NETWORKS, *others))


def _names_another(child: RefusedChild) -> bool:
    """Tell whether a line names something else than the transforms for which a Quick Mode was refused."""
    numbered = {e.fields.get("error_number") for e in child.events("child_proposal_invalidated")}
    return bool(numbered - {quick_mode.TRANSFORMS, None} or child.events(*_OTHERS) or quick_mode.mismatched(child, ""))


def _refused(
    child: RefusedChild, evidence: list[Event], names: str, certainty: Certainty, others: tuple[Alternative, ...]
) -> Match:
    negotiation, proposals = child.negotiation, quick_mode.offered(child)
    fix = proposal_fixes("child", negotiation.platform, None, None)
    if negotiation.ike_version == 1:
        fix = quick_mode.transform_fixes(negotiation.platform, proposals, names)
    names = names or "; or ".join(dict.fromkeys(in_words(proposal) for proposal in proposals))
    return Match(
        (negotiation,),
        evidence,
        f"No transform set of this device matches what {peer(negotiation, 'the peer')} proposes"
        f"{f': {names}' if names else ''}.",
        certainty=certainty,
        alternatives=others,
        fix=fix,
    )
