"""The pages made from the rules are those in docs/diagnoses."""

from pathlib import Path

from ikelog.diagnosis.registry import rules
from ikelog.reporting.rule_pages import pages

DIAGNOSES = Path(__file__).resolve().parent.parent / "docs" / "diagnoses"


def test_the_pages_of_the_diagnoses_are_not_stale() -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in DIAGNOSES.glob("*.md")}
    wanted = pages(rules())
    stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
    assert not stale, "run `make docs`"
