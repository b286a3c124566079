"""Rows as Arrow streams: how they travel between processes and into a store."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from ikelog.batch.columns import TABLES
from ikelog.reporting.safe import visible


def encode_tables(rows: Mapping[str, Sequence[Mapping[str, object]]]) -> dict[str, bytes]:
    """Return an Arrow stream for each table that has rows."""
    return {name: encode(TABLES[name], found) for name, found in rows.items() if found}


def encode(schema: pa.Schema, rows: Iterable[Mapping[str, object]]) -> bytes:
    """Return rows as an Arrow stream; text in them is made harmless: any client may print it."""
    table = pa.Table.from_pylist([_harmless(row) for row in rows], schema=schema)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_table(table)
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
