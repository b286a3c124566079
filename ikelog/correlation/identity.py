"""The identity that an event itself gives: its SPI pair, and the role of the device that printed it."""

from dataclasses import dataclass

from ikelog.correlation.messages import RECORDS
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role
from ikelog.events.types import Endpoint, Event

_ZERO = "0" * 16
_INITIAL = {"IKE_SA_INIT", "IKE_AUTH", "IKE_INTERMEDIATE"}


@dataclass(frozen=True, slots=True)
class Identity:
    """An SPI pair, None for a zero SPI, and this device's role in the IKE SA where the event shows it."""

    initiator_spi: str | None
    responder_spi: str | None
    role: Role | None


def identity_of(event: Event) -> Identity | None:
    """Return the SPI pair that an event prints, or None where it prints none."""
    initiator = event.fields.get("initiator_spi") or event.fields.get("initiator_hex_spi")
    responder = event.fields.get("responder_spi") or event.fields.get("responder_hex_spi")
    if not isinstance(initiator, str) or initiator == _ZERO:
        return None
    answered = isinstance(responder, str) and responder != _ZERO
    return Identity(initiator, str(responder) if answered else None, _role(event))


def _role(event: Event) -> Role | None:
    """Tell the role from who sent IKE_SA_INIT or IKE_AUTH, or from a state of these exchanges.

    `(I)` and `(R)` of later exchanges are those exchanges' roles only.
    """
    fields = event.fields
    if event.kind == "state_changed":
        state = str(fields.get("state"))
        if state.startswith(("I_", "R_")) and state.endswith(("INIT", "AUTH")):
            return "initiator" if state.startswith("I_") else "responder"
        if state in ("INIT_DONE", "AUTH_DONE") or fields.get("state_event") in ("EV_INIT_SA", "EV_RECV_INIT"):
            return "initiator" if fields.get("role") == "I" else "responder"
        return None
    direction = RECORDS.get(event.kind)
    if direction is None or fields.get("exchange") not in _INITIAL:
        return None
    response = fields.get("response")
    if not isinstance(response, bool):
        if fields.get("responder_hex_spi") != _ZERO:
            return None
        response = False
    return "initiator" if (direction == "sent") != response else "responder"


def turned(state: NegotiationState, event: Event, identity: Identity) -> bool:
    """Tell whether an event shows this negotiation from the other end: role or addresses turned round."""
    if identity.role is not None and state.role is not None and identity.role != state.role:
        return True
    local, remote = endpoints(event)
    if local is None or remote is None or state.local is None or state.remote is None:
        return False
    return (
        (local.address, remote.address)
        == (state.remote.address, state.local.address)
        != (
            state.local.address,
            state.remote.address,
        )
    )


def endpoints(event: Event) -> tuple[Endpoint | None, Endpoint | None]:
    """Return the local and the remote endpoint that an event names."""
    local = event.fields.get("local") or event.fields.get("local_bracket")
    remote = event.fields.get("remote") or event.fields.get("remote_bracket") or event.fields.get("peer")
    return (
        local if isinstance(local, Endpoint) else None,
        remote if isinstance(remote, Endpoint) else None,
    )
