"""The report as one HTML page that needs nothing else: no network, no file beside it."""

import base64
import gzip
import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, TextIO

from ikelog.correlation.types import Negotiation
from ikelog.reading.sources import SourceText
from ikelog.record import record
from ikelog.report import Report
from ikelog.reporting import wording
from ikelog.reporting.blocks import Verdicts, verdict_finding, verdict_findings
from ikelog.reporting.drawing.marks import build_drawing
from ikelog.reporting.drawing.moving import Canvas
from ikelog.reporting.drawing.places import NARROW, WIDE
from ikelog.reporting.drawing.svg import ladder_svg
from ikelog.reporting.page.cards import build_cards, build_causes
from ikelog.reporting.page.data import page_data
from ikelog.reporting.safe import visible

# So many ladders are packed together: what a page unpacks when one of them is opened.
LADDERS = 16
# A browser gets slow with more rows in one picture; the log beside it has them all.
ROWS = 1500

_SCRIPTS = ("pack", "log", "lines", "ladders", "negotiations", "lanes", "main")
_STYLES = ("palette", "page", "cards", "explore", "ladder")


@record
class Packed:
    """A part of the page's data: gzip in base64, that an element of this id holds."""

    id: str
    text: str


def render(report: Report, texts: Sequence[SourceText], out: TextIO) -> None:
    """Write the report and the logs it was made of as one page; `texts` are the sources that were analysed.

    A log's text is in the page as it was read, packed; what a reader sees of it is text and never markup.
    """
    full, brief = build_cards(report)
    page = _template().stream(
        report=report,
        counts=_counts(report),
        full=full,
        causes=build_causes(full),
        brief=brief,
        packed=_packed(report, texts),
        ladders=LADDERS,
        lines=sum(source.lines for source in report.sources),
        script=_script(),
        style=_style(),
        policy=content_security_policy(),
    )
    page.enable_buffering(64)
    for part in page:
        out.write(_carried(part, out))


def content_security_policy() -> str:
    """Return what the page may do: run its own script, show its own style, and nothing else.

    It stands in the page too; whoever serves the page sends it as a header, with what only a header can say.
    """
    return (
        f"default-src 'none'; script-src 'sha256-{_digest(_script())}'; style-src 'sha256-{_digest(_style())}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _counts(report: Report) -> list[tuple[str, str, int]]:
    summary = report.summary
    counts = [
        ("bad", "failed", summary.failed),
        ("bad", "with a failed Child SA", summary.child_failed),
        ("odd", "IKE SA only", summary.ike_only),
        ("odd", "unfinished", summary.incomplete),
        ("good", "up", summary.established),
    ]
    return [count for count in counts if count[2]]


def _packed(report: Report, texts: Sequence[SourceText]) -> Iterator[Packed]:
    yield Packed("data", _pack(json.dumps(page_data(report), ensure_ascii=False, separators=(",", ":"))))
    by_name = {text.name: text for text in texts}
    for number, source in enumerate(report.sources):
        yield Packed(f"log-{number}", _pack(by_name[source.name].text if source.name in by_name else ""))
    verdicts = verdict_findings(report)
    for first in range(0, len(report.negotiations), LADDERS):
        ladders = [_ladders(found, verdicts) for found in report.negotiations[first : first + LADDERS]]
        yield Packed(f"ladders-{first // LADDERS}", _pack(json.dumps(ladders, ensure_ascii=False)))


def _ladders(negotiation: Negotiation, verdicts: Verdicts) -> list[str]:
    """Return a ladder for wide windows and one for narrow ones."""
    drawing = build_drawing(negotiation, verdict_finding(negotiation, verdicts), ROWS)
    return [ladder_svg(drawing, Canvas(design, live=True, movable=drawing.clocked)) for design in (WIDE, NARROW)]


def _pack(text: str) -> str:
    packed = gzip.compress(text.encode("utf-8", "replace"), compresslevel=6, mtime=0)
    return base64.b64encode(packed).decode("ascii")


def _carried(text: str, out: TextIO) -> str:
    """Return text as its stream can carry it; the page says that it is UTF-8, and ASCII is that too."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    if encoding.lower().replace("-", "") == "utf8":
        return text
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


@cache
def _template() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("ikelog.reporting.page", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters["count"] = wording.count
    return environment.get_template("report.html.j2")


def _shown(value: object) -> object:
    """Make what a template shows harmless: text from a log holds control characters and turns of direction."""
    return visible(value) if type(value) is str else value


@cache
def _script() -> Any:
    parts = "".join(_part(f"{name}.js") for name in _SCRIPTS)
    return _trusted(f'"use strict";\n(() => {{\n{parts}}})();\n')


@cache
def _style() -> Any:
    return _trusted("".join(_part(f"{name}.css") for name in _STYLES))


def _trusted(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)  # noqa: S704  the package's own files


def _part(name: str) -> str:
    return files("ikelog.reporting.page").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
