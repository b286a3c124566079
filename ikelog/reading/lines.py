"""Cut numbered lines into segments: one for each tagged message on a line, and the bare text that may continue one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from functools import cache

from ikelog.grammar import parsing
from ikelog.reading.clock import ClockState, Stamp, advance, iso_time
from ikelog.reading.envelope import pattern, read_header, read_prompt
from ikelog.reading.sources import SourceText

LONGEST_LINE = 65536
_PASTED = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "`": "'", "\u00a0": " ", "\0": " ", "–": "-"})
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|[^\n]\x08")
_BARE_HANDLE = re.compile(r"\((\d{1,10})\): ?")
_NOISE = re.compile(r"--More--|<--- More --->")


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a line. `family` names its grammar; None for bare text, "" for a line of another subject.

    `body` has single blanks and no full stop at its end. `first` tells that the segment begins its line.
    """

    line: int
    family: str | None
    body: str
    time: str | None = None
    offset_ms: int | None = None
    device: str | None = None
    session: int | None = None
    sa: int | None = None
    sequence: int | None = None
    first: bool = True


@dataclass(slots=True)
class Reading:
    """The state of reading one source: its clock and the name in its prompts."""

    clock: ClockState
    year: int | None = None
    zone: tzinfo | None = None
    prompt: str | None = None
    ended: bool = False


@cache
def tags() -> re.Pattern[str]:
    """Return one pattern for the tags of all families; `lastgroup` of a match begins with the family's name."""
    parts = []
    for family in parsing.FAMILIES:
        inner = re.sub(r"\(\?P<(\w+)>", rf"(?P<{family}__\1>", parsing.terminal(family, "PREFIX"))
        parts.append(f"(?P<{family}>{inner})")
    return re.compile("|".join(parts))


@cache
def _hints() -> re.Pattern[str]:
    """What every tag holds: a line without it has none."""
    return re.compile(r"IKE|KEv2|ISAKMP|IPSEC|Crypto mapdb|CRYPTO|%(?:ASA|FTD)-|%PKI|%GDOI|ipsec_process")


def clean(text: str) -> str:
    """Give a body its canonical form: pasted quotes straightened, single blanks, no closing punctuation."""
    if not text.isascii() or "`" in text or "\0" in text:
        text = text.translate(_PASTED)
    return " ".join(text.split()).rstrip(" .,|")


def read_segments(source: SourceText, state: Reading) -> Iterator[Segment]:
    """Yield the segments of a source in order."""
    for number, line in enumerate(source.lines, 1):
        if "\x1b" in line or "\x08" in line:
            line = _ANSI.sub("", line)
        yield from _line_segments(number, line, state)


def _line_segments(number: int, line: str, state: Reading) -> Iterator[Segment]:
    header = read_header(line)
    time, offset = _told(header.stamp, state)
    found = list(tags().finditer(line, header.end)) if _hints().search(line) else []
    common: dict[str, object] = {"time": time, "offset_ms": offset, "device": header.host, "sequence": header.sequence}
    bare_end = found[0].start() if found else len(line)
    foreign = pattern("TAG").match(line, header.end)
    if foreign and foreign.start() < bare_end:
        yield Segment(number, "", "", **common)  # type: ignore[arg-type]
        return
    yield from _bare_segments(number, line[header.end : bare_end], state, common, header.end == 0)
    for i, match in enumerate(found):
        end = found[i + 1].start() if i + 1 < len(found) else len(line)
        text = line[match.end() : min(end, match.end() + LONGEST_LINE)]
        yield from _tagged_segments(number, text, match, common, at_start=match.start() == header.end)


def _told(stamp: Stamp | None, state: Reading) -> tuple[str | None, int | None]:
    if stamp is None:
        return None, None
    offset = advance(state.clock, stamp)
    return iso_time(stamp, state.year, state.zone), offset


def _bare_segments(
    number: int, text: str, state: Reading, common: dict[str, object], at_start: bool
) -> Iterator[Segment]:
    """Yield text in front of the first tag: it may continue a record; a prompt and what is typed at it does not."""
    prompt = read_prompt(text) if at_start else None
    if prompt:
        state.prompt = state.prompt or prompt["prompt"]
        return
    text = _NOISE.sub("", text)
    handle = _BARE_HANDLE.match(text.lstrip())
    if handle is None:
        body = clean(text[:LONGEST_LINE])
        if body:
            yield Segment(number, None, body, **common)  # type: ignore[arg-type]
        return
    for n, body in enumerate(_handle_pieces(text.lstrip()[handle.end() :])):
        yield Segment(number, None, body, sa=int(handle[1]), first=n == 0, **common)  # type: ignore[arg-type]


def _tagged_segments(
    number: int, text: str, match: re.Match[str], common: dict[str, object], *, at_start: bool
) -> Iterator[Segment]:
    family = match.lastgroup or ""
    groups = {key.split("__")[1]: value for key, value in match.groupdict().items() if "__" in key and value}
    session = int(groups["session"]) if "session" in groups else None
    local = groups.get("sa") or groups.get("bare") or groups.get("connection") or groups.get("other")
    first, *rest = _handle_pieces(text, keep_empty=True) if family == "asa_ikev2" else [clean(text)]
    body = f"{groups['code']} {first}" if "code" in groups else first
    sa = int(local) if local else None
    yield Segment(number, family, body, session=session, sa=sa, first=at_start, **common)  # type: ignore[arg-type]
    handles = _BARE_HANDLE.findall(text)
    for body in rest:
        yield Segment(number, None, body, sa=int(handles[0]), first=False, **common)  # type: ignore[arg-type]


def _handle_pieces(text: str, *, keep_empty: bool = False) -> list[str]:
    """Cut a line at the handles that an ASA repeats inside it: `AES-CBC(2):    SHA256(2):    ...`."""
    bodies = [clean(piece) for piece in _BARE_HANDLE.split(text)[::2]]
    if keep_empty:
        return [bodies[0], *(body for body in bodies[1:] if body)]
    return [body for body in bodies if body]
