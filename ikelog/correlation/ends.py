"""The two ends of a negotiation: addresses, ports, the identities that they gave, and which of them began."""

from typing import Literal

from ikelog.correlation.gathered import Gathered
from ikelog.correlation.types import Decided, End, Role
from ikelog.events.types import Endpoint

Side = Literal["local", "remote"]


def build_end(gathered: Gathered, side: Side) -> End:
    """Return what is known of this device's end, or of the peer's."""
    endpoint = gathered.state.local if side == "local" else gathered.state.remote
    identity, kind = _identity(gathered, side)
    return End(
        address=(endpoint.address if endpoint else None) or _named_address(gathered, side),
        port=endpoint.port if endpoint else None,
        port_after_float=_port_after_float(gathered, side, endpoint),
        identity=identity,
        identity_type=kind,
    )


def _named_address(gathered: Gathered, side: Side) -> str | None:
    """Return an address that other lines name: the peer whose tunnel-group was searched, the local of a policy."""
    kinds = ("tunnel_group_searched", "tunnel_group_missing") if side == "remote" else ("policy_searched",)
    name = "address" if side == "remote" else "local_address"
    return next((str(e.fields[name]) for e in gathered.events.of(*kinds) if name in e.fields), None)


def _identity(gathered: Gathered, side: Side) -> tuple[str | None, str | None]:
    found = gathered.events.first("peer_identity_received" if side == "remote" else "identity_constructed")
    if found is None:
        return None, None
    return str(found.fields["identity"]), str(found.fields["identity_type"])


def _port_after_float(gathered: Gathered, side: Side, endpoint: Endpoint | None) -> int | None:
    """Return the port after NAT was found: what a later message used, else what the device said."""
    for message in gathered.messages if endpoint is not None else ():
        later = message.first.fields.get(side)
        if isinstance(later, Endpoint) and endpoint is not None and later.port != endpoint.port:
            return later.port
    floated = gathered.events.first("port_floated")
    if floated is None:
        return None
    ours = gathered.state.role == "initiator"
    value = floated.fields["initiator_port" if ours == (side == "local") else "responder_port"]
    return value if isinstance(value, int) else None


def build_role(gathered: Gathered, decided: Decided) -> Role | None:
    """Return this device's role: where nothing shows who sent IKE_SA_INIT, who asked for an SA (750001, 750002).

    This device asks for further Child SAs in the same words, whoever began: only what precedes the IKE SA counts.
    """
    if gathered.state.role is not None:
        return gathered.state.role
    own, peers = gathered.events.first("tunnel_requested"), gathered.events.first("connection_requested")
    if (own is None) == (peers is None):
        return None
    if peers is not None:
        return "responder"
    places = [gathered.events.index(event) for event in (own, decided.ike_up) if event is not None]
    return "initiator" if len(places) == 2 and places[0] < places[1] else None
