"""docs/batch.md: its commands and its ten queries print what it shows."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.make_bundle import write_bundle
from tests.batches import ROOT, ikelog
from tests.test_project import run_in_shell

PAGE = (ROOT / "docs" / "batch.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [(command, output) for command, output in SHOWN if command.startswith("ikelog")]
QUERIES = [
    (found[1], output)
    for command, output in SHOWN
    if (found := re.match(r'duckdb -markdown fleet\.duckdb "(.*)"', command))
]
# They begin with a digest that differs between versions of ikelog.
ID = re.compile(r"\b[0-9a-f]{12}-N\d+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the page, analysed."""
    path = tmp_path_factory.mktemp("docs")
    truth = write_bundle(path / "bundle.tgz", 40, 4, 12_000, 3)
    count = sum(found["count"] for device in truth["devices"].values() for found in device["negotiations"])
    assert f"40 logs of 4 devices, {count} negotiations\n" in PAGE
    done = ikelog("batch", "bundle.tgz", cwd=path)
    assert done.returncode == 0, done.stderr
    (path / "truth.json").write_text(json.dumps(truth), encoding="utf-8")
    return path


def test_the_database_has_what_was_put_into_the_bundle(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(folder / "fleet.duckdb"), read_only=True) as connection:
        query = "SELECT device, peer, outcome, verdict, count(*) FROM negotiations GROUP BY ALL"
        found = connection.execute(query).fetchall()
        names = [name for (name,) in connection.execute("SELECT name FROM sources ORDER BY name").fetchall()]
    assert sorted(map(str, found)) == sorted(
        str((name, n["peer"], n["outcome"], n["verdict"], n["count"]))
        for name, device in truth["devices"].items()
        for n in device["negotiations"]
    )
    assert names == sorted(truth["members"])


def markdown(rows: list[tuple[Any, ...]], names: list[str], numeric: list[bool]) -> str:
    """Return a result as `duckdb -markdown` prints it."""
    cells = [["NULL" if value is None else text(value) for value in row] for row in rows]
    widths = [max(len(row[at]) for row in (names, *cells)) for at in range(len(names))]
    head = (" " * ((width - len(name)) // 2) + name for name, width in zip(names, widths, strict=True))
    lines = [[f"{name:<{width}}" for name, width in zip(head, widths, strict=True)]]
    lines += [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in cells]
    printed = [f"| {' | '.join(line)} |\n" for line in lines]
    rules = ("-" * (width + 1) + (":" if number else "-") for width, number in zip(widths, numeric, strict=True))
    return "".join([printed[0], f"|{'|'.join(rules)}|\n", *printed[1:]])


def text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(text, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_there_are_ten_questions() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize(("query", "expected"), QUERIES, ids=lambda value: value.split("\n")[0][:40])
def test_a_query_prints_what_the_page_shows(folder: Path, query: str, expected: str) -> None:
    with duckdb.connect(str(folder / "fleet.duckdb"), read_only=True) as connection:
        found = connection.execute(query)
        names = [column[0] for column in found.description]
        numeric = [str(column[1]) in ("NUMBER", "BIGINT", "DOUBLE", "HUGEINT") for column in found.description]
        rows = found.fetchall()
    assert markdown(rows, names, numeric) == expected


@pytest.mark.parametrize(("command", "expected"), COMMANDS, ids=lambda value: value.split("\n")[0][:40])
def test_a_command_prints_what_the_page_shows(folder: Path, command: str, expected: str) -> None:
    if "--show" in command:
        failing = json.loads(run_in_shell("ikelog batch --format json", folder).stdout)["failing"]
        command = ID.sub(next(row["example"] for row in failing if row["code"] == "IKE301"), command)
    done = run_in_shell(command, folder)
    assert ID.sub("ID", done.stdout) == ID.sub("ID", expected)


def test_the_views_and_tables_that_the_page_names_are_there(folder: Path) -> None:
    with duckdb.connect(str(folder / "fleet.duckdb"), read_only=True) as connection:
        tables = {row[0] for row in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        views = {
            row[0] for row in connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
    told = set(re.findall(r"`(\w+)`", PAGE))
    assert tables - {"ikelog_store"} <= told
    assert views <= told
