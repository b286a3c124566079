"""The negotiations with one initiator SPI: answers with different responder SPIs make several of one request."""

from ikelog.correlation.identity import Identity
from ikelog.correlation.messages import asks_again
from ikelog.correlation.state import NegotiationState
from ikelog.correlation.types import Role


class SameRequest:
    """The negotiations of a device with one initiator SPI.

    `role` is the device's in all of them, `ends` are the local and remote addresses that they show. `answered` has
    them by responder SPI. Of those that have not ended, in the order in which they began: `asking` are those that a
    record with responder SPI zero may be of, `answerable` those that may yet get another responder SPI.
    """

    __slots__ = ("answerable", "answered", "asking", "ends", "role")

    def __init__(self) -> None:
        self.role: Role | None = None
        self.ends: set[tuple[str, str]] = set()
        self.answered: dict[str, NegotiationState] = {}
        self.asking: dict[int, NegotiationState] = {}
        self.answerable: dict[int, NegotiationState] = {}


def add_to_request(same: SameRequest, state: NegotiationState) -> None:
    """Enter a new negotiation."""
    same.asking[id(state)] = state
    if state.responder_spi is None:
        same.answerable[id(state)] = state
    else:
        same.answered[state.responder_spi] = state


def note_request(same: SameRequest, state: NegotiationState) -> None:
    """Enter what changed in a negotiation: its role or ends became known, it was answered, it failed, it ended."""
    same.role = same.role or state.role
    if state.local is not None and state.remote is not None:
        same.ends.add((state.local.address, state.remote.address))
    ended = state.ended is not None
    if ended or (state.failed and state.role == "responder"):
        same.asking.pop(id(state), None)
    answerable = not ended and (state.responder_spi is None or asked_again(state))
    if not answerable:
        same.answerable.pop(id(state), None)
    elif id(state) not in same.answerable:
        again = sorted([*same.answerable.values(), state], key=lambda s: s.place)
        same.answerable = {id(s): s for s in again}


def answer_request(same: SameRequest, state: NegotiationState, responder_spi: str) -> None:
    """Give a negotiation the responder SPI that its answer shows: the one of a cookie was not the real one."""
    if state.responder_spi == responder_spi or not (state.responder_spi is None or asked_again(state)):
        return
    if state.responder_spi is not None:
        same.answered.pop(state.responder_spi, None)
    state.responder_spi = responder_spi
    same.answered[responder_spi] = state
    note_request(same, state)


def find_answered(same: SameRequest, responder_spi: str | None) -> NegotiationState | None:
    """Return the negotiation with a responder SPI, or the one under way that this one completes."""
    if responder_spi is None:
        return next(reversed(same.asking.values()), None)
    return same.answered.get(responder_spi) or next(reversed(same.answerable.values()), None)


def asked_again(state: NegotiationState) -> bool:
    """Tell whether the last answer asked for a cookie or another group: the real answer may have another SPI."""
    answer = state.last_response
    return answer is not None and answer.exchange == "IKE_SA_INIT" and asks_again(answer)


def turned(same: SameRequest, identity: Identity) -> bool:
    """Tell whether an identity shows one of these negotiations from the other end: role or addresses turned round."""
    if identity.role is not None and same.role is not None and identity.role != same.role:
        return True
    local, remote = identity.local, identity.remote
    if local is None or remote is None or local.address == remote.address:
        return False
    return (remote.address, local.address) in same.ends
