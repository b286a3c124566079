"""Which DELETEs took away a Child SA for good, not the old one behind a rekey."""

from typing import Literal

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.facts import events
from ikelog.events.types import Event


def child_deletes(negotiation: Negotiation, kind: Literal["child_delete_sent", "child_delete_received"]) -> list[Event]:
    """Return the DELETEs of Child SAs that nothing replaced."""
    deletes = events(negotiation, kind)
    if not deletes:
        return []
    children = negotiation.child_sas
    # a later Child SA that came up, or was still being made, may be the replacement
    last = max((i for i, child in enumerate(children) if child.state != "failed"), default=0)
    gone = [child for child in children[last:] if child.state == "deleted"]
    spis = {spi for child in gone for spi in (child.inbound_spi, child.outbound_spi) if spi}
    return [event for event in deletes if event.fields.get("esp_spi") in spis]
