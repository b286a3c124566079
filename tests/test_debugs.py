"""`ikelog debugs`: what to type, and that the findings say the same."""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from ikelog.diagnosis.debug_recipes import PLATFORMS, QUESTIONS, recipes
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import read_source

SAMPLES = Path(__file__).parent.parent / "samples"


def ikelog(*args: str, status: int = 0) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IKELOG")}
    command = [sys.executable, "-m", "ikelog", *args]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, timeout=120)
    assert done.returncode == status, done.stderr
    return done.stdout if status == 0 else done.stderr


def test_there_is_a_recipe_for_each_question_on_each_platform() -> None:
    found = [(recipe.question, recipe.platform) for recipe in recipes()]
    assert found == list(product(QUESTIONS, PLATFORMS))


@pytest.mark.parametrize("recipe", list(recipes(peer="192.0.2.9")), ids=lambda r: f"{r.platform} {r.question}")
def test_a_debug_is_limited_to_the_peer_and_stopped(recipe) -> None:
    assert recipe.during[0].startswith("debug crypto condition peer ")
    assert recipe.during[0].endswith(" 192.0.2.9")
    assert not any("<" in command for command in (*recipe.before, *recipe.during, *recipe.after))
    stop = recipe.after.index("undebug all")
    assert recipe.after[stop + 1] == "debug crypto condition reset"


def test_the_address_family_is_named_on_ios_only() -> None:
    (ios,) = recipes("ios", "ikev1", "2001:db8::9")
    (asa,) = recipes("asa", "ikev1", "2001:db8::9")
    assert ios.during[0] == "debug crypto condition peer ipv6 2001:db8::9"
    assert asa.during[0] == "debug crypto condition peer 2001:db8::9"


def test_the_command_prints_one_recipe_or_all() -> None:
    text = ikelog("debugs", "--platform", "asa", "--peer", "192.0.2.9", "ikev2")
    assert "debug crypto condition peer 192.0.2.9\n" in text
    assert "debug crypto ikev2 protocol 127\n" in text
    assert text.count("Before") == 1
    assert ikelog("debugs", "--platform", "IOS-XE", "esp").startswith("data on IOS, IOS-XE:")
    assert len(json.loads(ikelog("debugs", "--format", "json"))) == len(QUESTIONS) * len(PLATFORMS)


@pytest.mark.parametrize("args", [("ikev9",), ("--platform", "junos"), ("--peer", "edge1; reload")])
def test_what_there_is_no_recipe_for_is_a_usage_error(args: tuple[str, ...]) -> None:
    assert ikelog("debugs", *args, status=2).count("\n") == 1


def test_weak_algorithms_are_told_when_asked_for_only_and_change_no_outcome() -> None:
    source = read_source(str(SAMPLES / "iosxe-weak-algorithms.log"))
    plain, audited = analyze([source], Options()), analyze([source], Options(audit=True))
    assert not any(finding.code.startswith("IKE6") for finding in plain.findings)
    assert {"IKE601", "IKE602", "IKE603"} <= {finding.code for finding in audited.findings}
    assert [(n.outcome, n.verdict) for n in plain.negotiations] == [
        (n.outcome, n.verdict) for n in audited.negotiations
    ]
    path = str(SAMPLES / "iosxe-weak-algorithms.log")
    assert "IKE601" not in ikelog(path)
    assert "IKE601" in ikelog("--audit", path)
