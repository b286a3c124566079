"""What to do about a peer that stopped answering."""

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import peer
from ikelog.diagnosis.fixes import for_device
from ikelog.diagnosis.types import Fix


def liveness_fixes(negotiation: Negotiation | None = None, lone: str = "") -> tuple[Fix, ...]:
    """Return where to look, and how to make liveness checks (DPD) more patient on the device that logged.

    `lone` is the address of a peer with which the log has no negotiation.
    """
    address = peer(negotiation) if negotiation else lone or "<peer-address>"
    group = (negotiation and negotiation.configuration.tunnel_group) or address
    profile = (negotiation and negotiation.configuration.profile) or "<profile>"
    one = negotiation is not None and negotiation.ike_version == 1
    why = "a liveness check that is more patient; the cause is elsewhere"
    return for_device(
        negotiation,
        Fix("path", (), f"is {address} reachable? A NAT device on the way may forget UDP 4500 between two keepalives"),
        Fix("peer", (), "look at its log of that moment: was it restarted, cleared, or cut off?"),
        Fix("ios", ("crypto isakmp keepalive <s> <retry-s> periodic",), why)
        if one
        else Fix("ios", (f"crypto ikev2 profile {profile}", " dpd <interval> <retry-interval> periodic"), why),
        Fix("asa", (f"tunnel-group {group} ipsec-attributes", " isakmp keepalive threshold <s> retry <s>"), why),
    )
