"""What rules say they need: a rule that is not asked for the lack of it would have found nothing."""

import random
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis import registry
from ikelog.diagnosis.engine import TextOf
from ikelog.diagnosis.registry import rules, rules_for
from ikelog.diagnosis.rule import Log
from ikelog.diagnosis.types import Finding
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import text_source

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
DAMAGED = 1  # of each text
LONGEST = 400  # lines of a text that is worth damaging as often as the others
# Where `rules_for` is used.
GATES = ("ikelog.diagnosis.engine.rules_for", "ikelog.diagnosis.rules.ike903.rules_for")


@cache
def texts() -> tuple[str, ...]:
    """All samples, all logs of the rules' cases, and the lines of each file of line cases one behind the other."""
    samples = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(SAMPLES.glob("*.log"))]
    cases = [tomllib.loads(path.read_text()) for path in sorted((ROOT / "tests" / "cases" / "rules").glob("*.toml"))]
    logs = [case["log"] for kind in ("fires", "near_miss") for entries in cases for case in entries.get(kind, [])]
    return (*samples, *logs, *line_cases())


def line_cases() -> Iterator[str]:
    for path in sorted((ROOT / "tests" / "cases" / "lines").glob("*.toml")):
        cases = tomllib.loads(path.read_text()).get("case", [])
        lines = [str(case["line"]) for case in cases if "line" in case]
        if lines:
            yield "\n".join(lines) + "\n"


def damaged() -> Iterator[str]:
    """Leave lines out, a few, many, and all before or behind one: then much is shown that nothing explains."""
    chance = random.Random(20_261_121)
    for text in texts():
        lines = text.splitlines(keepends=True)
        for _ in range(DAMAGED if len(lines) < LONGEST else 0):
            share = chance.choice((0.02, 0.1, 0.3))
            kept = [line for line in lines if chance.random() > share]
            place = chance.randrange(len(kept) + 1)
            yield "".join(chance.choice((kept, kept[:place], kept[place:])))


def log_of(text: str) -> Log:
    """What the rules see of a text."""
    seen: list[Log] = []

    def see(log: Log, text_of: TextOf) -> tuple[tuple[Negotiation, ...], tuple[Finding, ...]]:
        seen.append(log)
        return log.negotiations, ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ikelog.pipeline.diagnose", see)
        analyze([text_source("case.log", text.encode())], Options(audit=True))
    return seen[0]


def test_a_rule_finds_nothing_where_nothing_that_it_needs_is_shown() -> None:
    left_out = 0
    for text in (*texts(), *damaged()):
        log = log_of(text)
        asked = rules_for(log)
        left = [rule for rule in rules() if rule not in asked]
        left_out += len(left)
        found = {rule.code: [match.explanation for match in rule.find(log)] for rule in left}
        assert not any(found.values()), (text, found)
    assert left_out > len(texts())


def test_the_report_is_that_of_all_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options(audit=True)
    sources = [[text_source("case.log", text.encode())] for text in texts()]
    sources.append([text_source(f"{number}.log", text.encode()) for number, text in enumerate(texts()[:40])])
    few = [analyze(source, options) for source in sources]
    for name in GATES:
        monkeypatch.setattr(name, lambda log: rules())
    for source, told in zip(sources, few, strict=True):
        everything = analyze(source, options)
        assert everything.findings == told.findings
        assert [n.verdict for n in everything.negotiations] == [n.verdict for n in told.negotiations]


def test_what_is_kept_of_the_needs_is_what_the_rules_say() -> None:
    kept = [(module, set(needs), audit) for module, (needs, audit) in registry._needs().items()]
    assert kept == [(rule.code.lower(), set(rule.needs), rule.audit) for rule in rules()]


def test_audit_rules_are_for_those_who_ask_for_an_audit() -> None:
    audit = {rule.code for rule in rules() if rule.audit}
    log = log_of((SAMPLES / "iosxe-ike-proposal-mismatch.log").read_text())
    assert audit <= {rule.code for rule in rules_for(log)}
    assert not audit & {rule.code for rule in rules_for(Log(log.negotiations))}


def test_only_the_rules_that_a_log_needs_are_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from ikelog.pipeline import analyze; from ikelog.reading.sources import read_source;"
        f"analyze([read_source({str(SAMPLES / 'iosxe-healthy-initiator.log')!r})]); print(*sys.modules)"
    )
    imported: set[str] = set()
    for _ in range(2):  # the first one finds nothing in the cache, and imports all
        done = subprocess.run(
            [sys.executable, "-c", code], env={"XDG_CACHE_HOME": str(tmp_path)}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        imported = {name for name in done.stdout.split() if name.startswith("ikelog.diagnosis.rules.ike")}
    assert len(imported) < len(rules()) / 4, imported
