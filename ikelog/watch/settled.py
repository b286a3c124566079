"""When it is certain enough what a negotiation has come to, and when it need not be looked at any more."""

from collections.abc import Sequence

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.record import record
from ikelog.watch.remembered import Seen
from ikelog.watch.types import EventName, Patience

# A log without clocks may be read faster than it was written: behind so many lines nothing more is waited for.
FAR_LINES = 20_000
_FAILED = ("failed", "child_failed")


@record
class Now:
    """The present: the count of the log's lines, this machine's clock in seconds, the log's in milliseconds.

    `is_end` tells that nothing more will come.
    """

    line: int
    at: float
    log_ms: int | None
    is_end: bool = False


@record
class Last:
    """The last line of a negotiation: its count, when it was read, what the log's clock said."""

    line: int
    at: float
    log_ms: int | None


def event_of(negotiation: Negotiation, last: Last, up: Last, now: Now, patience: Patience) -> EventName | None:
    """Return what a negotiation has come to; None while that may change. `up` is the line since which it is up."""
    rest = quiet_for(last, now)
    if has_failed(negotiation):
        return "failed" if rest >= patience.settle else None
    if negotiation.outcome == "established":
        if negotiation.closed is not None:
            return "closed" if rest >= patience.settle else None
        return "up" if quiet_for(up, now) >= patience.settle else None
    if rest < patience.quiet:
        return None
    if negotiation.outcome == "incomplete":
        return None if is_nobodys(negotiation) else "unfinished"
    return "up" if negotiation.closed is None else "closed"


def is_nobodys(negotiation: Negotiation) -> bool:
    """Tell whether there are a few lines of a handle alone: a rest of what was forgotten, with nobody to name."""
    n = negotiation
    return n.outcome == "incomplete" and not n.messages and n.initiator_spi is None and n.remote.address is None


def has_failed(negotiation: Negotiation) -> bool:
    """Tell whether a negotiation failed, at first or after it had been up."""
    return negotiation.outcome in _FAILED or (negotiation.outcome == "established" and negotiation.verdict is not None)


def is_news(event: EventName, seen: Seen, negotiation: Negotiation, findings: Sequence[Finding], begin: int) -> bool:
    """Tell whether an event has not been told: what was told is not told again, nor what failed or closed at all.

    `begin` is what the first line of the analysed text counts: a later part of a life seems to be less than the whole.
    """
    if seen.told is None:
        return True
    if seen.told in ("failed", "closed") or event in (seen.told, "unfinished"):
        return False
    if event == "closed":
        return negotiation.closed is not None and begin + negotiation.closed.line > seen.told_line
    if event == "failed":
        shown = [e.end_line for f in findings if f.code == negotiation.verdict for e in f.evidence]
        shown += [negotiation.failure.end_line] if negotiation.failure is not None else []
        return bool(shown) and begin + max(shown) > seen.told_line
    return True


def is_over(seen: Seen, negotiation: Negotiation, last: Last, now: Now, patience: Patience) -> bool:
    """Tell whether a negotiation that was told of has been quiet for long, or was told of long ago."""
    if seen.told is None:
        return is_nobodys(negotiation) and quiet_for(last, now) >= patience.quiet
    told = Last(seen.told_line, seen.told_at, seen.told_ms)
    return max(quiet_for(last, now), quiet_for(told, now)) >= patience.quiet


def quiet_for(last: Last, now: Now) -> float:
    """Return for how many seconds nothing has come, by that clock of the two which says more."""
    if now.is_end or now.line - last.line > FAR_LINES:
        return float("inf")
    by_log = 0.0 if now.log_ms is None or last.log_ms is None else (now.log_ms - last.log_ms) / 1000
    return max(now.at - last.at, by_log)
