"""The logs inside the output of `show tech-support`, on the lines where they stand."""

import re
from collections.abc import Iterator

_SECTION = re.compile(rb"^[ \t]*-{6,} (show [^\r\n]{1,200}?) -{6,}[ \t]*\r?$", re.IGNORECASE)
_ANY_SECTION = re.compile(_SECTION.pattern, re.IGNORECASE | re.MULTILINE)
_LOGS = re.compile(
    rb"show (?:log(?:g(?:i(?:ng?)?)?)?(?: (?!onboard|persistent config|setting|queue|message|rate-limit|asdm$).*)?"
    rb"|monitor event-trace .*|crypto (?:ikev2|isakmp) diagnose .*|console-output|tech.*)$",
    re.IGNORECASE,
)
# How devices call themselves: in their configuration, in `show version` of IOS and of an ASA, at a prompt.
_NAMED = (
    re.compile(rb"^hostname ([A-Za-z][\w.-]{0,62})\s*$"),
    re.compile(rb"^([A-Za-z][\w.-]{0,62}) (?:uptime is|up) \d+ (?:year|week|day|hour|min)"),
)
# Behind the name of the device, of an ASA with its part in a pair: `asa1/pri/act(config)# `.
_PROMPT = re.compile(rb"(?:/[\w/-]+)?(?:\([\w-]+\))?[#>]")
_LONGEST_HEADER = 512
_LONGEST_KEPT = 1 << 20


def is_show_tech(beginning: bytes) -> bool:
    """Tell whether a text begins as `show tech-support` does: with the sections of its first or of several commands."""
    found = _ANY_SECTION.findall(beginning)
    return len(found) > 1 or any(name.lower().startswith((b"show version", b"show tech")) for name in found)


def log_sections(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a text with every line outside its logs left empty, so that those of the logs keep their numbers.

    The line that begins a log becomes the prompt and the command that it stands for: it names the device.
    """
    state = _Sections()
    rest = b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        if lines:
            yield b"".join([state.kept(line) + b"\n" for line in lines])
        if len(rest) > _LONGEST_KEPT:  # a line that goes on and on is the head of no section
            yield state.kept(rest)
            rest = b""
    if rest:
        yield state.kept(rest)


class _Sections:
    """In which section a text is, and the name of the device as far as it was told."""

    def __init__(self) -> None:
        self.inside = True  # what comes before the first section may be a log
        self.device = b""

    def kept(self, line: bytes) -> bytes:
        """Return what is left of the next line."""
        short = len(line) < _LONGEST_HEADER
        found = _SECTION.match(line) if short and line[:40].lstrip().startswith(b"--") else None
        if found:
            self.inside = _LOGS.match(found[1]) is not None
            return self.device + b"#" + found[1] if self.inside and self.device else b""
        if short and not self.inside:
            self._read_other(line)
        return line if self.inside else b""

    def _read_other(self, line: bytes) -> None:
        """Read a line that is of no log: it may name the device, or be the prompt behind the whole output."""
        for pattern in _NAMED:
            named = pattern.match(line)
            if named:
                self.device = named[1]
        if self.device and line.startswith(self.device) and _PROMPT.match(line, len(self.device)):
            self.inside = True
