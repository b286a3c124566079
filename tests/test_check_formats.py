"""The formats of `ikelog check`: valid by their schemas, read back by others' readers, harmless, bounded, stable."""

import json
import re
from pathlib import Path

import jsonschema
import junitparser
import pytest
from lxml import etree
from sarif_pydantic import Sarif

from ikelog.check.problems import problems, told_once
from ikelog.check.sarif import RESULTS
from ikelog.check.types import Checked
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import text_source
from ikelog.record import replaced
from ikelog.reporting.safe import visible
from tests import reports
from tests.checks import (
    CHECKS,
    HOSTILE,
    SAMPLES,
    at_the_top_of_the_checkout,
    checked,
    each_check,
    every_sample,
    healthy,
    hostile_check,
    many,
    nothing,
    plain_message,
    rendered,
    sample_report,
    three_peers,
)

SCHEMAS = Path(__file__).parent / "cases" / "check_formats"
FORMATS = ("junit", "sarif", "github", "gitlab", "markdown")


@pytest.fixture(autouse=True)
def top(monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_top_of_the_checkout(monkeypatch)


# --- all of them


@pytest.mark.parametrize("form", FORMATS)
@each_check
def test_no_control_character_comes_out(form: str, name: str) -> None:
    text = rendered(form, CHECKS[name]())
    assert visible(text.replace("\n", "")) == text.replace("\n", "")


@pytest.mark.parametrize("form", FORMATS)
def test_every_problem_is_told(form: str) -> None:
    text = rendered(form, three_peers()).replace("\\_", "_")
    for told in ("IKE103", "IKE201", "max_duration", "at most 5s", "203.0.113.22", "iosxe-three-peers.log"):
        assert told in text


def test_problems_come_worst_first_and_once() -> None:
    found = problems(every_sample())
    severities = [problem.severity for problem in found]
    assert severities == sorted(severities)
    assert len(found) == len(every_sample().findings) + 1 + 1  # the expectation, and the log of another vendor's
    assert [problem.code for problem in problems(three_peers())] == ["IKE103", "IKE201", "expect-max_duration"]


def test_attempts_that_are_alike_are_told_once() -> None:
    check = checked(sample_report("asa-no-tunnel-group.log"), (), ("error",))
    assert len(problems(check)) == 3
    (problem,) = told_once(problems(check))
    assert (problem.times, len(problem.negotiations)) == (3, 3)
    assert json.loads(rendered("sarif", check))["runs"][0]["results"][0]["occurrenceCount"] == 3
    assert len(json.loads(rendered("gitlab", check))) == 1
    for form in ("github", "markdown"):
        assert rendered(form, check).count("No tunnel group for the peer (3 times)") == 1
    assert rendered("junit", check).count("<failure") == 3


def test_a_failure_whose_finding_is_ignored_is_a_problem_all_the_same() -> None:
    check = replaced(three_peers(), findings=(), unmet=())
    assert [problem.code for problem in problems(check)] == ["IKE201", "IKE103"]
    for form in FORMATS:
        assert "IKE201" in rendered(form, check)


# --- JUnit


@each_check
def test_junit_is_valid_and_counts_what_it_holds(name: str) -> None:
    root = etree.fromstring(rendered("junit", CHECKS[name]()).encode())
    etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd")).assertValid(root)
    for suite in [root, *root]:
        for counted, tag in {"tests": "testcase", "failures": "failure", "errors": "error"}.items():
            assert int(suite.get(counted)) == len(suite.findall(f".//{tag}"))
    names = [(suite.get("name"), case.get("classname"), case.get("name")) for suite in root for case in suite]
    assert len(set(names)) == len(names)


def test_junit_has_a_case_a_negotiation_and_an_expectation() -> None:
    suites = list(junitparser.JUnitXml.fromstring(rendered("junit", three_peers()).encode()))
    cases = {(case.classname, case.name): case for suite in suites for case in suite}
    assert set(cases) == {
        ("192.0.2.111", "we initiated, IKE_SA_INIT"),
        ("203.0.113.22", "we responded, IKE_SA_INIT"),
        ("192.0.2.233", "we responded, IKE_SA_INIT"),
        ("192.0.2.111", "expect-max_duration ikelog.toml:12"),
    }
    assert cases["192.0.2.111", "we initiated, IKE_SA_INIT"].is_passed
    (failure,) = cases["203.0.113.22", "we responded, IKE_SA_INIT"].result
    assert failure.type == "IKE201"
    assert "iosxe-three-peers.log:185  *Jul  8" in failure.text
    assert "pre-shared-key remote" in failure.text


def test_junit_skips_what_was_accepted_and_what_is_not_finished() -> None:
    unfinished = reports.healthy(2, outcome="incomplete", verdict="IKE114")
    report = reports.report([reports.psk_negotiation(), unfinished], [])
    cases = etree.fromstring(rendered("junit", Checked(report, (), (), (), 1, 0)).encode()).findall(".//testcase")
    told = [case.find("skipped").get("message") for case in cases]
    assert told == ["accepted: failed, IKE201", "the log ends before the negotiation does"]


def test_junit_of_a_log_without_ike_is_an_error() -> None:
    root = etree.fromstring(rendered("junit", nothing()).encode())
    assert (root.get("tests"), root.get("errors"), root.get("failures")) == ("1", "1", "0")


def test_junit_tells_negotiations_with_one_peer_apart() -> None:
    same = [reports.healthy(number, "10.0.0.9") for number in (1, 2, 3)]
    root = etree.fromstring(rendered("junit", checked(reports.report(same))).encode())
    assert [case.get("name")[-3:] for case in root.iter("testcase")] == ["Ev2", "(2)", "(3)"]


def test_junit_holds_a_hostile_log_as_text() -> None:
    failure = etree.fromstring(rendered("junit", hostile_check()).encode()).find(".//failure")
    text = visible(HOSTILE).replace("\ufffe", "\\ufffe")
    assert len(failure) == 0
    assert failure.get("message").endswith(f": a {text} z")
    assert failure.text.count(text) > 4


# --- SARIF


@each_check
def test_sarif_is_valid_and_read_back(name: str) -> None:
    text = rendered("sarif", CHECKS[name]())
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(text))
    (run,) = Sarif.model_validate_json(text).runs
    rules = [rule.id for rule in run.tool.driver.rules or []]
    assert len(run.results) == len(told_once(problems(CHECKS[name]())))
    for result in run.results:
        assert rules[result.rule_index] == result.rule_id
        place = result.locations[0].physical_location
        assert re.fullmatch(r"(?:[\w.~!$&'()*+,;=@-]|%[0-9A-F]{2}|/)+", place.artifact_location.uri)
        assert not place.artifact_location.uri.startswith("/")
        assert 1 <= place.region.start_line <= place.region.end_line


def test_sarif_rules_have_help_and_results_the_lines_of_the_log() -> None:
    run = json.loads(rendered("sarif", three_peers()))["runs"][0]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["IKE201"]["help"]["markdown"].startswith("# IKE201 psk-mismatch\n")
    assert "What to do" in rules["IKE201"]["help"]["text"]
    (result,) = [result for result in run["results"] if result["ruleId"] == "IKE201"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("samples/iosxe-three-peers.log")
    assert place["region"]["startLine"] == 182
    assert "Use preshared key for id" in place["region"]["snippet"]["text"]
    assert len(result["relatedLocations"]) == 2


def test_sarif_says_how_the_check_ended() -> None:
    def invocation(check: Checked) -> dict:
        return json.loads(rendered("sarif", check))["runs"][0]["invocations"][0]

    assert invocation(healthy())["executionSuccessful"]
    assert invocation(three_peers())["executionSuccessful"]
    assert invocation(three_peers())["exitCode"] == 1
    assert not invocation(nothing())["executionSuccessful"]
    assert "foreign-strongswan.log" in invocation(nothing())["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_keeps_the_worst_results_and_says_how_many_more() -> None:
    run = json.loads(rendered("sarif", many(RESULTS // 2 + 7)))["runs"][0]
    assert len(run["results"]) == RESULTS
    assert run["results"][0]["level"] == "error"
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith("14 more results")


def test_sarif_holds_a_hostile_log_as_text() -> None:
    for result in json.loads(rendered("sarif", hostile_check()))["runs"][0]["results"]:
        message = result["message"]["text"]
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", message)
        assert visible(HOSTILE) in plain_message(message)


# --- fingerprints


def fingerprints_of(text: str, form: str) -> set[str]:
    check = checked(analyze([text_source("a.log", text.encode())], Options(audit=True)))
    done = json.loads(rendered(form, check))
    if form == "gitlab":
        return {issue["fingerprint"] for issue in done}
    return {result["partialFingerprints"]["primaryLocationLineHash"] for result in done["runs"][0]["results"]}


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_fingerprints_hold_for_the_next_capture(form: str) -> None:
    text = (SAMPLES / "iosxe-three-peers.log").read_text()
    first = fingerprints_of(text, form)
    assert len(first) == len(problems(checked(sample_report("iosxe-three-peers.log"))))
    later = text.replace("Jul  8 04:5", "Aug 11 17:2").replace("84F4EAEE19D3BDE7", "1122334455667788")
    assert later != text
    assert fingerprints_of("\n" * 40 + later, form) == first
    assert fingerprints_of(text.replace("203.0.113.22", "203.0.113.77"), form) != first
