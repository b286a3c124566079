"""What a CREATE_CHILD_SA exchange was to replace: its Child SA, or the IKE SA itself."""

from collections.abc import Callable
from functools import cache

from ikelog.correlation.types import Message, Negotiation
from ikelog.diagnosis.facts import events
from ikelog.diagnosis.order import before, last_before
from ikelog.diagnosis.rule import Lined
from ikelog.events.types import Event

_BEGUN = ("ike_rekey_started", "child_rekey_started")


def rekeyed(negotiation: Negotiation) -> Callable[[Message], str | None]:
    """Return what tells in a word which SA a request of a negotiation rekeys; it gives None where that is unknown."""

    @cache
    def places() -> tuple[Callable[[Lined], Message | None], Callable[[Lined], Event | None]]:
        """Return what gives the last message, and the last word on a rekey, before a place: not every log needs it."""
        return last_before(negotiation, negotiation.messages), last_before(negotiation, events(negotiation, *_BEGUN))

    def what(request: Message) -> str | None:
        """Tell it by the request's payloads, or by what the device said right before."""
        if "REKEY_SA" in request.notifies:
            return "Child SA"
        if "KE" in request.payloads and "TSi" not in request.payloads:
            return "IKE SA"
        message_before, said_before = places()
        earlier, said = message_before(request), said_before(request)
        if said is None or (earlier is not None and not before(negotiation, earlier, said)):
            return None
        return "IKE SA" if said.kind == "ike_rekey_started" else "Child SA"

    return what
