"""The grammars as texts: where they are, and the patterns that are read from them without Lark."""

import re
from functools import cache
from pathlib import Path

# The families of tagged lines, most particular first: an earlier one wins where two tags begin at one place.
FAMILIES = (
    "asa_ikev2",
    "ios_ikev2",
    "ios_ipsec",
    "asa_syslog",
    "ios_syslog",
    "ios_pki",
    "ios_ikev1",
    "asa_ikev1",
)
# The start symbols: of the text behind a tag, and of a line that continues a record.
STARTS = ("body", "part")


class GrammarsMissing(Exception):
    """The grammars are neither in the package nor beside it: the installation is broken."""


@cache
def folder() -> Path:
    """Return the folder of the grammars: inside an installed package, else at the top of the checkout."""
    package = Path(__file__).resolve().parent.parent
    for candidate in (package / "grammars", package.parent / "grammars"):
        if (candidate / "tokens.lark").is_file():
            return candidate
    raise GrammarsMissing(f"no grammars in {package / 'grammars'}: install ikelog again")


@cache
def source(family: str) -> str:
    """Return the text of a family's grammar."""
    return (folder() / f"{family}.lark").read_text(encoding="utf-8")


@cache
def sources() -> dict[str, str]:
    """Return the texts of all grammars, by their names."""
    return {path.stem: source(path.stem) for path in sorted(folder().glob("*.lark"))}


def starts(family: str) -> tuple[str, ...]:
    """Return the start symbols that a grammar has."""
    return tuple(start for start in STARTS if re.search(rf"^\??{start}:", source(family), re.MULTILINE))


@cache
def terminal(family: str, name: str) -> str:
    """Return the pattern of a terminal that a grammar writes on one line as `NAME: /pattern/`.

    Read from the text, so that logs without IKE lines never load the parser generator. Raises KeyError.
    """
    found = re.search(rf"^{name}(?:\.-?\d+)?: /(.*)/[i]*$", source(family), re.MULTILINE)
    if not found:
        raise KeyError(f"{family}.lark has no terminal {name}")
    return found[1].replace(r"\/", "/")
