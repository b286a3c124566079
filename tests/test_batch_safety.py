"""Archives that were made to do harm, or that are broken: each is told with its reason, and the rest is read."""

import bz2
import gzip
import io
import lzma
import os
import random
import re
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import archives
import pytest
from archives import ARCHIVES, COMPRESSIONS, special
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from test_batch_inputs import LOG, of_bytes, pack, walked, written

from ikelog.batch.archives.reading import read_stream
from ikelog.batch.archives.stream import Stream, file_blocks
from ikelog.batch.inputs import DEFAULT, Limits, Member, Skipped, walk
from ikelog.batch.limits import Layer
from ikelog.batch.members import REASONS
from ikelog.pipeline import analyze
from ikelog.reading.sources import text_source
from ikelog.record import fields, replaced

GOOD = {"good1.log": LOG, "good2.log": b"IKEv2:Insert SA\n"}
ROOT = Path(__file__).parent.parent


def reasons(left: list[Skipped]) -> list[tuple[str, str]]:
    return [(item.name, item.reason) for item in left]


def among_good(bad: list[tuple[tarfile.TarInfo, bytes]], limits: Limits = DEFAULT) -> list[Skipped]:
    """Read bad members between good ones, from a stream and from a file, and return what was left out."""
    first, second = [(tarfile.TarInfo(name), data) for name, data in GOOD.items()]
    data = archives.tar_of([first, *bad, second])
    told = []
    for packed, seekable in ((gzip.compress(data), False), (data, True)):
        read, left = of_bytes(packed, seekable=seekable, limits=limits)
        assert {name: data for name, data in read.items() if "good" in name} == {
            f"x!{name}": data for name, data in GOOD.items()
        }
        told.append(left)
    assert told[0] == told[1]
    return told[0]


def file(name: str, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), data


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("../../etc/passwd", "path_traversal"),
        ("logs/../../../etc/passwd", "path_traversal"),
        ("..\\..\\windows\\system.ini", "path_traversal"),
        ("/etc/passwd", "absolute_path"),
        ("C:\\windows\\system.ini", "absolute_path"),
        ("\\\\server\\share", "absolute_path"),
    ],
)
def test_paths_that_lead_elsewhere(path: str, reason: str) -> None:
    assert reasons(among_good([file(path, LOG)])) == [(f"x!{path}", reason)]
    for make in (archives.zipped, archives.seven_zip):
        read, left = of_bytes(make({path: LOG, **GOOD}))
        assert read == {f"x!{name}": data for name, data in GOOD.items()}
        assert [item.reason for item in left] == [reason]


def test_links_devices_and_pipes_in_a_tar() -> None:
    bad = [
        special("link.log", tarfile.SYMTYPE, "/etc/passwd"),
        special("hard.log", tarfile.LNKTYPE, "good1.log"),
        special("tty", tarfile.CHRTYPE),
        special("sda", tarfile.BLKTYPE),
        special("pipe", tarfile.FIFOTYPE),
    ]
    left = among_good(bad)
    kinds = ["link", "link", "device", "device", "fifo"]
    assert reasons(left) == [(f"x!{info.name}", kind) for (info, _), kind in zip(bad, kinds, strict=True)]
    assert left[0].detail == "a link to /etc/passwd"


def test_links_and_devices_in_a_zip() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, mode in (("link", 0o120777), ("tty", 0o020666), ("pipe", 0o010666), ("good.log", 0o100644)):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, mode << 16
            archive.writestr(info, b"" if name == "pipe" else b"/etc/passwd")
        info = zipfile.ZipInfo("-")  # `dmesg | zip a.zip -`
        info.create_system, info.external_attr = 3, 0o010660 << 16
        archive.writestr(info, LOG)
    read, left = of_bytes(out.getvalue())
    assert read == {"x!good.log": b"/etc/passwd", "x!-": LOG}
    assert reasons(left) == [("x!link", "link"), ("x!tty", "device"), ("x!pipe", "fifo")]


def test_a_link_in_a_7z(tmp_path: Path) -> None:
    (tmp_path / "link.log").symlink_to("/etc/passwd")
    (tmp_path / "good.log").write_bytes(LOG)
    with archives.py7zr.SevenZipFile(tmp_path / "a.7z", "w") as archive:
        archive.write(tmp_path / "link.log", "link.log")
        archive.write(tmp_path / "good.log", "good.log")
    read, left = of_bytes((tmp_path / "a.7z").read_bytes())
    assert (read, reasons(left)) == ({"x!good.log": LOG}, [("x!link.log", "link")])


def test_links_and_pipes_in_a_folder_are_not_opened(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", GOOD)
    (tmp_path / "outside.log").write_bytes(LOG)
    (folder / "a-link.log").symlink_to(tmp_path / "outside.log")
    (folder / "b-dangling.log").symlink_to("nowhere")
    (folder / "c-inside.log").symlink_to("good1.log")
    (folder / "d-loop").symlink_to("..")
    os.mkfifo(folder / "e-pipe")
    read, left = walked(folder)
    assert read == {f"{folder}/{name}": data for name, data in GOOD.items()}
    links = ["a-link.log", "b-dangling.log", "d-loop"]
    assert reasons(left) == [*((f"{folder}/{name}", "link") for name in links), (f"{folder}/e-pipe", "fifo")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read all")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    folder = written(tmp_path, GOOD)
    (folder / "good1.log").chmod(0)
    assert reasons(walked(folder)[1]) == [(f"{folder}/good1.log", "unreadable")]


def test_an_encrypted_zip_with_aes_and_with_zipcrypto() -> None:
    aes = archives.aes_zip({"secret.log": LOG})
    old = archives.zipcrypto_zip("secret.log", LOG, b"correct horse")
    with zipfile.ZipFile(io.BytesIO(old)) as archive:
        assert archive.read("secret.log", b"correct horse") == LOG  # so it is what it is said to be
    assert reasons(among_good([file("aes.zip", aes), file("old.zip", old)])) == [
        ("x!aes.zip!secret.log", "encrypted"),
        ("x!old.zip!secret.log", "encrypted"),
    ]
    read, left = of_bytes(gzip.compress(archives.aes_zip({"secret.log": LOG})), limits=replaced(DEFAULT, held_bytes=9))
    assert (read, reasons(left)) == ({}, [("x!secret.log", "encrypted")])


@pytest.mark.parametrize("header", [False, True])
def test_an_encrypted_7z(header: bool) -> None:
    data = archives.seven_zip({"secret.log": LOG}, password="correct horse", header_encryption=header)
    (left,) = among_good([file("a.7z", data)])
    assert left.reason == "encrypted"
    assert left.name == ("x!a.7z" if header else "x!a.7z!secret.log")


def test_a_member_of_nuls_and_other_binaries() -> None:
    program = b"\x7fELF\2\1\1\0" + bytes(range(64)) * 100
    noise = random.Random(1).randbytes(100_000)  # compressed or encrypted in a way that nobody knows
    bad = [file("nuls", bytes(300_000)), file("few", bytes(9)), file("program", program), file("noise", noise)]
    left = among_good(bad)
    assert reasons(left) == [(f"x!{name}", "binary") for name in ("nuls", "few", "program", "noise")]
    assert left[0].detail == "nothing but 300000 NUL bytes"


@pytest.mark.parametrize("form", ["tar", "zip"])
def test_a_name_of_4000_characters(form: str) -> None:
    name = "n" * 4000
    read, (left,) = of_bytes(ARCHIVES[form]({name: LOG, **GOOD}))
    assert read == {f"x!{name}": data for name, data in GOOD.items()}
    assert (left.reason, left.name) == ("name_too_long", f"x!{'n' * 80}… (4000 characters)")
    assert of_bytes(ARCHIVES[form]({name: LOG}), limits=replaced(DEFAULT, name_length=4000))[1] == []


@pytest.mark.parametrize("form", ["tar", "zip", "7z"])
@pytest.mark.parametrize("name", ["a\x1b[2Jb.log", "log\u202egol.exe", "a\nb.log", "a\x9bb", "a\x7f.log"])
def test_names_with_control_characters_are_never_told_raw(form: str, name: str, tmp_path: Path) -> None:
    read, left = of_bytes(ARCHIVES[form]({name: LOG, "../" + name: LOG}))
    written(tmp_path, {name: LOG})
    on_disk, _ = walked(tmp_path)
    for told in (*read, *on_disk, *(item.name + item.detail for item in left)):
        assert told.isprintable()
    assert (list(read.values()), [item.reason for item in left]) == ([LOG], ["path_traversal"])


@pytest.mark.parametrize("kept", [3, 30, 1500, -9, -4])
def test_a_truncated_gzip_gives_what_came_before(kept: int) -> None:
    packed = gzip.compress(LOG, mtime=0)[:kept]
    (left,) = among_good([file("cut.log.gz", packed)])
    assert left.name == "x!cut.log.gz"
    assert left.reason == ("binary" if kept == 3 else "truncated") or kept == 3
    read, _ = of_bytes(packed)
    assert LOG.startswith(b"".join(read.values()))
    assert kept in (3, 30) or len(read["x"]) > min(kept % len(packed), 3000)
    assert left.partial == bool(read)


@pytest.mark.parametrize("form", [*COMPRESSIONS, *ARCHIVES])
def test_what_is_cut_off_anywhere_is_told_and_read_as_far_as_it_goes(form: str) -> None:
    random.seed(form)
    text = b"".join(b"IKEv2:(SESSION ID = %d,SA ID = 1):Insert SA\n" % random.randrange(10**9) for _ in range(3000))
    packed = pack(form, text)
    for end in range(600, len(packed) - 1, len(packed) // 9):
        for seekable in (True, False):
            read, left = of_bytes(packed[:end], seekable=seekable)
            assert all(text.startswith(data) for data in read.values())
            assert left or (form == "tar" and end > len(text) + 512)


def test_a_cut_archive_gives_the_members_before_the_cut() -> None:
    noise = random.Random(1).randbytes(3 * len(LOG)).hex().encode()
    data = archives.tar({**GOOD, "cut.log": noise, "lost.log": LOG}, "w:gz")
    read, left = of_bytes(data[: len(data) - 30_000], seekable=False)
    assert {name: read[f"x!{name}"] for name in GOOD} == GOOD
    assert noise.startswith(read["x!cut.log"])
    assert len(read["x!cut.log"]) > 50_000
    assert [(item.name, item.reason, item.partial) for item in left] == [
        ("x!cut.log", "truncated", True),
        ("x", "truncated", True),
    ]


@pytest.mark.parametrize("form", COMPRESSIONS)
def test_damage_in_the_middle_is_told(form: str) -> None:
    text = random.Random(form).randbytes(400_000).hex().encode()
    packed = bytearray(COMPRESSIONS[form](text))
    packed[len(packed) // 2] ^= 0xFF
    read, (left,) = of_bytes(bytes(packed))
    assert left.reason in ("corrupt", "truncated")
    assert len(b"".join(read.values())) < len(text) or read["x"] != text or form == "gz"


def test_a_damaged_member_of_a_zip_costs_that_member() -> None:
    data = bytearray(archives.zipped({"bad.log": LOG, **GOOD}))
    data[2000] ^= 0xFF
    read, left = of_bytes(bytes(data))
    assert {name: read[f"x!{name}"] for name in GOOD} == GOOD
    assert reasons(left) in ([("x!bad.log", "corrupt")], [("x!bad.log", "truncated")])


def test_a_wrong_checksum_is_told() -> None:
    data = archives.zipped({"bad.log": LOG, **GOOD}, zipfile.ZIP_STORED).replace(LOG, LOG.replace(b"IKE", b"XXX", 1), 1)
    read, left = of_bytes(data)
    assert {name: read[f"x!{name}"] for name in GOOD} == GOOD
    assert [(item.name, item.reason, item.partial) for item in left] == [("x!bad.log", "corrupt", True)]
    seven = archives.seven_zip({"bad.log": b"one two", **GOOD}, filters=[{"id": archives.py7zr.FILTER_COPY}])
    assert reasons(of_bytes(seven.replace(b"one two", b"two one"))[1]) == [("x!bad.log", "corrupt")]


def test_a_damaged_header_of_a_tar_costs_that_member() -> None:
    data = bytearray(archives.tar({"good1.log": LOG, "bad.log": b"IKEv2:bad\n", "good2.log": GOOD["good2.log"]}))
    data[data.index(b"bad.log")] = ord("B")
    for seekable in (True, False):
        read, (left,) = of_bytes(bytes(data), seekable=seekable)
        assert read == {f"x!{name}": data for name, data in GOOD.items()}
        assert (left.name, left.reason) == ("x", "corrupt")


def test_tars_with_lying_sizes() -> None:
    info = tarfile.TarInfo("lie.log")
    info.size = 1 << 40
    header = info.tobuf(tarfile.GNU_FORMAT)
    data = archives.tar(GOOD).rstrip(b"\0") + bytes(512)
    data = data[: len(data) - len(data) % 512]
    for seekable in (True, False):
        read, left = of_bytes(data + header + LOG, seekable=seekable)
        assert read == {f"x!{name}": data for name, data in GOOD.items()} | {"x!lie.log": LOG}
        assert ("x!lie.log", "truncated") in reasons(left)
    for kind in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.XGLTYPE):
        info.type = kind
        read, left = of_bytes(data + info.tobuf(tarfile.GNU_FORMAT) + LOG)
        assert list(read) == [f"x!{name}" for name in GOOD]
        assert reasons(left) == [("x", "corrupt")]
    info.type, info.size = tarfile.REGTYPE, -512
    assert reasons(of_bytes(data + info.tobuf(tarfile.GNU_FORMAT) + LOG)[1]) == [("x", "corrupt")]


def test_overlapping_zip_members_are_told_and_not_expanded() -> None:
    bomb = archives.overlapping_zip(100, b"A" * 100_000)
    with zipfile.ZipFile(io.BytesIO(bomb)) as archive:
        assert sum(info.file_size for info in archive.infolist()) > 10_000_000
    left = among_good([file("bomb.zip", bomb)])
    assert {item.reason for item in left} == {"overlap"}
    assert len(left) == 99
    twice = bytearray(archives.zipped({"a.log": LOG, "b.log": LOG}))
    second = twice.index(b"PK\1\2", twice.index(b"PK\1\2") + 1)
    twice[second + 42 : second + 46] = bytes(4)  # both members are the first one's data
    read, left = of_bytes(bytes(twice))
    assert (list(read), [item.reason for item in left]) == (["x!a.log"], ["overlap"])


def taken(items: Iterator[Member | Skipped]) -> tuple[int, list[str], list[Skipped]]:
    """How many bytes came out, the names of those that held any, and what was left out."""
    total, names, left = 0, [], []
    for item in items:
        if isinstance(item, Skipped):
            left.append(item)
            continue
        names.append(item.name)
        total += sum(map(len, item.blocks))
    return total, names, left


FEW_FREE = replaced(DEFAULT, ratio_free_bytes=500_000, ratio=100)


@pytest.mark.parametrize("form", ["gz", "bz2", "xz", "zst", "zip", "7z"])
def test_a_bomb_stops_where_the_ratio_does(form: str) -> None:
    bomb = pack(form, b"A" * 12_000_000)
    data = archives.tar({"good1.log": LOG, "bomb": bomb, "good2.log": GOOD["good2.log"]})
    total, names, left = taken(read_stream(Stream(iter([data])), "x", Layer(FEW_FREE)))
    times = 16 if form == "7z" else 1  # of which all members may be compressed in one go
    allowed = times * FEW_FREE.ratio_free_bytes + 2 * FEW_FREE.ratio * len(bomb) + (1 << 19)
    assert total <= allowed + 2 * len(LOG)
    assert {"x!good1.log", "x!good2.log"} < set(names)
    assert {item.reason for item in left} == {"ratio"}
    assert all(item.name.startswith("x!bomb") for item in left)


def test_a_bomb_of_zips_in_zips_stops_and_the_rest_is_read(tmp_path: Path) -> None:
    bomb = archives.nested_zip_bomb(5, 16, b"A" * 5_000_000)
    assert len(bomb) < 200_000
    files = {
        "a-good.log": LOG,
        "b-bundle.tgz": archives.tar({"42.zip": bomb, "in.log": LOG}, "w:gz"),
        "c-good.log": LOG,
    }
    total, names, left = taken(walk([str(written(tmp_path, files))], FEW_FREE))
    assert {f"{tmp_path}/{name}" for name in ("a-good.log", "b-bundle.tgz!in.log", "c-good.log")} < set(names)
    assert total < 100_000_000 < 16**5 * 5_000_000
    assert (f"{tmp_path}/b-bundle.tgz!42.zip", "ratio") in reasons(left)


def test_a_gzip_in_a_gzip_without_end() -> None:
    data = LOG
    for _ in range(30):
        data = gzip.compress(data)
    assert reasons(of_bytes(data)[1]) == [("x", "too_deep")]
    assert of_bytes(data, limits=replaced(DEFAULT, depth=30)) == ({"x": LOG}, [])


def test_the_limits_of_one_walk(tmp_path: Path) -> None:
    files = {f"{n}.tgz": archives.tar({f"{m}.log": LOG for m in range(4)}, "w:gz") for n in range(4)}
    folder = written(tmp_path, {**files, "z.log": LOG})
    read, left = walked(folder, limits=replaced(DEFAULT, members=6))
    assert list(read) == [
        f"{folder}/{name}" for name in (*(f"0.tgz!{n}.log" for n in range(4)), "1.tgz!0.log", "1.tgz!1.log", "z.log")
    ]
    assert reasons(left) == [(f"{folder}/{n}.tgz", "too_many") for n in (1, 2, 3)]
    read, left = walked(folder, limits=replaced(DEFAULT, total_bytes=6 * len(LOG)))
    assert len(read) < 7
    assert left[-1].reason == "total_too_large"
    read, left = walked(folder, limits=replaced(DEFAULT, member_bytes=len(LOG) - 1))
    assert {item.reason for item in left} == {"too_large"}
    assert len(left) == 16
    seven = archives.seven_zip({"r.log": random.Random(1).randbytes(9999).hex().encode()})
    big = {"b.tgz": archives.tar({"a.7z": seven}, "w:gz")}
    read, left = walked(written(tmp_path / "held", big), limits=replaced(DEFAULT, held_bytes=9000))
    assert (read, [item.reason for item in left]) == ({}, ["too_large"])


def test_data_that_need_too_much_memory_to_be_read() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 28}]
    level = {zstd.CompressionParameter.window_log: 28, zstd.CompressionParameter.enable_long_distance_matching: 1}
    bad = [
        file("a.xz", lzma.compress(LOG, filters=filters)),
        file("b.7z", archives.seven_zip({"b.log": LOG}, filters=[{**filters[0]}])),
    ]
    packed = zstd.ZstdCompressor(options=level)  # in one go it would take a window of the text's size
    bad.append(file("c.zst", packed.compress(LOG) + packed.flush()))
    left = among_good(bad)
    assert [item.reason for item in left] == ["needs_memory"] * 3


def test_a_bundle_with_all_of_it_gives_its_good_logs(tmp_path: Path) -> None:
    bad = {
        "bomb.zip": file("bomb.zip", archives.nested_zip_bomb(4, 16, b"A" * 5_000_000)),
        "../../etc/passwd": file("../../etc/passwd", b"root:x:0:0:\n"),
        "link.log": special("link.log", tarfile.SYMTYPE, "/etc/shadow"),
        "cut.log.gz": file("cut.log.gz", gzip.compress(LOG, mtime=0)[:-2000]),
        "secret.zip!a.log": file("secret.zip", archives.aes_zip({"a.log": LOG})),
        "nuls.log": file("nuls.log", bytes(100_000)),
        f"{'n' * 80}… (4000 characters)": file("n" * 4000, LOG),
    }
    good = {f"logs/{path.stem}.log": path.read_bytes() for path in sorted((ROOT / "samples").glob("iosxe-h*.log"))}
    first, *others = [file(name, data) for name, data in good.items()]
    bundle = tmp_path / "bundle.tgz"
    bundle.write_bytes(gzip.compress(archives.tar_of([first, *bad.values(), *others])))
    reports: dict[str, list[tuple[str, str | None]]] = {}
    left: dict[str, str] = {}
    for item in walk([str(bundle)], FEW_FREE):
        if isinstance(item, Skipped):
            left[item.name.removeprefix(f"{bundle}!")] = item.reason
        elif not item.name.startswith(f"{bundle}!bomb.zip"):
            found = analyze([text_source(item.name, b"".join(item.blocks))]).negotiations
            reports[item.name.removeprefix(f"{bundle}!")] = [(n.outcome, n.verdict) for n in found]
    told = {name: reason for name, reason in left.items() if not name.startswith("bomb.zip!")}
    reasons = ("ratio", "path_traversal", "link", "truncated", "encrypted", "binary", "name_too_long")
    assert told == dict(zip(bad, reasons, strict=True))
    assert all(reports[name] == [("established", None)] for name in good)
    assert set(reports) == {*good, "cut.log.gz"}  # which was read as far as it goes


HOSTILE = """
import resource, sys
from ikelog.batch.inputs import walk, Member
import py7zr, backports.zstd, fsspec
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + 60_000_000,) * 2)
for item in walk(sys.argv[1:]):
    print(item.name, sum(map(len, item.blocks)) if isinstance(item, Member) else item.reason)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_hostile_archives_take_no_more_memory_than_allowed(tmp_path: Path) -> None:
    runs = bz2.compress(bytes(120_000_000), 1)  # 45 MB in each 40 bytes
    text = b"A" * 30_000_000
    files = {
        "a.bz2": runs,
        "b.zip": archives.zipped({"a.log": text}, zipfile.ZIP_BZIP2),
        "c.zip": archives.zipped({"a.log": text}, zipfile.ZIP_LZMA),
        "d.7z": archives.seven_zip({"a.log": text}),
        "e.7z": archives.seven_zip({"a.log": text}, filters=[{"id": archives.py7zr.FILTER_DEFLATE}]),
        "f.tgz": archives.tar({"a.xz": lzma.compress(text), "b.zst": zstd.compress(text)}, "w:gz"),
        "g.zip": archives.zipped({f"{n}": b"" for n in range(3000)}),
        "z.log": LOG,
    }
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE, str(written(tmp_path, files))], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = [line.rpartition(" ")[2] for line in done.stdout.splitlines()]
    assert {reason for reason in told if not reason.isdecimal()} == {"ratio"}
    assert told.count("0") == 3000
    assert told[-1] == str(len(LOG))


def test_a_directory_of_too_many_members_is_not_taken_apart() -> None:
    data = archives.zipped({f"{n}": b"" for n in range(300)})
    assert reasons(of_bytes(data, limits=replaced(DEFAULT, members=299))[1]) == [("x", "too_many")]


def test_a_7z_whose_table_lies() -> None:
    data = bytearray(archives.seven_zip(GOOD))
    for place in range(6, len(data), 7):
        lie = bytes(data[:place]) + b"\xff" * 9 + bytes(data[place + 9 :])
        header = bytearray(lie)
        offset, size = struct.unpack("<QQ", header[12:28])
        if offset + size < len(header):  # with the checksums of the lie
            table = bytes(header[32 + offset : 32 + offset + size])
            header[28:32] = struct.pack("<L", zlib.crc32(table))
            header[8:12] = struct.pack("<L", zlib.crc32(bytes(header[12:32])))
        read, left = of_bytes(bytes(header))
        assert left or read


TIGHT = Limits(
    total_bytes=2_000_000,
    member_bytes=1_000_000,
    ratio=50,
    ratio_free_bytes=200_000,
    depth=4,
    members=50,
    name_length=100,
    held_bytes=20_000,
    memory_bytes=1 << 24,
)
SMALL = LOG[:6000]


def _seeds() -> list[bytes]:
    inner = {form: pack(form, SMALL) for form in (*COMPRESSIONS, *ARCHIVES)}
    noise = random.Random(1).randbytes(TIGHT.held_bytes // 2).hex().encode()  # so that a zip of it is read forward
    seeds = list(inner.values())
    for form in ARCHIVES:
        seeds.append(ARCHIVES[form](inner))
        seeds.append(COMPRESSIONS["zst"](ARCHIVES[form]({"a": SMALL, "b/c.gz": inner["gz"]})))
    return [
        *seeds,
        COMPRESSIONS["gz"](archives.zipped({"a": noise, "b": SMALL})),
        archives.aes_zip({"a": SMALL}),
        archives.overlapping_zip(5, SMALL),
    ]


SEEDS = _seeds()


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        kind, place = draw(st.integers(0, 4)), draw(st.integers(0, max(0, len(data) - 1)))
        if kind == 0 and data:
            data[place] ^= 1 << draw(st.integers(0, 7))
        elif kind == 1:
            data[place : place + 8] = draw(st.binary(min_size=0, max_size=8))
        elif kind == 2:
            del data[place:]
        elif kind == 3:
            data[place : place + 4] = b"\xff\xff\xff\xff"
        else:
            other = draw(st.sampled_from(SEEDS))
            data[place:place] = other[: draw(st.integers(0, 3000))]
    return bytes(data)


@given(mutated(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_an_archive_holds_it_ends_within_the_limits(data: bytes, seekable: bool) -> None:
    file = io.BytesIO(data)
    stream = Stream(file_blocks(file), len(data), file) if seekable else Stream(file_blocks(file))
    total, count = 0, 0
    for item in read_stream(stream, "x", Layer(TIGHT)):
        count += 1
        assert item.name.isprintable()
        if isinstance(item, Skipped):
            assert item.detail
            assert "\n" not in item.detail
            continue
        for block in item.blocks:
            assert 0 < len(block) <= 1 << 18
            total += len(block)
    assert total <= TIGHT.total_bytes + len(data) + (1 << 18)
    assert count <= 3 * TIGHT.members


def test_the_page_tells_all_reasons_and_all_limits_as_they_are() -> None:
    page = (ROOT / "docs/batch-inputs.md").read_text(encoding="utf-8")
    used: set[str] = set()
    for path in (ROOT / "ikelog/batch").rglob("*.py"):
        used |= set(re.findall(r'(?:Broken|Stop)\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert {"encrypted", "link", "too_deep"} - used == {"too_deep"}  # which is told by a Skipped
    assert used <= set(REASONS)
    assert [row for row in page.splitlines() if re.match(r"\| `\w+` \| [^|]*\|$", row)] == [
        f"| `{code}` | {why} |" for code, why in REASONS.items()
    ]
    units = {"GB": 10**9, "MB": 10**6, "": 1}
    rows = re.findall(r"^\| `(\w+)` \| (\d+) ?([GM]B)? \| \S", page, re.MULTILINE)
    told = {name: int(number) * units[unit] for name, number, unit in rows}
    assert told == {name: getattr(DEFAULT, name) for name in fields(DEFAULT)} | {"memory_bytes": 134 * 10**6}
