"""Analyse one unit of work: logs in, the rows of the tables out."""

import gc
from collections.abc import Iterable, Sequence

from ikelog.batch.arrow import encode_tables
from ikelog.batch.rows import build_rows, count
from ikelog.batch.types import Done, Settings, Unit
from ikelog.pipeline import analyze
from ikelog.reading.sources import SourceText, text_source

# Below this it is not worth looking for what a unit leaves behind.
_LARGE = 4_000_000


def read_piece(name: str, blocks: Iterable[bytes]) -> SourceText:
    """Decode the log that blocks of bytes make up."""
    data = bytearray()
    for block in blocks:
        data += block
    return text_source(name, bytes(data))


def analyse_unit(unit: Unit, sources: Sequence[SourceText], settings: Settings) -> Done:
    """Analyse a unit; what it is kept in is given back before the next one comes."""
    report = analyze(sources, settings.options)
    done = Done(unit, encode_tables(build_rows(report, unit, settings)), count(report))
    del report
    if unit.size > _LARGE:
        gc.collect()
    return done
