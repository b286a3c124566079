"""The compiled grammars against Lark itself: the same answer for every body, whatever became of it."""

import random
import re
import time
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ikelog.events.reader import read_events
from ikelog.grammar import parsing
from ikelog.grammar.beginnings import beginnings, may_meet
from ikelog.grammar.lark_parsing import lark_parser, parse_with_lark
from ikelog.grammar.tables import table
from ikelog.grammar.texts import FAMILIES, starts
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source

TESTS = Path(__file__).parent
STARTS = [(family, start) for family in (*FAMILIES, "ikev2_message") for start in starts(family)]
MUTATED = 100_000
WORKERS = 8
_GLUE = [
    "no shut",
    "R1#",
    "exit",
    "R1(config)#sh ver",
    "*Mar  1 00:00:01.000: ",
    "x",
    "7",
    ".",
    " ",
    "  ",
    "IKEv2:",
    "´",
]


def texts() -> Iterator[str]:
    for path in sorted((TESTS.parent / "samples").glob("*.log")):
        yield path.read_text(encoding="utf-8")
    for path in sorted((TESTS / "cases" / "lines").glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            yield "\n".join(value for value in case.values() if isinstance(value, str))
    for path in sorted((TESTS / "cases" / "rules").glob("*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8")).get("case", []):
            yield "\n".join(value for value in case.values() if isinstance(value, str))


@cache
def bodies() -> dict[tuple[str, str], list[str]]:
    """All bodies that the samples and cases hold, understood or not, by the start symbol that was asked for."""
    limit, parsing.MEMO_LIMIT = parsing.MEMO_LIMIT, 10**9
    try:
        for text in texts():
            for _ in read_events(text_source("case", text.encode()), Reading(ClockState())):
                pass
        return {key: sorted(parsing.memo(*key)) for key in STARTS}
    finally:
        parsing.MEMO_LIMIT = limit


def mutations(worker: int) -> Iterator[tuple[tuple[str, str], str]]:
    """Damage bodies in the ways in which logs get damaged, and in ways in which they do not."""
    chance = random.Random(20_260_000 + worker)
    known = [(key, text) for key, found in bodies().items() for text in found if table(*key).match(text)]
    for _ in range(MUTATED // WORKERS):
        key, text = chance.choice(known)
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            text = _mutated(text, chance, known)
        yield (key if chance.random() < 0.9 else chance.choice(STARTS)), " ".join(text.split())


def _mutated(text: str, chance: random.Random, known: list[tuple[tuple[str, str], str]]) -> str:
    place = chance.randrange(len(text) + 1)
    end = min(len(text), place + chance.choice((1, 1, 2, 5, 20)))
    other = chance.choice(known)[1]
    match chance.randrange(11):
        case 0:
            return text[:place] + text[end:]
        case 1:
            return text[:place] + chance.choice(" .,:;()[]'\"-/=#0aZ%") + text[place:]
        case 2:
            return text[:place] + text[place:end].swapcase() + text[end:]
        case 3:
            return text[:place] + text[place:end] * 2 + text[end:]
        case 4:
            return text[:place] + other[chance.randrange(len(other) + 1) :]
        case 5:
            return text + chance.choice(_GLUE)
        case 6:
            return text[:place]
        case 7:
            return text.replace(chance.choice(text.split() or ["x"]), chance.choice(other.split() or ["x"]), 1)
        case 8:
            return text[:place] + chance.choice("0123456789abcdefABCDEF") + text[end:]
        case _:
            return re.sub(r"\d", lambda _: chance.choice("0123456789"), text)


def assert_same(key: tuple[str, str], text: str) -> None:
    by_lark = parse_with_lark(*key, text)
    by_pattern = table(*key).match(text)
    assert by_pattern is None or by_pattern == by_lark
    assert parsing.Memo(*key)[text] == by_lark


@pytest.mark.parametrize("key", STARTS, ids="-".join)
def test_every_sample_and_line_case(key: tuple[str, str]) -> None:
    for text in bodies()[key]:
        assert_same(key, text)


@pytest.mark.parametrize("worker", range(WORKERS))
def test_mutated_bodies(worker: int) -> None:
    understood = 0
    for key, text in mutations(worker):
        assert_same(key, text)
        understood += table(*key).match(text) is not None
    assert understood > MUTATED // WORKERS // 10  # the rest shows nothing of the patterns


@pytest.mark.parametrize("key", STARTS, ids="-".join)
def test_what_patterns_take_never_waits_for_lark(key: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> None:
        raise AssertionError("Lark was asked")

    known = [text for text in bodies()[key] if (found := table(*key).match(text)) is not None and not found.rest]
    monkeypatch.setattr(parsing, "parse_with_lark", unwanted)
    memo = parsing.Memo(*key)
    assert all(memo[text] is not None for text in known)


FILLERS = [" ", "0", "a", "A", ",", ".", ":", "-", "(", "_", "/", "0 ", "a ", "A_", "a.", "AES ", "0x0 ", "SA, ", "a: "]
LONG = 20_000


@pytest.mark.parametrize("grammar", sorted({grammar for grammar, _ in STARTS}))
def test_the_worst_line_for_every_terminal(grammar: str) -> None:
    """No terminal goes back and forth over a line without end: where one did, this would take minutes."""
    for terminal in lark_parser(grammar).terminals:
        pattern = re.compile(terminal.pattern.to_regexp())
        for beginning in sorted(beginnings(pattern.pattern))[:20]:
            for filler in FILLERS:
                text = beginning + filler * (LONG // len(filler)) + "\x7f"
                started = time.process_time()
                for place in (0, len(beginning)):
                    pattern.match(text, place)
                assert time.process_time() - started < 1, (terminal.name, beginning, filler)


@pytest.mark.parametrize("key", STARTS, ids="-".join)
def test_the_worst_line_for_every_table(key: tuple[str, str]) -> None:
    for body in bodies()[key][:: max(1, len(bodies()[key]) // 40)]:
        for filler in FILLERS:
            text = body[: len(body) // 2] + filler * (LONG // len(filler))
            started = time.process_time()
            table(*key).match(text)
            table(*key).leaves_to_lark(text)
            assert time.process_time() - started < 1, (body, filler)


def test_unknown_bodies_ask_lark_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(parsing, "parse_with_lark", lambda family, start, text: asked.append(text))
    monkeypatch.setattr(parsing, "LARK_LIMIT", 50)
    memo = parsing.Memo("ios_ikev2", "body")
    for number in range(200):
        assert memo[f"Insert SA{number}#no"] is None
    assert len(asked) <= 50


def test_the_memo_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "MEMO_LIMIT", 16)
    memo = parsing.Memo("ios_ikev2", "body")
    for number in range(100):
        assert memo[f"no such line {number}"] is None
        assert len(memo) <= 16


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        (r"Insert SA", r"Insert", True),
        (r"Insert SA", r"Insert TA", False),
        (r"[A-Z]{3}x", r"ABCx", True),
        (r"\d+", r"Proposal \d", True),  # what begins with a class may be anything
        (r"(?i:insert sa)", r"INSERT", True),
        (r"a|b", r"c|d", False),
        (r"a?b", r"b", True),
        (r"Sending[ .,-]+invalid", r"Sending initial", False),
        (r"Sending[ .,-]+invalid", r"Sending - invalid", True),
        (r"(?!x)y", r"y", True),
    ],
)
def test_beginnings_tell_patterns_apart(first: str, second: str, meet: bool) -> None:
    assert may_meet(beginnings(first), beginnings(second)) is meet
