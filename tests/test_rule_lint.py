"""What every rule must bring along: names, fixes for both platforms, examples, references, a sample and cases."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from ikelog.diagnosis.registry import rules
from ikelog.diagnosis.rule import Rank, Rule
from ikelog.diagnosis.types import Severity, Side
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import read_source

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "rules"
SAMPLES = ROOT / "samples"

REFERENCE = re.compile(r"RFC [1-9]\d{3}(?: section [1-9]\d?(?:\.\d{1,2}){0,2})?|https://www\.cisco\.com/\S+")
DEVICES = {"ios", "asa"}

# Why there is nothing to type on one of the two platforms.
NOT_ON_BOTH = {
    "IKE102": "nothing is wrong with the device that logs it",
    "IKE113": "a note: NAT is of the network",
    "IKE114": "a note: the log ends",
    "IKE116": "only an ASA compares the two ciphers",
    "IKE117": "the sender or the path makes the packet wrong",
    "IKE209": "an ASA cannot look up certificates: the setting is the IOS's",
    "IKE216": "IOS has no tunnel-groups",
    "IKE218": "IOS has no tunnel-groups",
    "IKE219": "IOS has no group policies that name protocols",
    "IKE404": "a note: the reason is in the peer's log",
    "IKE405": "a note: only IOS logs who changed or cleared something",
    "IKE411": "the path loses packets",
    "IKE904": "a note on this tool: nothing on a device changes it",
}
# Still without a log to try.
NO_SAMPLE = set(
    """IKE112 IKE113 IKE114 IKE117 IKE119 IKE202 IKE203 IKE209 IKE215 IKE310 IKE402 IKE404 IKE405 IKE411
    IKE901 IKE902 IKE903 IKE904""".split()
)
# Still without a firing case and two near misses.
TOO_FEW_CASES: set[str] = set()
# Notes on the log itself, of which no document speaks.
NO_REFERENCE = {"IKE902", "IKE903", "IKE904", "IKE905", "IKE906"}
NEAR_MISSES = 2

every_rule = pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)


@cache
def case_file(code: str) -> dict[str, Any]:
    path = CASES / f"{code}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def lacks(listed: set[str], rule: Rule) -> bool:
    """Tell whether a rule is excused for now, and say so."""
    if rule.code in listed:
        print(f"{rule.code} {rule.name} still lacks this")
    return rule.code in listed


def test_codes_are_file_names_and_names_are_used_once() -> None:
    modules = {rule.find.__module__.rpartition(".")[2] for rule in rules()}
    assert modules == {rule.code.lower() for rule in rules()}
    names = [rule.name for rule in rules()]
    assert len(names) == len(set(names))


@every_rule
def test_fields_hold_what_they_may(rule: Rule) -> None:
    assert re.fullmatch(r"IKE[1-69]\d\d", rule.code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
    assert rule.severity in get_args(Severity)
    assert rule.side in get_args(Side)
    assert isinstance(rule.rank, Rank)
    assert rule.rank == Rank.NOTE or rule.severity in ("error", "warning")
    assert not rule.title.endswith(".")
    assert rule.looks_like
    assert rule.mistaken_for


@every_rule
def test_there_is_something_to_type_on_both_platforms(rule: Rule) -> None:
    typed = {fix.platform for fix in rule.fix if fix.commands}
    assert typed >= DEVICES or rule.code in NOT_ON_BOTH
    assert not (typed >= DEVICES and rule.code in NOT_ON_BOTH), "the excuse is no longer needed"


@every_rule
def test_references_are_well_formed(rule: Rule) -> None:
    assert rule.references or rule.code in NO_REFERENCE
    assert all(REFERENCE.fullmatch(reference) for reference in rule.references), rule.references


@every_rule
def test_the_sample_is_there_and_listed_and_shows_it(rule: Rule) -> None:
    if rule.sample is None:
        assert lacks(NO_SAMPLE, rule)
        return
    assert rule.code not in NO_SAMPLE, "the excuse is no longer needed"
    assert f"({rule.sample})" in (SAMPLES / "README.md").read_text(encoding="utf-8")
    report = analyze([read_source(str(SAMPLES / rule.sample))], Options(audit=True))
    assert rule.code in {finding.code for finding in report.findings}


@every_rule
def test_there_are_a_firing_case_and_two_near_misses(rule: Rule) -> None:
    case = case_file(rule.code)
    enough = bool(case.get("fires")) and len(case.get("near_miss", [])) >= NEAR_MISSES
    assert enough or lacks(TOO_FEW_CASES, rule)


@every_rule
def test_no_fix_holds_a_secret(rule: Rule) -> None:
    for command in (command for fix in rule.fix for command in fix.commands):
        key = re.search(r"(?:pre-shared-key(?: local| remote)?|isakmp key|password) (\S+)", command)
        assert key is None or key[1].startswith("<"), command
