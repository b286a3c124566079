"""The HTML report without a browser: what is in the page, what is packed in it, and that a log stays text."""

import base64
import gzip
import json
import re
from hashlib import sha256
from html.parser import HTMLParser
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hostile import ATTACKS, SAMPLES, hostile_log

from ikelog.pipeline import analyze
from ikelog.reading.sources import SourceText, read_source, text_source
from ikelog.reporting import html

SVG = "{http://www.w3.org/2000/svg}"
VOID = {"meta", "link", "input", "img", "br"}


class Page(HTMLParser):
    """The elements of a page with their attributes, and the text of those with an id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.words: list[str] = []
        self._open: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("id") or tag))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            key = self._open[-1][1] or ""
            self.texts[key] = self.texts.get(key, "") + data
            if self._open[-1][0] not in ("script", "style"):
                self.words.append(data)


def rendered(*sources: SourceText) -> str:
    out = StringIO()
    html.render(analyze(sources), sources, out)
    return out.getvalue()


def sample(name: str) -> SourceText:
    return read_source(str(SAMPLES / f"{name}.log"))


def unpacked(page: Page, name: str) -> str:
    return gzip.decompress(base64.b64decode(page.texts[name])).decode("utf-8")


def ladders(page: Page) -> list[list[str]]:
    names = sorted((name for name in page.texts if name.startswith("ladders-")), key=lambda name: int(name[8:]))
    return [pair for name in names for pair in json.loads(unpacked(page, name))]


def test_the_page_holds_the_whole_log() -> None:
    sources = [sample("iosxe-three-peers"), sample("asa-psk-mismatch")]
    page = Page(rendered(*sources))
    assert [unpacked(page, f"log-{n}") for n in (0, 1)] == [source.text for source in sources]
    data = json.loads(unpacked(page, "data"))
    assert [source["lines"] for source in data["sources"]] == [source.count for source in sources]
    assert len(data["negotiations"]) == len(ladders(page)) == 4


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("*.log")))
def test_every_sample_becomes_a_page_whose_ladders_are_xml(name: str) -> None:
    source = sample(name)
    report = analyze([source])
    page = Page(rendered(source))
    found = ladders(page)
    assert len(found) == len(report.negotiations)
    for negotiation, pair in zip(report.negotiations, found, strict=True):
        for picture in pair:
            rows = ElementTree.fromstring(picture).findall(f"{SVG}g[@role='option']")
            messages = [row for row in rows if row.attrib["class"].split()[1] == "message"]
            assert [row.attrib["data-line"] for row in messages] == [str(m.line) for m in negotiation.messages]
            assert all(row.attrib["aria-label"] for row in rows)


def test_a_line_belongs_to_the_negotiation_whose_event_it_is() -> None:
    source = sample("iosxe-three-peers")
    report = analyze([source])
    runs = json.loads(unpacked(Page(rendered(source)), "data"))["owners"][0]
    owner = {line: runs[n + 2] for n in range(0, len(runs), 3) for line in range(runs[n], runs[n + 1] + 1)}
    expected = {
        line: number
        for number, negotiation in enumerate(report.negotiations)
        for event in negotiation.events
        for line in range(event.line, event.end_line + 1)
    }
    assert owner == expected
    assert set(owner.values()) == {0, 1, 2}


def test_the_page_may_run_its_own_script_and_load_nothing() -> None:
    page = Page(rendered(sample("asa-psk-mismatch")))
    policies = [a["content"] or "" for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    (policy,) = policies
    assert policy == html.content_security_policy()
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for kind in ("script", "style"):
        digest = base64.b64encode(sha256(page.texts[kind].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    for tag, attributes in page.elements:
        assert tag not in ("img", "iframe", "object", "embed", "base", "form")
        assert not {name for name in attributes if name.startswith("on") or name in ("style", "src")}
        assert all((attributes.get(name) or "#").startswith(("#", "data:,")) for name in ("href", "action"))
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page.texts["script"] + page.texts["style"])


def test_what_a_log_says_is_text_in_the_page_and_in_its_pictures() -> None:
    text = hostile_log()
    written = rendered(text_source("<b>hostile</b>\u202e.log", text.encode()))
    plain = Page(rendered(text_source("plain.log", b"")))
    page = Page(written)
    assert not {tag for tag, _ in page.elements} & {"img", "b\u202e", "svg/onload"}
    scripts = [attributes for tag, attributes in page.elements if tag == "script"]
    assert sum("class" not in attributes for attributes in scripts) == 1
    assert not set("\x1b\x07\u202e") & set(written)
    assert page.texts["script"] == plain.texts["script"]
    assert unpacked(page, "log-0") == text
    for pair in ladders(page):
        for picture in pair:
            assert not set("\x1b\x07\u202e") & set(picture)
            elements = list(ElementTree.fromstring(picture).iter())
            tags = {element.tag.removeprefix(SVG) for element in elements}
            assert tags <= {"svg", "g", "text", "rect", "path", "line", "circle", "title"}
            names = {name for element in elements for name in element.attrib}
            assert not {name for name in names if name.startswith("on") or "href" in name or name == "style"}


def test_identities_that_are_attacks_are_seen_as_they_are() -> None:
    written = rendered(text_source("hostile.log", hostile_log().encode()))
    shown = "".join(Page(written).words) + "".join(
        "".join(ElementTree.fromstring(pair[0]).itertext()) for pair in ladders(Page(written))
    )
    assert "<script>alert(1)</script>" in shown
    assert "{{ 7*7 }}" in shown
    assert len(ATTACKS) == len(ladders(Page(written)))


def test_a_key_is_in_the_raw_lines_and_nowhere_else() -> None:
    secret = "Tr0ub4dor-and-3"
    log = sample("asa-psk-mismatch").text + f"tunnel-group 192.0.2.1 pre-shared-key {secret}\nSK_d: {secret}\n"
    page = Page(rendered(text_source("keys.log", log.encode())))
    assert secret in unpacked(page, "log-0")
    assert secret not in unpacked(page, "data") + "".join(page.words) + "".join(map("".join, ladders(page)))


@pytest.mark.parametrize("text", ["", "\n", "nothing of ours\n", "\0\0\n", "\ufffe\uffff \ud7ff\n"])
def test_logs_without_a_negotiation_become_a_page_too(text: str) -> None:
    page = Page(rendered(text_source("a.log", text.encode())))
    assert "No negotiation found" in "".join(page.words)
    assert unpacked(page, "log-0") == text


def test_the_same_logs_make_the_same_page() -> None:
    source = sample("iosxe-rekey")
    assert rendered(source) == rendered(source)


def test_a_stream_that_is_not_utf8_gets_a_page_all_the_same() -> None:
    raw = BytesIO()
    out = TextIOWrapper(raw, encoding="latin-1")
    source = sample("asa-psk-mismatch")
    html.render(analyze([source]), [source], out)
    out.flush()
    page = Page(raw.getvalue().decode("ascii"))
    assert unpacked(page, "log-0") == source.text


def test_the_parts_of_the_page_stay_files_to_read() -> None:
    for path in sorted(Path(html.__file__).parent.joinpath("page").iterdir()):
        if path.suffix in (".js", ".css", ".j2"):
            assert len(path.read_text(encoding="utf-8").splitlines()) < 300, path
