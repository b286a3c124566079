"""Logs in object stores: an S3 server on loopback, and no network for what is no URL."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import archives
import pytest
import s3fs
from object_store import object_store
from test_batch_inputs import LOG, all_of, walked, written

from ikelog.batch.inputs import walk
from ikelog.batch.urls import shown

BUCKET = "tac"
STORED = {
    "case1/bundle.tgz": archives.tar(
        {"logs/edge1.log": LOG, "older.zip": archives.zipped({"edge1.log.1": LOG})}, "w:gz"
    ),
    "case1/edge2.log": LOG,
    "case1/old/edge2.7z": archives.seven_zip({"edge2.log.1": LOG}),
    "case2/edge3.log.xz": archives.COMPRESSIONS["xz"](LOG * 40),
    "case2/cut.zip": archives.zipped({"a.log": LOG})[:-30],
}


@pytest.fixture(scope="module")
def store() -> Iterator[None]:
    """An S3 server with a bucket, found through the environment as any other would be."""
    with object_store(BUCKET, {**STORED, "case1/": b""}):  # as consoles make a folder
        yield


@pytest.mark.usefixtures("store")
def test_an_object_all_below_a_prefix_and_those_that_fit_a_pattern() -> None:
    case1 = [
        "s3://tac/case1/bundle.tgz!logs/edge1.log",
        "s3://tac/case1/bundle.tgz!older.zip!edge1.log.1",
        "s3://tac/case1/edge2.log",
        "s3://tac/case1/old/edge2.7z!edge2.log.1",
    ]
    assert walked("s3://tac/case1/edge2.log") == ({case1[2]: LOG}, [])
    assert walked("s3://tac/case1") == (dict.fromkeys(case1, LOG), [])
    assert walked("s3://tac/case1/") == (dict.fromkeys(case1, LOG), [])
    assert walked("s3://tac/*/*.log") == ({case1[2]: LOG}, [])
    assert walked("s3://tac/**/edge2*")[0] == dict.fromkeys(case1[2:], LOG)
    read, (left,) = walked("s3://tac", "s3://tac/case1")
    assert read == dict.fromkeys(case1, LOG) | {"s3://tac/case2/edge3.log.xz": LOG * 40}
    assert (left.name, left.reason) == ("s3://tac/case2/cut.zip", "corrupt")


@pytest.mark.usefixtures("store")
def test_what_is_not_in_a_store(tmp_path: Path) -> None:
    written(tmp_path, {"a.log": LOG})
    urls = ["s3://tac/absent.log", "s3://tac/absent/*.log", "s3://no-such-bucket/a.log", "http://127.0.0.1/a.log"]
    read, left = walked(*urls, tmp_path / "a.log")
    assert list(read) == [f"{tmp_path}/a.log"]
    assert [item.name for item in left] == urls
    assert [item.reason for item in left] == ["not_found", "not_found", "not_found", "unsupported"]
    assert all("\n" not in item.detail for item in left)


def test_a_store_that_does_not_answer_or_has_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    s3fs.S3FileSystem.clear_instance_cache()  # which knows the server of other tests
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # nobody listens
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        _, (left,) = walked("s3://unreachable/a.log")
    assert left.reason == "unreadable"
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setitem(sys.modules, "adlfs", None)
    _, (left,) = walked("abfs://container@account.dfs.core.windows.net/a.log")
    assert (left.reason, left.detail) == ("needs_extra", "to read abfs:// URLs: pip install 'ikelog[object-stores]'")


def test_the_network_is_used_for_urls_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    written(tmp_path, {"s3:/tac/a.log": LOG, "b.log": LOG})
    monkeypatch.chdir(tmp_path)
    read, left = all_of(walk([".", f"file://{tmp_path}/b.log"]))
    assert (list(read), left) == (["./b.log", "./s3:/tac/a.log"], [])


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://tac/a.log", "s3://tac/a.log"),
        ("s3://key:secret@tac/a.log", "s3://key:***@tac/a.log"),
        ("az://c/a\x1b[2J.log", "az://c/a\\x1b[2J.log"),
    ],
)
def test_urls_are_told_without_passwords_and_control_characters(url: str, told: str) -> None:
    assert shown(url) == told
