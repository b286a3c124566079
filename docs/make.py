"""Write docs/diagnoses anew from the rules: `make docs`."""

from pathlib import Path

from ikelog.diagnosis.registry import rules
from ikelog.reporting.rule_pages import pages

DIAGNOSES = Path(__file__).resolve().parent / "diagnoses"


def main() -> None:
    """Write the pages, and take away those of rules that are gone."""
    DIAGNOSES.mkdir(exist_ok=True)
    wanted = pages(rules())
    for path in DIAGNOSES.glob("*.md"):
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (DIAGNOSES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
