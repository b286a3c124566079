"""What a watch tells."""

from typing import Any, Literal

from ikelog.diagnosis.types import Finding
from ikelog.record import record

EventName = Literal["up", "failed", "closed", "unfinished"]
EVENTS: tuple[EventName, ...] = ("up", "failed", "closed", "unfinished")


@record
class News:
    """What became of a negotiation: `negotiation` has the keys of the JSON report, ids and lines those of the run.

    `findings` are those about it; `is_first` tells that nothing was told of it before.
    """

    event: EventName
    negotiation: dict[str, Any]
    findings: tuple[Finding, ...] = ()
    is_first: bool = True


@record
class Patience:
    """How long a negotiation must have been quiet, in seconds, by the log's clock or this machine's.

    After `settle` what it came to is told; after `quiet` one that came to nothing is, and what is told is forgotten.
    """

    settle: float = 2.0
    quiet: float = 60.0
