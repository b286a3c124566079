"""Cut numbered lines into segments: one for each tagged message on a line, and the bare text that may continue one."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ikelog.grammar.tables import envelope as pattern
from ikelog.grammar.tables import find_tag, find_tags, tag_openings, tags
from ikelog.reading.characters import clean, plain_line
from ikelog.reading.characters import closing as closing_of
from ikelog.reading.clock import ClockState, Stamp, read_clock, tell
from ikelog.reading.collected import read_collected
from ikelog.reading.damage import LOST_BEGINNING, NO_CHARACTERS, Damage, misread_behind, restored
from ikelog.reading.envelope import Header, read_header, read_prompt, without_trailer
from ikelog.reading.moment import Moment
from ikelog.reading.prompts import Prompts
from ikelog.record import record

LONGEST_LINE = 65536
_BARE_HANDLE = r"\((\d{1,10})\): ?"
_NOISE = r"--More--|<--- More --->"
# The groups of a tag that name whom its text is about.
_SUBJECT = ("group", "user", "peer", "local", "remote")


class Segment(NamedTuple):
    """A stretch of a line. `family` names its grammar; None for bare text, "" for a line of another subject.

    `body` has single blanks and no punctuation at its end: what was there is `closing`. `first` tells that the segment
    or its handle begins its line, `width` how long that is: a terminal wraps a line that is full. `subject` is whom
    its tag names: an ASA prints the group, the user and the peer's address in front of its IKEv1 sentences. `damage` is
    what was put right in its line.
    """

    line: int
    family: str | None
    body: str
    moment: Moment | None = None
    device: str | None = None
    session: int | None = None
    sa: int | None = None
    first: bool = True
    closing: str = ""
    width: int = 0
    subject: tuple[tuple[str, str], ...] = ()
    damage: str | None = None


@record
class Tag:
    """A tag: its family, the handle and the subject that it names, and the code of a syslog message."""

    family: str
    session: int | None = None
    sa: int | None = None
    code: str = ""
    subject: tuple[tuple[str, str], ...] = ()


class Reading:
    """The state of reading one source: its clock, the names in its prompts and headers, and what is damaged in it.

    `numbering` is by how much the numbers that an editor put in front of its lines differ from theirs, `collected`
    tells that a log collector wrote them. `own_clocks` are the devices whose lines have a clock behind the server's.
    """

    def __init__(self, clock: ClockState) -> None:
        self.clock = clock
        self.prompts = Prompts()
        self.damaged: list[Damage] = []
        self.numbering: int | None = None
        self.collected = False
        self.ended = False
        self.hosts: set[str] = set()
        self.own_clocks: set[str | None] = set()

    @property
    def may_be_split(self) -> bool:
        """Whether a header that looks like others is read as they are, whatever stood above it."""
        return self.numbering is None and not (self.collected or self.own_clocks or self.prompts)


@cache
def _groups(family: str) -> tuple[tuple[str, str], ...]:
    """Return the named groups of a family's tag, by their own names and by those in the pattern of all."""
    names = [name for name in tags().groupindex if name.startswith(f"{family}__")]
    return tuple((name.partition("__")[2], name) for name in names)


def may_hold_tag(text: str) -> bool:
    """Tell whether a tag may stand in a text: the first characters of one do."""
    return tag_openings().search(text) is not None


def read_line(number: int, line: str, state: Reading) -> Iterator[Segment]:
    """Yield the segments of one line."""
    quoted = '"' in line and len(line) <= LONGEST_LINE and (state.collected or may_hold_tag(line))
    collected = read_collected(line) if quoted else None
    if collected is None:
        yield from _line_segments(number, plain_line(line), state)
        return
    state.collected = True
    moment = None
    for text in collected.text.split("\n"):
        for segment in _line_segments(number, plain_line(text), state):
            if segment.moment is None and moment is None and collected.time:
                moment = _told(read_header(f"{collected.time} ").stamp, state)
            yield segment._replace(device=segment.device or collected.host, moment=segment.moment or moment)


def _line_segments(number: int, line: str, state: Reading, damage: str | None = None) -> Iterator[Segment]:
    line = _without_number(number, without_trailer(line), state)
    header = read_header(line, hosts=state.hosts)
    state.hosts.update(header.hosts)
    if header.prompt:
        state.prompts.note(number, header.prompt, line[header.end :])
    found = _tags_of(line, header.end) if may_hold_tag(line) else []
    if damage is None and (not found or found[0].start() > header.end or misread_behind(line, found[0])):
        mended = restored(line[header.end :]) if len(line) <= LONGEST_LINE else None
        if mended is not None:
            yield from _line_segments(number, line[: header.end] + mended.line, state, mended.what)
            return
    typed = pattern("CLOCK_BEFORE").search(line, header.end, found[0].start()) if found and not header.stamp else None
    moment = _told(read_clock(typed.groupdict()) if typed else _own_stamp(header, state), state)
    damage = damage or _damage_of(line, found)
    common: dict[str, object] = {"moment": moment, "device": header.host, "damage": damage}
    common["width"] = len(line.rstrip())
    bare_end = typed.start() if typed else found[0].start() if found else len(line)
    foreign = pattern("TAG").match(line, header.end)
    if foreign and foreign.start() < bare_end:
        yield Segment(number, "", "", **common)  # type: ignore[arg-type]
        return
    yield from _bare_segments(number, line, slice(header.end, bare_end), state, common)
    for i, match in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(line)
        own = pattern("CLOCK_BEFORE").search(line, max(match.end(), end - 64), end) if i + 1 < len(found) else None
        text = line[match.end() : min(own.start() if own else end, match.end() + LONGEST_LINE)]
        yield from _tagged_segments(number, text, match, common, at_start=match.start() == header.end)
        if own:  # a message glued to the one before has a clock of its own
            common["moment"] = _told(read_clock(own.groupdict()), state)


def _own_stamp(header: Header, state: Reading) -> Stamp | None:
    """Return what the device's own clock says: where it prints one, that of the server in front of it is another's."""
    if header.clocks > 1:
        state.own_clocks.add(header.host)
    elif header.clocks == 1 and header.host in state.own_clocks:
        return None
    return header.stamp


def _without_number(number: int, line: str, state: Reading) -> str:
    """Take off a line the number that an editor put in front of it: in front of a header, and of lines that go on."""
    text = line.lstrip(" \ufeff")
    if not text[:1].isdecimal():
        return line
    found = pattern("MARKUP").match(text)
    if found and found["numbered"]:
        state.numbering = int(found["numbered"]) - number
    elif state.numbering is not None:
        counted = re.match(r"(\d{1,6})(?:[:.)]? |[:.)]?$)", text)
        if counted and int(counted[1]) - number == state.numbering:
            return text[counted.end() :]
    return line


def _tags_of(line: str, start: int) -> list["re.Match[str]"]:
    """Find the tags on a line.

    What looks like one in the text of a syslog message is none, as in `%ASA-4-402119: IPSEC: Received`, unless a clock
    shows that another message begins there.
    """
    first = find_tag(line, start)
    if first is None or not may_hold_tag(line[first.end() - 1 :]):
        return [first] if first else []
    found: list[re.Match[str]] = []
    for match in find_tags(line, start):
        place = match.start()
        inside = bool(found) and line[found[-1].start()] == "%" != line[place]
        if not inside or pattern("CLOCK_BEFORE").search(line, max(found[-1].end(), place - 64), place):
            found.append(match)
    return found


def _told(stamp: Stamp | None, state: Reading) -> Moment | None:
    return None if stamp is None else tell(state.clock, stamp)


def _damage_of(line: str, found: list["re.Match[str]"]) -> str | None:
    """Return what a line with tags has lost that it is understood without."""
    if "\ufffd" in line:
        return NO_CHARACTERS
    return lost_of(found[0][0]) if found else None


def lost_of(tag: str) -> str | None:
    """Return what a tag has lost: it is understood without its first letter."""
    return LOST_BEGINNING if tag.startswith("KEv2") else None


def _bare_segments(
    number: int, line: str, place: slice, state: Reading, common: dict[str, object]
) -> Iterator[Segment]:
    """Yield text in front of the first tag: it may continue a record; a prompt and what is typed at it does not."""
    text = line[place]
    prompt = read_prompt(text) if place.start == 0 else None
    if prompt:
        state.prompts.note(number, prompt["prompt"], line[prompt.end() :])
        return
    for segment in bare_segments(text):
        yield segment._replace(line=number, **common)  # type: ignore[arg-type]


def bare_segments(text: str) -> Iterator[Segment]:
    """Yield the segments, without place and time, of a text without a tag."""
    text = text[:LONGEST_LINE]
    if "-More-" in text:
        text = re.sub(_NOISE, "", text)
    pieces = _handle_pieces(text)
    begins_with_handle = len(pieces) > 1 and not pieces[0][1].strip()
    for n, (handle, piece) in enumerate(pieces):
        if body := clean(piece):
            first = n == 0 or begins_with_handle
            yield Segment(0, None, body, sa=handle, first=first, closing=closing_of(piece))


def _tagged_segments(
    number: int, text: str, match: re.Match[str], common: dict[str, object], *, at_start: bool
) -> Iterator[Segment]:
    tag = read_tag(match)
    first, *rest = tagged_segments(tag, text)
    named = {"session": tag.session, "sa": tag.sa, "subject": tag.subject}
    yield first._replace(line=number, first=at_start, **named, **common)  # type: ignore[arg-type]
    for segment in rest:
        yield segment._replace(line=number, **common)  # type: ignore[arg-type]


def tagged_segments(tag: Tag, text: str) -> Iterator[Segment]:
    """Yield the segments of the text behind a tag: without place and time, the first without the tag's handle."""
    (_, head), *rest = _handle_pieces(text) if tag.family == "asa_ikev2" else [(None, text)]
    body = f"{tag.code} {clean(head)}" if tag.code else clean(head)
    yield Segment(0, tag.family, body, closing=closing_of(head))
    for handle, piece in rest:
        if body := clean(piece):
            yield Segment(0, None, body, sa=handle, first=False)


def read_tag(match: re.Match[str]) -> Tag:
    """Read what a tag names."""
    groups = {short: value for short, full in _groups(match.lastgroup or "") if (value := match[full])}
    session, sa = groups.get("session"), groups.get("sa") or groups.get("bare")
    return Tag(
        match.lastgroup or "",
        int(session) if session else None,
        int(sa) if sa else None,
        groups.get("code", ""),
        tuple((name, groups[name]) for name in _SUBJECT if name in groups),
    )


def _handle_pieces(text: str) -> list[tuple[int | None, str]]:
    """Cut a text at the handles that an ASA repeats inside a line: `AES-CBC(2):    SHA256(2):    ...`.

    The first piece is what stands before the first handle; it may be empty.
    """
    if "):" not in text:
        return [(None, text)]
    first, *rest = re.split(_BARE_HANDLE, text)
    return [(None, first), *((int(rest[i]), rest[i + 1]) for i in range(0, len(rest), 2))]
