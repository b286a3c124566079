"""The page of `ikelog serve` in a browser: paste, drop, examples, copies, the keyboard alone, dark and narrow."""

import base64
import gzip
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Watched, script
from hostile import hostile_log

SAMPLES = Path(__file__).parent.parent / "samples"
PEERS = (SAMPLES / "iosxe-three-peers.log").read_text()
PSK = SAMPLES / "asa-psk-mismatch.log"
_DROP = """([name, data]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], name));
    for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the page for the tests of this module."""
    command = [sys.executable, "-m", "ikelog", "serve", "--port", "0", "--limit", "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        yield server.stdout.readline().decode().strip()
        server.terminate()


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Open the page; at the end of a test it has complained of nothing, and asked nobody but its server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    watched = Watched(context.new_page())
    watched.page.goto(address)
    watched.page.wait_for_selector("html[data-ready]")
    yield watched.page
    context.close()
    # a browser tells of each answer that is no success
    assert not [said for said in watched.complaints if "the server responded with a status of 4" not in said]
    assert not [url for url in watched.requests if not url.startswith((address, "data:", "about:srcdoc"))]


def paste(page: Any, text: str) -> Any:
    page.fill("#text", text)
    page.click("#go")
    return report_of(page)


def report_of(page: Any) -> Any:
    """Wait for the report, and return its frame."""
    page.wait_for_selector("#result:not([hidden])", timeout=60_000)
    frame = page.frames[-1]
    frame.wait_for_selector("html[data-ready]")
    return frame


def test_a_pasted_log_is_the_report_in_the_page(page: Any) -> None:
    frame = paste(page, PEERS)
    assert "3 negotiations with 3 peers" in frame.inner_text("body")
    assert "203.0.113.22" in frame.inner_text("body")
    assert not page.is_visible("#ask")
    page.click("#again")
    assert page.input_value("#text") == PEERS
    assert page.get_attribute("#report", "srcdoc") is None


def test_the_report_has_no_origin_and_reaches_nothing(page: Any, address: str) -> None:
    frame = paste(page, PEERS)
    assert frame.evaluate("origin") == "null"
    assert frame.evaluate("(() => { try { return parent.document } catch { return 'refused' } })()") == "refused"


@pytest.mark.parametrize("name", ["edge1.log", "edge1.log.gz"])
def test_a_file_that_is_dropped_is_analysed(page: Any, name: str) -> None:
    data = PSK.read_bytes()
    data = gzip.compress(data) if name.endswith(".gz") else data
    page.evaluate(_DROP, [name, base64.b64encode(data).decode()])
    assert "IKE201" in report_of(page).inner_text("body")
    page.click("#again")
    assert name in page.inner_text("#chosen")


def test_files_are_chosen_and_an_example_is_tried(page: Any) -> None:
    page.set_input_files("#files", [str(PSK)])
    page.click("#go")
    assert "asa-psk-mismatch.log" in report_of(page).inner_text("body")
    page.click("#again")
    page.select_option("#example", "iosxe-no-response")
    page.wait_for_function("() => document.getElementById('report').srcdoc.includes('IKE101')")
    assert "IKE101" in report_of(page).inner_text("body")


@pytest.mark.parametrize(("form", "begins"), [("markdown", "## 3 nego"), ("json", '{\n  "sche'), ("text", "3 nego")])
def test_the_report_is_copied(page: Any, form: str, begins: str) -> None:
    paste(page, PEERS)
    page.click(f"[data-copy={form}]")
    page.wait_for_function("() => document.getElementById('state').textContent.startsWith('Copied')")
    assert page.evaluate("navigator.clipboard.readText()").startswith(begins)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Paste a log, or choose a file."),
        ("nothing of ours", "no IKE or IPsec line recognised in 1 line"),
        ("x" * (5 << 20), "more than 4 MB"),
    ],
    ids=["nothing", "foreign", "too large"],
)
def test_what_went_wrong_is_said_and_the_text_stays(page: Any, text: str, says: str) -> None:
    page.fill("#text", text)
    page.click("#go")
    page.wait_for_selector("#state.bad")
    assert says in page.inner_text("#state")
    assert page.input_value("#text") == text


def test_the_keyboard_alone_will_do(page: Any) -> None:
    page.focus("#text")
    page.keyboard.insert_text(PEERS)
    page.keyboard.press("Control+Enter")
    report_of(page)
    page.focus("#again")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "text"
    for wanted in ("go", "files", "example", "audit", "clear"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == wanted


def test_a_log_that_is_an_attack_stays_text(page: Any) -> None:
    frame = paste(page, hostile_log())
    assert frame.query_selector("img, iframe, object, embed") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_axe_finds_nothing_serious(page: Any, scheme: str, width: int) -> None:
    axe = script("axe-core/axe.min.js")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 740})
    for step in (lambda: None, lambda: paste(page, PEERS)):
        step()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate(axe)
        found = page.evaluate("axe.run({iframes: false, resultTypes: ['violations']})")
        assert not [(one["id"], one["nodes"][0]["html"]) for one in found["violations"] if one["impact"] != "minor"]
