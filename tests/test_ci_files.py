"""What puts `ikelog check` into a CI system: the action, the hooks, the examples, and what docs/ci.md shows."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path

import pytest
import yaml

from ikelog.cli.check import command
from tests.checks import at_the_top_of_the_checkout
from tests.test_project import run_in_shell

ROOT = Path(__file__).resolve().parent.parent
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step.get("id", step.get("uses", "").partition("@")[0]): step for step in ACTION["runs"]["steps"]}
OPTIONS = {name for parameter in command.params for name in parameter.opts}

CONSOLE = re.compile(r"^(`{3,})console\n\$ ([^\n]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
STATUS = re.compile(r"# exit status (\d+)")


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A checkout with captures, as a job of a CI system has it."""
    captures = tmp_path / "captures" / "branch 7"
    captures.mkdir(parents=True)
    shutil.copy(ROOT / "samples" / "iosxe-healthy-initiator.log", captures / "good.log")
    shutil.copy(ROOT / "samples" / "iosxe-three-peers.log", tmp_path / "captures" / "bad.log")
    shutil.copy(ROOT / "samples" / "foreign-strongswan.log", tmp_path / "foreign.log")
    return tmp_path


def check_step(job: Path, **inputs: str) -> tuple[int, dict[str, str], str]:
    """Run the step of the action that checks; return status, outputs and what it printed. Inputs by their names."""
    given = {name: spec.get("default", "") for name, spec in ACTION["inputs"].items()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    step = STEPS["check"]
    named = {name: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value) for name, value in step["env"].items()}
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("IKELOG", "GITHUB", "CI_"))},
        **{name: given[found[1]] for name, found in named.items() if found},
        "BIN": sysconfig.get_path("scripts"),
        "GITHUB_OUTPUT": str(job / "output"),
        "GITHUB_STEP_SUMMARY": str(job / "summary.md"),
        "GITHUB_WORKSPACE": str(job),
        "PYTHONIOENCODING": "utf-8",
    }
    (job / "output").write_text("")
    # as the runner starts `shell: bash`
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
    directory = job / given["working-directory"]
    done = subprocess.run(script, cwd=directory, env=environment, capture_output=True, encoding="utf-8", timeout=60)
    outputs = dict(line.split("=", 1) for line in (job / "output").read_text().splitlines())
    return done.returncode, outputs, done.stdout + done.stderr


def test_the_action_checks_and_writes_what_is_asked_for(job: Path) -> None:
    status, outputs, printed = check_step(job, files="captures/**/*.log\n", upload_sarif="true", junit_file="a b.xml")
    assert (status, outputs) == (1, {"status": "1", "sarif-file": "ikelog.sarif"})
    assert "::error file=captures/bad.log,line=182," in printed
    assert "IKE201 psk-mismatch" in (job / "summary.md").read_text(encoding="utf-8")
    assert json.loads((job / "ikelog.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    assert "203.0.113.22" in (job / "a b.xml").read_text()


def test_the_action_passes_and_hands_arguments_on(job: Path) -> None:
    status, outputs, printed = check_step(job, files="captures/branch 7/*.log", args="--year\n2024\n", fail_on="error")
    assert (status, outputs, printed) == (0, {"status": "0"}, "")
    status, _, printed = check_step(job, files="captures/branch 7/*.log", profile="cnsa-1")
    assert status == 1
    assert "profile cnsa-1" in printed
    status, _, printed = check_step(job, files="captures/branch 7/*.log", config="no such.toml")
    assert status == 2
    assert "no such.toml" in printed


def test_the_action_paths_are_from_the_top_of_the_checkout(job: Path) -> None:
    status, outputs, printed = check_step(job, files="*.log", working_directory="captures", sarif_file="out.sarif")
    assert (status, outputs["sarif-file"]) == (1, "captures/out.sarif")
    assert "file=captures/bad.log," in printed
    uri = '"uri": "captures/bad.log"'
    assert uri in (job / "captures" / "out.sarif").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "status", "says"),
    [
        ("foreign.log", 3, "no IKE or IPsec line"),
        ("nosuch/*.log", 2, "nosuch/*.log"),
        (" \n", 2, "names no log"),
        ("$(touch owned)\n`touch owned`;touch owned", 2, "no such file"),
        ("--version", 2, "--version: no such file"),
    ],
)
def test_the_action_never_passes_without_a_log(job: Path, files: str, status: int, says: str) -> None:
    ended, _, printed = check_step(job, files=files)
    assert ended == status
    assert says in printed
    assert not (job / "owned").exists()


def test_the_action_takes_no_input_as_code_and_knows_all_it_uses() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
        assert step.get("shell", "bash") == "bash"
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text(encoding="utf-8")))
    assert used == set(ACTION["inputs"])
    assert set(re.findall(r"steps\.(\w+)", (ROOT / "action.yml").read_text(encoding="utf-8"))) <= set(STEPS)
    assert STEPS["github/codeql-action/upload-sarif"]["with"]["sarif_file"]
    assert options_in(STEPS["check"]["run"]) <= OPTIONS


def options_in(text: str) -> set[str]:
    """The options behind `ikelog check` in a script, or in the lists that end there."""
    return set(re.findall(r"(?<![\w-])--[a-z-]+", text)) - {"--quiet", "--disable-pip-version-check"}


def test_the_hook_is_the_command() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert hook["id"] == "ikelog-check"
    assert hook["entry"].split() == ["ikelog", command.name]
    assert hook["language"] == "python"
    assert hook["require_serial"]
    assert re.search(hook["files"], "captures/branch7.log")


def test_the_examples_can_be_read_and_use_options_that_there_are() -> None:
    gitlab = yaml.safe_load((ROOT / "docs" / "examples" / "gitlab-ci.yml").read_text(encoding="utf-8"))
    script = "\n".join(gitlab["ikelog"]["script"])
    written = set(gitlab["ikelog"]["artifacts"]["reports"].values())
    assert written == set(re.findall(r"-output (\S+)", script))
    assert options_in(script) <= OPTIONS
    jenkins = (ROOT / "docs" / "examples" / "Jenkinsfile").read_text(encoding="utf-8")
    assert options_in(jenkins) <= OPTIONS
    assert jenkins.count("{") == jenkins.count("}")


def test_the_page_shows_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_top_of_the_checkout(monkeypatch)
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (expectations,) = re.findall(r"^```toml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "vpn.toml").write_text(expectations)
    shown = CONSOLE.findall(page)
    assert len(shown) > 4
    for _, typed, printed in shown:
        done = run_in_shell(typed, tmp_path)
        assert done.stdout == printed, typed
        assert done.returncode == int(STATUS.search(typed)[1]), typed


def test_the_page_has_yaml_and_links_that_work() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    workflow, hooks = map(yaml.safe_load, blocks)
    assert set(workflow["jobs"]["vpn"]["steps"][1]["with"]) <= set(ACTION["inputs"])
    assert hooks["repos"][0]["hooks"][0]["id"] == "ikelog-check"
    for link in re.findall(r"\]\(([^)]+)\)", page):
        assert (ROOT / "docs" / link).exists()
    table = page[page.index("| input | is |") : page.index("The output `status`")]
    assert set(re.findall(r"`([a-z-]+)`", table)) - {"true"} >= set(ACTION["inputs"])


def test_the_plugin_is_an_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"ikelog": "ikelog.pytest_plugin"}
