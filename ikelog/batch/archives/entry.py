"""What an archive's table of contents says of a member, and whether it is taken."""

import re

from ikelog.batch.archives.stream import Stream
from ikelog.batch.limits import Limits, Stop
from ikelog.record import record
from ikelog.reporting.safe import visible

_SHOWN = 80
_LONGEST = 1024
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")


@record
class Entry:
    """A member of an archive: `stream` has what it holds, `stop` says why it is not read.

    `packed` is how many bytes it takes in the archive, where it is compressed by itself.
    """

    path: str
    stream: Stream | None = None
    stop: Stop | None = None
    packed: int | None = None


class Names:
    """The names of one archive's members: each goes by one of its own, however often the archive has it."""

    def __init__(self, archive: str) -> None:
        self._archive = archive
        self._taken: set[int] = set()

    def name(self, path: str) -> str:
        """Return the name of the member with this path; a further one of the same path is `path~2`."""
        shown = visible(path.removeprefix("./"))
        shown = shown if len(path) <= _LONGEST else f"{shown[:_SHOWN]}… ({len(path)} characters)"
        name, number = f"{self._archive}!{shown}", 1
        while hash(name) in self._taken:
            number += 1
            name = f"{self._archive}!{shown}~{number}"
        self._taken.add(hash(name))
        return name


def refused(path: str, limits: Limits) -> Stop | None:
    """Return why a member is not read that has such a path."""
    if len(path) > limits.name_length:
        return Stop("name_too_long", f"a name of {len(path)} characters; {limits.name_length} are allowed")
    if ".." in re.split(r"[/\\]", path):
        return Stop("path_traversal", "the path leads out of the archive")
    if _ABSOLUTE.match(path):
        return Stop("absolute_path", "the path is absolute")
    return None
