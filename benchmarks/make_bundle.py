"""Writes a bundle as a TAC engineer gets it: archives in archives, and beside it what is in them.

`python -m benchmarks.make_bundle --seed 1 --out bundle.tgz --truth truth.json`
"""

import argparse
import bz2
import gzip
import importlib
import io
import json
import lzma
import random
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.bundles import Device, make_fleet
from benchmarks.sizes import read_size

Files = Mapping[str, bytes]
_TIME = 1732599667  # of all members, so that the same seed gives the same bundle
_DAY = (2024, 11, 26, 5, 41, 6)
_FILETIME = (_TIME + 11_644_473_600) * 10_000_000  # as 7z has it: in tenths of a microsecond since 1601
# How often a log that was rotated away is compressed, and how.
_ENDINGS = ("", ".gz", ".gz", ".bz2", ".xz", ".zst")
# Of a device with more files than this some are in an archive in its archive.
_LOOSE = 6


def main() -> None:
    """Write one bundle and its truth."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.make_bundle", description="Write a bundle of logs.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bundle, a .tgz")
    parser.add_argument("--truth", type=Path, metavar="FILE", help="what is in it, as JSON (FILE of the bundle, .json)")
    parser.add_argument("--logs", type=int, default=200, help="files (200)")
    parser.add_argument("--devices", type=int, default=12, help="devices (12)")
    parser.add_argument("--log-size", type=read_size, default="40k", metavar="BYTES", help="of one log, about (40k)")
    options = parser.parse_args()
    if not 0 < options.devices <= options.logs:
        parser.error("--devices: one at least, and no more than logs")
    truth = write_bundle(options.out, options.logs, options.devices, options.log_size, options.seed)
    path = options.truth or options.out.with_suffix(".json")
    path.write_text(json.dumps(truth, indent=2) + "\n", encoding="utf-8")
    count = sum(found["count"] for device in truth["devices"].values() for found in device["negotiations"])
    size = options.out.stat().st_size
    print(f"{options.out}: {size} bytes, {options.logs} logs of {options.devices} devices, {count} negotiations")
    print(f"{path}: the truth")


def write_bundle(path: Path, logs: int, devices: int, log_size: int, seed: int) -> dict[str, Any]:
    """Write a bundle of so many logs and return its truth, which comes from what was played."""
    draw = random.Random(seed)
    fleet = make_fleet(devices, logs, log_size, seed)
    files: dict[str, bytes] = {}
    members: dict[str, int] = {}
    for device, (ending, pack) in zip(fleet, cycle(_PACKERS.items())):
        outer, inner = _sorted(device, draw)
        places = dict.fromkeys(outer, f"{device.name}.{ending}!{device.name}/" if ending else f"{device.name}/")
        if inner:
            kind, pack_inner = draw.choice([(kind, pack) for kind, pack in _PACKERS.items() if kind])
            archive = f"older.{kind}"
            places |= {name: f"{places[next(iter(outer))]}{archive}!" for name in inner}
            outer[archive] = pack_inner(inner)
        within = {f"{device.name}/{name}": data for name, data in outer.items()}
        files |= {f"{device.name}.{ending}": pack(within)} if ending else within
        members |= {f"{path.name}!{place}{name}": len(({**outer, **inner})[name]) for name, place in places.items()}
    path.write_bytes(gzip.compress(_tar(files), mtime=0))
    return {
        "seed": seed,
        "logs": logs,
        "devices": {device.name: _truth_of(device) for device in fleet},
        "members": sorted(members),
    }


def _sorted(device: Device, draw: random.Random) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return the files of a device, some compressed: those at hand, and those in an archive of their own."""
    outer: dict[str, bytes] = {}
    inner: dict[str, bytes] = {}
    for name, data in device.files.items():
        stem, _, number = name.rpartition(".")
        ending = draw.choice(_ENDINGS) if number.isdecimal() else ""
        stream = stem if number.isdecimal() else name
        home = inner if len(outer) > _LOOSE and not any(other.startswith(stream) for other in outer) else outer
        home[name + ending] = _COMPRESSIONS[ending](data)
    return outer, inner


def _truth_of(device: Device) -> dict[str, Any]:
    found = sorted(device.negotiations.items(), key=lambda item: (item[0][2], item[0][0], item[0][1] or ""))
    return {
        "platform": device.title,
        "logs": len(device.files),
        "negotiations": [
            {"peer": peer, "outcome": outcome, "verdict": verdict, "count": count}
            for (outcome, verdict, peer), count in found
        ],
    }


def _tar(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), _TIME
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _zip(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DAY), data, compress_type=zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _seven_zip(files: Files) -> bytes:
    py7zr = _library("py7zr")
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(data, name)
        for info in archive.header.files_info.files:
            info |= {key: py7zr.helpers.ArchiveTimestamp(_FILETIME) for key in info if key.endswith("time")}
    return out.getvalue()


def _zstd(data: bytes) -> bytes:
    return bytes(_library("compression.zstd", "backports.zstd").compress(data))


def _library(*names: str) -> Any:
    """Return the first of some modules that is there."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise SystemExit("to make bundles: pip install 'ikelog[batch]'")


_COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": lambda data: gzip.compress(data, mtime=0),
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": _zstd,
}
# How the files of a device come, in turn; without an ending they lie in a folder of the bundle.
_PACKERS: dict[str, Callable[[Files], bytes]] = {
    "": _tar,
    "tar.gz": lambda files: gzip.compress(_tar(files), mtime=0),
    "zip": _zip,
    "tar.xz": lambda files: lzma.compress(_tar(files)),
    "7z": _seven_zip,
    "tar.bz2": lambda files: bz2.compress(_tar(files)),
    "tar": _tar,
    "tar.zst": lambda files: _zstd(_tar(files)),
}


if __name__ == "__main__":
    main()
