"""Archives for tests, made with libraries: good ones of every format, and those that nobody should open."""

import bz2
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping

import py7zr
import pyzipper
from backports import zstd

Files = Mapping[str, bytes]


def tar(files: Files, mode: str = "w") -> bytes:
    return tar_of([(tarfile.TarInfo(name), data) for name, data in files.items()], mode)


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for info, data in members:
            info.size = info.size or len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, link: str = "") -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info, b""


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return out.getvalue()


def seven_zip(files: Files, **options: object) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", **options) as archive:  # type: ignore[arg-type]
        for name, data in files.items():
            archive._writestr(data, name)  # without the question whether the path is a good one
    return out.getvalue()


def aes_zip(files: Files) -> bytes:
    """Files encrypted with AES-256, as WinZip does it."""
    out = io.BytesIO()
    with pyzipper.AESZipFile(out, "w", compression=zipfile.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"correct horse")
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def zipcrypto_zip(name: str, data: bytes, password: bytes) -> bytes:
    """A file encrypted as PKZIP does it (APPNOTE 6.1), stored."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def update(byte: int) -> None:
        keys[0] = zlib.crc32(bytes([byte]), keys[0] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = zlib.crc32(bytes([keys[1] >> 24]), keys[2] ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    for byte in password:
        update(byte)
    encrypted = bytearray()
    for byte in os.urandom(11) + bytes([zlib.crc32(data) >> 24]) + data:
        low = keys[2] | 2
        encrypted.append(byte ^ ((low * (low ^ 1)) >> 8 & 0xFF))
        update(byte)
    return raw_zip(name, data, bytes(encrypted), 0, 1)


def raw_zip(name: str, data: bytes, packed: bytes, method: int, flags: int = 0) -> bytes:
    """A zip of one file that was compressed elsewhere."""
    path = name.encode()
    sizes = zlib.crc32(data), len(packed), len(data)
    fields = struct.pack("<HHHHHLLLHH", 20, flags, method, 0, 0x21, *sizes, len(path), 0)
    local = b"PK\3\4" + fields + path + packed
    entry = b"PK\1\2" + struct.pack("<H", 20) + fields + struct.pack("<HHHLL", 0, 0, 0, 0, 0) + path
    return local + entry + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, 1, 1, len(entry), len(local), 0)


def overlapping_zip(count: int, kernel: bytes) -> bytes:
    """A zip whose members all have the same data: each quotes the headers of those behind it (Fifield, 2019)."""
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packed.compress(kernel) + packed.flush()
    checksum, size, path = zlib.crc32(kernel), len(kernel), "{:04}.log"
    header = path.format(count - 1).encode()
    fields = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0x21, checksum, len(body), size, len(header), 0)
    parts, files = b"PK\3\4" + fields + header + body, [(0, fields, header)]
    for number in range(count - 2, -1, -1):
        quoted = parts[: 30 + len(header)]
        block = struct.pack("<BHH", 0, len(quoted), len(quoted) ^ 0xFFFF)  # a stored block of deflate
        checksum, size = zlib.crc32(quoted + expanded(parts, quoted)), size + len(quoted)
        header = path.format(number).encode()
        length = len(block) + len(parts)
        fields = struct.pack("<HHHHHLLLHH", 20, 0, 8, 0, 0x21, checksum, length, size, len(header), 0)
        before = b"PK\3\4" + fields + header + block
        files = [(place + len(before), kept, name) for place, kept, name in files] + [(0, fields, header)]
        parts = before + parts
    directory = b"".join(
        b"PK\1\2" + struct.pack("<H", 20) + kept + struct.pack("<HHHLL", 0, 0, 0, 0, place) + name
        for place, kept, name in files
    )
    return parts + directory + b"PK\5\6" + struct.pack("<HHHHLLH", 0, 0, count, count, len(directory), len(parts), 0)


def expanded(parts: bytes, header: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(parts[len(header) :])


def nested_zip_bomb(layers: int, width: int, leaf: bytes) -> bytes:
    """As 42.zip: zips of zips of zips, and a file that packs well in the innermost ones."""
    archive = zipped({f"{n:x}.log": leaf for n in range(width)})
    for _ in range(layers - 1):
        archive = zipped({f"lib {n:x}.zip": archive for n in range(width)})
    return archive


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    "gz": lambda data: gzip.compress(data, mtime=0),
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": lambda data: zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}),
}
ARCHIVES: dict[str, Callable[[Files], bytes]] = {"tar": tar, "zip": zipped, "7z": seven_zip}
