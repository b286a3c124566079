"""What devices report of single ESP packets: gathered by the peer that sent them and the SPI that they name."""

from collections.abc import Iterable, Iterator
from itertools import chain

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.rule import Log
from ikelog.events.types import Event
from ikelog.record import record

# With more SPIs than this of one peer there is one finding for all of them.
_MOST_SPIS = 3
_SPIS_SHOWN = 5


@record
class Packets:
    """Reports of one kind about one sender on one device; `peer` is None where the lines do not name it."""

    peer: str | None
    spis: tuple[str, ...]
    events: tuple[Event, ...]

    @property
    def platform(self) -> str | None:
        """What wrote the lines."""
        return self.events[0].platform

    @property
    def evidence(self) -> tuple[Event, ...]:
        """The first lines, and the last."""
        return self.events if len(self.events) <= 4 else (*self.events[:3], self.events[-1])

    def name(self, unknown: str) -> str:
        """Return the peer's address, or what to say where no line names it."""
        return self.peer or unknown


def packets(log: Log, kind: str) -> Iterator[Packets]:
    """Yield what was reported of packets: one for each device, peer and SPI; one for a peer with many SPIs."""
    senders: dict[tuple[str, str | None], list[Event]] = {}
    for event in _reported(log, kind):
        address = event.fields.get("remote_address")
        senders.setdefault((event.device or event.source, str(address) if address else None), []).append(event)
    for (_, peer), events in senders.items():
        by_spi: dict[str, list[Event]] = {}
        for event in events:
            by_spi.setdefault(str(event.fields.get("esp_spi", "")), []).append(event)
        groups = [events] if len(by_spi) > _MOST_SPIS else by_spi.values()
        yield from (Packets(peer, _spis(group), tuple(group)) for group in groups)


def _reported(log: Log, kind: str) -> Iterable[Event]:
    """Return the events of a kind, whether they were put to a negotiation or to none."""
    owned = (n.events.of(kind) for n in log.negotiations if n.events.has(kind))
    return chain(*owned, log.of_none.of(kind))


def _spis(events: Iterable[Event]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(e.fields["esp_spi"]).upper() for e in events if "esp_spi" in e.fields))


def owners(log: Log, found: Packets) -> tuple[Negotiation, ...]:
    """Return the negotiations that the packets belong to, as Child SA's inbound SPIs tell."""
    return tuple(n for n in log.negotiations if _inbound(n, found))


def _inbound(negotiation: Negotiation, found: Packets) -> bool:
    return any((child.inbound_spi or "").upper() in found.spis for child in negotiation.child_sas)


def how_many(found: Packets) -> str:
    """Return `a packet`, `14 packets`."""
    return "a packet" if len(found.events) == 1 else f"{len(found.events)} packets"


def spi_in_words(found: Packets) -> str:
    """Return ` with the ESP SPI 0A1B2C3D`; empty where the lines name none."""
    if not found.spis:
        return ""
    more = ", …" if len(found.spis) > _SPIS_SHOWN else ""
    return f" with the ESP SPI{'s' if len(found.spis) > 1 else ''} {', '.join(found.spis[:_SPIS_SHOWN])}{more}"


def when(found: Packets) -> str:
    """Return ` between <first> and <last> time`, ` at <time>`; empty where the lines have no clock."""
    times = [_clock(e.time) for e in found.events if e.time]
    if not times:
        return ""
    return f" at {times[0]}" if times[0] == times[-1] else f" between {times[0]} and {times[-1]}"


def _clock(time: str) -> str:
    return time.lstrip("-").replace("T", " ")
