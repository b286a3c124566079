"""`ikelog batch --cluster`: two worker processes of Dask, an object store, and one of them killed in the middle."""

import io
import os
import signal
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

from ikelog.batch import cluster as cluster_module
from ikelog.batch.cluster import ClusterError, connected
from ikelog.batch.inputs import DEFAULT
from ikelog.batch.listing import list_inputs
from ikelog.batch.types import Counts, Settings, Unit
from tests.batches import NAMES, SAMPLES, Nobody, batch, ikelog, tables_of
from tests.object_store import object_store

BUCKET = "s3://fleet"
INPUT = f"{BUCKET}/case"
LOOSE = NAMES[:4]
BUNDLED = ("iosxe-rekey.log", "asa-syslog-refusals.log")


def stored() -> dict[str, bytes]:
    bundle = io.BytesIO()
    with tarfile.open(fileobj=bundle, mode="w:gz") as tar:
        for name in BUNDLED:
            tar.add(SAMPLES / name, arcname=f"logs/{name}")
    logs = {f"case/{name}": (SAMPLES / name).read_bytes() for name in LOOSE}
    older, newer = logs["case/iosxe-three-peers.log"][:9000], logs.pop("case/iosxe-three-peers.log")[9000:]
    rotated = {"case/hub.log": newer, "case/hub.log.1": older}
    return {**logs, **rotated, "case/bundle.tgz": bundle.getvalue(), "case/cut.zip": b"PK\3\4 and no more"}


@pytest.fixture(scope="module")
def store() -> Iterator[None]:
    """An S3 server with a bucket, found through the environment, which worker processes inherit."""
    with object_store("fleet", stored()):
        yield


@pytest.fixture(scope="module")
def dask(store: None) -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as made:
        yield made


@pytest.fixture(scope="module")
def expected(store: None, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a run on this machine finds in the same objects."""
    path = tmp_path_factory.mktemp("here") / "fleet.duckdb"
    outcome = batch(path, INPUT, workers=2)
    assert [note.name for note in outcome.notes] == [f"{INPUT}/cut.zip"]
    tables = tables_of(path)
    assert len(tables["sources"]) == len(LOOSE) + 1 + len(BUNDLED)
    return tables


class _Killing(Nobody):
    """Kills a worker when the first unit is done, and waits until others do the rest."""

    def __init__(self, cluster: Any) -> None:
        self.cluster = cluster
        self.killed = 0
        self.seen: list[str] = []

    def analysed(self, unit: Unit, counts: Counts) -> None:
        self.seen.append(unit.key)
        if not self.killed:
            os.kill(next(iter(self.cluster.workers.values())).pid, signal.SIGKILL)
            self.killed += 1


def test_a_cluster_finds_the_same_with_a_worker_killed_in_the_middle(
    dask: Any, expected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test for all that takes a cluster: to start one for each process of the tests takes longer than they do."""
    for output in ("fleet.duckdb", f"{BUCKET}/results"):
        _finds_the_same(dask, expected, tmp_path, output)
    _takes_a_cluster(dask, expected, tmp_path)
    _is_told(dask, monkeypatch)


def _finds_the_same(dask: Any, expected: Any, tmp_path: Path, output: str) -> None:
    target = output if "://" in output else str(tmp_path / output)
    watch = _Killing(dask)
    with connected(dask.scheduler_address, target) as place:
        outcome = batch(target, INPUT, watch=watch, place=place)
    assert watch.killed == 1
    assert len(watch.seen) == len(set(watch.seen)) == outcome.analysed == len(LOOSE) + len(BUNDLED)
    assert tables_of(target) == expected
    with connected(dask.scheduler_address, target) as place:
        again = batch(target, INPUT, place=place)
    assert (again.analysed, again.kept) == (0, outcome.analysed)


def _takes_a_cluster(dask: Any, expected: Any, tmp_path: Path) -> None:
    done = ikelog("batch", INPUT, "--cluster", dask.scheduler_address, "-o", "told.duckdb", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "IKE201" in done.stdout
    assert tables_of(tmp_path / "told.duckdb") == expected


def _is_told(dask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that cannot be used is told in a line."""
    monkeypatch.setattr(cluster_module, "_CONNECT_S", 1)
    with (
        pytest.raises(ClusterError, match=r"^tcp://127\.0\.0\.1:9: cannot be reached"),
        connected("tcp://127.0.0.1:9", "fleet.duckdb"),
    ):
        pass
    monkeypatch.setattr(cluster_module, "__version__", "0.0.0")
    with (
        pytest.raises(ClusterError, match=r"has ikelog .*, not 0\.0\.0"),
        connected(dask.scheduler_address, "fleet.duckdb"),
    ):
        pass


def test_inputs_are_named_without_being_read(store: None, tmp_path: Path) -> None:
    assert list(list_inputs([INPUT])) == [f"{BUCKET}/{name}" for name in sorted(stored())]
    assert list(list_inputs([f"{BUCKET}/case/hub*"])) == [f"{INPUT}/hub.log", f"{INPUT}/hub.log.1"]
    (tmp_path / "a").mkdir()
    for name in ("b.log", "a/c.log"):
        (tmp_path / name).write_text("x")
    (tmp_path / "link.log").symlink_to(tmp_path / "b.log")
    found = [str(tmp_path / "a/c.log"), str(tmp_path / "b.log")]
    assert list(list_inputs([str(tmp_path)])) == found
    assert list(list_inputs([f"{tmp_path}/*.log", "none.log"])) == [found[1], str(tmp_path / "link.log"), "none.log"]


def test_units_of_an_archive_share_a_task_up_to_a_size(monkeypatch: pytest.MonkeyPatch) -> None:
    from ikelog.batch.types import Piece
    from tests.batches import job

    units = [
        Unit(f"{n}", f"b.tgz!{n}.log", (Piece(f"b.tgz!{n}.log", "b.tgz", n, "", str(n), 40_000_000),)) for n in range(3)
    ]
    units.append(Unit("x", "x.log", (Piece("x.log", "x.log", 0, "", "x", 10),)))
    tasks = cluster_module._tasks(units, job("."), None)
    assert [[unit.key for unit in task.units] for task in tasks] == [["0"], ["1"], ["2"], ["x"]]
    monkeypatch.setattr(cluster_module, "TASK_BYTES", 90_000_000)
    assert [len(task.units) for task in cluster_module._tasks(units, job("."), None)] == [2, 1, 1]
    assert tasks[0].limits == DEFAULT
    assert tasks[0].settings == Settings(tasks[0].settings.options, "")
