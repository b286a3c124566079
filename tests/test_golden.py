"""The whole text of each sample's report and ladder. IKELOG_GOLDEN=write writes them anew, to be read as a diff."""

import io
import os
from pathlib import Path

import pytest

from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.reporting import ladder, terminal

ROOT = Path(__file__).parent
SAMPLES = sorted((ROOT.parent / "samples").glob("*.log"))
WRITE = os.environ.get("IKELOG_GOLDEN") == "write"


def text_of(path: Path) -> str:
    report = analyze([text_source(path.name, path.read_bytes())])
    out = io.StringIO()
    terminal.render(report, out, width=0, colour=False, verbose=0, quiet=False)
    out.write("\n==== timeline ====\n\n")
    ladder.render(report, out)
    return out.getvalue()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_reads_as_agreed(path: Path) -> None:
    golden = ROOT / "golden" / f"{path.stem}.txt"
    text = text_of(path)
    if WRITE:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_report_has_its_sample() -> None:
    assert {path.stem for path in (ROOT / "golden").glob("*.txt")} == {path.stem for path in SAMPLES}
