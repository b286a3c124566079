"""What a picture is painted for: one axis, or both, so that a page can switch from one to the other."""

from typing import Literal

from ikelog.record import record
from ikelog.reporting.drawing.places import Design, Spot
from ikelog.reporting.drawing.xml import element, number

Axis = Literal["even", "scale"]
Both = tuple[float, float]


@record
class Canvas:
    """A design and an axis; `live` makes rows that can be pointed at, `movable` keeps the other axis's places too.

    A movable part has `data-y`, `data-d` or `data-box`: its place on the even axis, `|`, its place to scale. A line to
    a text has `data-lead`: where it begins, where it ends, and how far below with the axis to scale.
    """

    design: Design
    axis: Axis = "even"
    live: bool = False
    movable: bool = False

    def at(self, both: Both) -> float:
        """Return the place on the axis of this canvas."""
        return both[self.axis == "scale"]

    def moved(self, content: str, both: Both) -> str:
        """Return content moved down to its place."""
        y = number(self.at(both))
        data = f"{number(both[0])}|{number(both[1])}" if self.movable and both[0] != both[1] else None
        return element("g", content, transform=f"translate(0 {y})", data_y=data)

    def scale_only(self, content: str) -> str:
        """Return content that is of use only with the axis to scale."""
        return element("g", content, class_="scaled")

    def lead(self, x1: int, x2: int, spot: Spot) -> str:
        """Return the line from a mark on the axis to its text, for where the mark is."""
        below = round(spot.label[1] - spot.at[1])
        drop = below if self.axis == "scale" else 0
        path = f"M{x1} 0H{x2}" if not drop else f"M{x1} 0h6L{x2 - 6} {drop}h6"
        return element(
            "path", class_="lead", d=path, data_lead=f"{x1} {x2} {below}" if self.movable and below else None
        )

    def box(self, x: float, width: float, top: Both, bottom: Both, class_: str, content: str = "") -> str:
        """Return a rectangle between two places."""
        boxes = [(top[n], bottom[n] - top[n]) for n in (0, 1)]
        y, height = boxes[self.axis == "scale"]
        data = "|".join(f"{number(a)} {number(b)}" for a, b in boxes) if self.movable and boxes[0] != boxes[1] else None
        return element(
            "rect", content, class_=class_, x=x, y=y, width=width, height=max(height, 1), rx=3, data_box=data
        )
