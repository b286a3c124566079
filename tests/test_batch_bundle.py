"""A bundle of archives in archives with a known truth: what comes out of it is what was put in."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.make_bundle import write_bundle
from ikelog.batch.inputs import Member, walk
from ikelog.pipeline import analyze
from ikelog.reading.sources import SourceText, stream_name, text_source

ROOT = Path(__file__).parent.parent


def analysed(path: Path) -> tuple[dict[str, Counter[tuple[str, str, str | None]]], list[str]]:
    """The negotiations by device, peer, outcome and verdict, and the names of the members, in order."""
    streams: dict[str, list[SourceText]] = {}
    for item in walk([str(path)]):
        assert isinstance(item, Member), item
        streams.setdefault(stream_name(item.name), []).append(text_source(item.name, b"".join(item.blocks)))
    found: dict[str, Counter[tuple[str, str, str | None]]] = {}
    for sources in streams.values():
        for n in analyze(sources).negotiations:
            found.setdefault(n.device or "", Counter())[n.remote.address or "", n.outcome, n.verdict] += 1
    return found, [source.name for sources in streams.values() for source in sources]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_bundle_is_analysed_as_it_was_played(tmp_path: Path, seed: int) -> None:
    bundle = tmp_path / "bundle.tgz"
    truth = write_bundle(bundle, 40, 9, 12_000, seed)
    found, names = analysed(bundle)
    assert sorted(names) == [f"{tmp_path}/{name}" for name in truth["members"]]
    assert len(names) == truth["logs"] == 40
    assert found == {
        name: Counter({(n["peer"], n["outcome"], n["verdict"]): n["count"] for n in device["negotiations"]})
        for name, device in truth["devices"].items()
    }


def test_a_bundle_has_something_of_all(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.tgz"
    command = [sys.executable, "-m", "benchmarks.make_bundle", "--out", str(bundle), "--log-size", "2k"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    truth = json.loads(bundle.with_suffix(".json").read_text())
    assert "200 logs of 12 devices" in done.stdout
    assert (len(truth["members"]), len(truth["devices"])) == (200, 12)
    assert {device["platform"] for device in truth["devices"].values()} == {"IOS XE", "IOS", "ASA"}
    endings = {name.rpartition(".")[2] for name in truth["members"]}
    assert {"log", "txt", "1", "2", "gz", "bz2", "xz", "zst"} <= endings
    assert any(name.count("!") == 3 for name in truth["members"])
    outcomes = {n["outcome"] for device in truth["devices"].values() for n in device["negotiations"]}
    assert {"established", "failed", "child_failed", "ike_only"} <= outcomes


def test_a_seed_gives_the_same_bundle_again(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.tgz" for name in ("one", "same", "other"))
    truths = [write_bundle(path, 24, 12, 3000, seed) for path, seed in ((one, 1), (same, 1), (other, 2))]
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()
    assert truths[0]["devices"] == truths[1]["devices"] != truths[2]["devices"]
