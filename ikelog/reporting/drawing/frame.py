"""What stands round the rows of a ladder as SVG: both ends, their lines, Child SAs as bars, the ticks of the clock."""

from collections.abc import Iterator, Sequence

from ikelog.reporting import wording
from ikelog.reporting.drawing.marks import Bar, Drawing, child_title
from ikelog.reporting.drawing.moving import Canvas
from ikelog.reporting.drawing.places import HEAD, LANE, LINE, Places
from ikelog.reporting.drawing.xml import element, escaped, number, text

_TICKS = 8
_STEPS_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000)
_LONG_STEPS_MS = tuple(60_000 * minutes for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440, 10_080))
_LANES = 4
_LONGEST_END = 36


def heads_svg(drawing: Drawing, canvas: Canvas) -> Iterator[str]:
    """Yield both ends, each above its line; in a narrow picture one below the other."""
    negotiation = drawing.negotiation
    here = wording.endpoint(negotiation.local), "here" if canvas.design.narrow else negotiation.device or "this device"
    peer = wording.endpoint(negotiation.remote), "peer"
    ends = (here, peer) if drawing.here == "left" else (peer, here)
    roles = ("initiator", "responder") if negotiation.role else ("", "")
    words = [f"{who}, {role}" if role else who for (_, who), role in zip(ends, roles, strict=True)]
    if canvas.design.narrow:
        yield from _narrow_heads([address for address, _ in ends], words, canvas)
    else:
        yield from _wide_heads([address for address, _ in ends], words, canvas)


def _narrow_heads(addresses: Sequence[str], words: Sequence[str], canvas: Canvas) -> Iterator[str]:
    design = canvas.design
    for x, address, who, y in zip((design.left, design.right), addresses, words, (14, 34), strict=True):
        yield text(_cut(address, (design.width - 110 - x) // 7), x - 8, y, "end")
        yield text(_cut(who, 18), design.width - 4, y, "who", "end")


def _wide_heads(addresses: Sequence[str], words: Sequence[str], canvas: Canvas) -> Iterator[str]:
    """Yield both ends above their lines; long ones lean outwards, so that they do not meet."""
    design = canvas.design
    long = max(map(len, (*addresses, *words))) > (design.right - design.left) // 8
    anchors = ("end", "start") if long else ("middle", "middle")
    shift = 40 if long else 0
    for x, address, who, anchor in zip(
        (design.left + shift, design.right - shift), addresses, words, anchors, strict=True
    ):
        yield text(_cut(address, _LONGEST_END), x, 22, "end", anchor)
        yield text(_cut(who, _LONGEST_END), x, 38, "who", anchor)


def _cut(words: str, longest: int) -> str:
    return words if len(words) <= longest else words[: max(longest - 1, 1)] + "…"


def lines_svg(places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield the line of each end."""
    for x in (canvas.design.left, canvas.design.right):
        yield element("circle", class_="origin", cx=x, cy=HEAD - 14, r=4)
        yield canvas.box(x - 0.75, 1.5, (HEAD - 14, HEAD - 14), places.bottom, "life")


def ticks_svg(places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield the ticks of an axis to scale."""
    span = places.milliseconds
    if not span or not (canvas.movable or canvas.axis == "scale"):
        return
    steps = (*_STEPS_MS, *_LONG_STEPS_MS)
    step = next((step for step in steps if span / step <= _TICKS), span // _TICKS or 1)
    first, last = _axis(places)
    middle = (canvas.design.left + canvas.design.right) / 2
    parts = []
    for at in range(0, span + 1, step):
        y = first + (last - first) * at / span
        parts.append(element("path", class_="tick", d=f"M{canvas.design.left} {number(y)}H{canvas.design.right}"))
        if at:
            parts.append(text(_tick(at), middle, y - 3, "ticked", "middle"))
    yield canvas.scale_only("".join(parts))


def _axis(places: Places) -> tuple[float, float]:
    return min(spot.at[1] for spot in places.spots), max(spot.at[1] for spot in places.spots)


def _tick(milliseconds: int) -> str:
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    if milliseconds < 60_000:
        return f"{milliseconds / 1000:g} s"
    return f"{milliseconds / 60_000:g} min" if milliseconds < 7_200_000 else f"{milliseconds / 3_600_000:g} h"


def bars_svg(drawing: Drawing, places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield the Child SAs: a bar each from where it is asked for to its end, joined with the one that it rekeys."""
    for bar in drawing.bars:
        top = places.spots[bar.first].at
        bottom = places.bottom if bar.last is None else places.spots[bar.last].at
        x = _bar_x(bar, canvas)
        title = element("title", escaped(child_title(bar.child)))
        yield canvas.box(x, 8, top, (max(bottom[0], top[0] + 8), max(bottom[1], top[1] + 8)), _bar_class(bar), title)
        yield from _joint(bar, drawing, places, canvas)
        name = bar.child.id.rpartition(".")[2]
        yield canvas.moved(text(name, x + 4, -4, "child", "middle"), top)


def _bar_class(bar: Bar) -> str:
    return f"bar {bar.child.state or 'unknown'}{'' if bar.last is not None else ' open'}"


def _bar_x(bar: Bar, canvas: Canvas) -> float:
    return canvas.design.lanes + (bar.lane % (_LANES if not canvas.design.narrow else 2)) * LANE


def _joint(bar: Bar, drawing: Drawing, places: Places, canvas: Canvas) -> Iterator[str]:
    """Yield the line from a bar to the one that it rekeys."""
    if bar.joined is None:
        return
    old = drawing.bars[bar.joined]
    x1, x2 = _bar_x(old, canvas) + 4, _bar_x(bar, canvas) + 4
    starts, ends = places.spots[max(bar.first, old.first)].at, places.spots[bar.first].at
    paths = [f"M{number(x1)} {number(starts[n] - LINE / 2)}L{number(x2)} {number(ends[n] + LINE / 2)}" for n in (0, 1)]
    data = "|".join(paths) if canvas.movable and paths[0] != paths[1] else None
    yield element("path", class_="joint", d=paths[canvas.axis == "scale"], data_d=data)
