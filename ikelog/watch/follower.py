"""Follow the negotiations of a growing log: analyse what is new with what is still open, tell, and forget."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.types import Finding
from ikelog.events.types import Event
from ikelog.pipeline import NO_OPTIONS, Options, analyze
from ikelog.report import Report
from ikelog.reporting.json_report import plain
from ikelog.watch.clock import between_ms
from ikelog.watch.remembered import Memory, Seen, goes_on, keep
from ikelog.watch.renumber import Numbering, renumbered, renumbered_finding
from ikelog.watch.settled import Last, Now, event_of, is_news, is_over
from ikelog.watch.types import EventName, News, Patience
from ikelog.watch.window import Window

# Lines that begin a negotiation stand at most so far in front of the message that shows whose they are.
BEGINNING_LINES = 2_000
# No more than so many lines are kept: what is open so long is told as it stands, and forgotten.
MOST_LINES = 60_000
# So many lines are analysed before what that leaves behind is looked for.
_COLLECTED_LINES = 50_000
# So many events of a negotiation tell which one it was in the analysis before.
_TELLING = 50
# The last record of an analysis may go on in so many lines that come behind it.
_SLACK = 100
# Of the whole log, not of a negotiation: lines left out, missing clocks, what is not understood.
_OF_THE_LOG = "IKE9"

Pair = tuple[Negotiation, Seen]


class Follower:
    """What is known of a growing log.

    `analysed` is how many lines, counted over the run, have been analysed, `has_ike_lines` whether any was IKE or
    IPsec. `pairs` are the negotiations of the last analysis, which began at the line `begin`.
    """

    def __init__(self, window: Window, options: Options = NO_OPTIONS, patience: Patience | None = None) -> None:
        self.window = window
        self.options = options
        self.patience = patience or Patience()
        self.memory = Memory()
        self.analysed = 0
        self.has_ike_lines = False
        self.begin = 0
        self.pairs: list[Pair] = []
        self._findings: tuple[Finding, ...] = ()
        self._owners: dict[int, Seen] = {}
        self._clocks: dict[str | None, int] = {}
        self._first_time: str | None = None
        self._base_ms = 0
        self._number = 0
        self._uncollected = 0

    @property
    def waiting(self) -> int:
        """How many lines have not been analysed yet."""
        return self.window.end - self.analysed

    def look(self, now: float, *, is_end: bool = False) -> list[News]:
        """Analyse what is new, and return what there is to tell at a time in seconds; at the end all there is."""
        if is_end:
            self.window.finish(now)
        if self.waiting:
            self._analyse()
        news = list(self._tell(now, is_end=is_end))
        self._forget(now, is_end=is_end)
        return news

    def _analyse(self) -> None:
        self.pairs, self._findings = [], ()  # the last analysis goes, but for whose the lines were
        report = analyze([self.window.text()], self.options)
        if report.interrupted:  # a second Ctrl-C: the first one waits for the analysis
            raise KeyboardInterrupt
        self._collect()
        before, self.begin, self.analysed = self.analysed, self.window.first, self.window.end
        self._findings = report.findings
        self._note_clocks(report)
        taken: dict[str, Seen] = {}
        # those that name themselves first: nameless lines at the beginning may seem to be one of their own
        for negotiation in sorted(report.negotiations, key=lambda n: n.initiator_spi is None):
            seen = self._known(negotiation, taken)
            if seen is None and self._line(negotiation.events[-1].end_line) >= before - _SLACK:
                seen = self.memory.new()
            if seen is None:  # it was none when more of the log was known: a rest of one
                continue
            taken[seen.id] = seen
            self.memory.note(seen, negotiation)
            seen.first = self._line(negotiation.events[0].line)
            seen.last = self._line(negotiation.events[-1].end_line)
            self.pairs.append((negotiation, seen))
        self.pairs.sort(key=lambda pair: pair[1].first)
        self._owners = {self._line(event.line): seen for n, seen in self.pairs for event in n.events}

    def _collect(self) -> None:
        """Let go of what analyses leave behind in cycles: the command line has turned that off for short runs."""
        self._uncollected += len(self.window)
        if self._uncollected > _COLLECTED_LINES:
            gc.collect()
            self._uncollected = 0

    def _line(self, number: int) -> int:
        """Return the line of the run, from 0, that the last analysis numbers from 1."""
        return self.begin + number - 1

    def _known(self, negotiation: Negotiation, taken: Mapping[str, Seen]) -> Seen | None:
        """Return which of those seen a negotiation is: the one that it names by its SPIs, else that had its lines."""
        if negotiation.initiator_spi is not None:
            named = self.memory.find(negotiation, taken)
            if named is not None:
                return named
        had = [
            owner
            for event in negotiation.events[:_TELLING]
            if (owner := self._owners.get(self._line(event.line))) is not None and goes_on(owner, negotiation)
        ]
        free = [owner for owner, _ in Counter(had).most_common() if owner.id not in taken]
        return free[0] if free else self.memory.find(negotiation, taken)

    def _note_clocks(self, report: Report) -> None:
        source = report.sources[0]
        self.has_ike_lines = self.has_ike_lines or source.ike_lines > 0
        self._first_time = self._first_time or source.first_time
        self._base_ms = between_ms(self._first_time, source.first_time) or 0
        ends = sorted(report.negotiations, key=lambda n: n.events[-1].line)
        latest = {n.device: n.events[-1] for n in ends if n.events[-1].offset_ms is not None}
        self._clocks = {device: event.offset_ms or 0 for device, event in latest.items()}
        if len(latest) == 1:  # else it may be another device's clock that the log ends with
            device, event = next(iter(latest.items()))
            self._clocks[device] += max(between_ms(event.time, source.last_time) or 0, 0)

    def _tell(self, now: float, *, is_end: bool) -> Iterator[News]:
        """Yield what is news, in the order in which it came to be; what is open for too many lines is told too."""
        too_old = self.window.end - MOST_LINES // 2 if len(self.window) > MOST_LINES else 0
        for negotiation, seen in sorted(self.pairs, key=lambda pair: pair[1].last):
            present = self._now(negotiation, now, is_end=is_end or seen.first < too_old)
            findings = self._about(negotiation)
            last, up = self._last(negotiation.events[-1]), self._last(_up_since(negotiation))
            event = event_of(negotiation, last, up, present, self.patience)
            if event is not None and is_news(event, seen, negotiation, findings, self.begin):
                yield self._news(event, negotiation, seen, findings)
                seen.told, seen.told_line, seen.told_at, seen.told_ms = event, present.line, now, present.log_ms

    def _now(self, negotiation: Negotiation, now: float, *, is_end: bool) -> Now:
        clock = self._clocks.get(negotiation.device)
        return Now(self.window.end, now, None if clock is None else clock + self._base_ms, is_end)

    def _last(self, event: Event) -> Last:
        line = self._line(event.end_line)
        offset = event.offset_ms
        return Last(line, self.window.read_at(line), None if offset is None else offset + self._base_ms)

    def _about(self, negotiation: Negotiation) -> list[Finding]:
        """Return the findings about a negotiation, the one that explains it first."""
        found = [
            finding
            for finding in self._findings
            if negotiation.id in finding.negotiations and not finding.code.startswith(_OF_THE_LOG)
        ]
        return sorted(found, key=lambda finding: finding.code != negotiation.verdict)

    def _news(self, event: EventName, negotiation: Negotiation, seen: Seen, findings: Sequence[Finding]) -> News:
        ids = {n.id: known.id for n, known in self.pairs}
        numbering = Numbering(lambda line: self.window.place(self._line(line)), ids, self._base_ms)
        told = keep(seen, renumbered(plain(negotiation), numbering))
        if not self._has_certain_maker(negotiation):
            told["rekeyed_from"] = None
        numbers = range(self._number + 1, self._number + len(findings) + 1)
        self._number += len(findings)
        numbered = [renumbered_finding(f, f"F{n}", numbering) for n, f in zip(numbers, findings, strict=True)]
        return News(event, told, tuple(numbered), is_first=seen.told is None)

    def _has_certain_maker(self, negotiation: Negotiation) -> bool:
        """Tell whether no other SA can be what made one by a rekey: its peer tells, or only one is new."""
        unknown = [n for n, _ in self.pairs if n.rekeyed_from is not None and n.remote.address is None]
        return negotiation.remote.address is not None or len(unknown) < 2

    def _forget(self, now: float, *, is_end: bool) -> None:
        """Forget the lines in front of all that is open, and of what may yet be the beginning of a negotiation."""
        first = self._beginnings(now)
        for negotiation, seen in self.pairs:
            present = self._now(negotiation, now, is_end=is_end)
            if seen.first >= self.window.first and not self._is_over(negotiation, seen, present):
                first = min(first, seen.first)
        self.window.forget(max(first, self.window.first))
        self.memory.forget({seen.id for _, seen in self.pairs})

    def _is_over(self, negotiation: Negotiation, seen: Seen, now: Now) -> bool:
        too_old = len(self.window) > MOST_LINES and seen.first < self.window.end - MOST_LINES // 2
        return too_old or is_over(seen, negotiation, self._last(negotiation.events[-1]), now, self.patience)

    def _beginnings(self, now: float) -> int:
        """Return the first line that may yet be of a negotiation that has not begun."""
        first = max(self.window.end - BEGINNING_LINES, self.window.first)
        while first < self.window.end and now - self.window.read_at(first) > self.patience.quiet:
            first += 1
        return first


def _up_since(negotiation: Negotiation) -> Event:
    """Return the event since which an SA has been up; the first one of an SA that was up before the log."""
    return negotiation.child_up or negotiation.ike_up or negotiation.events[0]
