"""The rows of a ladder as SVG: an arrow or a local step on the axis, and its text beside it."""

from collections.abc import Iterator

from ikelog.reporting import wording
from ikelog.reporting.drawing.marks import WORK_NAMES, Drawing, Mark, is_apart
from ikelog.reporting.drawing.moving import Canvas
from ikelog.reporting.drawing.places import LINE, Places, Spot
from ikelog.reporting.drawing.xml import element, escaped, text
from ikelog.reporting.ladder_rows import Row

_HEAD = 9  # length of an arrow's head


def rows_svg(drawing: Drawing, places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield every row: one group each, that can be pointed at where the canvas is a page's."""
    start = next((mark.row for mark in drawing.marks if mark.row.offset_ms is not None), None)
    for n, (mark, spot) in enumerate(zip(drawing.marks, places.spots, strict=True)):
        parts = [_words(mark, spot, start, canvas), *_axis(drawing, mark, spot, canvas)]
        yield element(
            "g",
            (element("title", escaped(_told(mark, start, canvas))) if not canvas.live else "") + "".join(parts),
            class_=_class(mark),
            **_reachable(mark, n, start, canvas),
        )


def _class(mark: Mark) -> str:
    row = mark.row
    sent = "" if mark.kind == "step" or row.message is None else f" {row.message.direction}"
    return f"row {mark.kind}{sent}{' bad' if row.style == 'bad' else ''}{' proves' if row.proves else ''}"


def _reachable(mark: Mark, n: int, start: Row | None, canvas: Canvas) -> dict[str, str | int]:
    if not canvas.live:
        return {}
    return {
        "role": "option",
        "aria_selected": "false",
        "tabindex": "-1" if n else "0",
        "aria_label": _told(mark, start, canvas),
        "data_source": mark.row.source,
        "data_line": mark.row.line,
        "data_end": mark.row.end_line,
    }


def _told(mark: Mark, start: Row | None, canvas: Canvas) -> str:
    """Return a row in words, as somebody who cannot see the picture needs it: first what can be seen, as it stands."""
    row = mark.row
    clock, since = wording.clock(row.time), _since(row, start)
    seen = (since,) if canvas.design.narrow and since else (clock, since)
    words = " ".join(filter(None, (*seen, row.label, row.text.removeprefix("· ").removeprefix("✗ "))))
    more = (
        row.message.direction if row.message is not None else "",
        "proves the verdict" if row.proves else "",
        clock if clock not in seen else "",
        f"line {row.line}",
    )
    remarks = " · ".join(row.remarks)
    return ", ".join(filter(None, (f"{words} {remarks}".strip(), *more)))


def _since(row: Row, start: Row | None) -> str:
    if start is None or start.offset_ms is None or row.offset_ms is None or row.source != start.source:
        return ""
    return wording.elapsed(row.offset_ms - start.offset_ms)


def _axis(drawing: Drawing, mark: Mark, spot: Spot, canvas: Canvas) -> Iterator[str]:
    design = canvas.design
    here = design.left if drawing.here == "left" else design.right
    if mark.kind == "step":
        yield canvas.moved(canvas.lead(here + 8, design.text - 8, spot) + _step_shape(mark, here), spot.at)
        return
    first, last = (design.left, design.right) if mark.row.arrow == "right" else (design.right, design.left)
    way = 1 if last > first else -1
    head = f"M{last - way * _HEAD} -4.5L{last - way} 0L{last - way * _HEAD} 4.5Z"
    yield canvas.moved(
        element("line", class_="shaft", x1=first + way * 4, y1=0, x2=last - way * _HEAD, y2=0)
        + element("path", class_="head", d=head)
        + canvas.lead(design.right + 4, design.text - 8, spot),
        spot.at,
    )


def _step_shape(mark: Mark, x: int) -> str:
    """Return the sign of a local step: a cross where it proves a failure, a square for work, a dot for the rest."""
    if mark.row.style == "bad":
        return element("path", class_="cross", d=f"M{x - 5} -5L{x + 5} 5M{x - 5} 5L{x + 5} -5")
    if mark.work:
        return element("rect", class_=f"work {mark.work}", x=x - 4, y=-4, width=8, height=8)
    return element("circle", class_="dot", cx=x, cy=0, r=3)


def _words(mark: Mark, spot: Spot, start: Row | None, canvas: Canvas) -> str:
    """Return the text of a row: beside the axis, in a narrow picture with its clock and its exchange above it."""
    design, row = canvas.design, mark.row
    since = _since(row, start)
    lines = list(_texts(mark, spot))
    parts = [element("rect", class_="ground", y=-spot.rise, width=design.width, height=spot.height, rx=4)]
    if design.narrow:
        if mark.kind != "step" or row.time:
            parts.append(text(since or wording.clock(row.time), design.width - 4, 4, "clock", "end"))
            parts.append(text(row.label, design.text, 4, "name"))
            lines = [("", ""), *lines]
    else:
        parts += [text(wording.clock(row.time), 8, 4, "clock"), text(since, 158, 4, "clock", "end")]
        if not row.time:
            parts.append(text(f"line {row.line}", 8, 4, "clock"))
        if mark.kind == "message":
            parts += _names(row, canvas)
    parts += [text(found, design.text, 4 + n * LINE, class_) for n, (found, class_) in enumerate(lines)]
    # blanks between them keep the words of a row apart for whoever reads it without its places
    return canvas.moved(" ".join(filter(None, parts)), spot.label)


def _names(row: Row, canvas: Canvas) -> Iterator[str]:
    """Yield the exchange's name: above its arrow, or above its text where arrows stand closer than names."""
    design = canvas.design
    if canvas.movable or canvas.axis == "even":
        above = text(row.label, (design.left + design.right) / 2, -7, "name", "middle")
        yield element("g", above, class_="even") if canvas.movable else above
    if canvas.movable or canvas.axis == "scale":
        yield element("g", text(row.label, design.text, -11, "name"), class_="scaled")


def _texts(mark: Mark, spot: Spot) -> Iterator[tuple[str, str]]:
    main = "step" if mark.kind == "step" else "again" if mark.kind == "repeat" else "payloads"
    for found in spot.lines:
        yield found.removeprefix("· ").removeprefix("✗ "), main
    for found in spot.remarks:
        yield found, "remark"


def gaps_svg(drawing: Drawing, places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield where marks stand apart: how long nothing happened, where distances are even, or how much is left out."""
    middle = (canvas.design.left + canvas.design.right) / 2
    for mark, spot in zip(drawing.marks, places.spots, strict=True):
        if not is_apart(mark) or (canvas.axis == "scale" and not mark.skipped):
            continue
        breaks = "".join(
            element("path", class_="break", d=f"M{x - 6} 3L{x + 6} -3M{x - 6} 8L{x + 6} 2")
            for x in (canvas.design.left, canvas.design.right)
        )
        told = f"{mark.skipped:,} rows left out" if mark.skipped else f"{_silence(mark.gap_ms or 0)} of silence"
        words = text(told, middle, 6, "silence", "middle")
        place = spot.top[0] - 14, spot.top[1] - 14
        yield element("g", canvas.moved(breaks + words, place), class_="gap skipped" if mark.skipped else "gap")


def _silence(milliseconds: int) -> str:
    seconds = milliseconds / 1000
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def blocks_svg(drawing: Drawing, places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield the local work as blocks on the line of the end that does it."""
    x = canvas.design.left if drawing.here == "left" else canvas.design.right
    for block in drawing.blocks:
        first, last = places.spots[block.first].at, places.spots[block.last].at
        title = element("title", f"{WORK_NAMES[block.work]}: lines {drawing.marks[block.first].row.line} to "
                                 f"{drawing.marks[block.last].row.end_line}")  # fmt: skip
        yield canvas.box(x - 7, 14, (first[0] - 8, first[1] - 6), (last[0] + 8, last[1] + 6),
                         f"block {block.work}", title)  # fmt: skip
