"""The identity that an event itself gives: its SPI pair, its ends, and the role of the device that printed it."""

from functools import lru_cache
from typing import NamedTuple

from ikelog.correlation.messages import RECORDS
from ikelog.correlation.types import Role
from ikelog.events.types import Endpoint, Event

ZERO_SPI = "0" * 16

# The fields that name the SPI pair, and those that name the ends, of the IKE SA that an event is of.
SPIS = frozenset({"initiator_spi", "initiator_hex_spi", "responder_spi", "responder_hex_spi"})
ENDS = frozenset({"local", "local_bracket", "remote", "remote_bracket", "peer"})
IDENTIFYING = SPIS | ENDS

_INITIAL = {"IKE_SA_INIT", "IKE_AUTH", "IKE_INTERMEDIATE"}


class Identity(NamedTuple):
    """An SPI pair, None for a zero SPI; this device's role in the IKE SA, and its ends, where the event shows them."""

    initiator_spi: str | None = None
    responder_spi: str | None = None
    role: Role | None = None
    local: Endpoint | None = None
    remote: Endpoint | None = None


NO_IDENTITY = Identity()


def identity_of(event: Event) -> Identity | None:
    """Return the SPI pair that an event prints, or None where it prints none."""
    fields = event.fields
    if SPIS.isdisjoint(fields):
        return None
    initiator = fields.get("initiator_spi") or fields.get("initiator_hex_spi")
    responder = fields.get("responder_spi") or fields.get("responder_hex_spi")
    if not isinstance(initiator, str) or initiator == ZERO_SPI:
        return None
    answered = isinstance(responder, str) and responder != ZERO_SPI
    return Identity(initiator, str(responder) if answered else None, _role(event), *endpoints(event))


def _role(event: Event) -> Role | None:
    """Tell the role from who sent IKE_SA_INIT or IKE_AUTH, or from a state of these exchanges.

    `(I)` and `(R)` of later exchanges are those exchanges' roles only.
    """
    fields = event.fields
    if event.kind == "state_changed":
        return role_of_state(fields.get("state"), fields.get("state_event"), fields.get("role"))
    direction = RECORDS.get(event.kind)
    if direction is None or fields.get("exchange") not in _INITIAL:
        return None
    response = fields.get("response")
    if not isinstance(response, bool):
        if fields.get("responder_hex_spi") != ZERO_SPI:
            return None
        response = False
    return "initiator" if (direction == "sent") != response else "responder"


@lru_cache(maxsize=4096)
def role_of_state(state: object, state_event: object, role: object) -> Role | None:
    """Return the device's role in the IKE SA as a line of its state machine gives it, None behind IKE_AUTH."""
    name = str(state)
    if name.startswith(("I_", "R_")) and name.endswith(("INIT", "AUTH")):
        return "initiator" if name.startswith("I_") else "responder"
    if name in ("INIT_DONE", "AUTH_DONE") or state_event in ("EV_INIT_SA", "EV_RECV_INIT"):
        return "initiator" if role == "I" else "responder"
    return None


def endpoints(event: Event) -> tuple[Endpoint | None, Endpoint | None]:
    """Return the local and the remote endpoint that an event names."""
    fields = event.fields
    if ENDS.isdisjoint(fields):
        return None, None
    local = fields.get("local") or fields.get("local_bracket")
    remote = fields.get("remote") or fields.get("remote_bracket") or fields.get("peer")
    return (
        local if isinstance(local, Endpoint) else None,
        remote if isinstance(remote, Endpoint) else None,
    )
