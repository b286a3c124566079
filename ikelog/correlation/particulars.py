"""What the log tells of an IKE SA beside its messages: names, methods, proposals, transforms, NAT."""

from collections.abc import Iterable
from typing import Literal

from ikelog.correlation import kinds
from ikelog.correlation.children import chosen_transforms
from ikelog.correlation.gathered import Gathered
from ikelog.correlation.state import MessageState
from ikelog.correlation.types import (
    Authentication,
    ChildSa,
    Configuration,
    Nat,
    Offer,
    RemoteAccess,
    Transforms,
    Vrf,
)
from ikelog.events.sequence import Events
from ikelog.events.types import Endpoint, Event, Proposal, Value
from ikelog.record import replaced

_OFFERING = {
    "ike_proposal_listed": "sent",
    "esp_proposal_listed": "sent",
    "ah_proposal_listed": "sent",
    "policies_received": "received",
    "policies_expected": "own",
}
_METHODS = {"psk": "psk", "rsa": "rsa-sig", "rsa signature": "rsa-sig", "ecdsa": "ecdsa-sig", "eap": "eap"}
NAT_PORT = 4500
_EVERYTHING = {
    ("0.0.0.0", "255.255.255.255"),  # noqa: S104 - a traffic selector, nothing is bound
    ("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
}


def _first_field(events: Events, name: str, *kinds: str) -> Value | None:
    return next((e.fields[name] for e in events.of(*kinds) if name in e.fields), None)


def build_configuration(events: Events) -> Configuration:
    """Return the names of the device's own configuration that the events give."""

    def name(field: str, *kinds: str) -> str | None:
        value = _first_field(events, field, *kinds)
        return None if value is None else str(value)

    maps = ("crypto_map_matched", "crypto_map_accepted", "crypto_map_unmatched", "crypto_map_incomplete")
    sequence = _first_field(events, "sequence", *maps)
    return Configuration(
        profile=name("profile", "profile_found", "profile_chosen", "child_proposal_requested"),
        tunnel_group=name("tunnel_group", "tunnel_group_found", "tunnel_group_used", "tunnel_group_set"),
        group_policy=name("group_policy", "group_policy_set"),
        policy=name("policy", "policy_found"),
        proposal=name("proposal", "proposal_added"),
        keyring=name("keyring", "preshared_key_requested"),
        crypto_map=name("crypto_map", *maps),
        sequence=sequence if isinstance(sequence, int) else None,
    )


def build_vrf(events: Events) -> Vrf:
    """Return the VRFs of the first message that names them, `i1:f0`."""
    inside, _, front = str(_first_field(events, "vrf", *kinds.NAME_VRF) or "").partition(":")
    return Vrf(front.removeprefix("f") or None, inside.removeprefix("i") or None)


def build_vpn_style(children: Iterable[ChildSa]) -> Literal["route-based", "policy-based"] | None:
    """Tell by the first selectors that are known whether a VPN takes all traffic, as one of routes does."""
    for child in children:
        if child.local_selectors and child.remote_selectors:
            both = [*child.local_selectors, *child.remote_selectors]
            return "route-based" if all((s.start, s.end) in _EVERYTHING for s in both) else "policy-based"
    return None


def build_authentication(gathered: Gathered) -> Authentication:
    """Return how each end authenticated: as the device names the methods, else as the AUTH payloads do."""
    local = _first_field(gathered.events, "method", "own_method")
    remote = _first_field(gathered.events, "method", "peer_method")
    for message in gathered.messages:
        if message.method and message.exchange == "IKE_AUTH":
            local = local or (message.method if message.direction == "sent" else None)
            remote = remote or (message.method if message.direction == "received" else None)
    return Authentication(_method(local), _method(remote))


def _method(printed: Value | None) -> str | None:
    return None if printed is None else _METHODS.get(str(printed).lower(), str(printed).lower())


def build_remote_access(events: Events) -> RemoteAccess | None:
    """Return what the events tell of a remote-access user; None for a site."""
    address = _first_field(events, "address", "address_assigned")
    user = _first_field(events, "user", "authorization_requested")
    eap = events.has("eap_sent", "eap_received")
    if address is None and user is None and not eap:
        return None
    return RemoteAccess(None if user is None else str(user), None if address is None else str(address), None)


def build_transforms(gathered: Gathered) -> Transforms | None:
    """Return what IKE_SA_INIT settled, as far as the log shows it."""
    lifetime = _first_field(gathered.events, "lifetime", "ike_sa_created")
    group = _first_field(gathered.events, "group", "dh_requested")
    answers = [m for m in gathered.messages if m.response and m.exchange == "IKE_SA_INIT"]
    offered = [p for m in answers for p in m.proposals if p.protocol == "ike"]
    if not offered and gathered.state.role == "responder":
        offered = [p for e in gathered.events.of("ike_proposal_listed") for p in _proposals_of(e)]
    chosen = chosen_transforms(offered[-1]) if offered else None
    if chosen is None and group is None and lifetime is None:
        return None
    return replaced(
        chosen or Transforms(),
        dh_group=(chosen.dh_group if chosen else None) or (group if isinstance(group, int) else None),
        lifetime_s=lifetime if isinstance(lifetime, int) else None,
    )


def _proposals_of(event: Event) -> list[Proposal]:
    value = event.fields.get("proposals")
    return [p for p in value if isinstance(p, Proposal)] if isinstance(value, tuple) else []


def build_offers(gathered: Gathered) -> tuple[Offer, ...]:
    """Return every proposal that was sent, received or is the device's own, each once."""
    offers: dict[tuple[object, ...], Offer] = {}
    listed = [(_OFFERING[e.kind], p) for e in gathered.events.of(*_OFFERING) for p in _proposals_of(e)]
    shown = [(m.direction, replaced(p, line=m.line)) for m in gathered.messages for p in m.proposals]
    for direction, proposal in sorted([*listed, *shown], key=lambda pair: pair[1].line):
        purpose = "child" if proposal.protocol in ("esp", "ah") else "ike"
        key = (direction, purpose, *((k, frozenset(v)) for k, v in proposal.transforms().items()))
        offers.setdefault(key, Offer(direction, purpose, proposal))  # type: ignore[arg-type]
    return tuple(offers.values())


def build_nat(gathered: Gathered) -> Nat:
    """Return what NAT detection found, and whether UDP 4500 is in use (RFC 7296 section 2.23)."""
    sides: set[str] = set()
    clear = False
    for event in gathered.events.of("nat_located", "nat_result"):
        side = str(event.fields.get("nat_side", "")).lower()
        if side:
            sides |= {"local", "remote"} if side == "both" else {"local" if side == "inside" else "remote"}
        clear = clear or (event.kind == "nat_result" and not side)
    floated = gathered.events.has("port_floated") or any(map(_on_nat_port, gathered.messages))
    detected = "both" if len(sides) == 2 else next(iter(sides), "none" if clear else None)
    return Nat(detected, True if floated else False if detected == "none" else None)  # type: ignore[arg-type]


def _on_nat_port(message: MessageState) -> bool:
    local, remote = message.first.fields.get("local"), message.first.fields.get("remote")
    here = isinstance(local, Endpoint) and local.port == NAT_PORT
    return here or (isinstance(remote, Endpoint) and remote.port == NAT_PORT)
