"""Where the parts of a drawn ladder stand, in pixels: evenly spaced, and with the time axis to scale."""

from collections.abc import Iterable, Sequence
from itertools import accumulate

from ikelog.record import record
from ikelog.reporting.drawing.marks import Drawing, Mark, is_apart
from ikelog.reporting.layout import line, plain_text, wrap


@record
class Design:
    """The columns of a picture. `columns` characters fit in its texts; a narrow one has its clock among them."""

    width: int
    left: int
    right: int
    text: int
    columns: int
    lanes: int
    narrow: bool


WIDE = Design(width=760, left=226, right=402, text=422, columns=50, lanes=166, narrow=False)
NARROW = Design(width=344, left=42, right=112, text=126, columns=33, lanes=6, narrow=True)

LINE = 15
HEAD = 64
FOOT = 18
GAP = 28
LANE = 13
# With the axis to scale a picture is at least so high: a ladder of three rows still shows when they were.
_SHORTEST = 220


@record
class Spot:
    """Where one mark is: `at` on the axis, `label` the middle of its text's first line, each even and to scale."""

    at: tuple[float, float]
    label: tuple[float, float]
    top: tuple[float, float]
    height: int
    lines: tuple[str, ...]
    remarks: tuple[str, ...]
    rise: int


@record
class Places:
    """The places of all marks, where the axis ends, and the height of the picture: each even and to scale."""

    spots: tuple[Spot, ...]
    bottom: tuple[float, float]
    height: tuple[int, int]
    milliseconds: int


def build_places(drawing: Drawing, design: Design) -> Places:
    """Give every mark its place."""
    texts = [_texts(mark, design) for mark in drawing.marks]
    heights = [_height(mark, *text, design) for mark, text in zip(drawing.marks, texts, strict=True)]
    even = _stacked(heights, drawing.marks)
    bottom = HEAD + sum(heights) + sum(GAP for mark in drawing.marks if is_apart(mark))
    moments = _moments(drawing.marks)
    span = moments[-1] - moments[0] if moments else 0
    axis = max(bottom - HEAD, _SHORTEST) - 2 * LINE
    scaled = [round(HEAD + LINE + (moment - moments[0]) / span * axis) if span else 0 for moment in moments]
    wanted = [at - _rise(mark, design) for mark, at in zip(drawing.marks, scaled, strict=True)]
    tops = _spread(wanted, heights)
    spots = tuple(
        Spot(
            at=(even[n] + _rise(mark, design), scaled[n] if span else even[n] + _rise(mark, design)),
            label=(even[n] + _rise(mark, design), (tops[n] if span else even[n]) + _rise(mark, design)),
            top=(even[n], tops[n] if span else even[n]),
            height=heights[n],
            lines=texts[n][0],
            remarks=texts[n][1],
            rise=_rise(mark, design),
        )
        for n, mark in enumerate(drawing.marks)
    )
    last = max((spot.top[1] + spot.height for spot in spots), default=HEAD)
    bottoms = float(bottom), float(max(HEAD + 2 * LINE + axis, last) if span else bottom)
    return Places(spots, bottoms, (int(bottoms[0]) + FOOT, int(bottoms[1]) + FOOT), span)


def _texts(mark: Mark, design: Design) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the lines of a mark's text, and those of its remarks, as wide as the column."""
    row = mark.row
    # a step is not in a monospaced font, and bold letters are wider still
    columns = design.columns - (0 if mark.kind != "step" else 8 if row.style == "bad" else 4)
    lines = tuple(_wrapped(row.text, columns)) if row.text else ()
    return lines, tuple(_wrapped(" · ".join(row.remarks), columns)) if row.remarks else ()


def _wrapped(text: str, columns: int) -> Iterable[str]:
    for found in wrap(line(text), columns, 0):
        whole = plain_text(found)
        yield from (whole[at : at + columns] for at in range(0, max(len(whole), 1), columns))


def _rise(mark: Mark, design: Design) -> int:
    """Return how far below the top of its row a mark's arrow is: the exchange's name stands above it."""
    return 22 if mark.kind == "message" and not design.narrow else 11


def _height(mark: Mark, lines: Sequence[str], remarks: Sequence[str], design: Design) -> int:
    heads = 1 if design.narrow and (mark.kind != "step" or mark.row.time) else 0
    rows = max(heads + len(lines) + len(remarks), 1)
    return _rise(mark, design) + 11 + (rows - 1) * LINE


def _stacked(heights: Sequence[int], marks: Sequence[Mark]) -> list[float]:
    tops, top = [], float(HEAD)
    for height, mark in zip(heights, marks, strict=True):
        top += GAP if is_apart(mark) else 0
        tops.append(top)
        top += height
    return tops


def _moments(marks: Sequence[Mark]) -> list[int]:
    """Return when each mark was, in milliseconds; one without a clock, or of another source's, is at the last one."""
    timed = next((mark.row for mark in marks if mark.row.offset_ms is not None), None)
    if timed is None or timed.offset_ms is None:
        return [0] * len(marks)
    now, found = timed.offset_ms, []
    for mark in marks:
        if mark.row.offset_ms is not None and mark.row.source == timed.source:
            now = max(now, mark.row.offset_ms)
        found.append(now)
    return found


def _spread(wanted: Sequence[float], heights: Sequence[int]) -> list[int]:
    """Return tops as near to those wanted as rows that do not overlap can be (isotonic regression)."""
    above = [0, *accumulate(heights)]
    groups: list[tuple[float, int]] = []  # what the tops of its rows are shifted by on average, and how many they are
    for top, height in zip(wanted, above, strict=False):
        shift, count = top - height, 1
        while groups and groups[-1][0] >= shift:
            other, more = groups.pop()
            shift, count = (other * more + shift * count) / (more + count), more + count
        groups.append((shift, count))
    shifts = [max(int(shift), HEAD) for shift, count in groups for _ in range(count)]
    return [shift + height for shift, height in zip(shifts, above, strict=False)]
