"""The formats of `ikelog check` that are shown next to files and in pages: GitHub, GitLab, Markdown; and any log."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html
from markdown_it import MarkdownIt

from ikelog.check.paths import relative_uri, repository_path
from ikelog.check.problems import problems, told_once
from ikelog.check.types import Checked, Unmet
from ikelog.diagnosis.types import Fix
from ikelog.reporting.safe import visible
from tests import reports
from tests.checks import (
    CHECKS,
    HOSTILE,
    at_the_top_of_the_checkout,
    checked,
    each_check,
    failures,
    healthy,
    hostile_check,
    many,
    plain_message,
    rendered,
    three_peers,
)

SCHEMAS = Path(__file__).parent / "cases" / "check_formats"
FORMATS = ("junit", "sarif", "github", "gitlab", "markdown")


@pytest.fixture(autouse=True)
def top(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_top_of_the_checkout(monkeypatch)


# --- GitHub

COMMAND = re.compile(r"::(error|warning|notice) ([^:]*?)::(.*)")


def annotations(check: Checked) -> list[tuple[str, dict[str, str], str]]:
    """Read workflow commands as the runner does: properties up to the next `::`, then what was escaped."""
    read = []
    for line in rendered("github", check).splitlines():
        found = COMMAND.fullmatch(line)
        assert found, line
        properties = dict(part.split("=", 1) for part in found[2].split(","))
        plain = {key: unescaped(value.replace("%3A", ":").replace("%2C", ",")) for key, value in properties.items()}
        read.append((found[1], plain, unescaped(found[3])))
    return read


def unescaped(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def test_github_annotates_the_lines_of_the_logs() -> None:
    read = annotations(three_peers())
    assert [kind for kind, _, _ in read] == ["error"] * 3
    _, properties, message = read[1]
    assert properties["file"] == "samples/iosxe-three-peers.log"
    assert (properties["line"], properties["endLine"]) == ("182", "182")
    assert properties["title"] == "IKE201 psk-mismatch: Pre-shared keys differ"
    assert message.startswith("The AUTH of 203.0.113.22")
    assert rendered("github", healthy()) == ""


def test_github_sums_up_what_it_would_drop() -> None:
    read = annotations(many(30))
    kinds = [kind for kind, _, _ in read]
    assert (kinds.count("error"), kinds.count("warning")) == (10, 10)
    assert [message.split(":")[0] for _, _, message in read if "more" in message] == ["21 more", "21 more"]
    assert len(annotations(checked(reports.report(failures(10))))) == 10


def test_github_gets_a_hostile_log_as_text() -> None:
    read = annotations(hostile_check())
    assert len(read) == 3
    for kind, properties, message in read:
        assert kind == "error"
        assert set(properties) == {"file", "line", "endLine", "title"}
        assert visible(HOSTILE) in message


def test_paths_are_from_the_top_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert repository_path(str(tmp_path / "logs" / "a b.log")) == "logs/a b.log"
    assert relative_uri("./logs/a b%#é.log") == "logs/a%20b%25%23%C3%A9.log"
    assert relative_uri("/elsewhere/a.log") == "a.log"
    assert relative_uri("<stdin>") == "%3Cstdin%3E"
    (tmp_path / "lab").mkdir()
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(tmp_path / "lab")
    assert repository_path("a.log") == "lab/a.log"


# --- GitLab


@each_check
def test_gitlab_is_valid_and_tells_the_problems_apart(name: str) -> None:
    issues = json.loads(rendered("gitlab", CHECKS[name]()))
    schema = json.loads((SCHEMAS / "gitlab-code-quality.json").read_text(encoding="utf-8"))
    jsonschema.validate(issues, schema)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues) == len(told_once(problems(CHECKS[name]())))


def test_gitlab_gets_a_hostile_log_as_text() -> None:
    for issue in json.loads(rendered("gitlab", hostile_check())):
        assert visible(HOSTILE) in issue["description"]


# --- Markdown

TAGS = set("div h2 p table thead tbody tr th td h3 pre code".split())


def page(check: Checked) -> html.HtmlElement:
    """What becomes of the Markdown, with HTML allowed and every table read."""
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return html.fromstring(f"<div>{reader.render(rendered('markdown', check))}</div>")


def test_markdown_has_a_table_of_the_negotiations_and_the_evidence() -> None:
    read = page(three_peers())
    rows = [[cell.text_content() for cell in row] for row in read.iter("tr")]
    assert [row[1] for row in rows] == ["peer", "192.0.2.111", "203.0.113.22", "192.0.2.233"]
    assert rows[2][3:5] == ["failed", "IKE201"]
    assert read.find("h2").text_content() == "ikelog check: failed, 3 problems"
    assert "185  *Jul  8" in "".join(code.text_content() for code in read.iter("code"))
    assert page(healthy()).find("h2").text_content() == "ikelog check: passed"


def test_markdown_holds_a_hostile_log_as_text() -> None:
    read = page(hostile_check())
    assert {element.tag for element in read.iter()} == TAGS
    peer = read.findall(".//tr")[1][1].text_content()
    assert len(peer) == 200
    assert f"a {visible(HOSTILE)}".startswith(peer[:-1])
    outside = re.sub(r"(?s)^(`{3,})text\n.*?^\1$", "", rendered("markdown", hostile_check()), flags=re.MULTILINE)
    assert not re.search(r"http://|www\.|(?<!\\)[@<`$]", outside)  # what GitHub makes links and more of
    for paragraph in list(read.iter("p"))[1:]:
        assert " ".join(visible(HOSTILE).split()) in " ".join(paragraph.text_content().split())
    for code in read.iter("code"):
        assert "```" in code.text_content()


@pytest.mark.parametrize(
    "text", ["- a", "+ a", "1. a", "2) a", "===", "---", "# a", "> a", "10.0.0.1 a", "    a", "1.", "\\- a", "a\tb", ""]
)
def test_markdown_begins_no_block_with_what_a_log_says(text: str) -> None:
    finding = reports.psk_finding(explanation=text, title="none", fix=())
    read = page(checked(reports.report([reports.psk_negotiation()], [finding])))
    assert {element.tag for element in read.iter()} == TAGS
    assert read.findall("p")[1].text_content() == (text.strip() or "none")


def test_markdown_is_bounded() -> None:
    text = rendered("markdown", many(3_000))
    assert len(text.encode()) < 1 << 20
    assert "more problems: the report has all" in text
    assert "more negotiations" in text


def test_markdown_of_endless_lines_is_bounded() -> None:
    long = [
        reports.psk_finding(f"N{n}", explanation="é" * 10_000, fix=(Fix("ios", ("é" * 9_000,), ""),)) for n in range(99)
    ]
    text = rendered("markdown", checked(reports.report(failures(99), long)))
    assert len(text.encode()) < 1 << 20


# --- whatever a log holds

TOKENS = [
    "```",
    "~~~",
    "]]>",
    "<b>",
    "&lt;",
    "::",
    "%0A",
    "](",
    "[",
    "|",
    "\\",
    "{0}",
    "\n",
    "\r",
    "# ",
    "- ",
    "1. ",
    "    ",
    "`",
]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(TOKENS), st.text(max_size=4), st.characters())).map("".join))
def test_whatever_a_log_holds_is_read_back_as_text(text: str) -> None:
    check = hostile_check(text)
    plain = f"a {visible(text)} z"
    failure = etree.fromstring(rendered("junit", check).encode()).find(".//failure")
    assert re.sub("[\ufffe\uffff]", lambda found: f"\\u{ord(found[0]):04x}", plain) in failure.get("message")
    for issue in json.loads(rendered("gitlab", check)):
        assert plain in issue["description"]
    for result in json.loads(rendered("sarif", check))["runs"][0]["results"]:
        assert plain in plain_message(result["message"]["text"])
    for _, _, message in annotations(check):
        assert plain in message
    read = page(check)
    assert {element.tag for element in read.iter()} <= TAGS
    peer = read.findall(".//tr")[1][1].text_content()
    assert len(plain) > 200 or "".join(peer.split()) == "".join(plain.split())
    assert sum("".join(plain.split()) in "".join(p.text_content().split()) for p in read.iter("p")) >= 4


def test_an_expectation_without_a_line_or_a_negotiation_is_told_at_the_first_log() -> None:
    check = checked(reports.report([reports.healthy(1)]), [Unmet("negotiations", "2", "1", "profile cnsa-1")])
    (problem,) = problems(check)
    assert (problem.place.source, problem.place.line) == (reports.LOG, 1)
    for form in FORMATS:
        assert "profile cnsa-1" in rendered(form, check)
