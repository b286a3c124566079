"""Write compiled grammars as what can be stored: tuples, dicts and texts, and patterns in their compiled form."""

import marshal
import re
from typing import Any

from ikelog.grammar.beginnings import openings
from ikelog.grammar.compilation import Compilation, Node, Way
from ikelog.grammar.compiler import compile_grammar
from ikelog.grammar.frozen import freeze
from ikelog.grammar.tables import ENVELOPE, KEYS, TAG_OPENINGS, TAGS
from ikelog.grammar.texts import FAMILIES, source, starts, terminal

# So many characters of a tag tell that one may begin.
_OPENING = 3
# So many characters that differ from text to text are worth being looked at apart from the rest.
_WORTH_A_CUT = 16


def storable_tables() -> dict[str, Any]:
    """Compile all grammars into what can be stored."""
    tables = {
        f"{family}/{start}": _plain(compile_grammar(family, start))
        for family in (*FAMILIES, "ikev2_message")
        for start in starts(family)
    }
    names = re.findall(r"^([A-Z_]+): /", source("envelope"), re.MULTILINE)
    return {
        **tables,
        ENVELOPE: {"CLOCK_BEFORE": freeze(_clock_before())}
        | {name: freeze(terminal("envelope", name)) for name in names},
        TAGS: freeze(_tags()),
        TAG_OPENINGS: {"pattern": freeze(_tag_openings()), "letters": "".join(sorted(_openings()))},
    }


def _clock_before() -> str:
    """A clock, with a sequence number, at the end of a text: it is of the message that begins behind it."""
    return rf"(?:(?<!\d)\d{{1,12}}: )?(?:{terminal('envelope', 'CLOCK')})$"


def _tags() -> str:
    parts = []
    for family in FAMILIES:
        inner = re.sub(r"\(\?P<(\w+)>", rf"(?P<{family}__\1>", terminal(family, "PREFIX"))
        parts.append(f"(?P<{family}>{inner})")
    return "|".join(parts)


def _tag_openings() -> str:
    """The first characters of every tag: a search for them is much faster than one for the tags themselves."""
    return "|".join(_opening(first, rests) for first, rests in sorted(_openings().items()))


def _openings() -> dict[str, set[str]]:
    """Return the letters that tags begin with, each with what follows it."""
    behind: dict[str, set[str]] = {}
    for family in FAMILIES:
        for opening in openings(terminal(family, "PREFIX"), _OPENING):
            behind.setdefault(opening[:1], set()).add(opening[1:])
    return behind


def _opening(first: str, rests: set[str]) -> str:
    return re.escape(first) + ("" if "" in rests else f"(?={'|'.join(map(re.escape, sorted(rests)))})")


def _plain(compilation: Compilation) -> Any:
    """Write a compilation as tuples and texts, its patterns in their compiled form; the ways packed by their keys."""
    by_key: tuple[dict[str, list[Any]], ...] = tuple({} for _ in KEYS)
    for way in compilation.ways:
        place = next(i for i, length in enumerate(KEYS) if len(way.literal) >= length)
        by_key[place].setdefault(way.literal[: KEYS[place]], []).append(_plain_way(way))
    return (
        {way.literal: way.kind for way in compilation.ways if way.pattern is None},
        tuple({key: marshal.dumps(ways) for key, ways in found.items()} for found in by_key),
        tuple(_plain_cut(way) for way in compilation.ways if _is_worth_a_cut(way)),
        tuple(_plain_node(node) for node in compilation.nodes),
        tuple(freeze(opening) for opening in compilation.openings),
    )


def _plain_way(way: Way) -> Any:
    frozen = freeze(way.pattern) if way.pattern is not None else None
    return way.kind, way.literal, tuple(tuple(field) for field in way.fields), frozen


def _plain_cut(way: Way) -> Any:
    return way.literal, tuple(tuple(field) for field in way.fields[: len(way.cuts)]), way.cuts


def _is_worth_a_cut(way: Way) -> bool:
    return sum(end - begin for begin, end in way.cuts) >= _WORTH_A_CUT


def _plain_node(node: Node) -> Any:
    branches = tuple(
        (freeze(branch.pattern), tuple(branch.field) if branch.field else None, branch.node) for branch in node.branches
    )
    return node.kind, branches
