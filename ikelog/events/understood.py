"""What the texts of lines say, remembered: most of a log's lines say what lines before them said."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ikelog.events.blocks import ACCEPTS
from ikelog.events.heads import HEAD_LENGTH, heads
from ikelog.events.parts import Part, parse_part
from ikelog.events.types import NO_FIELDS, Handle, Value
from ikelog.events.values import convert
from ikelog.events.wrapped import needs_lines_below
from ikelog.grammar.parsing import MEMO_LIMIT, memo
from ikelog.grammar.tables import table, tags
from ikelog.grammar.texts import FAMILIES
from ikelog.grammar.types import Parsed
from ikelog.reading.lines import Segment, Tag, lost_of, read_tag
from ikelog.reading.templates import behind_tag

# The platform that prints a family's lines.
PLATFORMS: dict[str, str | None] = {**{family: family[:3] for family in FAMILIES}, "event_trace": "ios", "": None}

# The IKE version that a family's lines speak of, where it is one.
VERSIONS = {"asa_ikev2": 2, "ios_ikev2": 2, "asa_ikev1": 1, "ios_ikev1": 1}

_new = tuple.__new__  # a third of the time that Text(...) takes


class Understood(NamedTuple):
    """What a text says that is an event of its own, whatever stands below it; `opens` tells that it heads a record."""

    kind: str
    fields: Mapping[str, Value]
    opens: bool


class Text(NamedTuple):
    """What stands behind a tag: its segments, without place and time, and what the first of them says.

    `segments` is None where another tag stands in the text. The first segment is an event of its own, `said`, or, where
    no text stands below it, `alone`; or it continues a record, `part`. `more` are the segments behind it.
    """

    segments: tuple[Segment, ...] | None
    said: Understood | None = None
    more: tuple[Segment, ...] = ()
    alone: Understood | None = None
    part: Part | None = None


class KnownTag(NamedTuple):
    """A tag: its family, platform and IKE version, its handle and subject, and what texts behind its like say."""

    family: str
    platform: str | None
    version: int | None
    handle: Handle | None
    subject: tuple[tuple[str, str], ...]
    texts: "Texts"


class Texts(dict[str, Text]):
    """What stands behind one kind of tag."""

    def __init__(self, tag: Tag, printed: str) -> None:
        super().__init__()
        self.code = tag.code
        self._tag = tag
        self._printed = printed
        self._memo = memo(tag.family, "body")
        cuts = () if tag.code else table(tag.family, "body").cuts()
        self._heads = heads(cuts, self._first_of_its_kind)

    def __missing__(self, rest: str) -> Text:
        head = self._heads.get(rest[:HEAD_LENGTH])
        if head is not None:
            found = head.read(rest)
            if found is not None:
                (kind, opens), fields = found
                return _new(Text, (None, _new(Understood, (kind, fields, opens)), (), None, None))
        if len(self) >= MEMO_LIMIT:
            self.clear()
        result = self[rest] = self._read(rest)
        return result

    def _first_of_its_kind(self, rest: str) -> tuple[tuple[str, bool], Mapping[str, Value]] | None:
        found = self._read(rest)
        if found.said is None or not found.segments or found.more or not rest.startswith(found.segments[0].body):
            return None
        return (found.said.kind, found.said.opens), found.said.fields

    def _read(self, rest: str) -> Text:
        segments = behind_tag(self._tag, self._printed, rest)
        if segments is None:
            return Text(None)
        more = segments[1:]
        parsed = self._memo.parse(segments[0].body)
        if parsed is None:
            return Text(segments, None, more, part=parse_part(segments[0].body, self._tag.family))
        said = Understood(parsed.kind, values_of(parsed), parsed.kind in ACCEPTS)
        if parsed.kind == "empty" and more:  # what stands behind it has a handle of its own
            return Text(segments, said, more)
        return Text(segments, None if needs_lines_below(parsed) else said, more, None if more else said)


class UnknownTexts(Texts):
    """What stands behind a tag that is to be read with the whole line."""

    def __init__(self) -> None:
        super().__init__(Tag(""), "")

    def __missing__(self, rest: str) -> Text:
        return Text(None)


class Tags(dict[str, KnownTag]):
    """The tags of one log, as they are printed."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[tuple[str, str], Texts] = {}
        self._unknown = KnownTag("", None, None, None, (), UnknownTexts())

    def read(self, printed: str, rest: str) -> KnownTag:
        """Read a tag that stands before some text, and remember it."""
        if len(self) >= MEMO_LIMIT:
            self.clear()
        match = tags().match(printed + rest) if printed.isprintable() else None
        # a tag only behind what stands before it on its line, or one that has lost something
        if match is None or match.end() != len(printed) or lost_of(printed) is not None:
            return self._unknown
        tag = read_tag(match)
        kind = tag.family, tag.code
        if kind not in self._texts:
            self._texts[kind] = Texts(tag, printed)
        handle = Handle(tag.sa, tag.session) if tag.sa is not None else None
        platform, version = PLATFORMS[tag.family], VERSIONS.get(tag.family)
        known = self[printed] = KnownTag(tag.family, platform, version, handle, tag.subject, self._texts[kind])
        return known


class BareTexts(dict[str, tuple[Segment, ...] | None]):
    """The segments of texts without a tag, without place and time; None where they may have one."""

    def __init__(self, read: Callable[[str], tuple[Segment, ...] | None]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, text: str) -> tuple[Segment, ...] | None:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        result = self[text] = self._read(text)
        return result

    def of(self, text: str) -> tuple[tuple[Segment, ...] | None, int | None]:
        """Return the segments of a text, and the handle for which 0 stands in them: an ASA repeats it on every line."""
        end = text.find("): ") if text[:1] == "(" else -1
        handle = text[1:end]
        if not 0 < end < 12 or not handle.isdecimal() or "(0)" in text:
            return self[text], None
        return self[text.replace(f"({handle}):", "(0):")], int(handle)


def with_subject(subject: tuple[tuple[str, str], ...], fields: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the fields of a text with those of the subject that its tag names."""
    return {**_subject_values(subject), **fields} if subject else fields


@lru_cache(maxsize=MEMO_LIMIT)
def _subject_values(subject: tuple[tuple[str, str], ...]) -> Mapping[str, Value]:
    return {name if name != "peer" else "remote": _subject_value(name, text) for name, text in subject}


def _subject_value(name: str, text: str) -> Value:
    if name in ("group", "user"):
        return text
    return convert("SLASH_ENDPOINT" if "/" in text else "ENDPOINT_ADDRESS", text)


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
