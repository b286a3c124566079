"""The names in a terminal's prompts: which device a line stands under."""

import re
from bisect import bisect_right

# What is typed at a prompt, by its first word; nothing, or a line of the log, may stand there too.
_TYPED = (
    r"\s*(?:(?:sho?w?|debug|deb|undebug|undeb|un|u|conf\w*|term\w*|ping|trace\w*|clear|cle|no|int\w*|exit|end|crypto|wr\w*"
    r"|log\w*|copy|reload|en\w*|dis\w*|do|hostname|ip|router|telnet|ssh|packet-tracer|vpn-\w+|capture|cap|more|test|set"
    r"|shut\w*|tunnel|match|access-list|quit|monitor|mon|who|dir|sla|object|nameif|route)\b|$|[*.]?[A-Z][a-z]{2} +\d"
    r"|I?KEv2[:-]|ISAKMP|IPSEC|CRYPTO_|\[IKEv1|%[A-Z]|<\d|\d{1,12}: |\?)"
)
_RENAMED = r"\s*hostname ([A-Za-z][\w.-]{0,62})\s*$"


class Prompts:
    """The prompts of one source: from which line on which name stands in them.

    What stands above the first prompt is of its device too. A log in which the first prompt comes late is read under
    none: what came before was handed on already.
    """

    def __init__(self) -> None:
        self._lines: list[int] = []
        self._names: list[str] = []
        self._renamed: dict[str, str] = {}
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._names)

    def note(self, line: int, name: str, behind: str) -> None:
        """Note a prompt, with what stands behind it; prose that only looks like one is left out."""
        if self._closed and not self._names:
            return
        if not re.match(_TYPED, behind):
            return
        name = self._renamed.get(name, name)
        if not self._names or self._names[-1] != name:
            self._lines.append(line)
            self._names.append(name)
        renamed = re.match(_RENAMED, behind)
        if renamed and renamed[1] != name:  # one device under two names goes by its first
            self._renamed[renamed[1]] = name

    def close(self) -> None:
        """Say that what was read so far is handed on."""
        self._closed = True

    def at(self, line: int) -> str | None:
        """Return the name that a line stands under."""
        if not self._names:
            return None
        return self._names[max(bisect_right(self._lines, line) - 1, 0)]
