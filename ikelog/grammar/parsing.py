"""Parse one body by the grammar of its family."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ikelog.grammar.cache import cached_parser

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

MEMO_LIMIT = 8192
STARTS = ("body", "part")

# A literal with an `i` behind it is believed, not seen: between its words any punctuation will do.
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"(i\b)?')
_WORD_OR_NOT = re.compile(r"[\w=%<>\[\]]+|[^\w=%<>\[\]]+")
_BETWEEN_WORDS, _INSIDE_A_WORD = r"[ .,:;!?#&()'\"\/-]+", r"[ .,:;!?#&()'\"\/-]{0,3}"
# What may stand glued to the last word of a complete body: a typed command, a prompt, the next line's header.
_NEXT = re.compile(
    r"(?:no|sho?w?|exit|end|int|interface|conf|clear|debug|undebug|deb|un|u|ping|do|write|wr|copy|term|crypto|logout)\b"
    r"|[A-Za-z][\w.-]*(?:/[\w./-]+)?(?:\([\w-]+\))?[#>]"
    r"|(?:\d+: )?[*.]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d"
)

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


class GrammarsMissing(Exception):
    """The grammars are neither in the package nor beside it: the installation is broken."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """A body understood: the alternative's name and its fields as (field, terminal, text), in order.

    `rest` is console text that stood glued behind a complete body.
    """

    kind: str
    fields: tuple[tuple[str, str, str], ...] = ()
    rest: str = ""


_memo: dict[tuple[str, str, str], Parsed | None] = {}


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
def terminal(family: str, name: str) -> str:
    """Return the pattern of a terminal that a grammar writes on one line as `NAME: /pattern/`.

    Read from the text, so that logs without IKE lines never load the parser generator. Raises KeyError.
    """
    found = re.search(rf"^{name}(?:\.-?\d+)?: /(.*)/[i]*$", source(family), re.MULTILINE)
    if not found:
        raise KeyError(f"{family}.lark has no terminal {name}")
    return found[1].replace(r"\/", "/")


@cache
def parser(family: str) -> "Lark":
    """Return the compiled grammar of a family, from the cache on disk where it is still true."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder().glob("*.lark"))]
    return cached_parser(family, texts, lambda: compiled(family))


def compiled(family: str) -> "Lark":
    """Compile the grammar of a family anew."""
    from lark import Lark

    starts = [start for start in STARTS if re.search(rf"^\??{start}:", source(family), re.MULTILINE)]
    return Lark(
        _with_believed(source(family)),
        source_path=str(folder() / f"{family}.lark"),
        import_paths=[_imported],
        parser="lalr",
        lexer="contextual",
        start=starts,
        maybe_placeholders=False,
    )


def _imported(base: str, path: str) -> tuple[str, str]:
    """Read a grammar that another one imports; raises OSError where there is none beside it."""
    place = Path(base or folder()) / path
    return str(place), _with_believed(place.read_text(encoding="utf-8"))


def _with_believed(grammar: str) -> str:
    """Write the believed literals of a grammar as patterns that regard neither case nor punctuation."""
    return "\n".join(
        _LITERAL.sub(lambda found: f"/{_loosened(found[1])}/i" if found[2] else found[0], line)
        if '"i' in line and not line.startswith("//")
        else line
        for line in grammar.split("\n")
    )


def _loosened(literal: str) -> str:
    parts = []
    for part in _WORD_OR_NOT.findall(literal):
        if part[0].isalnum() or part[0] in "_=%<>[]":
            parts.append(re.escape(part))
        else:
            parts.append(_BETWEEN_WORDS if " " in part else _INSIDE_A_WORD)
    return "".join(parts)


def parse(family: str, start: str, text: str) -> Parsed | None:
    """Parse a body; None where no alternative of the grammar takes it whole.

    `text` has single blanks only. Results are remembered, understood or not, in a table that is cleared when full.
    """
    key = (family, start, text)
    if key in _memo:
        return _memo[key]
    if len(_memo) >= MEMO_LIMIT:
        _memo.clear()
    result = _memo[key] = _parse(family, start, text)
    return result


def _parse(family: str, start: str, text: str) -> Parsed | None:
    from lark.exceptions import UnexpectedEOF, UnexpectedInput

    try:
        return _parsed(parser(family).parse(text, start=start))
    except UnexpectedEOF:
        return None
    except UnexpectedInput as error:
        return _glued(error, text)


def _glued(error: "Exception", text: str) -> Parsed | None:
    """Accept a complete body that console text follows without a blank: `ISAKMP is OFFno shut`."""
    interactive = getattr(error, "interactive_parser", None)
    position = getattr(error, "pos_in_stream", None)
    if interactive is None or not position or text[position].isspace() or text[position - 1].isspace():
        return None
    if text[position] in "(:;,=-_/'\"" or "$END" not in interactive.accepts():
        return None
    if text[position - 1].isalnum() and text[position].isalnum() and not _NEXT.match(text, position):
        return None  # the same word goes on: it is another text
    parsed = _parsed(interactive.feed_eof())
    return Parsed(parsed.kind, parsed.fields, text[position:])


def _parsed(tree: "Tree[Token]") -> Parsed:
    from lark import Tree

    fields = []
    for child in tree.children:
        if isinstance(child, Tree):
            (token,) = child.scan_values(lambda _: True)
            fields.append((_own_name(child.data), _own_name(token.type), str(token)))
    return Parsed(_own_name(tree.data), tuple(fields))


def _own_name(name: str) -> str:
    """Return a field's or terminal's name without what stands before `__`.

    There stands the grammar that it was imported from, or what tells two rules of one field apart.
    """
    return str(name).rpartition("__")[2]
