"""Which DELETEs took away a Child SA for good, not the old one behind a rekey."""

from typing import Literal

from ikelog.correlation.types import ChildSa, Negotiation
from ikelog.diagnosis.facts import events
from ikelog.events.types import Event


def child_deletes(negotiation: Negotiation, kind: Literal["child_delete_sent", "child_delete_received"]) -> list[Event]:
    """Return the DELETEs of Child SAs that nothing replaced."""
    children = negotiation.child_sas
    gone = [child for i, child in enumerate(children) if child.state == "deleted" and not _followed(children[i + 1 :])]
    spis = {spi for child in gone for spi in (child.inbound_spi, child.outbound_spi) if spi}
    return [event for event in events(negotiation, kind) if event.fields.get("esp_spi") in spis]


def _followed(later: tuple[ChildSa, ...]) -> bool:
    """Tell whether a later Child SA came up, or was still being made: it may be the replacement."""
    return any(child.state != "failed" for child in later)
