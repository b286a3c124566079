"""Which lines continue an open record."""

from ikelog.events.blocks import ACCEPTS, Block
from ikelog.events.parts import Part

# Lines that continue a record stand near it: behind a stretch of other text they belong to nothing.
LONGEST_BLOCK = 400


def continues(block: Block, line: int, family: str | None, sa: int | None, part: Part) -> bool:
    """Tell whether a part belongs to the open record: of a kind it takes, near it, and of no other handle."""
    head, kind = block.head, part.kind
    if kind not in ACCEPTS[head.kind] or line - block.end_line > LONGEST_BLOCK:
        return False
    if kind == "message_header" and family == "ios_ikev2" and not _header_goes_on(block):
        return False
    if kind == "message_spis" and "initiator_spi" in block.fields:
        return family is not None and _same_spis(block, part)
    return sa is None or head.handle is None or sa == head.handle.sa


def _header_goes_on(block: Block) -> bool:
    """Tell whether a tagged line of a header is the record's own: old releases give a header a tag on every line."""
    return (
        block.head.kind in ("message_transmitted", "message_arrived", "message_header") and "length" not in block.fields
    )


def _same_spis(block: Block, part: Part) -> bool:
    """Tell whether a tagged line says a message's SPIs once more, before it says anything else: old ASAs do."""
    same = all(block.fields.get(name) == value for name, value in part.values.items())
    return same and "exchange" not in block.fields
