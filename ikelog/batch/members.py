"""What a walk finds: members to be analysed, and what was left out."""

from collections.abc import Iterator

from ikelog.record import record

# Why something is left out.
REASONS = {
    "absolute_path": "the member's path begins at the root or a drive",
    "binary": "no text: control characters, or nothing but NULs",
    "corrupt": "damaged: a checksum, a header or compressed data are wrong",
    "device": "a device or a socket",
    "encrypted": "a password is needed, which ikelog does not ask for",
    "fifo": "a named pipe in a folder or an archive, which has no end",
    "link": "a symbolic or hard link; links are not followed",
    "name_too_long": "the member's path has more characters than allowed",
    "needs_extra": "a library is missing; the line says how to install it",
    "needs_memory": "to decompress it takes more memory than allowed",
    "not_found": "there is no such file or object, or none fits the pattern",
    "overlap": "members of a zip archive share their data, as bombs do",
    "path_traversal": "the member's path leads out of the archive: `..`",
    "ratio": "more came out than its size makes likely",
    "too_deep": "more layers of archives and compression than allowed",
    "too_large": "a log larger than allowed, or a 7z archive inside compressed data",
    "too_many": "more members than allowed",
    "total_too_large": "more came out of all archives together than allowed",
    "trailing_data": "what stands behind compressed data is something else",
    "truncated": "it breaks off; what came before was read",
    "unreadable": "the file, folder or store could not be read",
    "unsupported": "a format, a method or a kind of URL that is not read",
}


@record
class Member:
    """A log: a file, or a member of an archive, `bundle.tgz!logs/edge1.log`.

    `name` has control characters as escapes that can be read. `size` is in bytes, None where it shows only in the end.
    `blocks` can be read until the next item of the walk is asked for, and once.
    """

    name: str
    size: int | None
    blocks: Iterator[bytes]


@record
class Skipped:
    """What could not be read, why as one of REASONS, and in one line for a person.

    `partial` tells that a member of this name came before, with what could be read of it.
    """

    name: str
    reason: str
    detail: str
    partial: bool = False
