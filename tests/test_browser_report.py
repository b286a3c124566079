"""The HTML report as its readers have it: with mouse and keyboard, in the dark, on a telephone, on paper."""

import json
import re
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched, script, written
from hostile import ATTACKS, SAMPLES, hostile_log

from ikelog.reading.sources import SourceText, read_source, text_source

Opened = Callable[..., Watched]


@cache
def sample(name: str) -> SourceText:
    return read_source(str(SAMPLES / f"{name}.log"))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Give the report on samples as a file, each written once."""
    folder = tmp_path_factory.mktemp("reports")

    @cache
    def report(*names: str) -> Path:
        return written(folder / f"{'+'.join(names)}.html", *map(sample, names))

    return report


@pytest.fixture
def peers(opened: Opened, reports: Callable[..., Path]) -> Any:
    return opened().open(reports("iosxe-three-peers"))


def lit(page: Any) -> list[int]:
    return [int(number.strip("✗!· ")) for number in page.locator(".line.lit .no").all_inner_texts()]


def ladder(page: Any, name: str) -> Any:
    return page.locator(f"#{name} svg.ladder")


def test_the_first_screen_tells_what_failed_and_what_to_type(peers: Any) -> None:
    assert peers.locator("h1").inner_text().strip() == "3 negotiations with 3 peers"
    first = peers.locator(".card").first
    box = first.bounding_box()
    assert box["y"] + 200 < 900
    for words in ("FAILED", "203.0.113.22", "IKE201 psk-mismatch", "the two keys differ", "crypto ikev2 keyring"):
        assert words in first.inner_text()


def test_a_failed_negotiation_is_open_at_first_and_others_are_built_when_opened(peers: Any) -> None:
    assert peers.locator(".neg[open]").count() == 1
    assert ladder(peers, "N2").count() == 1
    assert peers.locator("svg.ladder").count() == 1
    peers.locator("#N1 > summary").click()
    ladder(peers, "N1").wait_for()
    assert peers.locator("svg.ladder").count() == 2


def test_a_step_shows_its_lines_and_a_line_its_step(peers: Any) -> None:
    step = ladder(peers, "N2").locator('[data-line="160"]')
    step.click()
    assert lit(peers) == [160, 161, 162, 163, 164]
    assert "Payload contents" in peers.locator("#N2 .step-lines").inner_text()
    assert step.get_attribute("aria-selected") == "true"
    peers.locator("#find-text").fill("NO_PROPOSAL_CHOSEN")
    peers.wait_for_function("() => document.querySelectorAll('.line').length < 5")
    peers.locator(".line").last.click()
    chosen = ladder(peers, "N3").locator('[aria-selected="true"]')
    chosen.wait_for()
    assert int(chosen.get_attribute("data-line")) <= int(peers.locator(".line.lit .no").inner_text().strip("✗!· "))


def test_a_negotiation_brings_its_lines(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened().open(reports("iosxe-three-peers", "asa-psk-mismatch"))
    page.locator("#N4 > summary").click()
    page.wait_for_function("() => document.getElementById('place').textContent.endsWith('asa-psk-mismatch.log')")
    assert page.locator(".line", has_text="N4").count() > 5


def test_hovering_a_step_lights_its_lines(peers: Any) -> None:
    ladder(peers, "N2").locator('[data-line="185"]').hover()
    peers.wait_for_function("() => document.querySelectorAll('.line.lit').length > 0")
    assert lit(peers) == [185]


def test_the_evidence_leads_to_its_line(peers: Any) -> None:
    peers.locator(".evidence a", has_text="182").click()
    peers.wait_for_function("() => document.querySelector('.line.lit')")
    assert lit(peers) == [182]
    assert "Use preshared key" in peers.locator(".line.lit").inner_text()
    assert peers.evaluate("location.hash") == "#L0.182"


@pytest.mark.parametrize(
    ("controls", "count"),
    [
        ({"#find-text": "AUTHENTICATION_FAILED"}, "1 of 249 lines"),
        ({"#find-text": "authentication_failed"}, "1 of 249 lines"),
        ({"#find-text": "nowhere"}, "0 of 249 lines"),
        ({"#severity": "3"}, "5 of 249 lines"),
        ({"#of": "2", "#severity": "3"}, "3 of 249 lines"),
        ({"#of": "1", "#find-text": "Received Policies"}, "0 of 249 lines"),
        ({"#of": "2", "#find-text": "Received Policies"}, "1 of 249 lines"),
    ],
)
def test_the_log_is_filtered(peers: Any, controls: dict[str, str], count: str) -> None:
    for control, value in controls.items():
        field = peers.locator(control)
        field.fill(value) if control == "#find-text" else field.select_option(value)
    peers.wait_for_function("([words]) => document.getElementById('found-lines').textContent === words", arg=[count])
    shown = "([count]) => document.querySelectorAll('.line').length === count"
    peers.wait_for_function(shown, arg=[int(count.split()[0])])


def test_lines_of_any_negotiation_and_of_none_are_all_lines(peers: Any) -> None:
    counts = []
    for choice in ("any", "none", "0", "1", "2"):
        peers.locator("#of").select_option(choice)
        counts.append(int(peers.locator("#found-lines").inner_text().split()[0]))
    assert counts[0] + counts[1] == 249
    assert sum(counts[2:]) == counts[0]


def test_the_negotiations_are_filtered(peers: Any) -> None:
    peers.locator("#outcome").select_option("good")
    assert peers.locator(".neg").count() == 1
    peers.locator("#outcome").select_option("")
    peers.locator("#find-negotiation").fill("ike103")
    assert peers.locator(".neg").evaluate_all("all => all.map(one => one.id)") == ["N3"]
    peers.locator("#find-negotiation").fill("no such thing")
    assert "No negotiation fits" in peers.locator("#negotiations").inner_text()


def test_all_can_be_reached_without_a_mouse(peers: Any) -> None:
    keys = peers.keyboard
    active = "document.activeElement"
    keys.press("Tab")
    assert peers.evaluate(f"{active}.className") == "skip"
    keys.press("j")  # the next negotiation
    peers.wait_for_function("() => document.querySelector('#N3 svg.ladder')")
    assert peers.evaluate(f"{active}.parentElement.id") == "N3"
    keys.press("k")
    assert peers.evaluate(f"{active}.parentElement.id") == "N2"
    keys.press("Tab")
    assert peers.evaluate(f"{active}.getAttribute('role')") == "option"
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    line = int(peers.evaluate(f"{active}.dataset.line"))
    peers.wait_for_function(
        "line => document.querySelector('.line.lit .no')?.textContent.trim() === line", arg=str(line)
    )
    keys.press("Enter")  # from the step to the log
    assert peers.evaluate(f"{active}.id") == "log"
    keys.press("ArrowDown")
    keys.press("Enter")  # and back, to the step that the line belongs to
    peers.wait_for_function("() => document.activeElement.getAttribute('role') === 'option'")
    keys.press("/")
    assert peers.evaluate(f"{active}.id") == "find-text"


def test_every_control_is_in_the_order_of_tab(peers: Any) -> None:
    reached = set()
    for _ in range(80):
        peers.keyboard.press("Tab")
        reached.add(peers.evaluate("document.activeElement.id || document.activeElement.className.baseVal || ''"))
    assert {
        "theme",
        "print",
        "lanes",
        "zoom-in",
        "find-negotiation",
        "outcome",
        "find-text",
        "of",
        "severity",
        "log",
    } <= reached


def test_colours_follow_the_system_and_the_switch(opened: Opened, reports: Callable[..., Path]) -> None:
    def ground(page: Any) -> int:
        colour: str = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    page = opened(color_scheme="dark").open(reports("iosxe-three-peers"))
    assert ground(page) < 150
    page.locator("#theme").click()
    assert ground(page) > 600
    assert page.locator("#theme").get_attribute("aria-label") == "Colours: Light"
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert ground(page) < 150
    page.emulate_media(color_scheme="light")
    assert ground(page) > 600
    page.locator("#theme").click()
    page.locator("#theme").click()
    assert page.evaluate("localStorage.getItem('ikelog-theme')") == "dark"


def test_the_colours_that_were_chosen_are_remembered(opened: Opened, reports: Callable[..., Path]) -> None:
    watched = opened(color_scheme="light")
    watched.page.add_init_script("localStorage.setItem('ikelog-theme', 'dark')")
    page = watched.open(reports("iosxe-three-peers"))
    assert page.locator("#theme").get_attribute("aria-label") == "Colours: Dark"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


@pytest.mark.parametrize("name", ["iosxe-three-peers", "iosxe-rekey", "asa-child-proposal-mismatch"])
def test_360_pixels_are_enough(opened: Opened, reports: Callable[..., Path], name: str) -> None:
    page = opened(viewport={"width": 360, "height": 740}, has_touch=True).open(reports(name))
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.locator("svg.ladder.narrow").first.wait_for()
    outside = page.evaluate(
        """() => [...document.querySelectorAll('main *, header *')].filter(element => {
            const box = element.getBoundingClientRect();
            return box.width && box.right > 361 && !element.closest('.scroll, .lanes, .across, pre, .step-lines');
        }).map(element => element.outerHTML.slice(0, 80))"""
    )
    assert outside == []


def test_a_window_made_narrow_gets_the_narrow_ladder(peers: Any) -> None:
    assert ladder(peers, "N2").get_attribute("class") == "ladder wide even"
    peers.set_viewport_size({"width": 420, "height": 800})
    peers.locator("#N2 svg.ladder.narrow").wait_for()


@pytest.mark.parametrize("width", [1400, 360])
def test_texts_of_a_ladder_do_not_overlap(opened: Opened, reports: Callable[..., Path], width: int) -> None:
    page = opened(viewport={"width": width, "height": 900}).open(reports("iosxe-rekey"))
    for axis in ("even", "scale"):
        page.locator(f'[name="axis"][value="{axis}"]').check()
        overlapping = page.evaluate(
            """() => {
                const shown = [...document.querySelectorAll('svg.ladder .row text, svg.ladder .end, svg.ladder .who')]
                    .filter(text => text.getClientRects().length)
                    .map(text => [text.textContent, text.getBoundingClientRect()]).filter(([, box]) => box.width);
                return shown.flatMap(([words, a], n) => shown.slice(n + 1).filter(([, b]) =>
                    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
                    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4).map(([other]) => [words, other]));
            }"""
        )
        assert overlapping == []


def test_the_axis_can_be_to_scale(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened().open(reports("iosxe-no-response"))
    places = """() => {
        const tops = [...document.querySelectorAll('svg.ladder .shaft')].map(one => one.getBoundingClientRect().top);
        return tops.map(top => top - tops[0]);
    }"""
    even = page.evaluate(places)
    page.locator('[name="axis"][value="scale"]').check()
    scaled = page.evaluate(places)
    waits = [after - before for before, after in pairwise(scaled)]
    assert len(even) == len(scaled) == 5
    assert [wait / waits[0] for wait in waits] == pytest.approx([1, 2, 4, 8], rel=0.15)
    page.locator('[name="axis"][value="even"]').check()
    assert page.evaluate(places) == pytest.approx(even, abs=1)


def test_the_overview_shows_what_was_simultaneous_and_opens_it(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened().open(reports("iosxe-two-simultaneous"))
    bars = page.locator("#lanes .bar")
    boxes = [bars.nth(n).bounding_box() for n in range(bars.count())]
    assert any(
        a["y"] != b["y"] and a["x"] < b["x"] + b["width"] and b["x"] < a["x"] + a["width"]
        for n, a in enumerate(boxes)
        for b in boxes[n + 1 :]
    )
    last = bars.last
    name = last.get_attribute("aria-label").partition(",")[0]
    last.click()
    ladder(page, name).wait_for()
    assert "chosen" in last.get_attribute("class")
    before = page.evaluate("document.querySelector('#lanes svg').clientWidth")
    page.locator("#zoom-in").click()
    assert page.evaluate("document.querySelector('#lanes svg').clientWidth") > before * 1.5


def test_an_overview_of_many_at_once_stays_small_and_shows_the_chosen_one(opened: Opened, tmp_path: Path) -> None:
    one = sample("iosxe-ike-proposal-mismatch").text
    spi = re.findall(r"(?i)initiator spi : (\w{16})", one)[0]
    many = "".join(re.sub(r"SA ID = \d+", f"SA ID = {n}", one).replace(spi, f"{spi[:12]}{n:04X}") for n in range(1, 61))
    page = opened().open(written(tmp_path / "many.html", text_source("many.log", many.encode())))
    assert page.locator(".neg").count() == 60
    assert page.locator("#lanes .bar").count() <= 13
    assert page.locator("#lanes svg").bounding_box()["height"] < 300
    page.evaluate("location.hash = '#N50'")
    page.wait_for_function("() => document.querySelector('#lanes .bar.chosen')?.dataset.number === '49'")
    page.wait_for_function("() => Math.abs(document.getElementById('N50').getBoundingClientRect().top) < 40")


def test_a_rekey_is_a_line_from_one_to_the_other(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened().open(reports("iosxe-rekey"))
    assert page.locator("#lanes .rekey").count() == 1
    assert page.locator("#N1 .joint").count() == 1
    assert page.locator("#N1 .ladder .bar").count() == 2


def test_links_into_a_report_of_several_logs(opened: Opened, reports: Callable[..., Path]) -> None:
    watched = opened()
    page = watched.open(reports("iosxe-three-peers", "asa-psk-mismatch"), "#L1.289")
    page.wait_for_function("() => document.querySelector('.line.lit')")
    assert "Failed to authenticate" in page.locator(".line.lit").inner_text()
    assert page.locator("#place").inner_text().endswith("asa-psk-mismatch.log")
    assert page.locator(".neg[open]").evaluate_all("all => all.map(one => one.id)") == ["N4"]


@pytest.mark.parametrize("options", [{}, {"color_scheme": "dark"}, {"viewport": {"width": 360, "height": 740}}])
@pytest.mark.parametrize("name", ["iosxe-three-peers", "iosxe-rekey"])
def test_axe_finds_nothing_serious(
    opened: Opened, reports: Callable[..., Path], name: str, options: dict[str, Any]
) -> None:
    axe = script("axe-core/axe.min.js")
    page = opened(**options).open(reports(name))
    page.locator(".neg > summary").first.click()
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")
    bad = [v for v in found["violations"] if v["impact"] in ("serious", "critical")]
    assert not bad, json.dumps([(v["id"], [node["html"][:200] for node in v["nodes"][:5]]) for v in bad], indent=1)
    assert len(found["passes"]) > 15


def test_a_hostile_log_is_text(opened: Opened, tmp_path: Path) -> None:
    source = text_source("<img src=x onerror=alert(9)>\u202e.log", hostile_log().encode())
    page = opened().open(written(tmp_path / "hostile.html", source))
    page.locator(".neg > summary").nth(3).click()
    elements = "['img', 'iframe', 'b', 'script:not(.pack)', 'a[href^=javascript]', '[onerror]', '[onload]']"
    counts = page.evaluate(f"{elements}.map(name => document.querySelectorAll(name).length)")
    assert counts[0] == counts[1] == counts[4] == counts[5] == counts[6] == 0
    assert counts[3] == 1
    page.locator("#find-text").fill("alert(")
    page.wait_for_function("() => document.getElementById('found-lines').textContent.includes(' of ')")
    shown = "\n".join(page.locator(".line .said").all_inner_texts())
    for attack in ATTACKS[:5]:
        assert attack in shown
    page.locator("#find-text").fill("gnp.exe")
    page.wait_for_function("() => document.querySelector('.line .said')?.textContent.includes('gnp')")
    assert "\\u202egnp.exe" in page.locator(".line .said").last.inner_text()
    unseen = "/[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]/"
    assert not page.evaluate(f"{unseen}.test(document.body.innerText)")


def test_what_is_put_into_the_page_may_not_run(opened: Opened, reports: Callable[..., Path]) -> None:
    watched = opened()
    page = watched.open(reports("iosxe-three-peers"))
    page.evaluate(
        """() => {
            const script = document.createElement('script');
            script.textContent = 'window.intruder = 1';
            const picture = document.createElement('img');
            picture.src = 'http://192.0.2.1/x.png';
            document.body.append(script, picture);
        }"""
    )
    assert page.evaluate("window.intruder") is None
    refused = [complaint for complaint in watched.complaints if "Content Security Policy" in complaint]
    assert len(refused) == len(watched.complaints) == 2
    assert watched.refused == ["http://192.0.2.1/x.png"]
    watched.complaints.clear()


@pytest.mark.parametrize("count", [100_000, 450_000])
def test_of_a_long_log_only_what_is_seen_is_there(opened: Opened, tmp_path: Path, count: int) -> None:
    text = sample("asa-psk-mismatch").text
    filler = "".join(f"line {n} of a long log\n" for n in range(text.count("\n") + 1, count + 1))
    # analysed is the beginning alone, which saves seconds: the page shows the lines that it is given
    long = text_source("long.log", (text + filler).encode())
    path = written(tmp_path / "long.html", text_source("long.log", text.encode()), shown=long)
    page = opened().open(path)
    assert page.locator("#found-lines").inner_text() == f"{count:,} lines"
    page.locator("#log").focus()
    for share in (0.5, 1):
        page.evaluate(
            f"document.getElementById('log').scrollTop = document.getElementById('log').scrollHeight * {share}"
        )
        page.wait_for_timeout(100)
        assert page.locator(".line").count() < 100
    page.keyboard.press("End")
    page.wait_for_function(f"() => document.querySelector('.line.cursor')?.textContent.includes('line {count} of')")
    box, row = page.locator("#log").bounding_box(), page.locator(".line.cursor").bounding_box()
    assert box["y"] <= row["y"]
    assert row["y"] + row["height"] <= box["y"] + box["height"] + 1
    page.evaluate("location.hash = '#L0.289'")
    page.wait_for_function("() => document.querySelector('.line.lit')?.textContent.includes('Failed to authenticate')")


def test_a_line_of_a_megabyte_is_cut_and_can_be_shown_whole(opened: Opened, tmp_path: Path) -> None:
    text = sample("asa-psk-mismatch").text + "x" * 1_000_000 + "END\n"
    page = opened().open(written(tmp_path / "wide.html", text_source("wide.log", text.encode())))
    page.locator("#find-text").fill("xxxEND")
    more = page.locator(".line .said button")
    more.wait_for()
    assert more.inner_text() == "… 998,003 more characters"
    more.click()
    assert page.evaluate("document.querySelector('.line .said').textContent.length") == 1_000_003


def test_paper_has_the_verdicts_and_the_open_ladders(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened().open(reports("asa-child-proposal-mismatch"))
    page.locator(".card > summary").first.click()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".card:not([open])").count() == 0
    assert page.locator(".pane.log").is_hidden()
    assert page.locator("#N1 svg.ladder").is_visible()
    assert page.pdf()[:5] == b"%PDF-"
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".card:not([open])").count() == 1


def test_commands_can_be_copied(opened: Opened, reports: Callable[..., Path]) -> None:
    page = opened(permissions=["clipboard-read", "clipboard-write"]).open(reports("iosxe-three-peers"))
    page.locator(".copy").first.click()
    page.wait_for_function("() => document.querySelector('.copy').textContent === 'Copied'")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.splitlines()[:2] == ["crypto ikev2 keyring <keyring>", " peer <peer>"]


@pytest.mark.parametrize("text", ["", "nothing of ours\n"])
def test_a_log_without_a_negotiation(opened: Opened, tmp_path: Path, text: str) -> None:
    page = opened().open(written(tmp_path / "none.html", text_source("none.log", text.encode())))
    assert page.locator("h1").inner_text().strip() == "No negotiation found"
    assert "no negotiation" in page.locator("#negotiations").inner_text()


def test_a_page_that_broke_off_says_so(opened: Opened, reports: Callable[..., Path], tmp_path: Path) -> None:
    text = reports("iosxe-three-peers").read_text(encoding="utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(text.replace('id="log-0">H4sI', 'id="log-0">AAAA'), encoding="utf-8")
    watched = opened()
    watched.page.goto(broken.as_uri())
    watched.page.wait_for_function("() => document.getElementById('negotiations').innerText.includes('not whole')")
    assert watched.page.locator(".card").count() == 2
    watched.complaints.clear()
