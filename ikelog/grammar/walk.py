"""Walk along the states of a Lark parser (LALR with a contextual lexer, lark 1.2 and 1.3)."""

import re
from collections import deque
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from ikelog.grammar.lark_parsing import parsed_tree

if TYPE_CHECKING:
    from lark import Lark

# The parser's stack of states: all that what may follow depends on.
States = tuple[int, ...]
_END = "$END"


class Terminal(NamedTuple):
    """A terminal of a grammar; `text` is empty where it is more than a literal."""

    name: str
    pattern: str
    text: str = ""

    @property
    def is_text(self) -> bool:
        """Tell whether it is a literal."""
        return bool(self.text)


class Step(NamedTuple):
    """One terminal of a way, and those that the lexer tries before it in the same state, first to last."""

    terminal: Terminal
    earlier: tuple[Terminal, ...]


class Edge(NamedTuple):
    """A step, with the states before and behind it."""

    before: States
    step: Step
    after: States


class Parser:
    """The states of one grammar's parser, from one start symbol on."""

    def __init__(self, lark: "Lark", start: str) -> None:
        front: Any = lark.parser
        self._lexers = front.lexer.lexers
        self._machine = front.parser.parser
        self._table = self._machine.parse_table
        self._start = start
        self.first: States = (self._table.start_states[start],)

    def ways(self) -> Iterator[tuple[Step, ...]]:
        """Yield every way from the start to an end that passes no list."""
        stack: list[tuple[States, tuple[Step, ...]]] = [(self.first, ())]
        while stack:
            states, way = stack.pop()
            if self._fed(states, _END) is not None:
                yield way
            for edge in reversed(self._graph[states]):
                if edge.after not in self._around_lists:
                    stack.append((edge.after, (*way, edge.step)))

    def told_by_text(self) -> Iterator[tuple[Step, ...]]:
        """Yield the beginnings of ways that go on with a literal which a terminal of the same rank matches too."""
        for states in self._graph:
            lexer = self._lexers[states[-1]]
            for terminal in lexer.terminals:
                if self._is_told_by_text(lexer, terminal) and self._fed(states, terminal.name):
                    yield (*self._way_to(states), Step(_terminal(terminal), ()))

    def listing(self) -> dict[States, list[Edge]]:
        """Return the states of the ways that pass a list, the start first, each with its edges to others of them."""
        kept = {self.first: None} | dict.fromkeys(s for s in self._graph if s in self._around_lists)
        return {states: [e for e in self._graph[states] if e.after in self._around_lists] for states in kept}

    def kind_at(self, states: States) -> str | None:
        """Return the kind of a text that ends in a state behind a list; None where none can."""
        if states == self.first or self._fed(states, _END) is None:
            return None
        return self.meaning(self._way_to(states))[0]

    def field_of(self, edge: Edge) -> tuple[str, str] | None:
        """Return the field, and its terminal, that a step of a way through a list is; None where it is none."""
        way = (*self._way_to(edge.before), edge.step)
        rest = self._way_to_end(edge.after)
        return self.meaning((*way, *rest))[1].get(len(way) - 1)

    def meaning(self, way: tuple[Step, ...]) -> tuple[str, dict[int, tuple[str, str]]]:
        """Return the kind that Lark makes of a way, and which of its terminals are fields: name and terminal."""
        from lark import Token
        from lark.parsers.lalr_parser_state import ParseConf, ParserState

        conf: Any = ParseConf(self._table, self._machine.callbacks, self._start)
        state: Any = ParserState(conf, None)  # type: ignore[arg-type]
        for place, step in enumerate(way):
            state.feed_token(Token(step.terminal.name, str(place)))
        parsed = parsed_tree(state.feed_token(Token(_END, ""), True))
        return parsed.kind, {int(text): (name, terminal) for name, terminal, text in parsed.told()}

    @cached_property
    def _graph(self) -> dict[States, list[Edge]]:
        """All states that can be reached, each with the edges that leave it in the order of the lexer."""
        graph: dict[States, list[Edge]] = {}
        queue = deque([self.first])
        while queue:
            states = queue.popleft()
            if states not in graph:
                graph[states] = list(self._edges(states))
                queue.extend(edge.after for edge in graph[states])
        return graph

    def _edges(self, states: States) -> Iterator[Edge]:
        lexer = self._lexers[states[-1]]
        terminals = [_terminal(t) for t in lexer.scanner.terminals]
        for place, terminal in enumerate(lexer.scanner.terminals):
            after = self._fed(states, terminal.name)
            if after and not self._is_told_by_text(lexer, terminal):
                yield Edge(states, Step(terminals[place], tuple(terminals[:place])), after)

    @staticmethod
    def _is_told_by_text(lexer: Any, terminal: Any) -> bool:
        """Tell whether a lexer finds a terminal, or another one, by looking at the text that one has matched."""
        hidden = terminal.name not in {t.name for t in lexer.scanner.terminals}
        return hidden or terminal.name in lexer.callback

    @cached_property
    def _around_lists(self) -> set[States]:
        """The states from which a list can be reached, and all behind them; never the start."""
        forward = {states: {edge.after for edge in edges} for states, edges in self._graph.items()}
        backward: dict[States, set[States]] = {states: set() for states in forward}
        for states, afters in forward.items():
            for after in afters:
                backward[after].add(states)
        reached = {states: _closure(forward, forward[states]) for states in forward}
        lists = {states for states in forward if states in reached[states]}
        return _closure(forward, _closure(backward, lists) - {self.first})

    def _way_to(self, states: States) -> tuple[Step, ...]:
        """Return a shortest way to some states."""
        return self._shortest[states]

    @cached_property
    def _shortest(self) -> dict[States, tuple[Step, ...]]:
        ways: dict[States, tuple[Step, ...]] = {self.first: ()}
        queue = deque([self.first])
        while queue:
            states = queue.popleft()
            for edge in self._graph[states]:
                if edge.after not in ways:
                    ways[edge.after] = (*ways[states], edge.step)
                    queue.append(edge.after)
        return ways

    def _way_to_end(self, states: States) -> tuple[Step, ...]:
        """Return a shortest way from some states to an end."""
        queue: deque[tuple[States, tuple[Step, ...]]] = deque([(states, ())])
        while True:
            now, way = queue.popleft()
            if self._fed(now, _END) is not None:
                return way
            queue.extend((edge.after, (*way, edge.step)) for edge in self._graph[now])

    def _fed(self, states: States, name: str) -> States | None:
        """Return the states behind a terminal; None where the parser does not take it, () behind an accepted end."""
        while True:
            found = self._table.states[states[-1]].get(name)
            if found is None:
                return None
            _, argument = found
            if isinstance(argument, int):
                return (*states, argument)
            states = states[: len(states) - len(argument.expansion)]
            states = (*states, self._table.states[states[-1]][argument.origin.name][1])
            if name == _END and states[-1] == self._table.end_states[self._start]:
                return ()


def _terminal(definition: Any) -> Terminal:
    pattern = definition.pattern
    if pattern.type == "str" and not pattern.flags:
        return Terminal(definition.name, re.escape(pattern.value), pattern.value)
    return Terminal(definition.name, pattern.to_regexp())


def _closure(graph: dict[States, set[States]], begin: set[States]) -> set[States]:
    """Return all that can be reached from some states, themselves included."""
    found, queue = set(begin), list(begin)
    while queue:
        for states in graph[queue.pop()]:
            if states not in found:
                found.add(states)
                queue.append(states)
    return found
