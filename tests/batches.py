"""Runs of `ikelog batch` for the tests: in this process, or in one of their own that is ended in the middle."""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ikelog.batch.columns import TABLES
from ikelog.batch.inputs import DEFAULT
from ikelog.batch.run import Job, Outcome, run
from ikelog.batch.stores import open_store
from ikelog.batch.types import Counts, Settings, Unit
from ikelog.pipeline import Options

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
# Of each kind a few: two of one peer, several peers, syslog with host names, IKEv1, another vendor's.
NAMES = (
    "asa-psk-mismatch.log",
    "iosxe-three-peers.log",
    "iosxe-syslog.log",
    "iosxe-no-response.log",
    "asa-ikev1-flapping.log",
    "iosxe-weak-algorithms.log",
    "foreign-strongswan.log",
)
Tables = dict[str, list[tuple[Any, ...]]]


class Nobody:
    """Watches nothing."""

    def looked_at(self, name: str, size: int) -> None: ...
    def begin(self, units: Sequence[Unit], kept: int) -> None: ...
    def analysed(self, unit: Unit, counts: Counts) -> None: ...
    def passed_over(self, unit: Unit) -> None: ...


def lay_out(folder: Path, names: Iterable[str] = NAMES) -> Path:
    """Put samples into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes((SAMPLES / name).read_bytes())
    return folder


def job(*paths: object, workers: int = 1, **options: Any) -> Job:
    label = " ".join(f"{name}={value}" for name, value in options.items())
    return Job(tuple(map(str, paths)), DEFAULT, Settings(Options(audit=True, **options), label), workers)


def batch(store: object, *paths: object, watch: Any = None, place: Any = None, **options: Any) -> Outcome:
    """Run a job into a store."""
    with open_store(str(store), new=True) as opened:
        return run(job(*paths, **options), opened, watch or Nobody(), place)


def tables_of(store: object) -> Tables:
    """Return what each table of a store has, in an order of its own."""
    with open_store(str(store), new=False) as opened:
        return {
            name: opened.connection.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in (*TABLES, "skipped")
        }


def ask(store: object, query: str) -> list[tuple[Any, ...]]:
    with open_store(str(store), new=False) as opened:
        found: list[tuple[Any, ...]] = opened.connection.execute(query).fetchall()
        return found


def ikelog(*args: object, cwd: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run ikelog in a process of its own, in which `before` is done first."""
    code = f"{before}\nfrom ikelog.cli.main import run\nif __name__ == '__main__':\n    run()\n"
    script = cwd / "started.py"  # its worker processes look for what began them
    script.write_text(code, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IKELOG_")}
    return subprocess.run(
        [sys.executable, str(script), *map(str, args)],
        cwd=cwd,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def ended_in_commit(number: int, ending: str) -> str:
    """Return what ends a process in the middle of a commit: `number` commits, of a unit each, are whole before."""
    return f"""
import os, signal
import ikelog.batch.run as run_module
run_module._COMMIT_S = 0.0
from ikelog.batch import parquet_store, store as store_module
commits = 0
def counted(commit):
    def counting(*args):
        global commits
        commits += 1
        commit(*args)
    return counting
def ended(write):
    written = 0
    def ending(*args):
        nonlocal written
        write(*args)
        written += commits > {number}
        if written == 2:
            {ending}
    return ending
store_module.DuckDbStore.commit = counted(store_module.DuckDbStore.commit)
parquet_store.ParquetStore.commit = counted(parquet_store.ParquetStore.commit)
store_module.insert = ended(store_module.insert)
parquet_store.DataSet.write = ended(parquet_store.DataSet.write)
"""
