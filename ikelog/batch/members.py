"""What a walk finds: members to be analysed, and what was left out."""

from collections.abc import Iterator

from ikelog.record import record


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
    """What could not be read, why as a short code, and in one line for a person.

    `partial` tells that a member of this name came before, with what could be read of it.
    """

    name: str
    reason: str
    detail: str
    partial: bool = False
