"""Events in the order of their lines; those of a run are read when somebody asks for them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from itertools import chain, dropwhile
from typing import overload

from ikelog.events.runs import Run
from ikelog.events.types import Event


class Events(Sequence[Event]):
    """Events in the order of their lines, and where those of each kind stand among them."""

    def __init__(self, items: Iterable[Event] = ()) -> None:
        self._items = tuple(items)

    @cached_property
    def _hidden(self) -> Set[str]:
        """Kinds of which there may be events in runs."""
        return frozenset(chain.from_iterable(item.kinds for item in self._items if isinstance(item, Run)))

    @cached_property
    def _all(self) -> tuple[Event, ...]:
        return tuple(chain.from_iterable(item.events if isinstance(item, Run) else (item,) for item in self._items))

    @property
    def kinds(self) -> Set[str]:
        """The kinds of the events; in runs may be events of more kinds than there are."""
        return self._known.keys() | self._hidden

    @property
    def stretches(self) -> Sequence[Event]:
        """The events, those of a run as one: they have the same lines in the same sources."""
        return self._items

    @property
    def told(self) -> Iterator[Event]:
        """The events that may change something in their negotiation, in order."""
        return (item for item in self._items if not isinstance(item, Run))

    @cached_property
    def _known(self) -> Mapping[str, list[Event]]:
        """The events outside of runs by kind."""
        known: dict[str, list[Event]] = {}
        for item in self._items:
            if not isinstance(item, Run):
                known.setdefault(item.kind, []).append(item)
        return known

    @property
    def platform(self) -> str | None:
        """The platform that the first of the events names which names one."""
        return next((item.platform for item in self._items if item.platform), None)

    def of(self, *kinds: str) -> list[Event]:
        """Return the events of the given kinds, in order."""
        if not self._hidden.isdisjoint(kinds):
            return [event for event in self._all if event.kind in kinds]
        found = [self._known[kind] for kind in dict.fromkeys(kinds) if kind in self._known]
        if len(found) < 2:
            return [*found[0]] if found else []
        return [item for item in self._items if item.kind in kinds]

    def since(self, event: Event, *kinds: str) -> list[Event]:
        """Return the events of the given kinds from one of the events on; by their order, not by their lines."""
        told = self.of(event.kind, *kinds)
        begin = next((place for place, other in enumerate(told) if other is event), 0)
        return [other for other in told[begin:] if other.kind in kinds]

    def first(self, *kinds: str) -> Event | None:
        """Return the first event of the given kinds, or None."""
        return next(iter(self.of(*kinds)), None)

    def has(self, *kinds: str) -> bool:
        """Tell whether an event of one of the given kinds is among them."""
        return bool(self.of(*kinds)) if not self._hidden.isdisjoint(kinds) else not self._known.keys().isdisjoint(kinds)

    def follows(self, event: Event, kind: str, *, within: int) -> bool:
        """Tell whether one of a kind is among so many events that follow one of them."""
        items = self._all if kind in self._hidden else self._items
        behind = dropwhile(lambda item: item is not event, items)
        next(behind, None)
        for item in behind:
            if item.kind == kind:
                return True
            within -= item.size if isinstance(item, Run) else 1
            if within <= 0:
                return False
        return False

    def __len__(self) -> int:
        return sum(item.size if isinstance(item, Run) else 1 for item in self._items)

    def __bool__(self) -> bool:
        return bool(self._items)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._all)

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        if place in (0, -1) and isinstance(place, int) and self._items:
            item = self._items[place]
            return item.events[place] if isinstance(item, Run) else item
        return self._all[place]

    def __eq__(self, other: object) -> bool:
        return self._all == other._all if isinstance(other, Events) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all)
