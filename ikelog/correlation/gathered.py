"""All that was gathered of a negotiation, as the functions that freeze it look at it."""

from ikelog.correlation.state import MessageState, NegotiationState
from ikelog.events.sequence import Events
from ikelog.record import record


@record
class Gathered:
    """One negotiation whose log has gone by: its state, its messages, and its events by kind."""

    state: NegotiationState
    messages: list[MessageState]
    events: Events
    nearby: Events


def gather(state: NegotiationState) -> Gathered:
    """Index what was gathered of a negotiation that nothing more will come of."""
    return Gathered(state, state.messages, Events(state.events), Events(state.nearby))
