"""Put right what was done to a text on its way here, where there is one way only in which it is understood."""

import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from ikelog.events.parts import Part, parse_part
from ikelog.events.types import Endpoint, Event, Value
from ikelog.grammar.parsing import parse
from ikelog.grammar.types import Parsed
from ikelog.reading.characters import BLANK, clean
from ikelog.reading.damage import NO_CHARACTERS, UNREAD, UNREADABLE, Damage, without_unreadable
from ikelog.reading.lines import Segment
from ikelog.record import replaced

Said = Parsed | Part

# So many texts of one log are tried in other forms, more for each that is understood in one; so many forms in all.
MOST_TEXTS, MORE_TEXTS, MOST_FORMS = 200, 20, 8000
LONGEST_TEXT = 400
_PROMPT = r"(?<![A-Za-z0-9_.-])[A-Za-z][A-Za-z0-9_.-]{0,62}(?:\([a-z][a-z-]*\))?[#>](?!\S* ?=) ?"
_PING = r" ?(?:[.!]*!{2,}[.!]*|\.{4,}) ?"
_MARKUP = r"</?(?:p|li|td|tr|div|span|code|pre|b|i|strong|em|br) ?/?>|\*\*"
# Fields that a blank or a misread letter may be put right in: they have a form of their own, other text has none.
_FORMED = (
    r"[A-Z][A-Z0-9_]+|\[?\d{1,3}(?:\.\d{1,3}){3}\]?(?:[:/]\d{1,5})?|\d+|0x[0-9A-Fa-f]+|[0-9A-F]{16}|i\d+:f\d+"
    r"|NOTIFY\((?:[A-Z0-9_]+|Unknown ?- ?\d+)\)"
)


class Form(NamedTuple):
    """A text as it may have been: what was put right, and identifiers that cannot be read, as they are read.

    `what` is None where nothing is lost by it. `changed` are the texts that were put in place of others.
    """

    text: str
    what: str | None
    changed: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()


class Mended(NamedTuple):
    """What a text says, and the form in which it does."""

    said: Said
    form: Form


class Mender:
    """Tries the texts of one log in the forms that they may have had; a text is tried once."""

    def __init__(self) -> None:
        self._texts = MOST_TEXTS
        self._forms = MOST_FORMS
        self._known: dict[tuple[str, str], Mended | None] = {}

    def mend_tagged(self, segment: Segment, window: deque[Segment]) -> Mended | None:
        """Put right what stands behind a tag that no other follows on its line."""
        family = segment.family or ""
        if window and window[0].line == segment.line:
            return None
        return self._mend(
            family, segment.body, lambda text: parse(family, "body", text.lstrip(": ")) or parse_part(text, family)
        )

    def mend_part(self, segment: Segment, window: deque[Segment], family: str) -> Mended | None:
        """Put right what may continue a record."""
        if window and window[0].line == segment.line:
            return None
        return self._mend(f"{family} part", segment.body, lambda text: parse_part(text, family))

    def _mend(self, kind: str, text: str, read: Callable[[str], Said | None]) -> Mended | None:
        key = (kind, text)
        if key not in self._known:
            if self._texts <= 0 or self._forms <= 0 or not 3 < len(text) <= LONGEST_TEXT:
                return None
            self._texts -= 1
            self._known[key] = self._try(text, read)
            if self._known[key] is not None:
                self._texts += MORE_TEXTS
        return self._known[key]

    def _try(self, text: str, read: Callable[[str], Said | None]) -> Mended | None:
        for form in forms(text):
            self._forms -= 1
            if self._forms <= 0:
                return None
            said = read(form.text)
            if said is not None and said.kind != "empty" and _is_certain(said, form):
                return Mended(said, form)
        return None


def forms(text: str) -> Iterator[Form]:
    """Yield the forms that a text may have had: without console text in it, without a blank, without misread words."""
    yield from _without_console(text)
    yield from _without_blanks(text)
    yield from _reread(text)


def _without_console(text: str) -> Iterator[Form]:
    """Leave out what a terminal printed inside the text: a prompt, what was typed at it, a ping's marks, a pager's."""
    seen = {text}
    for pattern in (_MARKUP, r" ?--More-- ?", _PING, _PROMPT):
        for between in ("", " "):
            form = clean(re.sub(pattern, between, text))
            if form not in seen:
                seen.add(form)
                yield Form(form, None)
    prompt = re.search(_PROMPT, text)
    if prompt:
        before, typed = text[: prompt.start()], text[prompt.end() :]
        yield Form(clean(before), None)
        words = typed.split(" ")
        for taken in range(1, min(len(words), 6)):
            rest = " ".join(words[taken:])
            yield Form(clean(before + rest), None)
            yield Form(clean(f"{before} {rest}"), None)


def _without_blanks(text: str) -> Iterator[Form]:
    """Leave out one blank between two characters of a word."""
    for found in re.finditer(r"(?<=[\w.]) (?=[\w.:])", text):
        word = re.split(r"[^\w.:/-]", text[: found.start()])[-1] + re.split(r"[^\w.:/-]", text[found.end() :])[0]
        yield Form(text[: found.start()] + text[found.end() :], f"a blank inside '{word}'", (word,))


def _reread(text: str) -> Iterator[Form]:
    """Read misread letters; an identifier that cannot be read is left as it is read."""
    from ikelog.reading.words import reread, with_brackets  # few logs need it

    readable, unreadable = without_unreadable(text)
    seen = {text}
    for choice in (0, 1):
        again, pairs = reread(readable, choice)
        for form in (readable, again, with_brackets(again)):
            if form not in seen:
                seen.add(form)
                changed = () if form == readable else pairs
                yield Form(clean(form), _told(changed, unreadable), tuple(new for _, new in changed), unreadable)


def _told(pairs: tuple[tuple[str, str], ...], unreadable: tuple[str, ...]) -> str:
    """Say what was misread, and what cannot be read."""
    words = [f"'{old}' for '{new}'" for old, new in dict.fromkeys(pairs)]
    told = ["misread: " + ", ".join(words[:3])] if words else []
    told += [f"{UNREAD}: " + ", ".join(unreadable)] if unreadable else []
    return "; ".join(told) or "a misread bracket"


def _is_certain(said: Parsed | Part, form: Form) -> bool:
    """Tell whether what was put right stands in fixed text, or in fields of a form of their own."""
    parsed = said.parsed if isinstance(said, Part) else said
    if parsed.rest:
        return False
    for text in parsed.texts:
        if any(changed in text for changed in form.changed) and not re.fullmatch(_FORMED, text):
            return False
    return True


def as_read(fields: Mapping[str, Value], form: Form) -> Mapping[str, Value]:
    """Give identifiers that cannot be read as they are read, in fields of their own: they are no identifiers."""
    unreadable = list(form.unreadable)
    kept: dict[str, Value] = {}
    for name, value in fields.items():
        if isinstance(value, str) and value.upper() == UNREADABLE and unreadable:
            kept[f"{name}_as_read"] = unreadable.pop(0)
        else:
            kept[name] = value
    return kept


def with_blanks(event: Event) -> Event:
    """Give words that stand for an address the blanks that they were printed with."""
    return event._replace(fields={name: _with_blanks(value) for name, value in event.fields.items()})


def _with_blanks(value: Value) -> Value:
    if isinstance(value, str):
        return value.replace(BLANK, " ")
    if isinstance(value, tuple):
        return tuple(_with_blanks(one) for one in value)
    return replaced(value, address=value.address.replace(BLANK, " ")) if isinstance(value, Endpoint) else value


def both(first: str | None, second: str | None) -> str | None:
    """Return what two texts say was damaged, each once."""
    said = dict.fromkeys([*(first or "").split("; "), *(second or "").split("; ")])
    return "; ".join(filter(None, said)) or None


def damage_of(segment: Segment, *, repaired: bool = True) -> Iterator[Damage]:
    """Yield what is damaged in a segment's line, if anything; what cannot be read is never put right."""
    if segment.damage is not None:
        sound = repaired and UNREAD not in segment.damage and NO_CHARACTERS not in segment.damage
        yield Damage(segment.line, segment.damage, sound)
