"""What the grammars understand: one device line, or one record, against the event that it gives."""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ikelog.events import parts
from ikelog.events.reader import read_events
from ikelog.events.types import Event
from ikelog.grammar import lark_parsing, parsing, texts
from ikelog.grammar.types import Parsed
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import text_source

FOLDER = Path(__file__).parent / "cases" / "lines"
GRAMMARS = (
    "asa_ikev2",
    "ios_ikev2",
    "ikev2_message",
    "ios_ipsec",
    "asa_syslog",
    "ios_syslog",
    "ios_pki",
    "event_trace",
    "ios_ikev1",
    "asa_ikev1",
)
ALTERNATIVE = re.compile(r"^(?!//)(?P<text>.*-> )(?P<kind>\w+)$", re.MULTILINE)

Case = dict[str, Any]


def cases() -> Iterator[tuple[str, Case]]:
    for path in sorted(FOLDER.glob("*.toml")):
        for number, case in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["case"], 1):
            yield f"{path.stem}-{number}-{case['kind']}", case


CASES = dict(cases())


def events_of(text: str) -> list[Event]:
    return list(read_events(text_source("case", text.encode()), Reading(ClockState())))


def plain(value: object) -> object:
    """A field's value as TOML can say it: what is None is left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {key: plain(item) for key, item in dataclasses.asdict(value).items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_line(case: Case) -> None:
    assert set(case) <= {"line", "kind", "fields", "wording"}, "a case has line, kind, fields, wording"
    assert case.get("wording", "believed") == "believed"
    events = events_of(case["line"])
    assert events, "no event"
    event = events[0]
    assert event.kind == case["kind"]
    wanted = case.get("fields", {})
    assert {name: plain(event.fields.get(name)) for name in wanted} == wanted
    if case["kind"] == "unrecognised":
        assert len(events) == 1
        assert event.text == case["line"]


def test_every_event_of_a_case_is_understood() -> None:
    """No line of a record is left over as an event that nothing names."""
    for name, case in CASES.items():
        if case["kind"] != "unrecognised":
            assert [event.text for event in events_of(case["line"]) if event.kind == "unrecognised"] == [], name


class ByLark(NamedTuple):
    """Answers as the compiled grammars do, by Lark alone."""

    family: str
    start: str

    def parse(self, text: str) -> Parsed | None:
        return lark_parsing.parse_with_lark(self.family, self.start, text)

    def __getitem__(self, text: str) -> Parsed | None:  # type: ignore[override]
        return self.parse(text)


class Numbered:
    """Compiles the grammars with a number on each alternative, and notes which of them a parse ends in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alternatives: dict[str, str] = {}
        self.reached: set[str] = set()
        self.believed, self.parsed_tree = lark_parsing._with_believed, lark_parsing.parsed_tree
        monkeypatch.setattr(lark_parsing, "_with_believed", self._number)
        monkeypatch.setattr(lark_parsing, "parsed_tree", self._note)
        for module in (parsing, parts):
            monkeypatch.setattr(module, "memo", ByLark)

    def _number(self, grammar: str) -> str:
        return self.believed(ALTERNATIVE.sub(self._numbered, grammar))

    def _numbered(self, found: "re.Match[str]") -> str:
        text = found[0].strip()
        number = self.alternatives.setdefault(text, f"n{len(self.alternatives)}")
        return f"{found['text']}{number}__{found['kind']}"

    def _note(self, tree: Any) -> Parsed:
        self.reached.add(str(tree.data).split("__")[-2])
        return self.parsed_tree(tree)


@pytest.fixture
def numbered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Numbered]:
    lark_parsing.lark_parser.cache_clear()
    parts._parts.cache_clear()
    yield Numbered(monkeypatch)
    lark_parsing.lark_parser.cache_clear()
    parts._parts.cache_clear()


def test_every_alternative_has_a_case(numbered: Numbered) -> None:
    for family in GRAMMARS:
        lark_parsing.lark_parser(family)
    for case in CASES.values():
        events_of(case["line"])
    missing = [text for text, number in numbered.alternatives.items() if number not in numbered.reached]
    assert not missing, "alternatives that no case reaches:\n" + "\n".join(missing)


def test_kinds_of_their_own() -> None:
    """A kind without a field stands for one thing said in a few spellings, never for any text."""
    texts: dict[str, set[str]] = {}
    for case in CASES.values():
        event = events_of(case["line"])[0]
        if event.kind not in ("unrecognised", "empty") and not any(event.fields.values()):
            texts.setdefault(event.kind, set()).add(re.sub(r"^.*?\): ?|^\S+?: ?", "", case["line"]).lower())
    assert {kind: sorted(said) for kind, said in texts.items() if len(said) > 8} == {}


def test_no_field_hides_what_every_event_has() -> None:
    envelope = {*Event._fields, "time", "offset_ms", "negotiation"}
    rules = {
        (path.stem, found[1])
        for path in Path(texts.folder()).glob("*.lark")
        for found in re.finditer(r"^(?:[a-z_0-9]+__)?([a-z_0-9]+): ", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert [rule for rule in rules if rule[1] in envelope - {"handle"}] == []


def test_kinds_are_many_and_well_formed() -> None:
    kinds = {
        found["kind"]
        for path in Path(texts.folder()).glob("*.lark")
        for found in ALTERNATIVE.finditer(path.read_text())
    }
    assert len(kinds) > 250
    assert [kind for kind in kinds if not re.fullmatch(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", kind)] == []


@pytest.mark.parametrize(
    ("literal", "text", "understood"),
    [
        ("Sending TS unacceptable notify", "Sending TS unacceptable notify", True),
        ("Sending TS unacceptable notify", "SENDING TS, UNACCEPTABLE: NOTIFY", True),
        ("Couldn't find matching SA", "couldnt find matching SA", True),
        ("Sending DPD/liveness query", "Sending DPD - liveness query", True),
        ("Sending TS unacceptable notify", "Sending TS acceptable notify", False),
        ("Sending TS unacceptable notify", "SendingTS unacceptable notify", False),
        ("Sending TS unacceptable notify", "Sending TS unacceptable notifyhing", False),
    ],
)
def test_a_believed_literal_regards_neither_case_nor_punctuation(literal: str, text: str, understood: bool) -> None:
    pattern = lark_parsing._with_believed(f'body: "{literal}"i -> kind')
    found = re.fullmatch(r"body: /(.*)/i -> kind", pattern)
    assert found
    assert bool(re.fullmatch(found[1].replace(r"\/", "/"), text, re.IGNORECASE)) is understood


def test_only_what_is_marked_is_believed() -> None:
    text = 'body: "one" "Insert SA"i two\n// "no"i\nTERMINAL: /"x"/i\n'
    assert lark_parsing._with_believed(text).splitlines()[1:] == text.splitlines()[1:]
    assert lark_parsing._with_believed(text).startswith('body: "one" /Insert')


@pytest.mark.parametrize(
    ("behind", "understood"),
    [
        ("no shut", True),
        ("Hub# debug crypto ikev2", True),
        ("Hub(config-if)#", True),
        (".....", True),
        ("Jul 25 10:00:00.123: ", True),
        ("2328304: Jul 25 10:00:00.123: ", True),
        ("s", False),
        ("ification", False),
        (" again", False),
        (", again", False),
    ],
)
def test_what_may_be_glued_to_a_complete_body(behind: str, understood: bool) -> None:
    event = events_of(f"IKEv2:(SESSION ID = 7,SA ID = 1):Process auth response notify{behind}\n")[0]
    assert (event.kind == "auth_response_processed") is understood


@pytest.mark.parametrize("family", GRAMMARS)
def test_nothing_is_remembered_wrongly(family: str) -> None:
    """The memo gives what the parser gives, also once it was cleared."""
    start = "part" if family == "ikev2_message" else "body"
    first = parsing.parse(family, start, "no such thing")
    parsing.memo(family, start).clear()
    assert parsing.parse(family, start, "no such thing") is first is None
