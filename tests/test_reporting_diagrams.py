"""The ladders as SVG and Mermaid, and both reports as Markdown: what is in them, and that a log stays text."""

import re
from functools import cache
from io import StringIO
from xml.etree import ElementTree

import pytest
from hostile import ATTACKS, SAMPLES, hostile_log
from lxml import html as lxml_html
from markdown_it import MarkdownIt
from reports import healthy, message, psk_finding, psk_negotiation, report, timed_negotiation

from ikelog.correlation.types import ChildSa, End, Negotiation, Repeat
from ikelog.pipeline import analyze
from ikelog.reading.sources import read_source, text_source
from ikelog.record import replaced
from ikelog.report import Report
from ikelog.reporting import markdown, mermaid, svg
from ikelog.reporting.drawing.marks import build_drawing
from ikelog.reporting.drawing.places import NARROW, WIDE, build_places

SVG = "{http://www.w3.org/2000/svg}"
ALL = sorted(path.stem for path in SAMPLES.glob("*.log"))
CONTROLS = set(map(chr, [*range(9), *range(11, 32), 0x7F, 0x202E]))


@cache
def of_sample(name: str) -> Report:
    return analyze([read_source(str(SAMPLES / f"{name}.log"))])


@cache
def hostile() -> Report:
    return analyze([text_source("<b>x</b>|`.log", hostile_log().encode())])


def written(render: object, found: Report, **options: object) -> str:
    out = StringIO()
    render(found, out, **options)  # type: ignore[operator]
    return out.getvalue()


def read(text: str) -> lxml_html.HtmlElement:
    return lxml_html.fromstring(f"<div>{MarkdownIt('commonmark').enable('table').render(text)}</div>")


# --- places


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("design", [WIDE, NARROW])
def test_no_row_stands_on_another(name: str, design: object) -> None:
    for negotiation in of_sample(name).negotiations:
        drawing = build_drawing(negotiation, None)
        places = build_places(drawing, design)  # type: ignore[arg-type]
        for axis in (0, 1):
            tops = [spot.top[axis] for spot in places.spots]
            ends = [spot.top[axis] + spot.height for spot in places.spots]
            assert all(top >= end for top, end in zip(tops[1:], ends, strict=False))
            assert max([*ends, 0]) <= places.height[axis]


def test_an_axis_to_scale_is_to_scale() -> None:
    (negotiation,) = of_sample("iosxe-no-response").negotiations
    drawing = build_drawing(negotiation, None)
    places = build_places(drawing, WIDE)
    timed = [(mark.row.offset_ms, spot.at[1]) for mark, spot in zip(drawing.marks, places.spots, strict=True)]
    (first, top), (last, bottom) = timed[0], timed[-1]
    assert first is not None
    assert last is not None
    for moment, y in timed:
        assert moment is not None
        assert y == pytest.approx(top + (moment - first) / (last - first) * (bottom - top), abs=1)


def test_silence_is_told_where_distances_are_even() -> None:
    (negotiation,) = of_sample("iosxe-no-response").negotiations
    gaps = [mark.gap_ms for mark in build_drawing(negotiation, None).marks if mark.gap_ms is not None]
    assert gaps == [1893, 3766, 7611, 15204, 1525, 29120]


def test_retransmissions_are_arrows_of_their_own() -> None:
    picture = ElementTree.fromstring(written(svg.render, of_sample("iosxe-no-response")))
    rows = [row.attrib["class"] for row in picture.iter(f"{SVG}g") if row.attrib.get("class", "").startswith("row ")]
    assert [row for row in rows if " sent" in row] == ["row message sent proves", *["row repeat sent proves"] * 4]
    assert sum(row.startswith("row step") for row in rows) == 8  # what says that it retransmits would say it twice


def test_a_rekeyed_child_sa_is_a_bar_joined_with_its_successor() -> None:
    first, _ = of_sample("iosxe-rekey").negotiations
    one, two = build_drawing(first, None).bars
    assert (one.joined, two.joined) == (None, 0)
    assert one.last is not None
    assert one.last >= two.first
    assert one.lane != two.lane
    picture = ElementTree.fromstring(written(svg.render, of_sample("iosxe-rekey")))
    assert [path.attrib["class"] for path in picture.iter(f"{SVG}path")].count("joint") == 1


def test_local_work_is_a_block_from_its_first_step_to_its_last() -> None:
    (negotiation, *_) = of_sample("iosxe-rekey").negotiations
    drawing = build_drawing(negotiation, None)
    dh = [(block.first, block.last) for block in drawing.blocks if block.work == "dh"]
    assert [(drawing.marks[a].row.line, drawing.marks[b].row.line) for a, b in dh] == [
        (12, 13),
        (40, 41),
        (298, 299),
        (326, 327),
    ]


def test_clocks_that_go_back_and_rows_without_one_have_a_place() -> None:
    messages = (
        message(1, 1, "IKE_SA_INIT", 0, "sent", "SA", offset_ms=5000, time="--04-29T16:57:45.000"),
        message(2, 5, "IKE_SA_INIT", 0, "received", "SA", offset_ms=1000, time="--04-29T16:57:41.000"),
        message(3, 9, "IKE_AUTH", 1, "sent", "SA"),
        message(4, 12, "IKE_AUTH", 1, "received", "SA", offset_ms=9000, time="--04-29T16:57:49.000"),
    )
    places = build_places(build_drawing(timed_negotiation(messages=messages, steps=()), None), WIDE)
    ys = [spot.at[1] for spot in places.spots]
    assert ys == sorted(ys)
    assert ys[0] == ys[2] < ys[3]


def test_a_child_sa_of_no_row_and_a_negotiation_of_nothing_are_drawn() -> None:
    bare = healthy(1, messages=(), steps=(), child_sas=(ChildSa(id="N1.C1", line=1),))
    late = healthy(2, child_sas=(ChildSa(id="N2.C1", line=99_999, state="rekeyed", rekeyed_from="N9.C9"),))
    assert ElementTree.fromstring(written(svg.render, report([bare, late])))


def test_of_an_endless_negotiation_both_ends_and_the_proof_are_kept() -> None:
    messages = tuple(message(n, n, "INFORMATIONAL", n, "sent", "DELETE") for n in range(1, 3000))
    negotiation = psk_negotiation(messages=messages, steps=())
    finding = psk_finding("N1")
    proving = finding.evidence[0].line
    kept = build_drawing(negotiation, finding, 100)
    lines = [mark.row.line for mark in kept.marks]
    assert lines == sorted({*range(1, 51), *(e.line for e in finding.evidence), *range(2950, 3000)})
    assert sum(mark.skipped for mark in kept.marks) + len(kept.marks) == 2999
    assert kept.marks[lines.index(proving)].skipped
    assert len(build_drawing(negotiation, finding).marks) == 2999


# --- SVG


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("axis", ["even", "scale"])
def test_a_picture_stands_alone(name: str, axis: str) -> None:
    found = of_sample(name)
    picture = ElementTree.fromstring(written(svg.render, found, axis=axis))
    assert "var(" not in (picture.findtext(f"{SVG}style") or "")
    ladders = [element for element in picture.iter(f"{SVG}svg") if element is not picture]
    assert len(ladders) == len(found.negotiations)
    words = "".join(picture.itertext())
    for negotiation in found.negotiations:
        for told in negotiation.messages:
            assert told.exchange in words or (told.step or told.exchange) in words


def test_long_addresses_stay_apart() -> None:
    ends = [End(f"2001:db8:1111:2222:3333:4444:5555:{n}666", 4500) for n in (1, 2)]
    picture = ElementTree.fromstring(written(svg.render, report([healthy(1, local=ends[0], remote=ends[1])])))
    (ladder,) = (element for element in picture.iter(f"{SVG}svg") if element is not picture)
    heads = [element for element in ladder.iter(f"{SVG}text") if element.attrib["class"] == "end"]
    assert [head.attrib["text-anchor"] for head in heads] == ["end", "start"]
    assert float(heads[0].attrib["x"]) < float(heads[1].attrib["x"])


def test_a_hostile_log_is_text_in_a_picture() -> None:
    text = written(svg.render, hostile())
    picture = ElementTree.fromstring(text)
    tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
    assert tags <= {"svg", "g", "text", "rect", "path", "line", "circle", "title", "style"}
    names = {name for element in picture.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}
    assert not CONTROLS & set(text)
    assert "<script>alert(1)</script>" in "".join(picture.itertext())


# --- Mermaid


@pytest.mark.parametrize("name", [*ALL, "hostile"])
def test_a_diagram_has_an_arrow_for_each_message(name: str) -> None:
    found = hostile() if name == "hostile" else of_sample(name)
    lines = written(mermaid.render, found).splitlines()
    assert lines[0] == "sequenceDiagram"
    arrows = [line for line in lines if re.match(r"  [AB]\d*(?:->>|-->>|-x)[AB]\d*: ", line)]
    assert len(arrows) == sum(1 + min(len(m.repeats), 12) for n in found.negotiations for m in n.messages)
    known = r"  participant [AB]\d* as |  Note (?:over|left of|right of) [AB]\d*(?:,[AB]\d*)?: |  [AB]\d*-"
    assert all(re.match(known, line) for line in lines[1:])
    for line in lines[1:]:
        text = line.partition(": ")[2] or line.partition(" as ")[2]
        assert not re.search(r"[<>;`|{}%&\"]", re.sub(r"<br/>|#\d+;", "", text)), line


def test_a_diagram_is_no_longer_than_mermaid_takes() -> None:
    text = written(mermaid.render, report(healthy(n) for n in range(1, 900)))
    assert len(text) < 50_000
    kept = len(re.findall(r"Note over A\d*,B\d*: N\d", text))
    assert 10 < kept < 899
    assert f"{899 - kept} more negotiations" in text
    assert text.count("participant") == 2 * kept


def test_of_one_endless_negotiation_a_diagram_has_the_beginning() -> None:
    messages = tuple(message(n, n, "INFORMATIONAL", n, "sent", "DELETE") for n in range(1, 3000))
    text = written(mermaid.render, report([healthy(1, messages=messages)]))
    assert 40_000 < len(text) < 50_000
    more = re.search(r"Note over A,B: ([\d,]+) more rows", text)
    assert more
    rows = text.count("INFORMATIONAL")
    assert int(more[1].replace(",", "")) >= 2999 - rows > 0


def test_a_word_that_ends_a_block_of_mermaid_is_no_end_here() -> None:
    negotiation = psk_negotiation(device="end", remote=End("end; END", 500))
    assert not re.search(r"\bend\b", written(mermaid.render, report([negotiation])), re.IGNORECASE)


# --- Markdown


@pytest.mark.parametrize("name", ALL)
def test_the_report_as_markdown_tells_every_failure(name: str) -> None:
    found = of_sample(name)
    text = written(markdown.render, found)
    page = read(text)
    assert len(page.xpath("//h2")) == 1
    shown = "".join(page.itertext())
    for finding in found.findings:
        if finding.severity != "info":
            assert finding.code in shown
    for negotiation in found.negotiations:
        if negotiation.outcome == "failed":
            assert negotiation.remote.address is None or negotiation.remote.address in shown
    assert not page.xpath("//a|//img|//script|//em")


def test_fixes_and_proof_are_blocks_that_can_be_copied() -> None:
    page = read(written(markdown.render, report([psk_negotiation()], [psk_finding("N1")])))
    blocks = ["".join(block.itertext()) for block in page.xpath("//pre/code")]
    assert any("289  " in block for block in blocks)
    assert any(block.startswith("tunnel-group") for block in blocks)
    assert any("IKE_SA_INIT" in block and "────▶" in block for block in blocks)


@pytest.mark.parametrize("render", [markdown.render, markdown.render_timeline])
def test_a_hostile_log_is_text_in_markdown(render: object) -> None:
    text = written(render, hostile())
    page = read(text)
    assert not page.xpath("//a|//img|//script|//em|//svg")
    assert {element.tag for element in page.iter()} <= set(
        "div h2 h3 p pre code strong table thead tbody tr th td ul li br".split()
    )
    assert all("Fix, " in "".join(strong.itertext()) for strong in page.xpath("//strong"))
    assert not CONTROLS & set(text)
    assert "<b>x</b>|`.log" in "".join(page.itertext())


def test_an_attack_in_a_ladder_stays_in_its_block() -> None:
    blocks = read(written(markdown.render_timeline, hostile())).xpath("//pre/code")
    assert len(blocks) == len(ATTACKS)
    shown = ["".join(block.itertext()) for block in blocks]
    # the reader puts quotes, backticks and escape sequences right, so that those attacks read differently
    for attack in (*ATTACKS[:5], ATTACKS[7]):
        assert sum(attack in text for text in shown) == 1, attack


def test_healthy_negotiations_are_a_line_each_and_bounded() -> None:
    page = read(written(markdown.render, report(healthy(n, f"198.51.100.{n}") for n in range(1, 40))))
    items = page.xpath("//ul/li")
    assert len(items) == 21
    assert "19 more" in "".join(items[-1].itertext())


def test_the_timeline_as_markdown_has_each_ladder_in_a_block() -> None:
    found = of_sample("iosxe-three-peers")
    page = read(written(markdown.render_timeline, found))
    assert len(page.xpath("//h3")) == len(page.xpath("//pre")) == 3
    assert "computes the DH public key" in "".join(page.xpath("//pre")[0].itertext())


@pytest.mark.parametrize("render", [svg.render, mermaid.render, markdown.render, markdown.render_timeline])
def test_a_log_without_a_negotiation_is_told_so(render: object) -> None:
    empty = analyze([text_source("a.log", b"nothing of ours\n")])
    assert "No negotiation found" in written(render, empty)
    filtered = replaced(empty, left_out=3)
    assert "3 left out" in written(render, filtered).replace("#58;", ":")


def test_many_repeats_are_drawn_up_to_a_number() -> None:
    repeats = tuple(Repeat("edge1.log", 10 + n, None, None) for n in range(40))
    many = message(1, 1, "IKE_SA_INIT", 0, "sent", "SA", repeats=repeats)
    negotiation: Negotiation = healthy(1, messages=(many,))
    assert written(mermaid.render, report([negotiation])).count("-->>") == 12
