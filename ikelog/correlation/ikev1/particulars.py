"""What an IKEv1 log tells of an ISAKMP SA beside its messages: identities, methods, transforms, NAT, its end."""

from collections.abc import Iterable, Iterator
from typing import Literal

from ikelog.correlation.gathered import Gathered
from ikelog.correlation.ikev1.attributes import Checked, checked_transforms, method, proposal_of, transforms_of
from ikelog.correlation.types import (
    Authentication,
    Closed,
    ClosedBy,
    Configuration,
    Decided,
    End,
    Nat,
    Offer,
    Transforms,
)
from ikelog.events.types import Event, Events, Value
from ikelog.record import replaced

Side = Literal["local", "remote"]
NAT_PORT = 4500


def build_ikev1_end(gathered: Gathered, side: Side) -> End:
    """Return what is known of this device's end, or of the peer's."""
    state, events = gathered.state, gathered.events
    endpoint = state.local if side == "local" else state.remote
    identity, kind = _identity(events, side)
    ports = [port for port in _ports(events, side) if port]
    first = (endpoint.port if endpoint is not None else None) or (ports[0] if ports else None)
    later = next((port for port in ports if port != first), None)
    return End(endpoint.address if endpoint else None, first, later, identity, kind)


def _ports(events: Events, side: Side) -> Iterator[int]:
    for event in events.of("message_sent", "message_received", "port_floated"):
        port = event.fields.get(f"{side}_port")
        if isinstance(port, int):
            yield port


def _identity(events: Events, side: Side) -> tuple[str | None, str | None]:
    """Return the identity that one end gave, and its type: IOS prints its own where it says how it authenticates."""
    own, kind = False, None
    for event in events:
        if event.kind == "authentication_by_key":
            own, kind = True, _text(event.fields.get("identity_type"))
        elif event.kind == "payload_processed":
            own = False
        elif event.kind in _NAMING and "identity" in event.fields and own == (side == "local"):
            told = _identity_type(event.fields.get("identity_type"))
            return str(event.fields["identity"]), (kind if own else None) or told
    return None, None


# Identification types (RFC 2407 section 4.6.2.1), which IOS prints by number.
_IDENTITY_TYPES = {
    1: "ID_IPV4_ADDR",
    2: "ID_FQDN",
    3: "ID_USER_FQDN",
    4: "ID_IPV4_ADDR_SUBNET",
    5: "ID_IPV6_ADDR",
    9: "ID_DER_ASN1_DN",
    11: "ID_KEY_ID",
}


def _identity_type(told: Value | None) -> str | None:
    return _IDENTITY_TYPES.get(told, str(told)) if isinstance(told, int) else _text(told)


_NAMING = frozenset({"id_address", "id_name", "identity_payload", "identity_received"})


def build_ikev1_authentication(gathered: Gathered) -> Authentication:
    """Return how the ends authenticated: in IKEv1 both use the method of the accepted transform."""
    chosen = _chosen(gathered, "ike")
    used = method(chosen.attributes) if chosen is not None else None
    if used is None and gathered.events.has(
        "authentication_by_key", "local_preshared_key_found", "key_mismatch_suspected"
    ):
        used = "psk"
    return Authentication(used, used)


def build_ikev1_transforms(gathered: Gathered) -> Transforms | None:
    """Return what Main or Aggressive Mode settled, as far as the log shows it."""
    chosen = _chosen(gathered, "ike")
    if chosen is None:
        return None
    lifetime = next((e.fields.get("lifetime") for e in gathered.events.of("lifetime_returned")), None)
    found = transforms_of(chosen)
    return replaced(found, lifetime_s=found.lifetime_s or (lifetime if isinstance(lifetime, int) else None))


def _chosen(gathered: Gathered, purpose: str) -> Checked | None:
    checked = [c for c in checked_transforms(gathered.events) if c.purpose == purpose and c.accepted]
    return checked[-1] if checked else None


def build_ikev1_offers(gathered: Gathered) -> tuple[Offer, ...]:
    """Return each transform that the peer sent, once: a responder checks what was offered, an initiator the answer."""
    offers: dict[tuple[object, ...], Offer] = {}
    for checked in checked_transforms(gathered.events):
        proposal = proposal_of(checked)
        key = (checked.purpose, *((k, frozenset(v)) for k, v in proposal.transforms().items()))
        offers.setdefault(key, Offer("received", checked.purpose, proposal))
    return tuple(offers.values())


def build_ikev1_nat(gathered: Gathered) -> Nat:
    """Return what NAT detection found (RFC 3947), and whether UDP 4500 is in use."""
    sides = set(_nat_sides(gathered.events))
    floated = gathered.events.has("port_floated") or _on_nat_port(gathered.events)
    clear = gathered.events.has("nat_absent") or any(_is_clear(e) for e in gathered.events.of("nat_status"))
    detected = "both" if len(sides) == 2 else next(iter(sides), "none" if clear else None)
    return Nat(detected, True if floated else False if detected == "none" else None)  # type: ignore[arg-type]


def _nat_sides(events: Events) -> Iterator[Side]:
    for event in events.of("nat_detected", "nat_status"):
        fields = event.fields
        words = str(fields.get("nat_side", "")).lower()
        if "both" in words:
            yield "local"
            yield "remote"
        elif "inside" in words or "behind" in words:
            yield "local"
        elif "outside" in words or "peer" in words:
            yield "remote"
        for side in ("local", "remote"):
            if str(fields.get(f"{side}_nat", "")).upper() == "IS":
                yield side


def _is_clear(event: Event) -> bool:
    return all("NOT" in str(event.fields.get(name, "")).upper() for name in ("local_nat", "remote_nat"))


def _on_nat_port(events: Events) -> bool:
    return any(e.fields.get("local_port") == NAT_PORT for e in events.of("message_sent", "message_received"))


def build_ikev1_configuration(events: Events, other: Configuration) -> Configuration:
    """Add to what every log gives the names that IKEv1 lines print."""

    def name(field: str, *kinds: str) -> str | None:
        return next((str(e.fields[field]) for e in events.of(*kinds) if field in e.fields), None)

    maps = ("crypto_map_matched", "crypto_map_unmatched", "crypto_map_incomplete", "crypto_map_checked")
    return replaced(
        other,
        tunnel_group=other.tunnel_group or name("tunnel_group", "tunnel_group_landed") or _group(events),
        profile=other.profile or name("profile", "profile_matched", "profile_found"),
        keyring=other.keyring or name("keyring", "preshared_key_found"),
        crypto_map=other.crypto_map or name("crypto_map", *maps, "negotiation_started"),
        interface=other.interface or name("interface", "traffic_selectors_refused", "negotiation_started"),
    )


def _group(events: Events) -> str | None:
    return next((str(e.fields["group"]) for e in events if e.fields.get("group") and e.platform == "asa"), None)


# What tells of an end, with who ended it where the line's own words do not say.
_CLOSING: dict[str, ClosedBy] = {
    "sa_deleted": "local",
    "session_torn_down": "local",
    "connection_terminated": "local",
    "session_disconnected": "local",
    "peer_lost": "timeout",
    "peer_not_responding": "timeout",
    "session_status": "local",
}
_BY_WORDS: tuple[tuple[str, ClosedBy], ...] = (
    ("lost service", "timeout"),
    ("keepalive", "timeout"),
    ("retransmission", "timeout"),
    ("error condition", "timeout"),
    ("errcounter exceeded", "timeout"),
    ("peers_alive", "timeout"),
    ("not responding", "timeout"),
    ("peer", "peer"),
    ("remote", "peer"),
    ("user requested", "peer"),
    ("initial contact", "replaced"),
)


def build_ikev1_closed(gathered: Gathered, decided: Decided) -> Closed | None:
    """Tell what became of an ISAKMP SA that had come up; None while it stands."""
    up = decided.ike_up
    if up is None:
        return None
    events = gathered.events
    begin = next((place for place in events.places.get(up.kind, ()) if events[place] is up), 0)
    for place in sorted(place for kind in _CLOSING for place in events.places.get(kind, ()) if place >= begin):
        event = events[place]  # by place and not by line: the end may be in the next of rotated logs
        if event.kind == "session_status" and event.fields.get("status") != "DOWN":
            continue
        by = ended_by(event)
        if event.kind == "sa_deleted" and by == "local" and _deleted_by_peer(gathered.events, event):
            by = "peer"
        return Closed(by, _text(event.fields.get("reason")), event.line, event.time)
    return None


def ended_by(event: Event) -> ClosedBy:
    """Tell who ended an SA, by the words of the line that tells of the end."""
    reason = str(event.fields.get("reason", "")).lower()
    return next((by for word, by in _BY_WORDS if word in reason), _CLOSING[event.kind])


# So far behind a Delete payload IOS prints that it deletes the ISAKMP SA for it.
_BEHIND_DELETE = 12


def _deleted_by_peer(events: Events, deleted: Event) -> bool:
    """Tell whether a DELETE of the peer stands right before the line that deletes the SA: that line does not say so."""
    return any(
        "DELETE" in str(event.fields.get("payload")) and 0 < deleted.line - event.line <= _BEHIND_DELETE
        for event in events.of("payload_processed")
        if event.source == deleted.source
    )


def spis_of(events: Iterable[Event]) -> tuple[str | None, str | None]:
    """Return the SPI pair (cookies, RFC 2408 section 3.1) of an ISAKMP SA where lines print it, 16 digits each."""
    initiator = next((_text(e.fields["initiator_cookie"]) for e in events if _has(e, "initiator_cookie")), None)
    responder = next((_text(e.fields["responder_cookie"]) for e in events if _has(e, "responder_cookie")), None)
    return initiator, responder


def _has(event: Event, name: str) -> bool:
    return name in event.fields and str(event.fields[name]).strip("0 ") != ""


def _text(value: Value | None) -> str | None:
    return None if value is None else str(value)
