"""The ladders as one SVG picture that stands alone, one below the other."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import TextIO

from ikelog.correlation.types import Negotiation
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Verdicts, verdict_finding, verdict_findings
from ikelog.reporting.drawing.marks import build_drawing, child_title
from ikelog.reporting.drawing.moving import Axis, Canvas
from ikelog.reporting.drawing.places import WIDE
from ikelog.reporting.drawing.svg import ladder_svg
from ikelog.reporting.drawing.xml import element, text

MARGIN = 24
TITLE = 46
LINE = 16
APART = 40
_COLUMNS = 118

_TONES = {"UP": "good", "UNFINISHED": "odd", "IKE SA ONLY": "odd"}


def render(report: Report, out: TextIO, *, axis: Axis = "even") -> None:
    """Write all ladders as one picture; its axis is evenly spaced, or to scale where there is a clock."""
    verdicts = verdict_findings(report)
    parts, top = [], MARGIN
    for negotiation in report.negotiations:
        part, height = _negotiation(negotiation, verdicts, axis, top)
        parts.append(part)
        top += height + APART
    if not parts:
        parts, top = [text(wording.none_found(report.left_out), MARGIN, MARGIN + LINE, "title")], 3 * MARGIN
    width = WIDE.width + 2 * MARGIN
    ground = element("rect", class_="paper", width=width, height=top)
    out.write(
        element(
            "svg",
            element("style", style()) + ground + "\n" + "\n".join(parts) + "\n",
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width} {top}",
            width=width,
            height=top,
        )
        + "\n"
    )


def style() -> str:
    """Return the style of a picture that stands alone: light, with colours for programs that know no variables."""
    folder = files("ikelog.reporting.page")
    palette = folder.joinpath("palette.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--([\w-]+): ([^;]+);", palette[: palette.index("}")]))
    ladder = folder.joinpath("ladder.css").read_text(encoding="utf-8")
    own = (
        ".paper { fill: var(--card); } .title { font: 600 15px var(--sans); fill: var(--ink); }"
        " .title.bad { fill: var(--bad); } .title.odd { fill: var(--odd); } .title.good { fill: var(--good); }"
        " .below { font: 11px var(--mono); fill: var(--soft); }"
    )
    return re.sub(r"var\(--([\w-]+)\)", lambda found: light[found[1]], ladder + own)


def _negotiation(negotiation: Negotiation, verdicts: Verdicts, axis: Axis, top: int) -> tuple[str, int]:
    finding = verdict_finding(negotiation, verdicts)
    drawing = build_drawing(negotiation, finding)
    ladder = ladder_svg(drawing, Canvas(WIDE, axis if drawing.clocked else "even"))
    found = re.search(r' height="(\d+)"', ladder)
    height = TITLE + int(found[1] if found else 0)
    status = wording.status(negotiation)
    verdict = f"{negotiation.verdict or ''} {finding.name if finding else ''}".strip()
    title = "  ".join(filter(None, (status, wording.peer(negotiation), wording.role(negotiation), verdict)))
    started = wording.moment(negotiation.started_at) if negotiation.started_at else ""
    where = "  ".join(filter(None, (negotiation.id, wording.ike_sa(negotiation), started)))
    parts = [
        text(title, MARGIN, top + 14, f"title {_TONES.get(status, 'bad')}"),
        text(where, MARGIN, top + 32, "below"),
        element("g", ladder, transform=f"translate({MARGIN} {top + TITLE})"),
    ]
    for words in _below(negotiation):
        height += LINE
        parts.append(text(words, MARGIN, top + height, "below"))
    return "\n".join(parts), height


def _below(negotiation: Negotiation) -> Iterator[str]:
    """Yield what came of it, in lines that fit."""
    texts = [child_title(child) for child in negotiation.child_sas]
    texts += [wording.closing(negotiation.closed)] if negotiation.closed else []
    for words in texts:
        yield from (words[at : at + _COLUMNS] for at in range(0, len(words), _COLUMNS))
