"""The IKEv1 negotiations of one device as one log shows it, and who owns which connection id now."""

from ikelog.correlation.state import NegotiationState
from ikelog.events.types import Event


class Ikev1View:
    """The negotiations of a device that speak IKEv1.

    `by_connection` has those with keys by connection id, `by_peer` all of a peer, the latest at the end; `unkeyed` are
    those under way that have shown no connection id. `near` is the last that a line named, `latest` tells that no IKEv2
    line came since. `waiting` are lines that begin one, or that may be of the next; `held` are lines of a connection id
    whose owner is not known yet, `near_held` the last of these ids that was named; `keyed` are, by identity, those
    whose connection id comes next.
    """

    def __init__(self) -> None:
        self.by_connection: dict[int, NegotiationState] = {}
        self.by_peer: dict[str, list[NegotiationState]] = {}
        self.unkeyed: dict[int, NegotiationState] = {}
        self.near: NegotiationState | None = None
        self.latest = False
        self.waiting: list[Event] = []
        self.held: dict[int, list[Event]] = {}
        self.near_held = 0
        self.keyed: set[int] = set()

    def last_with(self, peer: str) -> NegotiationState | None:
        """Return the last negotiation that began with a peer."""
        known = self.by_peer.get(peer)
        return known[-1] if known else None
