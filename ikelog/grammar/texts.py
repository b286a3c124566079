"""The grammars as texts: where they are, and the patterns that are read from them without Lark."""

import os
import re
from functools import cache

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
    "event_trace",
)
# The start symbols: of the text behind a tag, and of a line that continues a record.
STARTS = ("body", "part")


class GrammarsMissing(Exception):
    """The grammars are neither in the package nor beside it: the installation is broken."""


@cache
def folder() -> str:
    """Return the folder of the grammars: inside an installed package, else at the top of the checkout."""
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    for parent in (package, os.path.dirname(package)):
        if os.path.isfile(os.path.join(parent, "grammars", "tokens.lark")):
            return os.path.join(parent, "grammars")
    raise GrammarsMissing(f"no grammars in {package}: install ikelog again")


@cache
def source(family: str) -> str:
    """Return the text of a family's grammar."""
    with open(os.path.join(folder(), f"{family}.lark"), encoding="utf-8") as stream:
        return stream.read()


def sources() -> list[str]:
    """Return the texts of all grammars."""
    return [source(name.removesuffix(".lark")) for name in sorted(os.listdir(folder())) if name.endswith(".lark")]


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
