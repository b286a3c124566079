"""`ikelog batch` as a run: on as many cores as there are, ended in the middle, begun again, with more to do."""

import io
import os
import signal
import tarfile
from collections.abc import Sequence
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest

from ikelog.batch import gathering, planning, workers
from ikelog.batch.gathering import gather
from ikelog.batch.inputs import DEFAULT
from ikelog.batch.survey import survey
from ikelog.batch.types import Counts, Known, Settings, Unit
from ikelog.pipeline import Options, analyze
from ikelog.reading.sources import text_source
from tests.batches import NAMES, SAMPLES, Nobody, ask, batch, ended_in_commit, ikelog, lay_out, tables_of

KILL = "os.kill(os.getpid(), signal.SIGKILL)"
STORES = ("fleet.duckdb", "results")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Logs, and what a store has of them after one run that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    logs = lay_out(folder / "logs")
    batch(folder / "fleet.duckdb", logs)
    return logs, tables_of(folder / "fleet.duckdb")


def tarred(path: Path, members: Sequence[tuple[str, bytes]], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as tar:  # type: ignore[call-overload]
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def test_any_number_of_workers_gives_the_same_in_either_store(whole: tuple[Path, Any], tmp_path: Path) -> None:
    logs, expected = whole
    assert len(expected["sources"]) == len(NAMES)
    assert len(expected["negotiations"]) > 10
    for name in STORES:
        outcome = batch(tmp_path / name, logs, workers=3)
        assert (outcome.analysed, outcome.kept, outcome.notes) == (len(NAMES), 0, ())
        assert tables_of(tmp_path / name) == expected


def test_what_a_store_has_is_what_the_report_says(whole: tuple[Path, Any]) -> None:
    logs, expected = whole
    reports = [
        analyze([text_source(str(logs / name), (logs / name).read_bytes())], Options(audit=True)) for name in NAMES
    ]
    assert len(expected["negotiations"]) == sum(report.summary.negotiations for report in reports)
    assert len(expected["findings"]) == sum(len(report.findings) for report in reports)
    assert len(expected["evidence"]) == sum(len(f.evidence) for report in reports for f in report.findings)
    assert len(expected["messages"]) == sum(len(n.messages) for report in reports for n in report.negotiations)
    assert len(expected["child_sas"]) == sum(len(n.child_sas) for report in reports for n in report.negotiations)


@pytest.mark.parametrize("name", STORES)
def test_a_killed_run_leaves_whole_units_and_goes_on_where_it_was(
    whole: tuple[Path, Any], tmp_path: Path, name: str
) -> None:
    logs, expected = whole
    store = tmp_path / name
    killed = ikelog("batch", logs, "-o", store, "--workers", 2, cwd=tmp_path, before=ended_in_commit(3, KILL))
    assert killed.returncode == -signal.SIGKILL
    found = tables_of(store)
    assert 3 <= len(found["sources"]) < len(NAMES)
    units = {row[0] for row in found["sources"]}
    for table, rows in found.items():
        assert rows == [row for row in expected[table] if row[0] in units], table
    outcome = batch(store, logs)
    assert (outcome.kept, outcome.analysed) == (len(units), len(NAMES) - len(units))
    assert tables_of(store) == expected


def test_ctrl_c_keeps_what_is_finished_and_says_so(whole: tuple[Path, Any], tmp_path: Path) -> None:
    logs, expected = whole
    stopped = ikelog(
        "batch", logs, "--workers", 2, cwd=tmp_path, before=ended_in_commit(2, "os.kill(os.getpid(), signal.SIGINT)")
    )
    assert stopped.returncode == 130, stopped.stderr
    assert "the same command goes on from there" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert stopped.stdout.split()[1].startswith("negotiation")  # what was found so far has been printed
    store = tmp_path / "fleet.duckdb"
    assert 2 <= len(tables_of(store)["sources"]) < len(NAMES)
    batch(store, logs)
    assert tables_of(store) == expected


@pytest.mark.parametrize("name", STORES)
def test_a_full_disk_is_told_in_a_line_and_costs_nothing_that_was_kept(
    whole: tuple[Path, Any], tmp_path: Path, name: str
) -> None:
    logs, expected = whole
    store = tmp_path / name
    batch(store, logs / NAMES[0])
    full = "import resource, ikelog.batch.run; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))"
    ended = ikelog("batch", logs, "-o", store, cwd=tmp_path, before=full)
    assert ended.returncode == 2, ended.stderr
    assert ended.stderr.startswith(f"ikelog: {store}: ")
    assert ended.stderr.count("\n") == 1
    assert len(tables_of(store)["sources"]) >= 1
    batch(store, logs)
    assert tables_of(store) == expected


def test_one_log_more_is_one_analysis_more(whole: tuple[Path, Any], tmp_path: Path) -> None:
    _, expected = whole
    logs = lay_out(tmp_path / "logs", NAMES[1:])
    store = tmp_path / "fleet.duckdb"
    assert batch(store, logs).analysed == len(NAMES) - 1
    lay_out(logs)
    again = batch(store, logs)
    assert (again.analysed, again.kept) == (1, len(NAMES) - 1)
    assert len(tables_of(store)["negotiations"]) == len(expected["negotiations"])


class _Killing(Nobody):
    """Kills every worker when the first unit is done."""

    def __init__(self) -> None:
        self.killed = 0

    def analysed(self, unit: Unit, counts: Counts) -> None:
        if not self.killed:
            for child in active_children():
                os.kill(child.pid or 0, signal.SIGKILL)
                self.killed += 1


def test_killed_workers_cost_nothing(whole: tuple[Path, Any], tmp_path: Path) -> None:
    logs, expected = whole
    watch = _Killing()
    outcome = batch(tmp_path / "fleet.duckdb", logs, workers=2, watch=watch)
    assert watch.killed == 2
    assert not outcome.notes
    assert tables_of(tmp_path / "fleet.duckdb") == expected


def _dying(connection: Any, settings: Settings) -> None:
    """A worker that ends at one log, as one does that the system ends for the memory it takes."""
    received = workers.analysed

    def analysed(unit: Unit, logs: list[bytearray], settings: Settings) -> Any:
        if "three-peers" in unit.stream:
            os.kill(os.getpid(), signal.SIGKILL)
        return received(unit, logs, settings)

    workers.analysed = analysed
    workers.work(connection, settings)


def test_a_log_that_no_worker_survives_is_told_and_the_rest_is_analysed(
    whole: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, _ = whole
    monkeypatch.setattr(workers, "WORK", _dying)
    outcome = batch(tmp_path / "fleet.duckdb", logs, workers=2)
    assert outcome.analysed == len(NAMES) - 1
    assert [(note.name, note.reason) for note in outcome.notes] == [(str(logs / NAMES[1]), "worker_died")]
    assert "SIGKILL" in outcome.notes[0].detail
    assert ask(tmp_path / "fleet.duckdb", "SELECT name, reason FROM skipped") == [(str(logs / NAMES[1]), "worker_died")]


def cut(text: bytes) -> tuple[bytes, bytes]:
    lines = text.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2]), b"".join(lines[len(lines) // 2 :])


def test_rotated_logs_are_one_unit_wherever_they_lie(tmp_path: Path) -> None:
    """The second half comes first, and another log between them."""
    older, newer = cut((SAMPLES / "iosxe-rekey.log").read_bytes())
    other = (SAMPLES / NAMES[0]).read_bytes()
    bundle = tarred(tmp_path / "b.tgz", [("edge.log", newer), ("other.log", other), ("edge.log.1", older)])
    batch(tmp_path / "fleet.duckdb", bundle)
    rows = ask(tmp_path / "fleet.duckdb", "SELECT unit, stream, count(*) FROM sources GROUP BY ALL ORDER BY stream")
    assert [(stream, count) for _, stream, count in rows] == [(f"{bundle}!edge.log", 2), (f"{bundle}!other.log", 1)]
    names = [f"{bundle}!edge.log.1", f"{bundle}!edge.log"]
    together = analyze([text_source(name, data) for name, data in zip(names, (older, newer), strict=True)])
    found = ask(
        tmp_path / "fleet.duckdb",
        "SELECT initiator_spi, outcome, line FROM negotiations WHERE contains(source, 'edge') ORDER BY line",
    )
    assert found == [(n.initiator_spi, n.outcome, n.spans[0].first_line) for n in together.negotiations]


@pytest.mark.parametrize("room", [1, 10_000_000])
def test_units_whose_logs_lie_apart_are_gathered_whole_with_little_room(tmp_path: Path, room: int) -> None:
    contents = {f"{name}.log{age}": f"{name} {age}\n".encode() * 5000 for age in ("", ".1", ".2") for name in "abc"}
    bundle = tarred(tmp_path / "b.tgz", list(contents.items()))
    plan = planning.plan(survey([str(bundle)], DEFAULT, lambda *_: None).pieces, Known(), Settings())
    assert [len(unit.pieces) for unit in plan.units] == [3, 3, 3]
    got = {}
    for ready in gather(plan.units, [str(bundle)], DEFAULT, room):
        for piece, blocks in zip(ready.unit.pieces, ready.logs, strict=True):
            got[piece.name.partition("!")[2]] = b"".join(blocks)
    assert got == contents
    assert [piece.name[-1] for piece in plan.units[0].pieces] == ["2", "1", "g"]  # oldest first


def test_a_log_that_grew_takes_the_place_of_what_it_was(tmp_path: Path) -> None:
    older, newer = cut((SAMPLES / "iosxe-three-peers.log").read_bytes())
    log = tmp_path / "edge.log"
    log.write_bytes(older)
    store = tmp_path / "fleet.duckdb"
    batch(store, log)
    log.write_bytes(older + newer)
    outcome = batch(store, log)
    assert (outcome.analysed, outcome.replaced) == (1, 1)
    batch(tmp_path / "fresh.duckdb", log)
    assert tables_of(store) == tables_of(tmp_path / "fresh.duckdb")


def test_a_rotation_replaces_what_it_moved(tmp_path: Path) -> None:
    older, newer = cut((SAMPLES / "iosxe-three-peers.log").read_bytes())
    log = tmp_path / "logs" / "edge.log"
    log.parent.mkdir()
    log.write_bytes(older)
    store = tmp_path / "results"
    batch(store, log.parent)
    log.rename(log.parent / "edge.log.1")
    log.write_bytes(newer)
    assert batch(store, log.parent).replaced == 1
    batch(tmp_path / "fresh", log.parent)
    assert tables_of(store) == tables_of(tmp_path / "fresh")


def test_copies_count_once_wherever_they_lie(tmp_path: Path) -> None:
    data = (SAMPLES / NAMES[0]).read_bytes()
    (tmp_path / "a.log").write_bytes(data)
    tarred(tmp_path / "b.tgz", [("copy.log", data), ("copy.log", data + b"\n"), ("copy.log", data + b"\n\n")])
    store = tmp_path / "fleet.duckdb"
    outcome = batch(store, tmp_path / "a.log", tmp_path / "b.tgz")
    assert (outcome.analysed, outcome.copies) == (3, 1)
    names = [name for (name,) in ask(store, "SELECT name FROM sources ORDER BY name")]
    assert names == [f"{tmp_path}/a.log", f"{tmp_path}/b.tgz!copy.log~2", f"{tmp_path}/b.tgz!copy.log~3"]
    (tmp_path / "c.log").write_bytes(data)
    later = batch(store, tmp_path / "c.log")
    assert (later.analysed, later.kept) == (0, 1)
    (tmp_path / "a.log").rename(tmp_path / "renamed.log")
    moved = batch(store, tmp_path / "renamed.log")
    assert (moved.analysed, moved.replaced) == (0, 0)


def test_other_options_make_other_results_in_place_of_the_first(tmp_path: Path) -> None:
    store = tmp_path / "fleet.duckdb"
    log = SAMPLES / "iosxe-no-response.log"
    batch(store, log)
    assert ask(store, "SELECT DISTINCT day, started_timestamp FROM negotiations") == [("--02-19", None)]
    outcome = batch(store, log, year=2024)
    assert (outcome.analysed, outcome.replaced) == (1, 1)
    ((day, moment),) = ask(store, "SELECT DISTINCT day, started_timestamp FROM negotiations")
    assert day == "2024-02-19"
    assert moment.isoformat(timespec="milliseconds") == "2024-02-19T06:03:40.251"


def test_a_log_that_changes_between_is_told_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "edge.log"
    log.write_bytes((SAMPLES / NAMES[0]).read_bytes())
    whole_walk = gathering.walk

    def walk(paths: Any, limits: Any) -> Any:
        log.write_bytes(b"something else\n")
        yield from whole_walk(paths, limits)

    monkeypatch.setattr(gathering, "walk", walk)
    outcome = batch(tmp_path / "fleet.duckdb", log, SAMPLES / NAMES[1])
    assert outcome.analysed == 1
    assert [note.reason for note in outcome.notes] == ["changed"]
    monkeypatch.undo()
    assert batch(tmp_path / "fleet.duckdb", log).analysed == 1
    assert not ask(tmp_path / "fleet.duckdb", "FROM skipped")


def test_a_log_that_is_gone_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "walk", lambda *_: iter(()))
    outcome = batch(tmp_path / "fleet.duckdb", SAMPLES / NAMES[0])
    assert [note.reason for note in outcome.notes] == ["gone"]
