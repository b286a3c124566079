"""Texts that differ in their identifiers only, SPIs and addresses, and say the same with these in their places.

Of two texts of one shape that were both read, what differs in their fields is found again in their identifiers: from
then on a text of that shape is not read any more. An identifier that is the same in both has to be the same in others.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

from ikelog.events.types import Endpoint, Value
from ikelog.events.values import convert
from ikelog.grammar.parsing import MEMO_LIMIT
from ikelog.reading.records import HEADER
from ikelog.record import fields as names_of

# What may be an identifier, found fast; and the forms of those that are. What means something by itself is none: zeros,
# networks, well-known ports.
_RUNS = re.compile(
    r"([0-9A-F](?:(?<=[0-9])(?<![0-9A-F.].)|(?<![0-9A-Za-z_.].))"
    r"(?:\d{0,2}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?:/\d[\d.]*)*|(?<=0)x[0-9A-Fa-f]{4,}|[0-9A-F]{3,}))"
)
# The same, and the bytes of a dump, which an ASA prints on lines with a header each.
_RUNS_AND_DUMPS = re.compile(_RUNS.pattern.removesuffix(")") + r"|(?<= )[0-9a-f]{2}(?: [0-9a-f]{2}){3,})")
_ADDRESS = r"(?!0\.|255\.)(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!/)|(?=/|$))){4}"
_FORM = re.compile(
    r"(?P<spi>(?!0{16})[0-9A-F]{16})|(?P<hex_spi>0x(?!0{16})[0-9A-Fa-f]{16})|(?P<esp>0x(?!0{8})[0-9A-Fa-f]{8})"
    rf"|(?P<number>[1-9]\d{{3,9}})|(?P<digits>(?!0{{8}})[0-9A-F]{{8}})|(?P<address>{_ADDRESS})|{_ADDRESS}(?P<behind>/.*)"
    r"|(?P<dump>[0-9a-f]{2}(?: [0-9a-f]{2})+)"
)
_MOST_RUNS = 256


class _Slot(NamedTuple):
    """What makes a value of the identifiers of a text, or of the one at a place; a constant of any."""

    make: Callable[[Any], Any]
    place: int | None = None
    is_constant: bool = False

    def value(self, identifiers: Sequence[str]) -> Any:
        """Return the value that some identifiers make."""
        return self.make(identifiers if self.place is None else identifiers[self.place])


class _Values(dict[str, Any]):
    """The values that identifiers make."""

    def __init__(self, make: Callable[[str], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, identifier: str) -> Any:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        value = self[identifier] = self._make(identifier)
        return value


Kept = TypeVar("Kept")
# The identifiers of a text that was read, what is kept of it, and the fields of its events.
_Read = tuple[Sequence[str], Kept, Sequence[Mapping[str, Value]]]


class _Forms(dict[str, str]):
    """The forms of what may be an identifier; one that is none stands for itself."""

    def __missing__(self, run: str) -> str:
        if len(self) >= MEMO_LIMIT:
            self.clear()
        found = _FORM.fullmatch(run)
        form = self[run] = run if found is None else found["behind"] or found.lastgroup or run
        return form


_form = _Forms().__getitem__


class Shape(Generic[Kept]):
    """A shape of texts: what is kept of them, the fields that all share, and what makes the others of the identifiers.

    There are fields of one or more events; `more` are those behind the first, with their slots. `fixed` are
    identifiers that have to be the same, `same` pairs of places that have to have the same one; of `size` in all the
    first `ahead` may be any, and no other.
    """

    __slots__ = ("ahead", "fields", "fixed", "kept", "more", "same", "slots")

    def __init__(
        self,
        kept: Kept,
        told: Sequence[tuple[Mapping[str, Value], Sequence[tuple[str, _Slot]]]],
        fixed: Sequence[tuple[int, str]],
        same: Sequence[tuple[int, int]],
        size: int,
    ) -> None:
        self.kept = kept
        self.fields, self.slots = told[0]
        self.more = told[1:]
        self.fixed = fixed
        self.same = same
        free = size - len(fixed)
        self.ahead = free if not same and all(place >= free for place, _ in fixed) else 0


class Found(NamedTuple, Generic[Kept]):
    """What is kept of a text's shape, the fields of its first event, and those of the others.

    `tail` is what stands behind the last identifier that may be another; those in front of it may all be, and `key`
    tells texts that begin so from others. It is empty where not all of these may be.
    """

    kept: Kept
    fields: dict[str, Value]
    more: Sequence[Mapping[str, Value]]
    key: tuple[str, ...]
    tail: str


class Shapes(Generic[Kept]):
    """The shapes of the texts of one kind."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Shape[Kept]] = {}
        self._once: dict[tuple[str, ...], _Read[Kept]] = {}

    def find(self, text: str) -> Found[Kept] | None:
        """Return what texts of a text's shape say, with its own identifiers; None where that is not known."""
        pieces = _split(text)
        identifiers = pieces[1::2]
        forms = [*map(_form, identifiers)]
        shape = self._known.get((*forms, *pieces[::2]))
        if shape is None:
            return None
        for place, fixed in shape.fixed:
            if identifiers[place] != fixed:
                return None
        for place, other in shape.same:
            if identifiers[place] != identifiers[other]:
                return None
        fields = {**shape.fields}
        for name, (make, at, _) in shape.slots:
            fields[name] = make(identifiers) if at is None else make(identifiers[at])
        more = [{**known, **{name: slot.value(identifiers) for name, slot in slots}} for known, slots in shape.more]
        ahead = shape.ahead
        tail = "".join(pieces[2 * ahead :]) if ahead else ""
        return Found(shape.kept, fields, more, (*forms[:ahead], *pieces[: 2 * ahead : 2]), tail)

    def note(self, text: str, kept: Kept, told: Sequence[Mapping[str, Value]]) -> None:
        """Remember a text that was read: with one before it of the same shape it may show what all such texts say.

        `told` are the fields of its events.
        """
        pieces = _split(text)
        identifiers = pieces[1::2]
        if not 0 < len(identifiers) <= _MOST_RUNS:
            return
        key = (*map(_form, identifiers), *pieces[::2])
        before = self._once.get(key)
        if len(self._once) >= MEMO_LIMIT:
            self._once.clear()
        self._once[key] = read = identifiers, kept, told
        if before is None or before[0] == identifiers:
            return
        shape = _learn(before, read)
        if shape is not None:
            if len(self._known) >= MEMO_LIMIT:
                self._known.clear()
            self._known[key] = shape


def _split(text: str) -> list[str]:
    return (_RUNS_AND_DUMPS if HEADER in text else _RUNS).split(text)


def _learn(first: _Read[Kept], second: _Read[Kept]) -> Shape[Kept] | None:
    """Return the shape of two texts; None where their fields differ in more than their identifiers show."""
    ours, theirs = first[0], second[0]
    places = range(len(ours))
    varied = [place for place in places if ours[place] != theirs[place]]
    fixed = [(place, theirs[place]) for place in places if ours[place] == theirs[place]]
    same = [(a, b) for a in varied for b in varied if a < b and theirs[a] == theirs[b]]
    if any(ours[a] != ours[b] for a, b in same) or len(first[2]) != len(second[2]):
        return None
    told = []
    for before, now in zip(first[2], second[2], strict=True):
        slots = _slots(before, now, ours, theirs)
        if slots is None:
            return None
        told.append((now, slots))
    return Shape(second[1], told, fixed, same, len(ours))


def _slots(
    first: Mapping[str, Value], second: Mapping[str, Value], ours: Sequence[str], theirs: Sequence[str]
) -> list[tuple[str, _Slot]] | None:
    """Return what makes the fields that differ; None where nothing does."""
    if first.keys() != second.keys():
        return None
    found = [(name, _slot(first[name], value, ours, theirs)) for name, value in second.items() if value != first[name]]
    slots = [(name, slot) for name, slot in found if slot is not None]
    return slots if len(slots) == len(found) else None


def _slot(first: Any, second: Any, ours: Sequence[str], theirs: Sequence[str]) -> _Slot | None:
    """Return what makes a value of identifiers, as it was seen to do of two texts; None where nothing does."""
    if first == second:
        return _Slot(lambda _: second, is_constant=True)
    for place, (own, their) in enumerate(zip(ours, theirs, strict=True)):
        for terminal in _TERMINALS:
            if _convert(terminal, own) == first and _convert(terminal, their) == second:
                return _maker(terminal, place)
    if type(first) is not type(second):
        return None
    if isinstance(second, str):
        return _spelled(first, second, ours, theirs)
    return _of_parts(first, second, ours, theirs)


def _of_parts(first: Any, second: Any, ours: Sequence[str], theirs: Sequence[str]) -> _Slot | None:
    """Return what makes a value of several parts: a tuple, or a record."""
    if isinstance(first, Endpoint) and first.port == second.port:
        address = _slot(first.address, second.address, ours, theirs)
        if address is not None and address.make == _values("ADDRESS").__getitem__:
            return _Slot(_ends(second.port).__getitem__, address.place)
    if isinstance(second, tuple) and len(first) == len(second):
        return _joined(tuple, [_slot(a, b, ours, theirs) for a, b in zip(first, second, strict=True)])
    if names_of(second):
        values = [_slot(getattr(first, n), getattr(second, n), ours, theirs) for n in names_of(second)]
        return _joined(lambda parts: type(second)(*parts), values)
    return None


def _maker(terminal: str, place: int) -> _Slot:
    if terminal == "SPI":  # nearly every one is new: looking for it takes longer than making it
        return _Slot(str.lower, place)
    return _Slot(_values(terminal).__getitem__, place)


@cache
def _values(terminal: str) -> _Values:
    """Return what the identifiers of a terminal make, wherever they stand."""
    return _Values(lambda identifier: convert(terminal, identifier))


@cache
def _ends(port: int | None) -> _Values:
    """Return the ends that addresses make with a port."""
    address = _values("ADDRESS")
    return _Values(lambda identifier: Endpoint(address[identifier], port))


def _spelled(first: str, second: str, ours: Sequence[str], theirs: Sequence[str]) -> _Slot | None:
    """Return what puts identifiers into a text that holds them as printed."""
    one, other = _RUNS.split(first), _RUNS.split(second)
    if second in other or first in one or one[::2] != other[::2]:
        return None
    return _joined("".join, [_slot(a, b, ours, theirs) for a, b in zip(one, other, strict=True)])


def _joined(join: Callable[[list[Any]], Any], parts: Sequence[_Slot | None]) -> _Slot | None:
    slots = [slot for slot in parts if slot is not None]
    if len(slots) < len(parts):
        return None
    places = {slot.place for slot in slots if slot.place is not None}
    if len(places) == 1 and all(slot.place is not None or slot.is_constant for slot in slots):
        (place,) = places
        return _Slot(_Values(lambda one: join([slot.make(one) for slot in slots])).__getitem__, place)
    return _Slot(lambda identifiers: join([slot.value(identifiers) for slot in slots]))


# The terminals whose texts are identifiers: what a field holds of one.
_TERMINALS = (
    *("ADDRESS", "SPI", "HEX_SPI", "ESP_SPI", "NUMBER", "MESSAGE_ID", "HEX_NUMBER", "ENDPOINT"),
    *("ENDPOINT_ADDRESS", "SLASH_ENDPOINT", "PROXY"),
)


def _convert(terminal: str, text: str) -> Value | None:
    """Return the value of a terminal's text; None where the terminal has no such texts."""
    try:
        return convert(terminal, text)
    except ValueError:
        return None
