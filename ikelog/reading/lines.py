"""Cut numbered lines into segments: one for each tagged message on a line, and the bare text that may continue one."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ikelog.grammar.tables import envelope as pattern
from ikelog.grammar.tables import tags
from ikelog.reading.clock import ClockState, Stamp, read_clock, tell
from ikelog.reading.envelope import read_header, read_prompt
from ikelog.reading.moment import Moment
from ikelog.record import record

LONGEST_LINE = 65536
_PASTED = str.maketrans(
    {"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'", "\u00a0": " ", "\0": " ", "–": "-", "—": "-", "…": "..."}
)
_ANSI = r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]"
_BARE_HANDLE = r"\((\d{1,10})\): ?"
_NOISE = r"--More--|<--- More --->"
_CLOSING = " .,|"
# The groups of a tag that name whom its text is about.
_SUBJECT = ("group", "user", "peer", "local", "remote")


class Segment(NamedTuple):
    """A stretch of a line. `family` names its grammar; None for bare text, "" for a line of another subject.

    `body` has single blanks and no punctuation at its end: what was there is `closing`. `first` tells that the segment
    or its handle begins its line, `width` how long that is: a terminal wraps a line that is full. `subject` is whom
    its tag names: an ASA prints the group, the user and the peer's address in front of its IKEv1 sentences.
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


@record
class Tag:
    """A tag: its family, the handle and the subject that it names, and the code of a syslog message."""

    family: str
    session: int | None = None
    sa: int | None = None
    code: str = ""
    subject: tuple[tuple[str, str], ...] = ()


class Reading:
    """The state of reading one source: its clock, the name in its prompts and those in its headers."""

    def __init__(self, clock: ClockState) -> None:
        self.clock = clock
        self.prompt: str | None = None
        self.ended = False
        self.hosts: set[str] = set()


@cache
def _groups(family: str) -> tuple[tuple[str, str], ...]:
    """Return the named groups of a family's tag, by their own names and by those in the pattern of all."""
    names = [name for name in tags().groupindex if name.startswith(f"{family}__")]
    return tuple((name.partition("__")[2], name) for name in names)


def may_hold_tag(text: str) -> bool:
    """Tell whether a text holds what every tag does, one of a few words: without them it has none."""
    return (
        "KEv2" in text
        or "IKE" in text
        or "ISAKMP" in text
        or "IPSEC" in text
        or "CRYPTO" in text
        or "%" in text
        or " 75" in text
        or " 71" in text
        or "Group = " in text
        or "Crypto mapdb" in text
        or "ipsec_process" in text
        or "SA ID:" in text
        or "Error(" in text
        or "Exit Path" in text
        or "EST client" in text
        or "PKI timers" in text
        or "to NVRAM" in text
    )


def clean(text: str) -> str:
    """Give a body its canonical form: pasted quotes straightened, single blanks, no closing punctuation."""
    if is_clean(text):
        return text
    return _straight(text).rstrip(_CLOSING)


def is_clean(text: str) -> bool:
    """Tell whether a text certainly has its canonical form."""
    return (
        text.isascii()
        and text.isprintable()
        and "  " not in text
        and "`" not in text
        and text[:1] != " "
        and text[-1:] not in _CLOSING
    )


def _straight(text: str) -> str:
    if not text.isascii() or "`" in text or "\0" in text:
        text = text.translate(_PASTED)
    return " ".join(text.split())


def _closing(text: str) -> str:
    """Return the punctuation that `clean` takes off the end of a text."""
    if text[-1:] not in _CLOSING:
        return ""
    end = text[-8:].rstrip()
    return end[len(end.rstrip(_CLOSING)) :].strip()


def read_line(number: int, line: str, state: Reading) -> Iterator[Segment]:
    """Yield the segments of one line."""
    if not line.isprintable():
        line = printable(line)
    yield from _line_segments(number, line, state)


def printable(line: str) -> str:
    """Take a terminal's control characters out of a line: colours go, a backspace takes the character before it."""
    if "\x1b" in line:
        line = re.sub(_ANSI, "", line)
    if "\x08" in line:
        kept: list[str] = []
        for part in re.split(r"(\x08+)", line):
            if part.startswith("\x08"):
                rest = "".join(kept)
                kept = [rest[: -len(part)]] if len(part) < len(rest) else []
            else:
                kept.append(part)
        line = "".join(kept)
    return line.replace("\t", " ").replace("\r", " ").replace("\0", " ")


def _line_segments(number: int, line: str, state: Reading) -> Iterator[Segment]:
    if line.lstrip().startswith("`"):
        line = line.rstrip().rstrip("`")
    header = read_header(line, hosts=state.hosts)
    if header.host:
        state.hosts.add(header.host)
    state.prompt = state.prompt or header.prompt
    moment = _told(header.stamp, state)
    found = _tags_of(line, header.end) if may_hold_tag(line) else []
    common: dict[str, object] = {"moment": moment, "device": header.host}
    common["width"] = len(line.rstrip())
    bare_end = found[0].start() if found else len(line)
    foreign = pattern("TAG").match(line, header.end)
    if foreign and foreign.start() < bare_end:
        yield Segment(number, "", "", **common)  # type: ignore[arg-type]
        return
    yield from _bare_segments(number, line[header.end : bare_end], state, common, header.end == 0)
    for i, match in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(line)
        own = pattern("CLOCK_BEFORE").search(line, max(match.end(), end - 64), end) if i + 1 < len(found) else None
        text = line[match.end() : min(own.start() if own else end, match.end() + LONGEST_LINE)]
        yield from _tagged_segments(number, text, match, common, at_start=match.start() == header.end)
        if own:  # a message glued to the one before has a clock of its own
            common["moment"] = _told(read_clock(own.groupdict()), state)


def _tags_of(line: str, start: int) -> list["re.Match[str]"]:
    """Find the tags on a line.

    What looks like one in the text of a syslog message is none, as in `%ASA-4-402119: IPSEC: Received`, unless a clock
    shows that another message begins there.
    """
    first = tags().search(line, start)
    if first is None or not may_hold_tag(line[first.end() - 1 :]):
        return [first] if first else []
    found: list[re.Match[str]] = []
    for match in tags().finditer(line, start):
        place = match.start()
        inside = bool(found) and line[found[-1].start()] == "%" != line[place]
        if not inside or pattern("CLOCK_BEFORE").search(line, max(found[-1].end(), place - 64), place):
            found.append(match)
    return found


def _told(stamp: Stamp | None, state: Reading) -> Moment | None:
    return None if stamp is None else tell(state.clock, stamp)


def _bare_segments(
    number: int, text: str, state: Reading, common: dict[str, object], at_start: bool
) -> Iterator[Segment]:
    """Yield text in front of the first tag: it may continue a record; a prompt and what is typed at it does not."""
    prompt = read_prompt(text) if at_start else None
    if prompt:
        state.prompt = state.prompt or prompt["prompt"]
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
            yield Segment(0, None, body, sa=handle, first=first, closing=_closing(piece))


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
    yield Segment(0, tag.family, body, closing=_closing(head))
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
