"""Records that look like others are read at once, and those in a row that change nothing are kept as runs.

Both say what the lines say when they are read one by one.
"""

import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.logs import write_log
from ikelog.correlation.quiet import shown_but
from ikelog.events import mending
from ikelog.events.reader import read_events, read_runs
from ikelog.events.runs import Run
from ikelog.events.shapes import Shapes
from ikelog.events.types import Event
from ikelog.pipeline import analyze
from ikelog.reading import rows
from ikelog.reading.clock import ClockState
from ikelog.reading.lines import Reading
from ikelog.reading.sources import SourceText, text_source
from ikelog.reporting import json_report

SIZE = 700_000
PLATFORMS = ("ios", "asa")


@pytest.fixture(scope="module", params=PLATFORMS)
def dense(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("dense") / "log"
    write_log(path, request.param, SIZE, 7)
    return path.read_text()


def events_of(source: SourceText) -> list[Event]:
    return list(read_events(source, Reading(ClockState())))


@pytest.fixture(autouse=True)
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be left unmended because other texts were tried before it."""
    monkeypatch.setattr(mending, "MOST_TEXTS", 1 << 40)
    monkeypatch.setattr(mending, "MOST_FORMS", 1 << 40)


def line_by_line(monkeypatch: pytest.MonkeyPatch, make: Callable[[], object]) -> object:
    with monkeypatch.context() as patch:
        patch.setattr(rows, "_WORTH_A_STYLE", 1 << 40)
        return make()


def report(source: SourceText) -> str:
    out = io.StringIO()
    json_report.render(analyze([source]), out)
    return out.getvalue()


def test_records_say_what_their_lines_say(dense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = text_source("x", dense.encode())
    assert events_of(source) == line_by_line(monkeypatch, lambda: events_of(source)) != []


def test_the_report_is_the_same_line_by_line(dense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = text_source("x", dense.encode())
    assert report(source) == line_by_line(monkeypatch, lambda: report(source))


def test_runs_are_the_events_that_they_stand_for(dense: str) -> None:
    source = text_source("x", dense.encode())
    found = list(read_runs(source, Reading(ClockState()), shown_but(frozenset())))
    runs = [event for event in found if isinstance(event, Run)]
    assert sum(run.size for run in runs) > len(found) / 2
    read = [event for one in found for event in (one.events if isinstance(one, Run) else [one])]
    assert read == events_of(source)
    assert all(run.size == len(run.events) and run.end_line == run.events[-1].end_line for run in runs)
    assert all(event.kind in run.kinds for run in runs for event in run.events)


def test_runs_above_a_prompt_are_of_its_device(dense: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = dense.splitlines(keepends=True)[:900]
    source = text_source("x", "".join([*lines, "hub7#show clock\n", *lines[-3:]]).encode())
    found = list(read_runs(source, Reading(ClockState()), shown_but(frozenset())))
    runs = [event for event in found if isinstance(event, Run)]
    assert {run.device for run in runs} == {"hub7"} == {event.device for run in runs for event in run.events}
    assert report(source) == line_by_line(monkeypatch, lambda: report(source))


def mutated(text: str, draw: random.Random) -> str:
    """Return a log in which every tenth line has lost, doubled or changed something."""
    lines = text.splitlines(keepends=True)
    for place in draw.sample(range(len(lines)), len(lines) // 10):
        line = lines[place]
        at = draw.randrange(max(1, len(line) - 1))  # not its end: a line with two clocks changes what clocks mean
        match draw.randrange(6):
            case 0:
                line = line[:at] + line[at + 1 :]
            case 1:
                line = line[:at] + draw.choice("09AFaf.:()=-> \t\0[]/") + line[at + 1 :]
            case 2:
                line = line[:at] + draw.choice("0123456789ABCDEF") + line[at:]
            case 3:
                line = line + lines[draw.randrange(len(lines))]
            case 4:
                line = line[:at] + "\n" + line[at:]
            case 5:
                line = line.replace("(", "((", 1) if "(" in line else ""
        lines[place] = line
    return "".join(lines)


@pytest.mark.parametrize("seed", range(4))
def test_damaged_records_say_what_their_lines_say(dense: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source = text_source("x", mutated(dense, random.Random(seed)).encode())
    assert events_of(source) == line_by_line(monkeypatch, lambda: events_of(source))


@pytest.mark.parametrize("seed", range(2))
def test_damaged_logs_give_the_same_report(dense: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    source = text_source("x", mutated(dense, random.Random(seed)).encode())
    assert report(source) == line_by_line(monkeypatch, lambda: report(source))


def learned(*texts: tuple[str, dict[str, str | int]]) -> Shapes[str]:
    shapes: Shapes[str] = Shapes()
    for text, fields in texts:
        shapes.note(text, "kept", [fields])
    return shapes


def test_two_texts_of_a_shape_tell_what_others_say() -> None:
    shapes = learned(
        ("peer 198.51.100.7 SPI 0x1A2B3C4D", {"peer": "198.51.100.7", "esp_spi": "1a2b3c4d"}),
        ("peer 203.0.113.9 SPI 0xDEADBEEF", {"peer": "203.0.113.9", "esp_spi": "deadbeef"}),
    )
    found = shapes.find("peer 192.0.2.33 SPI 0x5E5E5E5E")
    assert found is not None
    assert (found.kept, found.fields) == ("kept", {"peer": "192.0.2.33", "esp_spi": "5e5e5e5e"})


@pytest.mark.parametrize(
    "text",
    [
        "peer 0.0.0.0 SPI 0x5E5E5E5E",  # means something by itself
        "peer 198.51.100.256 SPI 0x5E5E5E5E",  # no address
        "peer 198.51.100.7 SPI 0x00000000",
        "peer 198.51.100.7 spi 0x5E5E5E5E",  # another text
    ],
)
def test_other_shapes_are_not_known(text: str) -> None:
    shapes = learned(
        ("peer 198.51.100.7 SPI 0x1A2B3C4D", {"peer": "198.51.100.7", "esp_spi": "1a2b3c4d"}),
        ("peer 203.0.113.9 SPI 0xDEADBEEF", {"peer": "203.0.113.9", "esp_spi": "deadbeef"}),
    )
    assert shapes.find(text) is None


def test_what_identifiers_do_not_explain_is_not_learned() -> None:
    shapes = learned(
        ("peer 198.51.100.7 waits", {"peer": "198.51.100.7", "number": 3}),
        ("peer 203.0.113.9 waits", {"peer": "203.0.113.9", "number": 4}),
    )
    assert shapes.find("peer 192.0.2.33 waits") is None


def test_an_identifier_that_was_the_same_has_to_be() -> None:
    shapes = learned(
        ("from 192.0.2.1 to 198.51.100.7", {"remote": "198.51.100.7"}),
        ("from 192.0.2.1 to 203.0.113.9", {"remote": "203.0.113.9"}),
    )
    assert shapes.find("from 192.0.2.1 to 198.51.100.8") is not None
    assert shapes.find("from 192.0.2.2 to 198.51.100.8") is None


def test_identifiers_that_were_one_have_to_be_one() -> None:
    shapes = learned(
        ("from 198.51.100.7 at 198.51.100.7", {"remote": "198.51.100.7"}),
        ("from 203.0.113.9 at 203.0.113.9", {"remote": "203.0.113.9"}),
    )
    assert shapes.find("from 192.0.2.2 at 192.0.2.2") is not None
    assert shapes.find("from 192.0.2.2 at 192.0.2.3") is None


def test_spis_below_a_message_of_ikev1_are_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = "sending packet to 203.0.113.61 my_port 500 peer_port 500 (I) MM_NO_STATE"
    record = f"*Nov 12 09:41:07.112: ISAKMP-PAK: (0):{sent}\n"
    below = "Initiator SPI : 84F4EAEE19D3BDE7 - Responder SPI : 18B8C116BFABA020 Message id: 0\n"
    source = text_source("x", (record + below + record).encode())
    monkeypatch.setattr(rows, "_WORTH_A_STYLE", 0)
    assert events_of(source) == line_by_line(monkeypatch, lambda: events_of(source))
    assert "initiator_spi" not in events_of(source)[0].fields
