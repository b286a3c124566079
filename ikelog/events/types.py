"""What a device reported: one frozen Event for each thing it wrote down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ikelog.terms import transforms


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address as printed, and a UDP port; the address may be masked text such as `x.x.x.x`."""

    address: str
    port: int | None = None


@dataclass(frozen=True, slots=True)
class TrafficSelector:
    """One traffic selector (RFC 7296 section 3.13.1): an address range, `protocol` 0 for any, ports inclusive."""

    start: str
    end: str
    protocol: int = 0
    start_port: int = 0
    end_port: int = 65535


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Handle:
    """A device-local handle: SESSION ID and SA ID on IOS, `(n)` on ASA. Reused over time, never an identity."""

    sa: int
    session: int | None = None


Value = str | int | bool | Endpoint | TrafficSelector | Proposal | tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a device reported.

    `kind` is a grammar alternative's name or `unrecognised`. `line` and `end_line` count from 1 in `source`. `time` is
    what the device's clock said (ISO 8601 as far as known), `offset_ms` counts from the source's first clock; both are
    None where the line has no clock. `fields` holds what the kind carries; `text` is the raw text of an unrecognised
    line. `platform` is `ios` or `asa` as the line's own form tells, else None.
    """

    kind: str
    source: str
    line: int
    end_line: int
    time: str | None = None
    offset_ms: int | None = None
    device: str | None = None
    platform: str | None = None
    handle: Handle | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    text: str | None = None
