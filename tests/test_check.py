"""`ikelog check`: threshold, expectations, profiles, baseline, snapshot, and how each reads."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from itertools import product
from pathlib import Path

import jsonschema
import pytest

from ikelog.check import checking
from ikelog.check.algorithms import fits, normal, transform_set
from ikelog.check.expectation import LIMITED, Policy
from ikelog.check.expectation_file import KEYS, read_expectations
from ikelog.check.known import baseline_text, entries_of
from ikelog.check.profile_file import SHIPPED, check_profiles, names, read_profile
from ikelog.check.schema import schema
from ikelog.check.snapshot import expectations_text
from ikelog.check.toml_file import BrokenConfiguration, parse_toml
from ikelog.check.types import Checked
from ikelog.cli import commands
from ikelog.cli.check import BESIDE, RENDERERS
from ikelog.pipeline import NO_OPTIONS
from ikelog.reading.sources import text_source
from tests.test_project import FENCED, run_in_shell

# `$ command` in a console block, and what it prints
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
CASES = Path(__file__).parent / "cases" / "check"
HEALTHY = "iosxe-healthy-initiator.log"
PSK = "asa-psk-mismatch.log"
FOREIGN = "foreign-strongswan.log"
GOOD = [path.name for path in sorted(SAMPLES.glob("*.log")) if not path.name.startswith("foreign")]

Run = Callable[..., tuple[int, str, str]]


def cases(name: str) -> list[dict]:
    return tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run ikelog in a folder of its own with the samples in it: status, standard output, standard error."""
    (tmp_path / "samples").symlink_to(SAMPLES)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("IKELOG_")]:
        monkeypatch.delenv(name)

    def run_in_process(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ikelog", *map(str, args)])
        status = commands.run_command()
        said = capsys.readouterr()
        return status, said.out, said.err

    return run_in_process


def sample(name: str) -> str:
    return f"samples/{name}"


def log_text(name: str) -> str:
    return (SAMPLES / name).read_text(encoding="utf-8")


def checked(
    text: str, config: str = "", *, name: str = "a.log", profile: str | None = None, **policy: object
) -> Checked:
    """Check the text of a log."""
    file = parse_toml("ikelog.toml", config)
    sources = [text_source(name, text.encode())]
    limits = read_profile(profile, file) if profile else ()
    asked = Policy(expectations=read_expectations(file), limits=limits, **policy)  # type: ignore[arg-type]
    return checking.check(checking.analyze_all(sources, NO_OPTIONS), sources, asked)


def told(result: Checked) -> list[str]:
    return [f"{u.key}: {u.wanted} | {'? ' if u.unknown else ''}{u.found}" for u in result.unmet]


# Exit status.


@pytest.mark.parametrize(
    ("args", "status"),
    [
        ([HEALTHY], 0),
        ([PSK], 1),
        ([PSK, "--exit-zero"], 0),
        ([PSK, "--select", "IKE9"], 1),  # a failed negotiation counts whatever is selected
        ([PSK, "--ignore", "IKE201"], 1),
        (["iosxe-weak-algorithms.log"], 0),
        (["iosxe-weak-algorithms.log", "--fail-on", "warning"], 1),
        (["iosxe-weak-algorithms.log", "--fail-on", "warning", "--ignore", "IKE6"], 0),
        (["iosxe-weak-algorithms.log", "--fail-on", "warning", "--select", "IKE4"], 0),
        (["iosxe-healthy-responder.log", "--fail-on", "info"], 1),
        ([FOREIGN], 3),
        ([FOREIGN, "--exit-zero"], 3),
        ([HEALTHY, FOREIGN], 3),
        ([PSK, FOREIGN], 3),
        (["nosuch.log"], 2),
        ([HEALTHY, "nosuch.log"], 2),
        (["iosxe-three-peers.log", "--peer", "192.0.2.111"], 0),
        (["iosxe-three-peers.log"], 1),
        ([HEALTHY, "--profile", "nosuch"], 2),
        ([HEALTHY, "--baseline", "nosuch.json"], 2),
    ],
)
def test_exit_status(run: Run, args: list[str], status: int) -> None:
    done, _, err = run("check", *(sample(arg) if arg.endswith(".log") else arg for arg in args))
    assert done == status, err
    assert "Traceback" not in err


def test_an_empty_log_is_not_a_good_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.log").write_bytes(b"")
    assert run("check", "empty.log")[0] == 3
    assert run("check", sample(HEALTHY), "empty.log")[0] == 3
    assert run("check", "--init", "empty.log")[0] == 3
    assert run("check", "--write-baseline", "known.json", "empty.log")[0] == 3
    assert not (tmp_path / "known.json").exists()


# Expectations.


@pytest.mark.parametrize("case", cases("expectations.toml"), ids=lambda case: case["log"])
def test_expectations(case: dict) -> None:
    result = checked(log_text(case["log"]), f"[[check.expect]]\n{case['expect']}", name=case["log"])
    assert told(result) == case["unmet"]
    assert bool(result.status) == bool(case["unmet"] or result.failed or result.findings)
    allowed = checked(
        log_text(case["log"]), f"[[check.expect]]\n{case['expect']}", name=case["log"], allow_unknown=True
    )
    assert told(allowed) == [line for line in case["unmet"] if "| ?" not in line]
    for unmet in result.unmet:
        assert re.fullmatch(r"ikelog\.toml:\d+", unmet.where)
        assert all(piece.text for piece in unmet.evidence)


def test_an_expected_failure_is_accepted_and_nothing_else() -> None:
    text = log_text("iosxe-three-peers.log")
    expect = '[[check.expect]]\npeer = "203.0.113.22"\noutcome = "failed"\n'
    one = checked(text, expect)
    assert [n.remote.address for n in one.failed] == ["192.0.2.233"]
    assert one.status == 1
    assert one.accepted == 2  # the negotiation, and the finding that explains it
    both = checked(text, expect + '[[check.expect]]\npeer = "192.0.2.233"\noutcome = ["failed", "established"]\n')
    assert (both.status, both.failed, both.findings) == (0, (), ())
    assert checked(text, expect.replace('"failed"', '"established"')).unmet


def test_what_filters_leave_out_is_not_known() -> None:
    result = checked(
        log_text(HEALTHY), '[[check.expect]]\npeer = "192.0.2.200"\noutcome = "established"\n', narrowed=True
    )
    assert told(result) == [
        "negotiations: a negotiation with 192.0.2.200 | ? no such negotiation among those that the filters keep"
    ]


# A snapshot, and what is told when the next capture differs.


@pytest.mark.parametrize("name", GOOD)
def test_a_snapshot_holds_for_its_own_log(name: str) -> None:
    sources = [text_source(name, (SAMPLES / name).read_bytes())]
    report = checking.analyze_all(sources, NO_OPTIONS)
    text = expectations_text(report)
    file = parse_toml("ikelog.toml", text)
    jsonschema.validate(tomllib.loads(text), json.loads(schema()))
    result = checking.check(report, sources, Policy(expectations=read_expectations(file)))
    assert (told(result), result.failed, result.findings, result.status) == ([], (), (), 0)


def changed_transform(text: str) -> str:
    group = text.replace("DH_GROUP_256_ECP/Group 19", "DH_GROUP_2048_MODP/Group 14")
    return group.replace("DH Group 19", "DH Group 14")


def one_more_retransmission(text: str) -> str:
    lines = text.split("\n")
    first = next(n for n, line in enumerate(lines) if "IKEv2 IKE_AUTH Exchange REQUEST" in line) - 2
    record = [line.replace("09:14:02.665", "09:14:04.665") for line in lines[first : first + 6]]
    retransmits = "*Mar 11 09:14:04.665: IKEv2:(SESSION ID = 12,SA ID = 1):Retransmitting packet"
    after = [line.replace("09:14:02", "09:14:04") for line in lines[first + 7 :]]
    return "\n".join([*lines[: first + 7], retransmits, "", *record, *after])


def missing_child_sa(text: str) -> str:
    refused = text.replace("VID IDr AUTH SA TSi TSr NOTIFY(SET_WINDOW_SIZE)", "VID IDr AUTH NOTIFY(TS_UNACCEPTABLE)")
    lines = refused.split("\n")
    return "\n".join([*lines[:91], *lines[109:112], ""])


READS = {
    changed_transform: (
        "NOT MET  dh_group: 19, with 203.0.113.5  ikelog.toml:15\n"
        "  found: 14 (N1)    b.log:12  *Mar 11 09:14:02.618: IKEv2:(SESSION ID = 12,SA ID = 1):"
        "[IKEv2 -> Crypto Engine] Computing DH public key, DH Group 14\n"
    ),
    one_more_retransmission: (
        "NOT MET  max_retransmissions: no retransmission, with 203.0.113.5  ikelog.toml:24\n"
        "  found: 1 (N1)    b.log:72  *Mar 11 09:14:04.665: IKEv2:(SESSION ID = 12,SA ID = 1):"
        "Sending Packet [To 203.0.113.5:500/From 192.0.2.17:500/VRF i0:f0]\n"
    ),
    missing_child_sa: (
        "NOT MET  min_child_sas: at least 1 Child SA, with 203.0.113.5  ikelog.toml:20\n"
        "  found: 0, and 1 that failed (N1)    b.log:63  *Mar 11 09:14:02.665: IKEv2:(SESSION ID = 12,SA ID = 1):"
        "Sending Packet [To 203.0.113.5:500/From 192.0.2.17:500/VRF i0:f0]\n"
    ),
}


@pytest.mark.parametrize("change", READS, ids=lambda change: change.__name__)
def test_a_capture_that_differs_from_the_snapshot(run: Run, tmp_path: Path, change: Callable[[str], str]) -> None:
    assert run("check", "--init", "-o", "ikelog.toml", sample(HEALTHY))[0] == 0
    assert run("check", sample(HEALTHY))[:2] == (0, "1 negotiation checked · all as expected\n")
    (tmp_path / "b.log").write_text(change(log_text(HEALTHY)))
    status, out, _ = run("check", "b.log")
    assert status == 1
    assert READS[change] in re.sub(" {5,}", "  ", out)  # what is set to the right margin


def test_a_failure_comes_first_and_the_counts_last(run: Run, tmp_path: Path) -> None:
    run("check", "--init", "-o", "ikelog.toml", sample(HEALTHY))
    (tmp_path / "b.log").write_text(missing_child_sa(log_text(HEALTHY)))
    _, out, _ = run("check", "b.log")
    assert out.startswith("CHILD SA FAILED  203.0.113.5  we initiated ")
    assert out.endswith("\n1 negotiation checked · 1 failed · 3 expectations not met · 1 finding\n")
    _, quiet, _ = run("check", "-q", "b.log")
    assert [line.split("  ")[0] for line in quiet.splitlines()[:-1]] == ["CHILD SA FAILED"] + ["NOT MET"] * 3


def test_devices_are_told_apart(run: Run, tmp_path: Path) -> None:
    for device in ("left", "right"):
        lines = log_text(HEALTHY).replace("*Mar 11 09:14:02", f"Mar 11 09:14:02 {device} 7: *Mar 11 09:14:02")
        (tmp_path / f"{device}.log").write_text(lines)
    (tmp_path / "ikelog.toml").write_text("[[check.expect]]\nnat = true\n[[check.expect]]\ndevice='left'\nprf='MD5'\n")
    _, out, _ = run("check", "-q", "left.log", "right.log")
    assert re.findall(r"NOT MET  (\w+): .*, with (\S+ on \w+)", out) == [
        ("nat", "203.0.113.5 on left"),
        ("nat", "203.0.113.5 on right"),
        ("prf", "203.0.113.5 on left"),
    ]


def test_a_snapshot_never_replaces_a_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("tz = 'UTC'\n")
    status, _, err = run("check", "--init", "-o", "mine.toml", sample(HEALTHY))
    assert (status, err.count("\n")) == (2, 1)
    assert (tmp_path / "mine.toml").read_text() == "tz = 'UTC'\n"


# Files that are broken.


@pytest.mark.parametrize("case", cases("broken.toml"), ids=lambda case: case["says"][:60])
def test_broken_files(run: Run, tmp_path: Path, case: dict) -> None:
    (tmp_path / "ikelog.toml").write_text("\n" + case["text"])
    status, out, err = run("check", sample(HEALTHY))
    assert (status, out) == (2, "")
    assert err.startswith(f"ikelog: {case['says']}"), err
    assert err.count("\n") == 1


ODD = r"""-1 1.5 true "" "x" [] [1] [[1]] {} {a=1} [{}] 2024-01-01 nan inf -inf 1e300 "\u0000" [true] {min="a"} "1e9s"
{local=1,remote=2} [{local="a",remote="b"}] "999999999999999999999999s" "a\nb" 'é' """.split()


def test_any_key_with_any_value_is_read_or_refused_in_one_line() -> None:
    """Whatever stands there is a line to correct, never a traceback."""
    sections = {"[[check.expect]]": KEYS, "[profiles.mine]": ("extends", "not_yet", "allowed", "required", "title")}
    limits = [key for key in LIMITED if "." not in key]
    sections |= {f"[profiles.mine.{name}]": limits for name in ("allowed", "discouraged", "required")}
    refused = []
    for header, keys in sections.items():
        for key, value in product(keys, ODD):
            try:
                file = parse_toml("ikelog.toml", f"{header}\n{key} = {value}\n")
                read_expectations(file)
                check_profiles(file)
            except BrokenConfiguration as error:
                refused.append(str(error))
    assert len(refused) > 1000
    assert [text for text in refused if not re.fullmatch(r"ikelog\.toml:[12]: [^\n]*", text)] == []


def test_the_schema_refuses_what_is_refused() -> None:
    published = json.loads(schema())
    jsonschema.Draft202012Validator.check_schema(published)
    validator = jsonschema.Draft202012Validator(published)
    for case in cases("broken.toml"):
        try:
            data = tomllib.loads(case["text"])
        except tomllib.TOMLDecodeError:
            continue
        # what JSON Schema cannot say, or would have to list the catalogue for
        beyond = case.get("schema_takes_it") or re.search("ROT13|10.2.0.300|IKE999|expects nothing", case["says"])
        assert validator.is_valid(data) == bool(beyond), case["says"]
    for case in cases("expectations.toml"):
        validator.validate(tomllib.loads(f"[[check.expect]]\n{case['expect']}"))


def test_the_schema_knows_the_keys_and_options_that_there_are() -> None:
    published = json.loads(schema())
    assert set(published["$defs"]["expectation"]["properties"]) == set(KEYS)
    assert set(published["$defs"]["limits"]["properties"]) == {key for key in LIMITED if "." not in key}
    from ikelog.cli.check import command
    from ikelog.cli.configuration import _NEVER, COMMON, _key

    own = {_key(param) for param in command.params} - set(_NEVER)
    assert set(published["properties"]["check"]["properties"]) == own | {"expect"}
    assert set(published["properties"]) == {*COMMON, "check", "profiles"}


def test_baselines_that_are_broken(run: Run, tmp_path: Path) -> None:
    broken = {
        "{": "known.json:1: not JSON: ",
        "[]": 'known.json: not a baseline: no list "known"',
        '{"known": [], "schema_version": 7}': "known.json: a baseline of version 7; this ikelog reads 1",
        '{"known": [5], "schema_version": 1}': "known.json: entry 1 of known is none that",
        '{"known": [{"kind": "finding", "peers": [1]}], "schema_version": 1}': "known.json: entry 1 of known: peers",
    }
    for text, says in broken.items():
        (tmp_path / "known.json").write_text(text)
        status, _, err = run("check", "--baseline", "known.json", sample(HEALTHY))
        assert status == 2
        assert err.startswith(f"ikelog: {says}")
        assert err.count("\n") == 1


# Where defaults come from.


def test_file_environment_and_flag(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weak = sample("iosxe-weak-algorithms.log")
    assert run("check", weak)[0] == 0
    (tmp_path / "ikelog.toml").write_text('[check]\nfail_on = "warning"\n')
    assert run("check", weak)[0] == 1
    monkeypatch.setenv("IKELOG_FAIL_ON", "error")
    assert run("check", weak)[0] == 0
    assert run("check", "--fail-on", "warning", weak)[0] == 1
    (tmp_path / "other.toml").write_text('[check]\nselect = "IKE9"\n')
    monkeypatch.setenv("IKELOG_FAIL_ON", "warning")
    assert run("check", "--config", "other.toml", weak)[0] == 0
    assert run("check", "--config", "nosuch.toml", weak)[0] == 2


def test_the_nearest_file_is_found_from_a_folder_below(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.ikelog.check]\nprofile = "nosuch"\n')
    (tmp_path / "below" / "further").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "below" / "further")
    assert run("check", SAMPLES / HEALTHY)[2].startswith("ikelog: --profile nosuch: no such profile; there is baseline")
    (tmp_path / "pyproject.toml").write_text('[tool.ikelog.check]\n\nfail_on = "nosuch"\n')
    assert run("check", SAMPLES / HEALTHY)[2].startswith(
        "ikelog: ../../pyproject.toml:3: [tool.ikelog.check] fail_on: 'nosuch' is not one of"
    )
    (tmp_path / "below" / "ikelog.toml").write_text("[check]\nexit_zero = true\n")
    assert run("check", SAMPLES / PSK)[0] == 0
    (tmp_path / "below" / "further" / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    assert run("check", SAMPLES / PSK)[0] == 0


def test_other_commands_take_their_options_from_the_file(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ikelog.toml").write_text('year = 2031\n[analyze]\nformat = "json"\nselect = ["IKE1", "IKE2"]\n')
    report = json.loads(run("analyze", sample(HEALTHY))[1])
    assert report["negotiations"][0]["started_at"].startswith("2031-03-11")
    assert '"time": "2031-03-11' in run("events", sample(HEALTHY))[1]
    # `ikelog FILE` does without click, but not where there is such a file
    done = subprocess.run(
        [sys.executable, "-m", "ikelog", sample(HEALTHY)], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(done.stdout)["negotiations"]


def test_paths_in_a_file_are_relative_to_it(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ikelog.toml").write_text('[check]\nbaseline = "known.json"\n')
    assert run("check", sample(PSK))[0] == 2
    assert run("check", "--write-baseline", "known.json", sample(PSK))[0] == 0
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run("check", SAMPLES / PSK)[0] == 0


# Profiles.


def test_profiles_are_what_the_references_say() -> None:
    def values(profile: str, section: str, key: str) -> set[str]:
        limits = {(limit.kind, limit.severity, limit.key): limit for limit in read_profile(profile, None)}
        severity = "warning" if section == "discouraged" else "error"
        return set(limits["forbidden" if section == "discouraged" else section, severity, key].values)

    assert values("baseline", "forbidden", "ike_version") == {"1"}
    assert values("baseline", "forbidden", "encryption") == {"DES"}
    assert values("baseline", "forbidden", "integrity") == {"MD5"}
    assert values("baseline", "forbidden", "dh_group") == {"1", "22"}
    assert values("baseline", "discouraged", "encryption") == {"3DES"}
    assert values("baseline", "discouraged", "prf") == {"SHA1"}
    assert values("baseline", "discouraged", "dh_group") == {"2", "5", "23", "24"}
    for profile in ("cnsa-1", "cnsa-2"):
        assert values(profile, "allowed", "ike_version") == {"2"}
        assert values(profile, "allowed", "encryption") == {"AES-GCM-256", "AES-CBC-256"}
        assert values(profile, "allowed", "child_encryption") == {"AES-GCM-256"}
        assert values(profile, "allowed", "prf") == {"SHA384", "SHA512"}
        assert values(profile, "allowed", "dh_group") == {"15", "16", "20"}
    assert values("cnsa-2", "required", "key_exchange") == {"ML-KEM-1024"}


def test_baseline_profile() -> None:
    weak = log_text("iosxe-weak-algorithms.log")
    assert told(checked(weak, profile="baseline")) == []
    assert told(checked(weak, profile="baseline", fail_on="warning")) == [
        "encryption: not 3DES | 3DES",
        "integrity: not SHA1 | SHA1",
        "prf: not SHA1 | SHA1",
        "dh_group: not 2, 5, 23 or 24 | 2",
        "child_encryption: not 3DES | 3DES",
        "child_integrity: not SHA1 | SHA1",
    ]
    assert checked(weak, profile="baseline").below >= 6
    unseen = checked(log_text("asa-ikev1-healthy-initiator-syslog.log"), profile="baseline")
    assert {u.key for u in unseen.unmet if u.unknown} >= {"encryption", "prf", "dh_group"}
    v1 = checked(log_text("iosxe-ikev1-healthy-initiator.log"), profile="baseline")
    assert told(v1) == ["ike_version: not 1 | 1"]
    assert checked(log_text(HEALTHY), profile="baseline").status == 0


def test_cnsa_profiles_and_one_of_ones_own() -> None:
    text = log_text("iosxe-healthy-responder.log")
    first = told(checked(text, profile="cnsa-1"))
    assert "encryption: AES-GCM-256 or AES-CBC-256 | ? AES-CBC; the log does not show the key length" in first
    assert not any(line.startswith(("dh_group", "prf", "pfs")) for line in first)
    second = told(checked(text, profile="cnsa-2"))
    assert "key_exchange: ML-KEM-1024 | none, not yet" in second
    assert any(line.startswith("authentication.local: ") and line.endswith("rsa-sig, not yet") for line in second)
    own = '[profiles.mine]\nextends = "cnsa-1"\n[profiles.mine.allowed]\nencryption = "AES-CBC"\ndh_group = 14\n'
    mine = checked(text, own, profile="mine")
    assert "dh_group: 14 | 20" in told(mine)
    assert not any(line.startswith("encryption") for line in told(mine))
    assert {unmet.where for unmet in mine.unmet} == {"profile mine"}
    assert names(parse_toml("ikelog.toml", own)) == (*SHIPPED, "mine")


def test_a_configuration_never_writes_to_the_terminal_what_it_holds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ikelog.toml").write_text('[[check.expect]]\nencryption = "\\u001b[2J"\n')
    status, _, err = run("check", sample(HEALTHY))
    assert status == 2
    assert "\x1b" not in err
    assert "\\x1b[2J" in err


def test_a_pyproject_without_our_table(run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    assert run("check", sample(HEALTHY))[0] == 0
    status, _, err = run("check", "--config", "pyproject.toml", sample(HEALTHY))
    assert (status, err) == (2, "ikelog: pyproject.toml: no [tool.ikelog] in it\n")


# What is known.


def captured_again(text: str) -> str:
    """The same negotiations with other SPIs, times, ports and connection ids, two lines further down."""
    spis = {spi.lower() for spi in re.findall(r"\b[0-9A-Fa-f]{16}\b", text)} - {"0" * 16}
    for spi in sorted(spis):
        other = f"{int(spi, 16) ^ 0x5A5A5A5A12345678:016x}"
        text = text.replace(spi, other).replace(spi.upper(), other.upper())
    text = re.sub(r"\b(\d\d):(\d\d):(\d\d\.\d{3})", lambda at: f"{(int(at[1]) + 5) % 24:02}:{at[2]}:{at[3]}", text)
    text = re.sub(r"(?<=\d):500\b", ":1024", text)
    text = re.sub(r"SESSION ID = (\d+)", lambda n: f"SESSION ID = {int(n[1]) + 40}", text)
    return "\n\n" + text


@pytest.mark.parametrize(
    "name",
    [
        PSK,
        "iosxe-three-peers.log",
        "iosxe-weak-algorithms.log",
        "asa-child-proposal-mismatch.log",
        "iosxe-no-response.log",
    ],
)
def test_a_baseline_holds_for_the_next_capture(run: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "ikelog.toml").write_text('[check]\nprofile = "cnsa-1"\n[[check.expect]]\noutcome = "established"\n')
    (tmp_path / "again.log").write_text(captured_again(log_text(name)))
    args = ("check", "--fail-on", "warning")
    assert run(*args, sample(name))[0] == 1
    assert run(*args, "--write-baseline", "known.json", sample(name))[0] == 0
    first = (tmp_path / "known.json").read_text()
    for log in (sample(name), "again.log"):
        status, out, err = run(*args, "--baseline", "known.json", log)
        assert (status, err) == (0, ""), out
        assert "all as expected · " in out
        assert " accepted" in out
    run(*args, "--write-baseline", "again.json", "again.log")
    assert (tmp_path / "again.json").read_text() == first
    lines = [line.strip().rstrip(",") for line in first.splitlines() if line.startswith("    ")]
    assert lines == sorted(lines)
    assert all(json.loads(line) for line in lines)


def test_a_baseline_knows_nothing_else_and_tells_what_is_stale(run: Run, tmp_path: Path) -> None:
    run("check", "--write-baseline", "known.json", sample("iosxe-three-peers.log"))
    status, out, _ = run("check", "--baseline", "known.json", sample(PSK))
    assert status == 1
    assert out.startswith("FAILED  203.0.113.113")
    status, _, err = run("check", "--baseline", "known.json", sample(HEALTHY))
    assert status == 0
    assert err.splitlines() == [
        f"ikelog: known.json: no longer found: {what} with {peer}; --write-baseline leaves it out"
        for what, peer in [
            ("finding IKE103", "192.0.2.233"),
            ("finding IKE201", "203.0.113.22"),
            ("negotiation IKE103", "192.0.2.233"),
            ("negotiation IKE201", "203.0.113.22"),
        ]
    ]
    # the same failure with other algorithms is another one
    other = log_text("iosxe-three-peers.log").replace("AES-CBC-256", "AES-CBC-192").replace("AES-CBC", "AES-GCM")
    (tmp_path / "other.log").write_text(other)
    assert run("check", "--baseline", "known.json", "other.log")[0] == 1


def test_nothing_of_a_baseline_is_a_line_an_spi_or_a_time() -> None:
    for name in GOOD:
        report = checking.analyze_all([text_source(name, (SAMPLES / name).read_bytes())], NO_OPTIONS)
        text = baseline_text([*report.findings, *(n for n in report.negotiations if n.verdict)], entries_of(report))
        for negotiation in report.negotiations:
            assert not negotiation.initiator_spi or negotiation.initiator_spi not in text.lower()
        assert not re.search(r"\d\d:\d\d:\d\d|line \d", text)


# Output.


def test_json_and_several_outputs_of_one_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ikelog.toml").write_text("[[check.expect]]\ndh_group = 31\n")
    status, out, _ = run("check", "--json-output", "result.json", "--format", "json", sample(PSK))
    assert status == 1
    assert (tmp_path / "result.json").read_text() == out
    result = json.loads(out)
    assert result["status"] == 1
    assert [n["verdict"] for n in result["failed"]] == ["IKE201"]
    assert result["unmet"][0]["key"] == "dh_group"
    assert result["unmet"][0]["where"] == "ikelog.toml:2"
    assert result["counts"]["failed"] == 1


def test_a_file_for_each_format_comes_out_of_one_run(run: Run, tmp_path: Path) -> None:
    files = {name: tmp_path / f"result.{name}" for name in BESIDE}
    args = [part for name, path in files.items() for part in (f"--{name}-output", path)]
    status, out, err = run("check", *args, sample("iosxe-three-peers.log"))
    assert (status, err) == (1, "")
    assert out.startswith("FAILED  ")
    assert all("IKE201" in path.read_text(encoding="utf-8") for path in files.values())
    assert run("check", "--sarif-output", "no/such/folder", sample(HEALTHY))[0] == 2


def test_every_format_has_a_renderer() -> None:
    from importlib import import_module

    for module in RENDERERS.values():
        assert callable(import_module(module).render)


def test_control_characters_never_reach_the_output(run: Run, tmp_path: Path) -> None:
    hostile = log_text("iosxe-three-peers.log").replace("203.0.113.22", "\x1b[31m\u202e<script>")
    (tmp_path / "h.log").write_text(hostile.replace("Mar", "\x9bMar", 3))
    for args in (["--init"], ["-v"], ["--format", "json"], ["--write-baseline", "known.json"]):
        _, out, err = run("check", *args, "h.log")
        known = (tmp_path / "known.json").read_text() if "known.json" in args else ""
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", out + err + known)
    text = run("check", "--init", "h.log")[1]
    tomllib.loads(text)


# Names.


@pytest.mark.parametrize(
    ("key", "printed", "same"),
    [
        ("encryption", "aes-cbc", "AES-CBC"),
        ("encryption", "ESP-AES 256", "AES-CBC-256"),
        ("encryption", "AES-GCM-256", "AES-GCM-256"),
        ("encryption", "3DES-CBC", "3DES"),
        ("integrity", "SHA96", "SHA1"),
        ("integrity", "HMAC-SHA", "SHA1"),
        ("integrity", "sha-1", "SHA1"),
        ("prf", "HMAC-SHA256", "SHA256"),
        ("child_integrity", "HMAC-SHA-512-256", "SHA512"),
        ("integrity", "MD596", "MD5"),
        ("dh_group", "DH_GROUP_256_ECP/Group 19", "19"),
    ],
)
def test_one_name_for_an_algorithm(key: str, printed: str, same: str) -> None:
    assert normal(key, printed) == same


def test_what_fits() -> None:
    assert fits("encryption", "AES-CBC", "AES-CBC-256") is True
    assert fits("encryption", "AES-CBC-256", "AES-CBC") is None
    assert fits("encryption", "AES-CBC-256", "AES-CBC-128") is False
    assert fits("encryption", "AES-GCM", "AES-CBC") is False
    assert fits("authentication.local", "ecdsa-384", "ecdsa-sig") is None
    assert fits("authentication.local", "ml-dsa", "ml-dsa-87") is True
    assert fits("authentication.local", "rsa-sig", "psk") is False
    assert fits("pfs", "any", "19") is True
    assert fits("pfs", "any", "none") is False
    assert transform_set("esp-aes 256 esp-sha256-hmac ") == ("AES-CBC-256", "SHA256")
    assert transform_set("esp-gcm 256") == ("AES-GCM-256", None)
    assert transform_set("esp-3des esp-md5-hmac") == ("3DES", "MD5")


def test_the_documentation_prints_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(SAMPLES)
    text = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    shown = [found for block in FENCED.findall(text) for found in COMMAND.findall(block)]
    assert len(shown) == 3
    for line, output in shown:
        done = run_in_shell(line, tmp_path)
        assert (done.stdout, done.returncode) == (output, 1 if "exit status 1" in line else 0), done.stderr
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        file = parse_toml("ikelog.toml", block)
        jsonschema.validate(tomllib.loads(block), json.loads(schema()))
        assert read_expectations(file) is not None
        check_profiles(file)
    for key in KEYS:
        assert key == "name" or f"`{key}`" in text
