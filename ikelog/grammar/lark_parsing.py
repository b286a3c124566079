"""Parse with Lark itself: what the compiled patterns stand for, and the way for what they leave."""

import os
import re
from functools import cache
from typing import TYPE_CHECKING

from ikelog.grammar.texts import folder, source, starts
from ikelog.grammar.types import Field, Parsed

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

# A literal with an `i` behind it is believed, not seen: between its words any punctuation will do.
_LITERAL = r'"((?:[^"\\]|\\.)*)"(i\b)?'
_WORD_OR_NOT = r"[\w=%<>\[\]]+|[^\w=%<>\[\]]+"
_BETWEEN_WORDS, _INSIDE_A_WORD = r"[ .,:;!?#&()'\"\/-]+", r"[ .,:;!?#&()'\"\/-]{0,3}"
# What may stand glued to the last word of a complete body: a typed command, a prompt, the next line's header.
_NEXT = (
    r"(?:no|sho?w?|exit|end|int|interface|conf|clear|debug|undebug|deb|un|u|ping|do|write|wr|copy|term|crypto|logout)\b"
    r"|[A-Za-z][\w.-]*(?:/[\w./-]+)?(?:\([\w-]+\))?[#>]"
    r"|(?:\d+: )?[*.]?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d"
)


@cache
def lark_parser(family: str) -> "Lark":
    """Compile the grammar of a family with Lark."""
    from lark import Lark

    return Lark(
        _with_believed(source(family)),
        source_path=os.path.join(folder(), f"{family}.lark"),
        import_paths=[_imported],
        parser="lalr",
        lexer="contextual",
        start=list(starts(family)),
        maybe_placeholders=False,
    )


def parse_with_lark(family: str, start: str, text: str) -> Parsed | None:
    """Parse a body; None where no alternative of the grammar takes it whole. `text` has single blanks only."""
    from lark.exceptions import UnexpectedEOF, UnexpectedInput

    try:
        return parsed_tree(lark_parser(family).parse(text, start=start))
    except UnexpectedEOF:
        return None
    except UnexpectedInput as error:
        return _glued(error, text)


def may_be_glued(text: str, position: int) -> bool:
    """Tell whether what stands at `position`, behind a complete body, may be console text that was glued to it."""
    if not 0 < position < len(text) or text[position].isspace() or text[position - 1].isspace():
        return False
    if text[position] in "(:;,=-_/'\"":
        return False
    one_word = text[position - 1].isalnum() and text[position].isalnum()
    if not one_word:
        return True
    return re.compile(_NEXT).match(text, position) is not None  # else it is the same word, and another text


def parsed_tree(tree: "Tree[Token]") -> Parsed:
    """Return what a tree of one of the start symbols says."""
    from lark import Tree

    fields, texts = [], []
    for child in tree.children:
        if isinstance(child, Tree):
            (token,) = child.scan_values(lambda _: True)
            fields.append(Field(_own_name(child.data), _own_name(token.type)))
            texts.append(str(token))
    return Parsed(_own_name(tree.data), tuple(fields), tuple(texts))


def _imported(base: str, path: str) -> tuple[str, str]:
    """Read a grammar that another one imports; raises OSError where there is none beside it."""
    place = os.path.join(base or folder(), path)
    with open(place, encoding="utf-8") as stream:
        return place, _with_believed(stream.read())


def _with_believed(grammar: str) -> str:
    """Write the believed literals of a grammar as patterns that regard neither case nor punctuation."""
    return "\n".join(
        re.sub(_LITERAL, lambda found: f"/{_loosened(found[1])}/i" if found[2] else found[0], line)
        if '"i' in line and not line.startswith("//")
        else line
        for line in grammar.split("\n")
    )


def _loosened(literal: str) -> str:
    parts = []
    for part in re.findall(_WORD_OR_NOT, literal):
        if part[0].isalnum() or part[0] in "_=%<>[]":
            parts.append(re.escape(part))
        else:
            parts.append(_BETWEEN_WORDS if " " in part else _INSIDE_A_WORD)
    return "".join(parts)


def _glued(error: "Exception", text: str) -> Parsed | None:
    """Accept a complete body that console text follows without a blank: `ISAKMP is OFFno shut`."""
    interactive = getattr(error, "interactive_parser", None)
    position = getattr(error, "pos_in_stream", None)
    if interactive is None or not position or not may_be_glued(text, position) or "$END" not in interactive.accepts():
        return None
    return parsed_tree(interactive.feed_eof())._replace(rest=text[position:])


def _own_name(name: str) -> str:
    """Return a field's or terminal's name without what stands before `__`.

    There stands the grammar that it was imported from, or what tells two rules of one field apart.
    """
    return str(name).rpartition("__")[2]
