"""A ladder as SVG."""

from ikelog.reporting import wording
from ikelog.reporting.drawing.frame import bars_svg, heads_svg, lines_svg, ticks_svg
from ikelog.reporting.drawing.marks import Drawing
from ikelog.reporting.drawing.moving import Canvas
from ikelog.reporting.drawing.places import build_places
from ikelog.reporting.drawing.rows import blocks_svg, gaps_svg, rows_svg
from ikelog.reporting.drawing.xml import element, escaped


def ladder_svg(drawing: Drawing, canvas: Canvas) -> str:
    """Return the ladder of one negotiation as an element `svg`, as wide as its design."""
    places = build_places(drawing, canvas.design)
    frame = [
        *heads_svg(drawing, canvas),
        *ticks_svg(places, canvas),
        *lines_svg(places, canvas),
        *gaps_svg(drawing, places, canvas),
    ]
    blocks = element("g", "".join(blocks_svg(drawing, places, canvas)), class_="blocks")
    rows = "".join(rows_svg(drawing, places, canvas))
    hidden = "true" if canvas.live else None  # what they show is told below the ladder
    bars = element("g", "".join(bars_svg(drawing, places, canvas)), aria_hidden=hidden)
    height = places.height[canvas.axis == "scale"]
    width = canvas.design.width
    return element(
        "svg",
        element("g", "".join(frame) + blocks, aria_hidden=hidden) + rows + bars,
        xmlns="http://www.w3.org/2000/svg",
        class_=f"ladder {'narrow' if canvas.design.narrow else 'wide'} {canvas.axis}",
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        role="listbox" if canvas.live else "img",
        aria_label=_named(drawing),
        data_heights="|".join(map(str, places.height)) if canvas.movable else None,
    )


def _named(drawing: Drawing) -> str:
    negotiation = drawing.negotiation
    return f"Ladder of {negotiation.id} with {wording.peer(negotiation)}"


def title_svg(words: str) -> str:
    """Return the title of a picture that stands alone."""
    return element("title", escaped(words))
