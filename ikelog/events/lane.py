"""Read the records of a block that look like ones read before; what does not is left to the reader line by line."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ikelog.events.placed import OWN, OWN_SA, further, moved, with_any_handle
from ikelog.events.records import Alone, Records, Said
from ikelog.events.runs import Run, Shown, ShownBy
from ikelog.events.types import NO_FIELDS, Event, Handle, Value
from ikelog.events.understood import KnownTag, Tags
from ikelog.grammar.parsing import MEMO_LIMIT
from ikelog.reading.moment import Day, Moment
from ikelog.reading.records import HEADER, JOINED, RecordForm, begins_alike
from ikelog.reading.sources import SourceText

_new = tuple.__new__  # a third of the time that Event(...) takes
_DIGITS = re.compile(r"\d+")


class _Known(NamedTuple):
    """A tag whose records are read here: what is known of it, the records behind its like, and its handle.

    `own` is how an ASA prints the handle on every line of its records; None where the tag has none, empty for other
    devices. `tag` is the tag as it is read with any handle.
    """

    known: KnownTag
    records: Records | None
    handle: Handle | None
    own: str | None
    tag: str


class _Place(NamedTuple):
    """Where a record stands: its place among those of a block, and its first line."""

    place: int
    line: int
    known: _Known


class Split:
    """A block that was split into records: their times of day, tags and texts; `above` stands before the first."""

    def __init__(self, form: RecordForm, text: str, read_run: Callable[[Run], list[Event]]) -> None:
        self.read_run = read_run
        pieces = form.pattern.split("\n" + text.removesuffix("\n"))
        self.form = form
        self.above = pieces[0]
        self.clocks, self.tags, self.texts = pieces[1::3], pieces[2::3], pieces[3::3]


class Lane:
    """Reads records as long as each looks like one that was read before. `family` is that of the last one read.

    `alone` reads one that does not.
    """

    def __init__(self, source: SourceText, tags: Tags, alone: Alone, shown_by: ShownBy | None) -> None:
        self.family = ""
        self._source = source
        self._tags = tags
        self.alone = alone
        self._shown_by = shown_by
        self._known: dict[str, _Known] = {}
        self._records: dict[tuple[str, str], Records] = {}
        self._alike: dict[tuple[str, str], bool] = {}
        self._handles: dict[Handle, Handle] = {}
        self._leads: dict[Handle | None, tuple[str, Mapping[str, Said], tuple[str, str] | None]] = {}
        self._quiet: set[str] = set()

    def read(  # noqa: C901, PLR0915 - once for each record: calls would take longer than what they do
        self, split: Split, place: int, line: int, day: Day, found: list[Event], *, end: int, runs: bool = True
    ) -> tuple[int, int]:
        """Read records up to `end`, from a place and line on; return those of the first that is not to be read here.

        With `runs` records in a row that change nothing become one.
        """
        clocks, tags, texts = split.clocks, split.tags, split.texts
        form, name, known_get = split.form, self._source.name, self._known.get
        leads = self._leads if runs else {}
        opened: _Place | None = None
        open_handle: Handle | None = None
        before = 0
        run: _Place | None = None
        run_handle: Handle | None = None
        run_spis, run_role, last_line = None, None, line
        for at in range(place, end):
            tag, text = tags[at], texts[at]
            known = known_get(tag) or self._tag(form, tag, text)
            tagged, records, handle, own, any_tag = known
            if records is None:
                place = at
                break
            if form.repeats and "\n" in text:
                text = text.replace("\n" + form.header(clocks[at]), "\n" + HEADER)
            bare = handle
            if own:
                if own in text:
                    text = text.replace(own, OWN)
            elif own is None and "):" in text:
                text, bare = with_any_handle(text)
            said = records.get(text)
            more: Sequence[Mapping[str, Value]] | None = None
            if said is not None:
                fields, spis = said.fields, said.spis
            elif (led := leads.get(handle)) and text.startswith(led[0]) and (said := led[1].get(text[len(led[0]) :])):
                fields, spis = NO_FIELDS, led[2]
            else:
                said, fields, spis, more, lead, tails = records.read(any_tag, text)
                if lead and runs:
                    leads[handle] = lead, tails, spis
            if opened is not None:
                if said.continues or not said.kind or not _ends(known, open_handle):
                    del found[before:]
                    return opened.place, opened.line
                opened = None
            if runs and said.quiet and handle is not None:
                role = said.role
                same_sa = spis is None or run_spis is None or run_spis == spis
                if handle is run_handle and same_sa and (role is None or run_role is None or role == run_role):
                    run_spis, run_role, last_line = run_spis or spis, run_role or role, line
                    line += said.lines
                    continue
                if run is not None:
                    found.append(self._run(split, run, at, last_line, day, (run_spis, run_role)))
                run, run_handle, run_spis, run_role, last_line = _Place(at, line, known), handle, spis, role, line
                line += said.lines
                continue
            if run is not None:
                found.append(self._run(split, run, at, last_line, day, (run_spis, run_role)))
                run = run_handle = None
            if not said.kind:
                place = at
                break
            if said.opens:
                opened, open_handle, before = _Place(at, line, known), bare, len(found)
            moment = _new(Moment, (day, clocks[at]))
            if said.moves:
                fields = moved(fields, line - 1)
            platform, version = tagged.platform, tagged.version
            event = said.kind, name, line, line + said.end, moment, None, platform, handle, fields, None, version, None
            found.append(_new(Event, event))
            if said.more:
                found.extend(further(said, more, name, line - 1, moment, bare))
            self.family = tagged.family
            line += said.lines
        else:
            place = end
        if run is not None:
            found.append(self._run(split, run, place, last_line, day, (run_spis, run_role)))
        if opened is not None:
            del found[before:]
            return opened.place, opened.line
        return place, line

    def read_joined(
        self, split: Split, place: int, line: int, day: Day, found: list[Event], *, end: int
    ) -> tuple[int, int] | None:
        """Read a record and those that continue it, as an ASA tags many of its lines; None where it has to be left."""
        form = split.form
        texts: list[str] = []
        first: _Known | None = None
        for at in range(place, end):
            known = self._known.get(split.tags[at]) or self._tag(form, split.tags[at], split.texts[at])
            if known.records is None or known.own == "" or split.clocks[at] != split.clocks[place]:
                return None
            text = split.texts[at]
            if form.repeats:
                text = text.replace("\n" + form.header(split.clocks[at]), "\n" + HEADER)
            if first is None:
                first = known
            else:
                alone = text.replace(known.own, OWN) if known.own else with_any_handle(text)[0]
                said = known.records.get(alone) or known.records.read(known.tag, alone).said
                if not said.kind:
                    return None
                if not said.continues:
                    return self._take_joined(split, _Place(place, line, first), at, texts, day, found)
                text = f"{JOINED}{known.tag}{JOINED}{text}"
            texts.append(text)
        return None

    def split(self, form: RecordForm, text: str) -> Split:
        """Split a block of whole lines into records."""
        return Split(form, text, lambda run: self._read_run(run, form))

    def _read_run(self, run: Run, form: RecordForm) -> list[Event]:
        """Read the events of a run again."""
        found: list[Event] = []
        lines = self._source.lines_from(run.line, run.end_line)
        split = self.split(form, "\n".join([*lines, ""]))
        if run.moment is not None:
            self.read(split, 0, run.line, run.moment.day, found, end=len(split.tags), runs=False)
        return found if run.device is None else [event._replace(device=run.device) for event in found]

    def _take_joined(
        self, split: Split, first: _Place, end: int, texts: list[str], day: Day, found: list[Event]
    ) -> tuple[int, int] | None:
        """Take a record with those that continue it, if they say nothing but events and the one at `end` ends it."""
        known, records = first.known, first.known.records
        text, handle = "\n".join(texts), known.handle
        if known.own:
            text = text.replace(known.own, OWN)
        elif known.own is None:
            text, handle = with_any_handle(text)
        if records is None:
            return None
        said = records.get(text)
        if said is not None:
            fields, more = said.fields, None
        else:
            said, fields, _, more, *_ = records.read(known.tag, text)
        below = self._known.get(split.tags[end]) or self._tag(split.form, split.tags[end], split.texts[end])
        if not said.kind or said.continues or len(texts) == 1 or not _ends(below, handle):
            return None
        line, moment, tagged = first.line, Moment(day, split.clocks[first.place]), known.known
        head = Event(said.kind, self._source.name, line, line + said.end, moment, None, tagged.platform, known.handle)
        fields = moved(fields, line - 1) if said.moves else fields
        found.append(head._replace(fields=fields, ike_version=tagged.version))
        found.extend(further(said, more, self._source.name, line - 1, moment, handle))
        self.family = tagged.family
        return end, line + said.lines

    def _run(
        self,
        split: Split,
        first: _Place,
        behind: int,
        last_line: int,
        day: Day,
        shown: Shown,
    ) -> Run:
        """Make a run of the records up to the place `behind`, of which the last has the line `last_line`."""
        tagged = first.known.known
        self.family = tagged.family
        moment = _new(Moment, (day, split.clocks[first.place]))
        place = "run", self._source.name, first.line, last_line, moment, None, tagged.platform, first.known.handle
        run: Run = _new(Run, (*place, NO_FIELDS, None, tagged.version, None))
        run.size, run.kinds, run.shown, run.read = behind - first.place, self._quiet, shown, split.read_run
        return run

    def _tag(self, form: RecordForm, tag: str, text: str) -> _Known:
        """Return what is known of a tag; without records where they are to be read line by line."""
        if len(self._known) >= MEMO_LIMIT:
            self._known.clear()
            self._leads.clear()
            self._handles.clear()
        text = text.partition("\n")[0]
        alike = form.sample, _DIGITS.sub("0", tag)
        if alike not in self._alike:
            self._alike[alike] = begins_alike(form, tag, text)
        tagged = self._tags.get(tag) or self._tags.read(tag, text)
        if not self._alike[alike] or not tagged.family or tagged.subject:
            known = self._known[tag] = _Known(tagged, None, None, "", tag)
            return known
        handle = self._handles.setdefault(tagged.handle, tagged.handle) if tagged.handle is not None else None
        own: str | None = ""
        any_tag = tag
        if tagged.family == "asa_ikev2":
            own = f"({handle.sa}):" if handle is not None else None
            any_tag = tag.replace(f"({handle.sa})", f"({OWN_SA})") if handle is not None else tag
        known = self._known[tag] = _Known(tagged, self._records_of(tagged), handle, own, any_tag)
        return known

    def _records_of(self, known: KnownTag) -> Records:
        kind = known.family, known.texts.code
        if kind not in self._records:
            self._records[kind] = Records(self.alone, self._shown_by, self._quiet)
        return self._records[kind]


def _ends(below: _Known, handle: Handle | None) -> bool:
    """Tell whether a record ends the one above it: on an ASA that of another handle does not."""
    return below.known.family != "asa_ikev2" or handle is None or below.handle is None or handle.sa == below.handle.sa
