"""Events that change nothing in their negotiation but the list of its events: those in a row are taken at once."""

from collections.abc import Mapping, Set

from ikelog.correlation import kinds
from ikelog.correlation.closing import CLOSING
from ikelog.correlation.identity import ENDS, IDENTIFYING, ZERO_SPI, role_of_state
from ikelog.correlation.progress import EFFECTS
from ikelog.events.runs import Shown, ShownBy
from ikelog.events.types import Value

# Kinds that are looked for in every negotiation.
_LOOKED_FOR = (
    frozenset(CLOSING)
    | kinds.AT_WORK
    | kinds.CHILD_UP
    | frozenset(
        """child_proposal_validated child_sa_installed peer_identity_received identity_constructed crypto_map_matched
        child_delete_received port_floated profile_found profile_chosen child_proposal_requested tunnel_group_found
        tunnel_group_used tunnel_group_set group_policy_set policy_found proposal_added preshared_key_requested
        own_method peer_method address_assigned authorization_requested eap_sent eap_received dh_requested nat_located
        nat_result crypto_map_accepted crypto_map_unmatched crypto_map_incomplete tunnel_group_searched
        policy_searched""".split()
    )
)


def shown_but(kept: Set[str]) -> ShownBy:
    """Return what tells what an event shows that changes nothing; those of the kinds `kept` may change something."""
    looked_for = _LOOKED_FOR | kept

    def shown_by(kind: str, fields: Mapping[str, Value]) -> Shown | None:
        if kind == "state_changed":
            return _shown_by_state(fields)
        if EFFECTS[kind] or kind in looked_for or not IDENTIFYING.isdisjoint(fields):
            return None
        return None, None

    return shown_by


def _shown_by_state(fields: Mapping[str, Value]) -> Shown | None:
    initiator, responder, event = fields.get("initiator_spi"), fields.get("responder_spi"), fields.get("state_event")
    if not isinstance(initiator, str) or not isinstance(responder, str) or initiator == ZERO_SPI:
        return None
    if event in kinds.FATAL_STATES or not ENDS.isdisjoint(fields):
        return None
    return (initiator, responder), role_of_state(fields.get("state"), event, fields.get("role"))
