"""The pytest plugin, as a test suite of its own meets it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checks import HOSTILE

pytest_plugins = ["pytester"]

SAMPLES = Path(__file__).parent.parent / "samples"
GOOD, BAD, THREE = "iosxe-healthy-initiator.log", "asa-psk-mismatch.log", "iosxe-three-peers.log"
PEER = "203.0.113.113"

NAMES = re.compile(r"(?<!')\b(good|bad|three|ikelog_report)\b(?=[.()])")
# What a test says, and what the failure says: nothing where it passes.
ASSERTIONS = {
    "good.established()": [],
    "good.established(count=1)": [],
    "good.no_errors()": [],
    "good.child_sas()": [],
    "good.has_not('IKE201')": [],
    "assert good.negotiation().ike_version == 2": [],
    "assert len(three.negotiations()) == 3": [],
    "assert 'IKE_SA_INIT' in good.ladder()": [],
    "assert '1 up' in str(good)": [],
    "three.established(peer='192.0.2.111')": [],
    "three.no_errors('192.0.2.111')": [],
    "three.failed(peer='203.0.113.22', code='psk-mismatch')": [],
    "assert bad.has('psk-mismatch')[0].code == 'IKE201'": [],
    "assert three.findings('IKE103', '192.0.2.233')": [],
    "bad.established()": [f"bad.log: not established: {PEER}, failed, IKE201 psk-mismatch", "IKE_AUTH 1 ", "line 288"],
    "bad.no_errors()": ["found IKE201 psk-mismatch", "bad.log:289", "Fix, here (ASA)", "IKE_SA_INIT 0"],
    "bad.has_not('IKE201')": ["found IKE201 psk-mismatch", "IKE_AUTH 1"],
    "bad.has('IKE103')": ["no IKE103; findings: IKE201, IKE902", "IKE_SA_INIT 0"],
    "bad.child_sas()": ["0 Child SAs up and 0 refused, not 1 or more up"],
    "good.child_sas(at_least=2)": ["1 Child SA up and 0 refused, not 2 or more up", "Child SA N1.C1"],
    "good.failed()": ["none failed: ", "IKE_SA_INIT 0"],
    "good.established(count=2)": ["1 negotiation established, not 2"],
    "three.negotiation()": ["3 negotiations, not one", "N3"],
    "three.established('192.0.2.1')": ["no negotiation with 192.0.2.1; peers in the log: 192.0.2.111, 203.0.113.22"],
    "three.has('IKE201', peer='192.0.2.233')": ["no IKE201 with 192.0.2.233; findings: IKE103"],
    "good.has('IKE999')": ["ValueError: IKE999: no such diagnosis"],
    "ikelog_report()": ["ValueError: name a log"],
    "ikelog_report('nosuch.log')": ["AssertionError: *nosuch.log: no such file"],
    "ikelog_report('good.log', tz='Nowhere/Land')": ["ValueError: --tz Nowhere/Land: no such zone"],
    "ikelog_report(text='hello')": ["AssertionError: <text>: no IKE or IPsec line recognised in 1 line"],
    "ikelog_report('foreign.log').no_errors()": ["foreign.log: no IKE or IPsec line recognised in 20 lines"],
    "assert ikelog_report(text=open('good.log').read(), peer='10.9.9.9').negotiations() is None": [
        "<text>: no negotiation"
    ],
}


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    for name, sample in {"good": GOOD, "bad": BAD, "three": THREE, "foreign": "foreign-strongswan.log"}.items():
        shutil.copy(SAMPLES / sample, pytester.path / f"{name}.log")
    return pytester


def test_each_assertion_passes_or_says_what_is_wrong(suite: pytest.Pytester) -> None:
    tests = [
        f"def test_{number}({', '.join(sorted(set(NAMES.findall(statement))))}):\n    {statement}\n"
        for number, statement in enumerate(ASSERTIONS)
    ]
    fixtures = [
        f"@pytest.fixture\ndef {name}(ikelog_report):\n    return ikelog_report('{name}.log')\n"
        for name in ("good", "bad", "three")
    ]
    suite.makepyfile("import pytest\n\n" + "\n\n".join([*fixtures, *tests]))
    done = suite.runpytest_inprocess("-rA", "--tb=short")
    failed = sum(bool(says) for says in ASSERTIONS.values())
    done.assert_outcomes(passed=len(ASSERTIONS) - failed, failed=failed)
    sections = done.stdout.str().split("\n____")
    for number, (statement, says) in enumerate(ASSERTIONS.items()):
        told = next((section for section in sections if f" test_{number} " in section.split("\n")[0]), "")
        assert bool(says) == bool(told), statement
        for text in says:
            pytest.LineMatcher(told.splitlines()).fnmatch_lines([f"*{text.replace('[', '[[]')}*"])


def test_a_failure_points_at_the_test_and_not_into_ikelog(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(ikelog_report):\n    ikelog_report('bad.log').established()\n")
    out = suite.runpytest_inprocess().stdout.str()
    assert "ikelog_report('bad.log').established()" in out
    assert "asserted.py" not in out


def test_logs_are_found_next_to_the_test_and_below_the_root(suite: pytest.Pytester) -> None:
    (suite.path / "deep" / "logs").mkdir(parents=True)
    shutil.copy(SAMPLES / GOOD, suite.path / "deep" / "logs" / "near.log")
    test = "def test_it(ikelog_report):\n    ikelog_report('logs/near.log', 'good.log').established(count=2)\n"
    (suite.path / "deep" / "test_it.py").write_text(test)
    suite.runpytest_inprocess().assert_outcomes(passed=1)


def test_a_hostile_log_is_harmless_in_a_failure(suite: pytest.Pytester) -> None:
    text = (SAMPLES / THREE).read_text(encoding="utf-8").replace("spoke22.example.org", HOSTILE)
    (suite.path / "three.log").write_bytes(text.encode("utf-8", "replace"))
    suite.makepyfile("def test_it(ikelog_report):\n    ikelog_report('three.log').no_errors()\n")
    done = suite.runpytest_inprocess("--color=no")
    done.assert_outcomes(failed=1)
    assert not set(done.stdout.str()) & set("\x1b\x07\x9b\u202e\u2066\u2028")
    assert "\\u202e" in done.stdout.str()


def test_loading_the_plugin_imports_nothing_of_ikelog() -> None:
    code = (
        "import pytest, sys; known = set(sys.modules); import ikelog.pytest_plugin; print(*(set(sys.modules) - known))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert {name for name in done.stdout.split() if name.partition(".")[0] in ("ikelog", "lark", "click", "rich")} <= {
        "ikelog",
        "ikelog.pytest_plugin",
    }
