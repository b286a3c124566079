"""Mermaid diagrams read by Mermaid itself, and pictures shown by a browser."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched, script
from hostile import ATTACKS, SAMPLES, hostile_log

from ikelog.pipeline import analyze
from ikelog.reading.sources import read_source, text_source
from ikelog.reporting import mermaid, svg

Opened = Callable[..., Watched]


def diagram(*texts: bytes) -> str:
    out = StringIO()
    mermaid.render(analyze([text_source(f"{n}.log", text) for n, text in enumerate(texts)]), out)
    return out.getvalue()


@pytest.fixture
def page(opened: Opened, tmp_path: Path) -> Any:
    """A page with Mermaid, as strict as GitHub has it."""
    library = script("mermaid/dist/mermaid.min.js")
    empty = tmp_path / "empty.html"
    empty.write_text("<!doctype html><meta charset=utf-8><link rel=icon href='data:,'><title>x</title>")
    page = opened().page
    page.goto(empty.as_uri())
    page.add_script_tag(content=library)
    page.evaluate("mermaid.initialize({startOnLoad: false, securityLevel: 'strict'})")
    return page


def test_mermaid_reads_the_diagram_of_every_sample(page: Any) -> None:
    for path in sorted(SAMPLES.glob("*.log")):
        text = diagram(path.read_bytes())
        assert page.evaluate("text => mermaid.parse(text)", text)["diagramType"] == "sequence", path.stem
    several = diagram(*((SAMPLES / f"{name}.log").read_bytes() for name in ("iosxe-rekey", "asa-psk-mismatch")))
    assert page.evaluate("text => mermaid.parse(text)", several)["diagramType"] == "sequence"


def test_mermaid_refuses_what_is_no_diagram(page: Any) -> None:
    text = diagram((SAMPLES / "iosxe-three-peers.log").read_bytes()) + "  A->>>>B x\n"
    assert page.evaluate("text => mermaid.parse(text, {suppressErrors: true})", text) is False


def test_mermaid_draws_a_hostile_log_as_text(page: Any) -> None:
    drawn = page.evaluate("async text => (await mermaid.render('x', text)).svg", diagram(hostile_log().encode()))
    page.evaluate("svg => { document.body.innerHTML = svg }", drawn)
    active = "document.body.querySelectorAll('script, img, a, iframe, [onload], [onerror]')"
    assert page.evaluate(f"[...{active}].map(element => element.outerHTML.slice(0, 200))") == []
    shown = page.evaluate("document.body.textContent")
    for attack in (*ATTACKS[:5], ATTACKS[8]):
        assert attack in shown
    for name in ("IKE_SA_INIT 0", "203.0.113.99:500"):
        assert name in shown


def test_a_picture_is_shown_as_an_image(opened: Opened, tmp_path: Path) -> None:
    out = StringIO()
    svg.render(analyze([read_source(str(SAMPLES / "iosxe-three-peers.log"))]), out)
    (tmp_path / "ladders.svg").write_text(out.getvalue(), encoding="utf-8")
    page = opened().page
    page.goto((tmp_path / "ladders.svg").as_uri())
    assert page.evaluate("document.querySelectorAll('svg.ladder').length") == 3
    assert page.evaluate("getComputedStyle(document.querySelector('.ladder .shaft')).strokeWidth") == "1.5px"
