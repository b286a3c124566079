"""Whom an IKEv1 line names: the peer, this device's end, a connection id."""

from ikelog.events.types import Endpoint, Event

# An ISAKMP SA has such a connection id from its first line on; later releases print 0 until its keys exist.
FIRST_LATE_CONNECTION = 1000
_OLD_CONNECTIONS = 1 << 27

# Kinds whose `address` is the peer's.
_PEER_ADDRESS = frozenset({"preshared_key_found", "preshared_key_missing", "session_disconnected"})


def remote_of(event: Event) -> Endpoint | None:
    """Return the peer's end that an event names, or None."""
    fields = event.fields
    known = fields.get("remote") or fields.get("peer")
    if isinstance(known, Endpoint):
        return known
    address = fields.get("remote_address") or (fields.get("address") if event.kind in _PEER_ADDRESS else None)
    return _endpoint(address, fields.get("remote_port"))


def local_of(event: Event) -> Endpoint | None:
    """Return this device's end that an event names, or None."""
    known = event.fields.get("local")
    if isinstance(known, Endpoint):
        return known
    return _endpoint(event.fields.get("local_address"), event.fields.get("local_port"))


def _endpoint(address: object, port: object) -> Endpoint | None:
    if not isinstance(address, str):
        return None
    return Endpoint(address, port if isinstance(port, int) and port else None)


def connection_of(event: Event) -> int | None:
    """Return the connection id that a line names; 0 stands for none yet."""
    return event.handle.sa if event.handle is not None and event.handle.sa else None


def is_late(connection: int) -> bool:
    """Tell whether a connection id is one that an SA gets only once its keys exist."""
    return FIRST_LATE_CONNECTION <= connection < _OLD_CONNECTIONS
