"""What a start of ikelog imports, and that what was left out changes nothing."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ikelog.cli.analysis import analyze_files
from ikelog.cli.analyze import command
from ikelog.cli.main import _are_files
from ikelog.cli.names import COMMANDS

SAMPLES = Path(__file__).parent.parent / "samples"
PASTES = [SAMPLES / "asa-psk-mismatch.log", SAMPLES / "iosxe-ike-proposal-mismatch.log"]
# Each takes as long to import as tens of lines to analyse, and a paste needs none.
SLOW = set("lark rich dateutil click dataclasses inspect json shutil tempfile hashlib pathlib ssl uuid".split())
SLOW |= set("gzip bz2 lzma array calendar locale string ipaddress pkgutil textwrap traceback".split())
SLOW |= set("statistics random fractions decimal numbers".split())
SLOW |= {
    "jinja2",
    "markupsafe",
    "importlib.metadata",
    "importlib.resources",
    "ikelog.grammar.compiler",
    "ikelog.reporting.json_report",
}


def ikelog(*args: str, text: bytes, env: dict[str, str] | None = None) -> bytes:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IKELOG")}
    done = subprocess.run(
        [sys.executable, "-m", "ikelog", *args], input=text, capture_output=True, env={**environment, **(env or {})}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_by(tmp_path: Path, text: bytes, *args: str) -> set[str]:
    """Run ikelog with the arguments and the text on standard input, and return the modules that it had at its end.

    `-X importtime` would not tell of those that `importlib.import_module` imports.
    """
    listed = tmp_path / "modules"
    code = (
        f"import atexit, sys; atexit.register(lambda: print(*sys.modules, file=open({str(listed)!r}, 'w')));"
        f"sys.argv = ['ikelog', *{args!r}]; from ikelog.cli.main import run; run()"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IKELOG")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=text,
        capture_output=True,
        env={**environment, "XDG_CACHE_HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    return set(listed.read_text().split())


def without_options(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if "IKELOG" in name]:
        monkeypatch.delenv(name)


def beyond_bare(modules: set[str]) -> set[str]:
    """Leave out what a bare start of Python imports, some of it for an editable install."""
    done = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True)
    return modules - set(done.stdout.split())


def test_a_paste_into_a_pipe_imports_only_what_it_needs(tmp_path: Path) -> None:
    for paste in PASTES:
        imported_by(tmp_path, paste.read_bytes())  # builds the tables, and leaves them for the next
        modules = beyond_bare(imported_by(tmp_path, paste.read_bytes()))
        assert "ikelog.reporting.terminal" in modules  # else this test looks at the wrong thing
        assert not modules & SLOW


def test_options_import_click_and_no_more(tmp_path: Path) -> None:
    text = PASTES[0].read_bytes()
    imported_by(tmp_path, text)
    modules = beyond_bare(imported_by(tmp_path, text, "analyze", "-v", "--peer", "203.0.113.113"))
    assert "click" in modules
    assert not modules & {"lark", "rich", "dateutil", "dataclasses", "json", "pathlib", "importlib.metadata"}
    assert "dateutil" in imported_by(tmp_path, text, "--tz", "UTC")


def test_colour_alone_imports_rich(tmp_path: Path) -> None:
    text = PASTES[0].read_bytes()
    assert "rich" not in imported_by(tmp_path, text, "--color", "never")
    assert "rich.style" in imported_by(tmp_path, text, "--color", "always")


def test_click_gives_an_analysis_the_defaults_that_it_has_without_click(monkeypatch: pytest.MonkeyPatch) -> None:
    without_options(monkeypatch)
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(analyze_files).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    given = command.make_context("analyze", []).params
    assert {name: given[name] for name in defaults} == defaults
    assert not any(value for name, value in given.items() if name not in {*defaults, "files"})


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.log")), ids=lambda path: path.stem)
def test_the_report_is_the_same_with_click_and_without(path: Path) -> None:
    if path.stem.startswith("foreign"):
        return
    text = path.read_bytes()
    assert ikelog(text=text) == ikelog("analyze", text=text) == ikelog("-", text=text)


def test_files_alone_need_no_parser_and_all_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    without_options(monkeypatch)
    assert _are_files([])
    assert _are_files(["a.log", "b.log"])
    for args in (["-v"], ["a.log", "-q"], ["-"], ["--", "a.log"], *([name] for name in COMMANDS)):
        assert not _are_files(args)
    monkeypatch.setenv("IKELOG_FORMAT", "json")
    assert not _are_files([])
    assert ikelog(text=PASTES[0].read_bytes(), env={"IKELOG_FORMAT": "json"}).startswith(b"{")
