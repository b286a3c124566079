"""Names that a peer gives in IKEv1 and that are configured nowhere: the findings of IKE204."""

from collections.abc import Iterator

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events, peer
from ikelog.diagnosis.rule import Match
from ikelog.diagnosis.types import Fix
from ikelog.events.types import Event


def names_group(negotiation: Negotiation, missing: Event) -> bool:
    """Tell whether a tunnel group was looked for by a name that the peer gave, not by its address."""
    name = missing.fields.get("tunnel_group")
    return name is not None and name != negotiation.remote.address


def unknown_name(negotiation: Negotiation) -> Iterator[Match]:
    """Find the tunnel group that a peer named in its first message (Aggressive Mode) and that an ASA does not have."""
    missing = [e for e in events(negotiation, "tunnel_group_missing") if names_group(negotiation, e)]
    if not missing or negotiation.ike_up:
        return
    name = str(missing[0].fields["tunnel_group"]).strip("'\". ")
    yield Match(
        (negotiation,),
        missing[:2],
        f"{peer(negotiation, 'The peer')} asks for tunnel group '{name}', and this ASA has none of that name.",
        fix=(
            Fix("asa", (f"tunnel-group {name} type <ipsec-l2l | remote-access>",), "where the peer is meant, or else:"),
            Fix("peer", (), "let it give, as group name or key ID, the name of a tunnel group that exists here"),
        ),
    )
