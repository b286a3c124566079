"""What a device reported: one frozen Event for each thing it wrote down."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ikelog.reading.moment import Moment
from ikelog.record import record
from ikelog.terms import transforms


@record
class Endpoint:
    """An address as printed, and a UDP port; the address may be masked text such as `x.x.x.x`."""

    address: str
    port: int | None = None


@record
class TrafficSelector:
    """One traffic selector (RFC 7296 section 3.13.1): an address range, `protocol` 0 for any, ports inclusive."""

    start: str
    end: str
    protocol: int = 0
    start_port: int = 0
    end_port: int = 65535


@record
class Proposal:
    """One proposal (RFC 7296 section 3.3.1) as sets of names per transform type, in the order printed."""

    number: int | None = None
    protocol: str | None = None
    encryption: tuple[str, ...] = ()
    prf: tuple[str, ...] = ()
    integrity: tuple[str, ...] = ()
    key_exchange: tuple[str, ...] = ()
    esn: tuple[str, ...] = ()
    line: int = 0

    def transforms(self) -> Mapping[str, tuple[str, ...]]:
        """Return the sets by transform type, in the RFC's order."""
        return {name: getattr(self, name) for name in transforms.TYPES.values()}


class Handle(NamedTuple):
    """A device-local handle: SESSION ID and SA ID on IOS, `(n)` on ASA. Reused over time, never an identity."""

    sa: int
    session: int | None = None


Value = str | int | bool | Endpoint | TrafficSelector | Proposal | tuple["Value", ...]
NO_FIELDS: Mapping[str, Value] = MappingProxyType({})


class Event(NamedTuple):
    """One thing that a device reported.

    `kind` is a grammar alternative's name or `unrecognised`. `line` and `end_line` count from 1 in `source`. `moment`
    is what the device's clock said, None where the line has no clock. `fields` holds what the kind carries; `text` is
    the raw text of an unrecognised line. `platform` is `ios` or `asa`, `ike_version` 1 or 2, as the line's own form
    tells, else None. `damage` is what was put right in the text that it was made of, or could not be.
    """

    kind: str
    source: str
    line: int
    end_line: int
    moment: Moment | None = None
    device: str | None = None
    platform: str | None = None
    handle: Handle | None = None
    fields: Mapping[str, Value] = NO_FIELDS
    text: str | None = None
    ike_version: int | None = None
    damage: str | None = None

    @property
    def time(self) -> str | None:
        """What the clock said, in ISO 8601 as far as it is known."""
        return self.moment.time if self.moment is not None else None

    @property
    def offset_ms(self) -> int | None:
        """Milliseconds since the source's first clock."""
        return self.moment.offset_ms if self.moment is not None else None
