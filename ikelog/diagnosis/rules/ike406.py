"""IKE406: the tunnel with a peer comes up and goes down again and again."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from ikelog.diagnosis.falls import LONE, OFTEN, Fall, falls_of
from ikelog.diagnosis.order import median
from ikelog.diagnosis.rule import Log, Match, Rank, Rule
from ikelog.diagnosis.types import Fix

_WINDOW_MS = 86_400_000  # that often in a day: an SA that ends once a day reached its lifetime
_COMPARE = "compare the period with the lifetimes and liveness intervals of both ends"
_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


def find(log: Log) -> Iterator[Match]:
    """Yield the peers with which an SA came up and went down three times or more within a day."""
    for (_, _, address), falls in falls_of(log).items():
        near = _dense(falls)
        if near:
            about = {f.negotiation.id: f.negotiation for f in near if f.negotiation}
            evidence = [f.event for f in (*near[:3], near[-1])]
            yield Match(tuple(about.values()), evidence, _said(address, near))


def _dense(falls: list[Fall]) -> list[Fall]:
    """Return the falls, where enough of them stand within a day, or where there is no clock to tell."""
    times = [f.event.offset_ms for f in falls]
    spans = zip(times, times[OFTEN - 1 :], strict=False)
    near = any(a is None or b is None or b - a <= _WINDOW_MS for a, b in spans)
    return falls if near else []


def _said(address: str, falls: list[Fall]) -> str:
    reasons = Counter(f.reason for f in falls).most_common()
    told = ", ".join(reason if n == 1 else f"{reason} ({n} times)" for reason, n in reasons)
    known = [f.event.offset_ms for f in falls if f.event.offset_ms is not None]
    gaps = [b - a for a, b in pairwise(known)]
    period = f", about every {_in_words(median(gaps) / 1000)}" if gaps else ""
    return f"The tunnel with {address} came up and went down {len(falls)} times{period}. What ended it: {told}."


def _in_words(seconds: float) -> str:
    for name, unit in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= unit:
            return f"{seconds / unit:.1f} {name}"
    return f"{seconds:.0f} s"


RULE = Rule(
    code="IKE406",
    name="flapping",
    severity="warning",
    title="The tunnel comes up and goes down again and again",
    side="unknown",
    rank=Rank.NOTE,
    meaning="Three times or more within a day the SA with one peer was up and ended. The period tells most: a lifetime "
    "that the ends do not agree on, a NAT mapping that times out, a path that fails, a peer that restarts.",
    find=find,
    needs=("established", *LONE),
    fix=(
        Fix("ios", ("show crypto session detail",), _COMPARE),
        Fix("asa", ("show vpn-sessiondb detail l2l",), _COMPARE),
        Fix("path", (), "look for the same period in the NAT timeouts and the outages of the path"),
    ),
    looks_like=("Session is being torn down. Reason: Lost Service",),
    mistaken_for="failed attempts, which never come up; a tunnel that idles and comes back with traffic",
    references=("RFC 7296 section 2.4", "RFC 7296 section 2.8"),
    sample="asa-ikev1-flapping.log",
)
