"""What the texts of lines say, remembered: most of a log's lines say what lines before them said."""

from collections.abc import Mapping
from typing import NamedTuple

from ikelog.events.types import NO_FIELDS, Handle, Value
from ikelog.events.values import convert
from ikelog.events.wrapped import needs_lines_below
from ikelog.grammar.parsing import MEMO_LIMIT, parse
from ikelog.grammar.types import Parsed
from ikelog.reading.lines import Segment, bare_template, handle_of, tagged_template


class Understood(NamedTuple):
    """What a text says that is an event of its own, whatever stands below it."""

    kind: str
    fields: Mapping[str, Value]


class Text(NamedTuple):
    """What stands behind a tag: its segment, without place and time, and what it says; None where a look will not do.

    `segment` is None where other tags or handles stand in the text, `said` where it takes more than this line.
    """

    segment: Segment | None
    said: Understood | None


class Tag(NamedTuple):
    """A tag: its family, its handle, and what the texts behind tags of this kind say."""

    family: str
    handle: Handle | None
    texts: "Texts"


class Texts(dict[str, Text]):
    """What stands behind one kind of tag."""

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag = tag

    def __missing__(self, rest: str) -> Text:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        result = self[rest] = self._read(rest)
        return result

    def _read(self, rest: str) -> Text:
        segment = tagged_template(self._tag, rest)
        if segment is None:
            return Text(None, None)
        parsed = parse(segment.family or "", "body", segment.body)
        if parsed is None or needs_lines_below(parsed):
            return Text(segment, None)
        return Text(segment, Understood(parsed.kind, values_of(parsed)))


class Tags:
    """The tags of one log."""

    def __init__(self) -> None:
        self._known: dict[str, Tag] = {}
        self._texts: dict[tuple[str, str], Texts] = {}

    def of(self, tag: str, rest: str) -> Tag:
        """Return what a tag says before some text."""
        known = self._known.get(tag)
        if known is None:
            if len(self._known) >= MEMO_LIMIT:
                self._known.clear()
            known = self._known[tag] = self._read(tag, rest)
        return known

    def _read(self, tag: str, rest: str) -> Tag:
        family, session, sa = handle_of(tag, rest)
        kind = "".join("#" if c.isdigit() else c for c in tag) if sa is not None else tag
        texts = self._texts.get((family, kind))
        if texts is None:
            texts = self._texts[family, kind] = Texts(tag)
        return Tag(family, Handle(sa, session) if sa is not None else None, texts)


class BareLines(dict[str, tuple[Segment, ...] | None]):
    """The segments of lines without header and tag, or of what stands behind a header without one; None: unknown."""

    def __init__(self, *, whole: bool) -> None:
        super().__init__()
        self._whole = whole

    def __missing__(self, text: str) -> tuple[Segment, ...] | None:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        result = self[text] = bare_template(text, at_start=self._whole)
        return result


def values_of(parsed: Parsed) -> Mapping[str, Value]:
    """Return the fields of a body as typed values; a field that it gives several times is a tuple of them."""
    if not parsed.fields:
        return NO_FIELDS
    fields: dict[str, Value] = {}
    for name, terminal, text in parsed.told():
        value = convert(terminal, text)
        if name in fields:
            before = fields[name]
            value = (*before, value) if isinstance(before, tuple) else (before, value)
        fields[name] = value
    return fields
