"""Logs out of files, folders, patterns and archives in archives, each with its name, and nothing lost."""

import io
import itertools
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import archives
import inflate64
import pytest
from archives import ARCHIVES, COMPRESSIONS

from ikelog.batch.archives.reading import read_stream
from ikelog.batch.archives.stream import Stream, file_blocks
from ikelog.batch.inputs import DEFAULT, Limits, Member, Skipped, walk
from ikelog.batch.limits import Layer
from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.record import replaced

SAMPLES = Path(__file__).parent.parent / "samples"
LOG = (SAMPLES / "iosxe-rekey.log").read_bytes()
PACKED = (*COMPRESSIONS, *ARCHIVES)


def pack(form: str, data: bytes, name: str = "edge1.log") -> bytes:
    return COMPRESSIONS[form](data) if form in COMPRESSIONS else ARCHIVES[form]({name: data})


def all_of(items) -> tuple[dict[str, bytes], list[Skipped]]:
    """What was read, by name, and what was left out."""
    read, left = {}, []
    for item in items:
        if isinstance(item, Member):
            assert item.name not in read
            read[item.name] = b"".join(item.blocks)
        else:
            left.append(item)
    return read, left


def walked(*paths: Path | str, limits: Limits = DEFAULT) -> tuple[dict[str, bytes], list[Skipped]]:
    return all_of(walk([str(path) for path in paths], limits))


def of_bytes(data: bytes, *, seekable: bool = True, limits: Limits = DEFAULT) -> tuple[dict[str, bytes], list[Skipped]]:
    file = io.BytesIO(data)
    stream = Stream(file_blocks(file), len(data), file) if seekable else Stream(file_blocks(file))
    return all_of(read_stream(stream, "x", Layer(limits)))


def written(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("seekable", [True, False])
@pytest.mark.parametrize(("outer", "inner"), list(itertools.product(PACKED, PACKED)))
def test_archives_in_archives_in_every_pair(outer: str, inner: str, seekable: bool) -> None:
    read, left = of_bytes(pack(outer, pack(inner, LOG), "inner"), seekable=seekable)
    name = "x" + "!inner" * (outer in ARCHIVES) + "!edge1.log" * (inner in ARCHIVES)
    assert (read, left) == ({name: LOG}, [])


def test_names_say_where_a_log_was_and_compression_is_no_place() -> None:
    inner = archives.tar({"c.log.gz": COMPRESSIONS["gz"](LOG), "d.log": LOG}, "w:xz")
    read, left = of_bytes(archives.zipped({"b.tar.xz": inner, "logs/a.log": b"a\n"}))
    assert (list(read), left) == (["x!b.tar.xz!c.log.gz", "x!b.tar.xz!d.log", "x!logs/a.log"], [])


def test_a_format_is_told_by_content_and_never_by_name(tmp_path: Path) -> None:
    written(tmp_path, {"a.log": archives.zipped({"b.txt": COMPRESSIONS["xz"](LOG)}), "c.zip": LOG, "d.tar.gz": LOG})
    read, left = walked(tmp_path)
    assert (list(read), left) == ([f"{tmp_path}/{name}" for name in ("a.log!b.txt", "c.zip", "d.tar.gz")], [])


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_the_methods_of_zip(method: int) -> None:
    assert of_bytes(archives.zipped({"a.log": LOG, "empty.log": b""}, method)) == (
        {"x!a.log": LOG, "x!empty.log": b""},
        [],
    )


def test_deflate64_as_windows_makes_it() -> None:
    deflater = inflate64.Deflater()
    text = LOG * 40
    data = archives.raw_zip("a.log", text, deflater.deflate(text) + deflater.flush(), 9)
    assert of_bytes(data) == ({"x!a.log": text}, [])
    assert of_bytes(data, seekable=False, limits=FORWARD) == ({"x!a.log": text}, [])
    _, (left,) = of_bytes(data.replace(data[200:210], bytes(10)))
    assert (left.name, left.reason) == ("x!a.log", "corrupt")


@pytest.mark.parametrize(
    "filters",
    [
        [{"id": archives.py7zr.FILTER_LZMA}],
        [{"id": archives.py7zr.FILTER_BZIP2}],
        [{"id": archives.py7zr.FILTER_DEFLATE}],
        [{"id": archives.py7zr.FILTER_COPY}],
        [{"id": archives.py7zr.FILTER_ZSTD}],
        [{"id": archives.py7zr.FILTER_PPMD, "order": 6, "mem": 24}],
        [{"id": archives.py7zr.FILTER_X86}, {"id": archives.py7zr.FILTER_LZMA2, "preset": 3}],
        [{"id": archives.py7zr.FILTER_DELTA}, {"id": archives.py7zr.FILTER_LZMA2, "preset": 3}],
    ],
)
def test_the_methods_of_7z(filters: list[dict[str, int]]) -> None:
    files = {"a.log": LOG, "empty.log": b"", "b.log": LOG[:1000] * 300}
    read, left = of_bytes(archives.seven_zip(files, filters=filters))
    assert (read, left) == ({f"x!{name}": data for name, data in files.items()}, [])


@pytest.mark.parametrize("form", COMPRESSIONS)
def test_compressed_data_in_parts_with_padding(form: str) -> None:
    packed = COMPRESSIONS[form]
    assert of_bytes(packed(LOG) + packed(b"more\n") + bytes(700)) == ({"x": LOG + b"more\n"}, [])


@pytest.mark.parametrize("form", COMPRESSIONS)
def test_what_stands_behind_compressed_data_is_told(form: str) -> None:
    read, (left,) = of_bytes(COMPRESSIONS[form](LOG) + b"garbage, not compressed")
    assert (read, left.reason, left.partial) == ({"x": LOG}, "trailing_data", True)


@pytest.mark.parametrize("form", PACKED)
def test_a_large_log_comes_in_blocks(form: str) -> None:
    large = LOG * 200
    sizes = []
    for item in read_stream(Stream(iter([pack(form, large)])), "x", Layer(DEFAULT)):
        assert isinstance(item, Member)
        sizes += [len(block) for block in item.blocks]
    assert sum(sizes) == len(large)
    assert max(sizes) <= 1 << 18


@pytest.mark.parametrize("form", ARCHIVES)
def test_members_that_nobody_reads_are_passed_over(form: str) -> None:
    files = {f"{n}.log": LOG * 30 for n in range(5)}
    items = list(read_stream(Stream(iter([ARCHIVES[form](files)])), "x", Layer(DEFAULT)))
    assert [item.name for item in items] == [f"x!{name}" for name in files]
    read = []
    for n, item in enumerate(read_stream(Stream(iter([ARCHIVES[form](files)])), "x", Layer(DEFAULT))):
        assert isinstance(item, Member)
        read.append(b"".join(item.blocks) if n % 2 else next(item.blocks)[:9])
    assert read == [LOG * 30 if n % 2 else LOG[:9] for n in range(5)]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    files = {"b/2.log": b"2\n", "a.log": b"a\n", "b/1.log": b"1\n", "b/c/d.log": b"d\n", "B.log": b"B\n"}
    written(tmp_path, files)
    read, left = walked(tmp_path)
    assert (list(read), left) == ([f"{tmp_path}/{name}" for name in sorted(files)], [])


def test_folders_in_folders_have_no_end(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(400):
        deep /= "d"
    os.makedirs(deep)
    (deep / "a.log").write_bytes(b"a\n")
    assert list(walked(tmp_path)[0].values()) == [b"a\n"]


def test_patterns(tmp_path: Path) -> None:
    written(tmp_path, {"a1.log": b"1\n", "a2.log": b"2\n", "b/a3.log": b"3\n", "b.txt": b"b\n", "a[1].log": b"[\n"})
    assert [path[len(str(tmp_path)) + 1 :] for path in walked(tmp_path / "a?.log")[0]] == ["a1.log", "a2.log"]
    assert list(walked(tmp_path / "**/*.log")[0].values()) == [b"1\n", b"2\n", b"[\n", b"3\n"]
    assert list(walked(tmp_path / "a[1].log")[0].values()) == [b"[\n"]  # a file of that name is no pattern
    read, (left,) = walked(tmp_path / "*.nothing")
    assert (read, left.reason) == ({}, "not_found")


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    written(tmp_path, {"a.log": b"a\n"})
    (tmp_path / "same.log").symlink_to("a.log")
    read, left = walked(tmp_path / "a.log", tmp_path / "same.log", tmp_path, f"file://{tmp_path}/a.log")
    assert (list(read.values()), left) == ([b"a\n"], [])


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    written(tmp_path, {"a.log": b"a\n"})
    read, left = walked(tmp_path / "absent.log", "ftp://198.51.100.7/a.log", tmp_path / "a.log")
    assert list(read) == [f"{tmp_path}/a.log"]
    assert [(item.name, item.reason) for item in left] == [
        (f"{tmp_path}/absent.log", "not_found"),
        ("ftp://198.51.100.7/a.log", "unsupported"),
    ]


def test_a_pipe_that_was_named_is_read_to_its_end(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, archives.zipped({"a.log": LOG}))
    os.close(writing)
    read, left = walked(f"/dev/fd/{reading}")
    os.close(reading)
    assert (read, left) == ({f"/dev/fd/{reading}!a.log": LOG}, [])


def test_standard_input() -> None:
    code = "from ikelog.batch.inputs import walk; [print(item.name, sum(map(len, item.blocks))) for item in walk('-')]"
    data = archives.zipped({"a.log": LOG})
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    assert done.stdout.decode() == f"<stdin>!a.log {len(LOG)}\n"


def test_an_archive_has_names_of_its_own_for_files_of_one_name() -> None:
    data = archives.tar_of([(tarfile.TarInfo(name), name.encode() + b"\n") for name in ("a", "./a", "b", "a")])
    assert list(of_bytes(data)[0]) == ["x!a", "x!a~2", "x!b", "x!a~3"]


def test_text_in_any_encoding_is_text_and_leading_nuls_are_left_out() -> None:
    assert of_bytes("IKEv2:é\n".encode("utf-16")) == ({"x": "IKEv2:é\n".encode("utf-16")}, [])
    assert of_bytes("IKEv2:Insert SA\n".encode("utf-16-be"))[1] == []
    assert of_bytes(b"\x1b[31mIKEv2:\x08\x07\r\n") == ({"x": b"\x1b[31mIKEv2:\x08\x07\r\n"}, [])
    cut = bytes(1 << 18) + b"IKEv2:Insert SA\n"  # a log that was cut while its writer went on at the old place
    assert of_bytes(cut) == ({"x": b"IKEv2:Insert SA\n"}, [])
    assert of_bytes(cut[5:]) == of_bytes(cut)
    assert of_bytes(b"IKEv2:Insert SA\r\0\n" * 9)[1] == []  # as telnet writes
    assert of_bytes(b"") == ({"x": b""}, [])


def test_what_no_limit_leaves_out_is_all_there_is(tmp_path: Path) -> None:
    tight = replaced(DEFAULT, depth=2, members=2, ratio=1, ratio_free_bytes=len(LOG) * 2 + 20 * 512)
    data = archives.tar({"a.log": LOG, "b.log": LOG}, "w:gz")
    assert of_bytes(data, limits=tight)[1] == []


def test_zip64_and_comment() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        with archive.open("a.log", "w", force_zip64=True) as member:
            member.write(LOG)
        archive.comment = b"of TAC"
    assert of_bytes(out.getvalue()) == ({"x!a.log": LOG}, [])
    assert of_bytes(b"#!/bin/sh\n" + out.getvalue()) != ({"x!a.log": LOG}, [])  # what begins as text is text


FORWARD = replaced(DEFAULT, held_bytes=100)


class Unseekable(io.RawIOBase):
    """What zipfile writes to without going back: sizes follow the data."""

    def __init__(self) -> None:
        self.out = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.out += data
        return len(data)


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_a_zip_that_is_too_large_to_be_held_is_read_forward(method: int) -> None:
    files = {"a.log": LOG, "d/": b"", "empty.log": b"", "é.log": LOG * 20}
    data = archives.zipped(files, method)
    expected = {f"x!{name}": data for name, data in files.items() if name != "d/"}
    assert of_bytes(COMPRESSIONS["gz"](data), limits=FORWARD) == (expected, [])
    assert of_bytes(COMPRESSIONS["gz"](archives.zipped({"b.zip": data})), limits=FORWARD) == (
        {name.replace("x!", "x!b.zip!"): data for name, data in expected.items()},
        [],
    )


@pytest.mark.parametrize("method", [8, 12])
def test_a_zip_that_was_written_forward_is_read_so(method: int) -> None:
    file = Unseekable()
    with zipfile.ZipFile(file, "w", method) as archive:  # type: ignore[arg-type]
        archive.writestr("a.log", LOG)
        with archive.open("b.log", "w", force_zip64=True) as member:
            member.write(LOG * 3)
        archive.writestr("c.log", LOG)
    read, left = of_bytes(bytes(file.out), seekable=False, limits=FORWARD)
    assert (read, left) == ({"x!a.log": LOG, "x!b.log": LOG * 3, "x!c.log": LOG}, [])
    for end in range(40, len(file.out) - 1, 997):
        cut, left = of_bytes(bytes(file.out)[:end], seekable=False, limits=FORWARD)
        assert left
        assert all(read[name].startswith(data) for name, data in cut.items())


def test_members_that_nobody_reads_are_passed_over_forward() -> None:
    data = archives.zipped({f"{n}.log": LOG for n in range(5)})
    items = list(read_stream(Stream(iter([data])), "x", Layer(FORWARD)))
    assert [item.name for item in items] == [f"x!{n}.log" for n in range(5)]
    assert all(isinstance(item, Member) for item in items)


SHOW_TECH = b"""edge7#show tech-support
------------------ show version ------------------

Cisco IOS XE Software, Version 17.09.04a
edge7 uptime is 3 weeks, 2 days, 1 hour, 12 minutes

------------------ show running-config ------------------

hostname edge7
crypto ikev2 proposal P1
 description IKEv2:% not a log line, but a description
!
------------------ show logging ------------------

Syslog logging: enabled (0 messages dropped, 3 messages rate-limited, 0 flushes, 0 overruns)
Log Buffer (4096 bytes):
%s
------------------ show crypto session detail ------------------

Interface: Tunnel1
IKEv2-ERROR:: not a log line either
edge7#show clock
*10:00:00.000 UTC Mon Sep 14 2020
"""


LONG = b"------------------ show version ------------------\n" + b" description of a line\n" * 30_000 + b"%b"


def test_the_logs_in_show_tech_are_those_of_the_device_on_their_own_lines() -> None:
    whole = SHOW_TECH.replace(b"%s", LOG.rstrip(b"\n"))
    read, left = of_bytes(COMPRESSIONS["gz"](whole))
    assert left == []
    kept, lines = read["x"].split(b"\n"), whole.split(b"\n")
    first = lines.index(b"------------------ show logging ------------------")
    last = lines.index(b"------------------ show crypto session detail ------------------")
    assert kept[first] == b"edge7#show logging"
    assert kept[first + 1 : last] == lines[first + 1 : last]
    assert kept[0] == lines[0]
    assert not any(kept[1:first])
    assert not any(kept[last : lines.index(b"edge7#show clock")])
    assert kept[lines.index(b"edge7#show clock") :] == lines[lines.index(b"edge7#show clock") :]
    report = analyze([text_source("x", read["x"])])
    alone = analyze([text_source("x", LOG)])
    assert {n.device for n in report.negotiations} == {"edge7"}
    assert [(n.outcome, n.verdict, len(n.messages)) for n in report.negotiations] == [
        (n.outcome, n.verdict, len(n.messages)) for n in alone.negotiations
    ]
    assert {n.device for n in analyze([text_source("x", of_bytes(LONG % whole)[0]["x"])]).negotiations} == {"edge7"}
    offset = lines.index(LOG.split(b"\n")[0])
    assert report.negotiations[0].spans[0].first_line == alone.negotiations[0].spans[0].first_line + offset


@pytest.mark.parametrize(
    ("form", "missing", "what"),
    [("7z", "py7zr", "a 7z archive"), ("zst", "backports.zstd", "zstd data")],
)
def test_a_library_that_is_missing_is_told(form: str, missing: str, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archives.tar({"a": pack(form, LOG), "b.log": LOG})
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    read, (left,) = of_bytes(data)
    assert read == {"x!b.log": LOG}
    assert (left.name, left.reason) == ("x!a", "needs_extra")
    assert left.detail.startswith(what)
    assert left.detail.endswith("pip install 'ikelog[batch]'")
