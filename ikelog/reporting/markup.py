"""Text from a log within Markdown: nothing in it is markup."""

import re
from collections.abc import Sequence

from ikelog.reporting.safe import visible

LONGEST = 2_000
# Whatever is Markdown, HTML, a formula, a mention or an address that would become a link.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$@]|(?<=http)s?:(?=//)|(?<=www)\.|(?<=ftp):(?=//))", re.IGNORECASE)
# Where a backslash keeps the beginning of a line from being a list, a heading or a rule.
_LEADING = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[-+=]))")


def inline(text: str, longest: int = LONGEST) -> str:
    """Return text from a log as text of one line: nothing in it is markup, a table's border or a link."""
    plain = shortened(visible(text).strip(), longest)
    return _LEADING.sub(r"\1\\", _SPECIAL.sub(r"\\\1", plain))


def fenced(lines: Sequence[str]) -> str:
    """Put harmless lines between fences that are longer than any run of backticks in them."""
    longest = max(map(len, re.findall("`+", "\n".join(lines))), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((f"{fence}text", *lines, fence))


def shortened(text: str, longest: int) -> str:
    """Return `text` in so many characters at most, `…` for the rest."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
