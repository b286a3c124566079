"""Join what a page or a terminal wrapped: a text that is not understood alone is tried with the lines below it."""

from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from ikelog.events.parts import Part, parse_part
from ikelog.grammar.parsing import parse
from ikelog.grammar.types import Parsed
from ikelog.reading.characters import clean
from ikelog.reading.lines import Segment

# So many lines below it a line is joined with at most.
WRAPPED_LINES = 4
# A terminal that cuts a line in the middle of a word has filled it: from so many characters on that is tried too.
FULL_LINE = 76

Said = TypeVar("Said", Parsed, Part)

# Messages that tell more in the lines below them.
_GO_ON = frozenset(
    """replay_detected certificate_not_in_date ike_sa_created authentication_status authentication_begun notify_sent
    notify_received identity_received proxies_sent certificate_revoked certificate_installed
    trustpoint_certificate_expiring""".split()
)


def needs_lines_below(parsed: Parsed) -> bool:
    """Tell whether the lines below a text that is understood may still belong to it."""
    return parsed.kind == "empty" or parsed.kind in _GO_ON


def is_empty_above_part(segment: Segment, below: Segment) -> bool:
    """Tell whether a tag has no text of its own, and what stands below it says more of the record before."""
    family = segment.family or ""
    parsed = parse(family, "body", segment.body)
    return parsed is not None and parsed.kind == "empty" and parse_part(below.body, family) is not None


class Joined(NamedTuple, Generic[Said]):
    """What a text says together with lines below it, the last of these, and whether a word was cut between two."""

    said: Said | None
    line: int
    is_cut: bool = False


def parse_head(segment: Segment, window: deque[Segment]) -> Joined[Parsed]:
    """Parse a tagged segment, joined with the bare lines below it where it takes them to be understood.

    The lines that were joined are taken off `window`.
    """
    family = segment.family or ""

    def parse_body(text: str) -> Parsed | None:
        return parse(family, "body", text.lstrip(": "))

    parsed = parse(family, "body", segment.body)
    if parsed is not None and parsed.kind != "empty":
        if parsed.kind in _GO_ON:
            return Joined(*_with_lines_below(parsed, segment, window, parse_body))
        return Joined(parsed, segment.line)
    if parsed is not None and window and parse_part(window[0].body, family):
        return Joined(parsed, segment.line)
    joined = parse_wrapped(segment, window, parse_body)
    return joined if joined.said is not None else Joined(parsed, segment.line)


def parse_wrapped(segment: Segment, window: deque[Segment], parse_text: Callable[[str], Said | None]) -> Joined[Said]:
    """Parse a segment together with bare lines right below it; take those lines off `window`."""
    texts, upper = [(segment.body + segment.closing, False)], segment
    for n, below in enumerate(list(islice(window, WRAPPED_LINES)), 1):
        if below.family is not None or below.sa is not None or below.line > upper.line + 1:
            break
        rest = below.body + below.closing
        glued = [(text + rest, True) for text, _ in texts if upper.width >= FULL_LINE]
        texts = [(text + " " + rest, is_cut) for text, is_cut in texts] + glued
        for text, is_cut in texts:
            parsed = parse_text(clean(text))
            if parsed is not None and parsed.kind != "empty":
                for _ in range(n):
                    window.popleft()
                return Joined(parsed, below.line, is_cut)
        upper = below
    return Joined(None, segment.line)


def _with_lines_below(
    parsed: Parsed, segment: Segment, window: deque[Segment], parse_text: Callable[[str], Parsed | None]
) -> tuple[Parsed, int]:
    """Give a message that is understood the lines below it that tell more of it."""
    end, text, taken = segment.line, segment.body + segment.closing, 0
    for n, below in enumerate(list(islice(window, WRAPPED_LINES)), 1):
        if below.family is not None or below.line > segment.line + n:
            break
        text = f"{text} {below.body}{below.closing}"
        longer = parse_text(clean(text))
        if longer is not None and longer.kind == parsed.kind:
            parsed, end, taken = longer, below.line, n
    for _ in range(taken):
        window.popleft()
    return parsed, end


def with_handle_of_line(segment: Segment, window: deque[Segment]) -> Segment:
    """Give bare text the handle that an ASA prints behind it on the same line: `#trans: 4(2):     last transform`."""
    if segment.sa is None and window and window[0].line == segment.line and window[0].family is None:
        return segment._replace(sa=window[0].sa)
    return segment
