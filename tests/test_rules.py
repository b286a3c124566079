"""Every rule against its case file, and a lint over what the rules say of themselves."""

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ikelog.correlation.types import Negotiation
from ikelog.diagnosis.engine import TextOf
from ikelog.diagnosis.registry import rules
from ikelog.diagnosis.rule import Log, Rank, Rule
from ikelog.diagnosis.types import Finding
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import read_source, text_source
from ikelog.report import Report

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "tests" / "cases" / "rules"
SAMPLES = ROOT / "samples"
MODULES = ROOT / "ikelog" / "diagnosis" / "rules"
LONGEST_RULE_FILE = 120

# The catalogue: codes are for ever, never reused, never renumbered.
CATALOGUE = {
    "IKE101": ("no-response", "error"),
    "IKE102": ("response-not-arriving", "error"),
    "IKE103": ("ike-proposal-mismatch", "error"),
    "IKE104": ("invalid-ke-retried", "info"),
    "IKE105": ("dh-group-mismatch", "error"),
    "IKE106": ("cookie-challenge", "info"),
    "IKE107": ("cookie-loop", "error"),
    "IKE108": ("no-ikev2-policy", "error"),
    "IKE109": ("version-mismatch", "error"),
    "IKE110": ("aggressive-mode-refused", "error"),
    "IKE111": ("simultaneous-negotiations", "warning"),
    "IKE112": ("peer-not-configured", "error"),
    "IKE113": ("nat-detected", "info"),
    "IKE114": ("incomplete-negotiation", "info"),
    "IKE115": ("admission-refused", "error"),
    "IKE116": ("ike-weaker-than-child", "error"),
    "IKE117": ("packet-invalid", "warning"),
    "IKE118": ("algorithm-not-permitted", "error"),
    "IKE119": ("ike-sa-failed-unexplained", "error"),
    "IKE201": ("psk-mismatch", "error"),
    "IKE202": ("psk-missing", "error"),
    "IKE203": ("auth-method-mismatch", "error"),
    "IKE204": ("peer-identity-unmatched", "error"),
    "IKE205": ("authentication-rejected-by-peer", "error"),
    "IKE206": ("certificate-invalid", "error"),
    "IKE207": ("certificate-not-in-date", "error"),
    "IKE208": ("revocation-check-failed", "error"),
    "IKE209": ("http-url-certificate", "error"),
    "IKE210": ("no-local-credential", "error"),
    "IKE211": ("eap-failed", "error"),
    "IKE212": ("xauth-failed", "error"),
    "IKE213": ("authorization-failed", "error"),
    "IKE214": ("ike-auth-unanswered", "error"),
    "IKE215": ("ike-auth-not-received", "error"),
    "IKE216": ("default-tunnel-group", "warning"),
    "IKE217": ("address-assignment-failed", "error"),
    "IKE218": ("no-tunnel-group", "error"),
    "IKE219": ("protocol-not-allowed", "error"),
    "IKE220": ("certificate-identity-mismatch", "warning"),
    "IKE221": ("ike-auth-failed-unexplained", "error"),
    "IKE301": ("child-proposal-mismatch", "error"),
    "IKE302": ("traffic-selector-mismatch", "error"),
    "IKE303": ("crypto-map-incomplete", "error"),
    "IKE304": ("encapsulation-mode-mismatch", "error"),
    "IKE305": ("pfs-mismatch", "error"),
    "IKE306": ("crypto-map-not-applied", "error"),
    "IKE307": ("traffic-selectors-narrowed", "info"),
    "IKE308": ("child-sa-install-failed", "error"),
    "IKE309": ("child-sa-refused-by-peer", "error"),
    "IKE310": ("child-sa-failed-unexplained", "error"),
    "IKE401": ("liveness-lost", "error"),
    "IKE402": ("rekey-failed", "error"),
    "IKE403": ("rekey-collision", "warning"),
    "IKE404": ("deleted-by-peer", "info"),
    "IKE405": ("deleted-locally", "info"),
    "IKE406": ("flapping", "warning"),
    "IKE407": ("unknown-ike-sa", "warning"),
    "IKE408": ("early-traffic-on-new-child", "warning"),
    "IKE409": ("initial-contact-replaced", "info"),
    "IKE410": ("volume-rekey-storm", "warning"),
    "IKE411": ("retransmissions-recovered", "warning"),
    "IKE412": ("stuck-in-negotiation", "error"),
    "IKE413": ("message-id-outside-window", "warning"),
    "IKE501": ("unknown-esp-spi", "warning"),
    "IKE502": ("anti-replay-drop", "warning"),
    "IKE503": ("integrity-failed", "warning"),
    "IKE504": ("inner-packet-mismatch", "warning"),
    "IKE505": ("cleartext-received", "warning"),
    "IKE506": ("esp-one-way", "error"),
    "IKE507": ("no-encaps", "error"),
    "IKE601": ("weak-dh-group", "warning"),
    "IKE602": ("weak-encryption", "warning"),
    "IKE603": ("weak-integrity", "warning"),
    "IKE604": ("aggressive-mode-psk", "warning"),
    "IKE605": ("ikev1-in-use", "warning"),
    "IKE606": ("no-pfs", "info"),
    "IKE901": ("log-starts-late", "info"),
    "IKE902": ("no-timestamps", "info"),
    "IKE903": ("debug-level-too-low", "info"),
    "IKE904": ("lines-not-understood", "info"),
    "IKE905": ("log-lines-lost", "warning"),
    "IKE906": ("text-damaged", "warning"),
}

# What may be cited: sections of RFC 7296, and other RFCs with the sections of them, if any.
IKEV2_SECTIONS = frozenset(
    """1.2 1.3 1.3.1 1.3.2 1.3.3 1.4 1.4.1 2.1 2.2 2.3 2.4 2.5 2.6 2.6.1 2.7 2.8 2.8.1 2.8.2 2.8.3 2.9 2.15 2.16 2.19
    2.21 2.21.1 2.21.2 2.21.3 2.21.4 2.23 2.25 3.3 3.4 3.5 3.6 3.8 3.10 3.10.1 3.11 3.13 3.15""".split()
)
CITED: dict[str, frozenset[str]] = {
    "7296": IKEV2_SECTIONS,
    "2409": frozenset({"5", "5.5"}),
    "4303": frozenset({"3.4.3"}),
    **dict.fromkeys("2408 3706 3947 3948 7383 7427 8247 8221 8784 9206 9242 9370 9395".split(), frozenset()),
}
REFERENCE = re.compile(r"RFC (\d{4})(?: section (\d+(?:\.\d+)*))?")
FIX_PLACES = {"ios", "asa", "peer", "path"}


@dataclass(frozen=True)
class Case:
    """One log of a case file: `fires` or `near_miss`."""

    code: str
    name: str
    log: str
    evidence: tuple[int, ...] = ()
    verdict: bool = False

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


@cache
def case_file(code: str) -> dict[str, Any]:
    path = CASES / f"{code}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def cases(kind: str) -> list[Case]:
    files = sorted(CASES.glob("*.toml"))
    return [
        Case(
            path.stem,
            entry["name"],
            entry["log"],
            tuple(entry.get("evidence", ())),
            entry.get("verdict", False),
        )
        for path in files
        for entry in case_file(path.stem).get(kind, [])
    ]


@cache
def logs() -> tuple[Log, ...]:
    """What the rules see of every sample and every case."""
    sources = [read_source(str(path)) for path in sorted(SAMPLES.glob("*.log"))]
    sources += [text_source("case.log", case.log.encode()) for kind in ("fires", "near_miss") for case in cases(kind)]
    seen: list[Log] = []

    def see(log: Log, text_of: TextOf) -> tuple[tuple[Negotiation, ...], tuple[Finding, ...]]:
        seen.append(log)
        return log.negotiations, ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ikelog.pipeline.diagnose", see)
        for source in sources:
            analyze([source], Options())
    return tuple(seen)


def analysed(log: str) -> Report:
    return analyze([text_source("case.log", log.encode())], Options(audit=True))


def named(rule: Rule) -> str:
    return rule.code


@pytest.mark.parametrize("case", cases("fires"), ids=str)
def test_rule_fires(case: Case) -> None:
    report = analysed(case.log)
    told = {n.id: (n.outcome, n.verdict) for n in report.negotiations}
    found = [f for f in report.findings if f.code == case.code]
    assert found, f"only {[f.code for f in report.findings]}; negotiations {told}"
    shown = [{n for e in f.evidence for n in range(e.line, e.end_line + 1)} for f in found]
    assert any(lines >= set(case.evidence) for lines in shown), f"evidence is {[sorted(s) for s in shown]}"
    if case.verdict:
        about = {number for f in found for number in f.negotiations}
        assert any(told[number][1] == case.code for number in about), told


@pytest.mark.parametrize("case", cases("near_miss"), ids=str)
def test_rule_stays_quiet(case: Case) -> None:
    report = analysed(case.log)
    assert report.sources[0].ike_lines, "nothing was recognised: this misses nothing"
    assert case.code not in {f.code for f in report.findings}


def errors_of(rule: Rule, log: Log) -> set[str]:
    """The negotiations in which a rule finds an error."""
    found = [match for match in rule.find(log) if (match.severity or rule.severity) == "error"]
    return {negotiation.id for match in found for negotiation in match.negotiations}


@pytest.mark.parametrize("rule", [r for r in rules() if r.rank < Rank.UNEXPLAINED and not r.together], ids=named)
def test_rule_finds_of_each_negotiation_alone_what_it_finds_among_others(rule: Rule) -> None:
    for log in logs():
        for negotiation in log.negotiations:
            alone = replace(log, negotiations=(negotiation,))
            assert errors_of(rule, alone) == errors_of(rule, log) & {negotiation.id}


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_is_what_the_catalogue_says(rule: Rule) -> None:
    assert (rule.name, rule.severity) == CATALOGUE[rule.code]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_makes_a_manual_page(rule: Rule) -> None:
    assert rule.title
    assert rule.meaning.endswith(".")
    assert rule.looks_like
    assert rule.fix or rule.severity != "error"
    for fix in rule.fix:
        assert fix.platform in FIX_PLACES
        assert fix.commands or fix.why


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_cites_what_may_be_cited(rule: Rule) -> None:
    for reference in rule.references:
        cited = REFERENCE.fullmatch(reference)
        assert cited, reference
        number, section = cited.groups()
        assert number in CITED, reference
        assert section is None or section in CITED[number], reference


@pytest.mark.parametrize("rule", rules(), ids=named)
def test_rule_has_cases_and_near_misses(rule: Rule) -> None:
    case = case_file(rule.code)
    assert case.get("code") == rule.code
    assert case.get("fires")
    assert case.get("near_miss")


@pytest.mark.parametrize("rule", [r for r in rules() if r.sample], ids=named)
def test_rule_fires_on_its_sample(rule: Rule) -> None:
    report = analyze([read_source(str(SAMPLES / str(rule.sample)))], Options(audit=True))
    assert rule.code in {f.code for f in report.findings}


def test_one_file_a_rule() -> None:
    files = {path.stem: path for path in MODULES.glob("ike*.py")}
    assert set(files) == {rule.code.lower() for rule in rules()}
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in files.items()}
    assert not {name: length for name, length in lengths.items() if length >= LONGEST_RULE_FILE}


def test_every_case_file_belongs_to_a_rule() -> None:
    assert {path.stem for path in CASES.glob("*.toml")} <= {rule.code for rule in rules()}
