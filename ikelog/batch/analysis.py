"""Analyse one unit of work: logs in, the rows of the tables out."""

import gc
from collections.abc import Sequence

from ikelog.batch.arrow import encode_tables
from ikelog.batch.rows import build_rows, count
from ikelog.batch.types import Done, Settings, Unit
from ikelog.pipeline import analyze
from ikelog.reading.sources import SourceText, text_source

# Below this it is not worth looking for what a unit leaves behind.
_LARGE = 4_000_000


def read_logs(unit: Unit, logs: list[bytearray]) -> list[SourceText]:
    """Decode the logs of a unit, and let go of each as it is decoded; raises UnreadableSource."""
    return [text_source(piece.name, logs.pop(0)) for piece in unit.pieces]


def analyse_unit(unit: Unit, sources: Sequence[SourceText], settings: Settings) -> Done:
    """Analyse a unit; what it is kept in is given back before the next one comes."""
    report = analyze(sources, settings.options)
    done = Done(unit, encode_tables(build_rows(report, unit, settings)), count(report))
    del report
    if unit.size > _LARGE:
        gc.collect()
    return done
