"""What bytes are, told by how they begin: archives, compressed data, and what is no text at all."""

_BEGINNINGS: tuple[tuple[str, bytes], ...] = (
    ("gzip", b"\x1f\x8b\x08"),
    ("xz", b"\xfd7zXZ\0"),
    ("zstd", b"\x28\xb5\x2f\xfd"),
    ("zip", b"PK\3\4"),
    ("zip", b"PK\5\6"),
    ("zip", b"PK\7\x08PK\3\4"),
    ("7z", b"7z\xbc\xaf\x27\x1c"),
    ("RAR", b"Rar!\x1a\7"),
    ("compress (.Z)", b"\x1f\x9d"),
    ("LZ4", b"\x04\x22\x4d\x18"),
    ("lzip", b"LZIP"),
    ("lzop", b"\x89LZO\0\r\n\x1a\n"),
    ("cabinet", b"MSCF\0\0\0\0"),
    ("ar", b"!<arch>\n"),
    ("cpio", b"070701"),
)
# Blocks of bzip2 data begin with pi, its end is the square root of pi.
_BZIP2 = (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90")
_SKIPPABLE = b"\x2a\x4d\x18"
_TAR_BLOCK = 512
_CHECKSUM = slice(148, 156)
# The formats that are read; of the others it can only be said what they are.
COMPRESSED = frozenset({"gzip", "bzip2", "xz", "zstd"})
ARCHIVES = frozenset({"tar", "zip", "7z"})


def format_of(beginning: bytes) -> str | None:
    """Return the name of an archive's or a compression's format by the first 512 bytes, or None."""
    if beginning.startswith(b"BZh") and beginning[3:4].isdigit() and beginning[4:10] in _BZIP2:
        return "bzip2"
    if beginning[1:4] == _SKIPPABLE and 0x50 <= beginning[0] <= 0x5F:
        return "zstd"
    for name, magic in _BEGINNINGS:
        if beginning.startswith(magic):
            return name
    return "tar" if _is_tar(beginning[:_TAR_BLOCK]) else None


def _is_tar(block: bytes) -> bool:
    """Tell whether a block is the header of a tar archive: the oldest have no mark, and all have a checksum."""
    if len(block) < _TAR_BLOCK or not block[0]:
        return False
    try:
        said = int(block[_CHECKSUM].strip(b" \0"), 8)
    except ValueError:
        return False
    return said == sum(block) - sum(block[_CHECKSUM]) + 8 * ord(" ")
