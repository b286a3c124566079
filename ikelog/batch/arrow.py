"""Rows as Arrow streams: how they travel between processes and into a store."""

from collections.abc import Iterable, Mapping
from itertools import islice

import pyarrow as pa

from ikelog.batch.columns import TABLES
from ikelog.reporting.safe import visible

Row = Mapping[str, object]

# So many rows are made at once: as Python has them they take many times as much.
_BATCH = 1000


def encode_tables(rows: Mapping[str, Iterable[Row]]) -> dict[str, bytes]:
    """Return an Arrow stream for each table that has rows."""
    encoded = {name: encode(TABLES[name], found) for name, found in rows.items()}
    return {name: stream for name, stream in encoded.items() if stream}


def encode(schema: pa.Schema, rows: Iterable[Row]) -> bytes:
    """Return rows as an Arrow stream, nothing without any; text in them is made harmless: any client may print it."""
    sink = pa.BufferOutputStream()
    left = iter(rows)
    batch = list(islice(left, _BATCH))
    if not batch:
        return b""
    with pa.ipc.new_stream(sink, schema) as writer:
        while batch:
            writer.write_table(pa.Table.from_pylist([_harmless(row) for row in batch], schema=schema))
            batch = list(islice(left, _BATCH))
    return bytes(sink.getvalue())


def decode(stream: bytes) -> pa.Table:
    """Return the table that an Arrow stream holds, without copying it."""
    return pa.ipc.open_stream(pa.py_buffer(stream)).read_all()


def _harmless(value: object) -> object:
    """Make control characters of a log visible, all but the ends of lines."""
    match value:
        case str():
            return value if value.isprintable() else "\n".join(map(visible, value.split("\n")))
        case dict():
            return {key: _harmless(item) for key, item in value.items()}
        case list():
            return [_harmless(item) for item in value]
    return value
