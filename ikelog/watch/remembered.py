"""What is kept of the negotiations of a run: little of each, and of the latest only, however long the run is."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from ikelog.correlation.types import Negotiation
from ikelog.watch.types import EventName

# Of so many negotiations that were told it is remembered that they were: those of weeks at most places.
REMEMBERED = 10_000
_BEGINNING = ("IKE_SA_INIT", "MAIN_MODE", "AGGRESSIVE_MODE")
# What nothing but its peer names may be a later part of one of which this was told last.
_GO_ON = ("up", "unfinished")
# What a later part of an IKE SA's life, seen alone, does not tell again.
_KEPT = (
    "ike_version outcome device role local remote vrf initiator_spi responder_spi connection_id mode vpn_style"
    " configuration started_at authentication remote_access transforms nat rekeyed_from"
).split()


Identity = tuple[str | None, ...]


class Seen:
    """One negotiation of the run.

    Its lines, as far as they are known, are those from `first` to `last`, counted over the run. `told` is what was last
    told of it, when the log had `told_line` lines, at `told_at` by this machine's clock, in seconds, and `told_ms` by
    the log's. `identity` is who it is as far as that is known, `keys` what it can be found by again; `kept` is the
    beginning of its life, packed.
    """

    __slots__ = ("first", "id", "identity", "kept", "keys", "last", "told", "told_at", "told_line", "told_ms")

    def __init__(self, name: str) -> None:
        self.id = name
        self.first = 0
        self.last = 0
        self.told: EventName | None = None
        self.told_line = 0
        self.told_at = 0.0
        self.told_ms: int | None = None
        self.identity: Identity = ()
        self.keys: tuple[tuple[Any, ...], ...] = ()
        self.kept = b""


class Memory:
    """The negotiations seen, the one last looked at at the end; `number` of them so far."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self.most = most
        self.number = 0
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._by_key: dict[tuple[Any, ...], list[str]] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def new(self) -> Seen:
        """Enter a negotiation that was not seen before."""
        self.number += 1
        seen = self._seen[f"N{self.number}"] = Seen(f"N{self.number}")
        return seen

    def note(self, seen: Seen, negotiation: Negotiation) -> None:
        """Note by what a negotiation can be found again."""
        known = seen.identity or (None,) * 5
        seen.identity = tuple(now or before for now, before in zip(identity_of(negotiation), known, strict=True))
        keys = _keys(negotiation)
        names_spis = any(key[0] == "spi" for key in seen.keys)
        if keys != seen.keys and not (names_spis and negotiation.initiator_spi is None):
            self._leave(seen)
            for key in keys:
                self._by_key.setdefault(key, []).append(seen.id)
            seen.keys = keys
        self._seen.move_to_end(seen.id)

    def find(self, negotiation: Negotiation, taken: Mapping[str, Seen]) -> Seen | None:
        """Return the latest one not `taken` whose later life a negotiation may be: with its SPIs, or its peer's."""
        for key in _keys(negotiation):
            for name in reversed(self._by_key.get(key, ())):
                seen = self._seen[name]
                if name not in taken and goes_on(seen, negotiation) and (key[0] == "spi" or seen.told in _GO_ON):
                    return seen
        return None

    def forget(self, open_ones: set[str]) -> None:
        """Forget the oldest, but none of those under way, where there are too many."""
        for name in [*self._seen][: max(len(self._seen) - self.most, 0)]:
            if name not in open_ones:
                self._leave(self._seen.pop(name))

    def _leave(self, seen: Seen) -> None:
        for key in seen.keys:
            names = self._by_key.get(key, [])
            if seen.id in names:
                names.remove(seen.id)
            if not names:
                self._by_key.pop(key, None)


def keep(seen: Seen, negotiation: dict[str, Any]) -> dict[str, Any]:
    """Return a negotiation with what is known of its beginning, where it does not tell it, and keep that."""
    known = json.loads(seen.kept) if seen.kept else {}
    filled = {**negotiation, **{key: value for key, value in known.items() if _is_empty(negotiation[key])}}
    if known.get("outcome") == "established" and negotiation["outcome"] in ("ike_only", "incomplete"):
        filled["outcome"] = "established"  # a part of a life alone shows no more
    seen.kept = json.dumps({key: filled[key] for key in _KEPT if not _is_empty(filled[key])}).encode()
    return filled


def goes_on(seen: Seen, negotiation: Negotiation) -> bool:
    """Tell whether a negotiation can be a later part of one that was seen: nothing that both know differs.

    With the same pair of SPIs it is, whatever address a line that was torn in two seemed to tell.
    """
    known = list(zip(seen.identity, identity_of(negotiation), strict=False))  # one that is new has none
    if known and None not in known[2] and known[2][0] == known[2][1] and None not in known[3]:
        known = known[:4]
    return all(one == other or one is None or other is None for one, other in known)


def identity_of(negotiation: Negotiation) -> Identity:
    """Return who a negotiation is, as far as it tells; the role only where its beginning shows it for certain."""
    n = negotiation
    role = n.role if n.messages and n.messages[0].exchange in _BEGINNING else None
    return n.device, role, n.initiator_spi, n.responder_spi, n.remote.address


def _keys(negotiation: Negotiation) -> tuple[tuple[Any, ...], ...]:
    """Return what a negotiation is found by: its SPIs; else, without any, its connection id, or its peer alone."""
    n = negotiation
    if n.initiator_spi is not None or n.responder_spi is not None:
        return tuple(("spi", spi) for spi in (n.initiator_spi, n.responder_spi) if spi is not None)
    if n.connection_id:
        return (("connection", n.ike_version, n.device, n.remote.address, n.connection_id),)
    return (("peer", n.ike_version, n.device, n.remote.address),) if n.remote.address else ()


def _is_empty(value: Any) -> bool:
    """Tell whether a value of the report says nothing: null, or an object of nulls."""
    return value is None or (isinstance(value, dict) and all(map(_is_empty, value.values())))
