"""Generate patterns for the alternatives of a grammar, from the tables of its own Lark parser.

The parser is walked from state to state: in each of them its lexer tries certain terminals in a certain order. A way
from the start to the end is a sequence of terminals, and its pattern is theirs joined: each in an atomic group, as the
lexer never goes back, and behind a look-ahead for every earlier terminal that it would have taken instead. So what a
pattern matches, Lark parses, and to the same fields. Ways through a list come back to a state: these states are kept
as a graph, with a pattern for each terminal. What needs more than that stays with Lark.
"""

import re
from collections.abc import Collection

from ikelog.grammar.beginnings import beginnings, may_meet
from ikelog.grammar.compilation import Branch, Compilation, Node, Way
from ikelog.grammar.lark_parsing import lark_parser
from ikelog.grammar.types import Field
from ikelog.grammar.walk import Edge, Parser, States, Step, Terminal

_BY_TEXT = "a literal can be told from a terminal by its text only"
_OWN_GROUP = "a terminal has a group of its own"


def compile_grammar(family: str, start: str) -> Compilation:
    """Compile all that can be derived from one start symbol of a family's grammar."""
    parser = Parser(lark_parser(family), start)
    ways: list[Way] = []
    left: list[tuple[Step, ...]] = list(parser.told_by_text())
    reasons = [_BY_TEXT] * len(left)
    for way in parser.ways():
        if _is_never_taken(way):
            continue
        compiled = _way(parser, way)
        if compiled is None:
            left.append(way)
            reasons.append(_OWN_GROUP)
        else:
            ways.append(compiled)
    named = tuple(zip(reasons, (" ".join(step.terminal.name for step in way) for way in left), strict=True))
    openings = tuple(sorted({_pattern_of(way[0]) for way in left}))
    return Compilation(tuple(ways), _nodes(parser), named, openings)


def _way(parser: Parser, way: tuple[Step, ...]) -> Way | None:
    """Compile one way; None where its pattern cannot be numbered."""
    kind, places = parser.meaning(way)
    if all(step.terminal.is_text for step in way):
        return Way(kind, _literal(way), (), None)
    pattern = "".join(_ahead(step) + _group(step, place in places) for place, step in enumerate(way))
    fields = tuple(Field(*places[place]) for place in sorted(places))
    if re.compile(pattern).groups != len(fields):
        return None
    return Way(kind, _literal(way), fields, pattern, _cuts(way, places))


def _literal(way: tuple[Step, ...]) -> str:
    """Return the text that a way begins with."""
    text = ""
    for step in way:
        if not step.terminal.is_text:
            break
        text += step.terminal.text
    return text


def _cuts(way: tuple[Step, ...], places: Collection[int]) -> tuple[tuple[int, int], ...]:
    """Return where the first fields of a way stand, as far as that and what they may be is the same in every text."""
    cuts, position = [], 0
    for place, step in enumerate(way):
        if step.terminal.is_text:
            position += len(step.terminal.text)
            continue
        least, most = re._parser.parse(step.terminal.pattern).getwidth()
        if place not in places or least != most or _ahead(step):
            break
        cuts.append((position, position + least))
        position += least
    return tuple(cuts)


def _group(step: Step, is_field: bool) -> str:
    """Return the pattern of a terminal, which is matched in one way only."""
    if is_field:
        return f"((?>{step.terminal.pattern}))"
    return step.terminal.pattern if step.terminal.is_text else f"(?>{step.terminal.pattern})"


def _ahead(step: Step) -> str:
    """Return the look-aheads that keep a terminal from matching where the lexer takes an earlier one."""
    return "".join(f"(?!{rival.pattern})" for rival in step.earlier if _are_rivals(rival, step.terminal))


def _are_rivals(earlier: Terminal, terminal: Terminal) -> bool:
    if earlier.is_text and terminal.is_text:
        return earlier.text.startswith(terminal.text)
    return may_meet(beginnings(earlier.pattern), beginnings(terminal.pattern))


def _pattern_of(step: Step) -> str:
    return _ahead(step) + f"(?>{step.terminal.pattern})"


def _is_never_taken(way: tuple[Step, ...]) -> bool:
    """Tell whether the lexer leaves the text that a way begins with for another terminal."""
    text, position = _literal(way), 0
    for place, step in enumerate(way):
        if not step.terminal.is_text:
            return False
        whole = all(later.terminal.is_text for later in way[place:])
        for rival in step.earlier:
            if rival.is_text and step.terminal.text.startswith(rival.text):
                return True
            if whole and re.compile(rival.pattern).match(text, position):
                return True
        position += len(step.terminal.text)
    return False


def _nodes(parser: Parser) -> tuple[Node, ...]:
    """Return the graph of the states from which, or behind which, a list comes; the first node is the start."""
    graph = parser.listing()
    numbers = {states: number for number, states in enumerate(graph)}
    return tuple(
        Node(parser.kind_at(states), tuple(_branch(parser, edge, numbers) for edge in edges))
        for states, edges in graph.items()
    )


def _branch(parser: Parser, edge: Edge, numbers: dict[States, int]) -> Branch:
    field = parser.field_of(edge)
    return Branch(_pattern_of(edge.step), Field(*field) if field else None, numbers[edge.after])
