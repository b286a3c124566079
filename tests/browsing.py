"""Pages in Debian's Chromium, driven by Playwright: what they load and complain about is watched."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import SourceText
from ikelog.reporting import html

# Set by .ci/run: there a browser test that would be skipped fails.
REQUIRED = bool(os.environ.get("IKELOG_BROWSER_TESTS"))
NODE = Path(__file__).parent / "browser" / "node_modules"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing(reason: str) -> None:
    """Skip a test for want of something, or fail it where nothing may be skipped."""
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def chromium() -> str:
    """Return the path of Chromium; the test is skipped where there is none."""
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        missing("no Chromium on this machine (Debian: apt-get install chromium; else set CHROMIUM to its path)")
    return str(path)


def script(name: str) -> str:
    """Return the text of a script that npm has installed; the test is skipped where it has not."""
    path = NODE / name
    if not path.exists():
        missing(f"no {name} (npm install --prefix tests/browser)")
    return path.read_text(encoding="utf-8")


@contextmanager
def browser() -> Iterator[Any]:
    """Give a browser of its own."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # as root and in containers it has no sandbox; the pages are the project's own
        started = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]
        )
        yield started
        started.close()


class Watched:
    """A page, what it has loaded and what it has complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.refused: list[str] = []  # by the page's own policy, before anything was sent
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("requestfailed", lambda it: self.refused.append(it.url) if it.failure == "csp" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on(
            "console",
            lambda said: self.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )

    def open(self, path: Path, fragment: str = "") -> Any:
        """Open a report and wait until it is there."""
        self.page.goto(path.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def check(self) -> None:
        """Fail if the page has complained, or has loaded anything but itself."""
        assert not self.complaints
        assert len({url.partition("#")[0] for url in self.requests} - set(self.refused)) <= 1, self.requests


def written(path: Path, *sources: SourceText, shown: SourceText | None = None) -> Path:
    """Write the HTML report on sources into a file; `shown` is the text to show in place of theirs."""
    out = StringIO()
    html.render(analyze(sources), [shown] if shown else sources, out)
    path.write_text(out.getvalue(), encoding="utf-8")
    return path
