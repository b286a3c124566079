"""The segments of texts without their places and times: what a line holds that was seen before, but for these."""

from ikelog.grammar.tables import envelope, find_tag
from ikelog.reading.characters import is_masked, plain_line
from ikelog.reading.collected import may_be_collected
from ikelog.reading.damage import is_misread_handle, restored
from ikelog.reading.envelope import has_header, read_prompt, without_trailer
from ikelog.reading.lines import LONGEST_LINE, Segment, Tag, bare_segments, may_hold_tag, tagged_segments


def whole_line(line: str) -> tuple[Segment, ...] | None:
    """Return the segments of a line that has neither a header nor a tag; None where it may have one."""
    text = _plain(line)
    if text is None or "`" in text[:80] or may_be_collected(text):
        return None
    text = without_trailer(text)
    begin = len(text) - len(text.lstrip(" \ufeff"))
    if has_header(text, begin) or read_prompt(text) or _holds_tag("", text) or restored(text) is not None:
        return None
    foreign = text[begin : begin + 1] == "%" and envelope("TAG").match(text, begin)
    return () if foreign else tuple(bare_segments(text[begin:]))


def behind_header(text: str) -> tuple[Segment, ...] | None:
    """Return the segments of what stands behind a header without a tag; None where a tag stands in it."""
    plain = _printable_rest(text)
    if plain is None or _holds_tag("", plain):
        return None
    if envelope("TAG").match(plain):
        return ()
    return None if restored(plain) is not None else tuple(bare_segments(plain))


def behind_tag(tag: Tag, printed: str, text: str) -> tuple[Segment, ...] | None:
    """Return the segments of what stands behind a tag, the first without its handle; None where another stands in it.

    `printed` is the tag as the line has it.
    """
    plain = _printable_rest(text)
    if plain is None or len(plain) > LONGEST_LINE or _holds_tag(printed, plain) or is_misread_handle(plain):
        return None
    return tuple(tagged_segments(tag, without_trailer(plain)))


def _plain(text: str) -> str | None:
    """Take control characters out of a text; None where they may take more than themselves."""
    if is_masked(text):
        return None
    if text.isascii() and text.isprintable() and "&" not in text:
        return text
    return None if "\x1b" in text or "\x08" in text else plain_line(text)


def _printable_rest(text: str) -> str | None:
    """Take carriage returns off the end of what stands behind a header or a tag; None where more is not printable.

    What becomes a blank may belong to the header or the tag in front of it.
    """
    if is_masked(text):
        return None
    if text.isprintable() and text.isascii():
        return text
    text = text.rstrip("\r")
    return text if text.isprintable() and plain_line(text) == text else None


def _holds_tag(before: str, text: str) -> bool:
    return may_hold_tag(text) and find_tag(before + text, len(before)) is not None
