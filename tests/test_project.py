"""What the project promises around its code: the README's commands, the dependencies, the start-up, the checks."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path

import ikelog

ROOT = Path(__file__).resolve().parent.parent

FENCED = re.compile(r"^```(?:console|sh)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (ikelog .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
EXIT_STATUS = re.compile(r"#.*\bexit status (\d+)")


def readme_commands() -> list[tuple[str, int, str]]:
    """The README's `$ ikelog …` lines, each with its exit status (`# exit status N`, else 0) and the output shown."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = [found for block in FENCED.findall(text) for found in COMMAND.findall(block.replace("\\\n", ""))]
    return [
        (command, int(said[1]) if (said := EXIT_STATUS.search(command)) else 0, shown) for command, shown in commands
    ]


def run_in_shell(command: str, directory: Path) -> subprocess.CompletedProcess[str]:
    scripts = sysconfig.get_path("scripts")
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )


def test_readme_commands_print_and_end_as_it_says(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "samples", tmp_path / "samples")  # what a command writes stays out of the checkout
    commands = readme_commands()
    assert commands, "README.md shows no `$ ikelog …` in a console or sh block"
    for command, expected, shown in commands:
        done = run_in_shell(command, tmp_path)
        assert done.stdout.strip() == shown.strip(), f"$ {command}"
        assert done.returncode == expected, f"$ {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


def test_readme_lists_the_diagnoses_there_are(tmp_path: Path) -> None:
    table = run_in_shell("ikelog rules --format markdown", tmp_path).stdout
    assert table.count("\n") > 30
    assert table in (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_runtime_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = tomllib.loads(text)["project"]["dependencies"]
    unexplained = [name for name in dependencies if not re.search(rf'^\s*"{re.escape(name)}",?\s*#\s*\S', text, re.M)]
    assert not unexplained


def test_start_up_imports_neither_lark_nor_rich() -> None:
    code = "import sys; sys.argv = ['ikelog', '--version']; import ikelog.cli.main as main; sys.exit(main.run())"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert ikelog.__version__ in done.stdout
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "ikelog.cli.main" in imported  # else this test looks at the wrong thing
    assert not {name for name in imported if name.partition(".")[0] in {"lark", "rich"}}


def test_the_checks_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_changelog_has_an_unreleased_section() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## \[Unreleased\]$", text, re.MULTILINE)
