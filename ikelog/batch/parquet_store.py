"""A Parquet data set: a folder, or a place in an object store, with a file for each unit, device and day.

A unit counts when `sources/<unit>.parquet` is there, which is written last, and in one step. So neither a run that was
killed nor two that write at once can leave half a unit, and writing one twice changes nothing.
"""

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import quote

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from ikelog.batch.arrow import decode
from ikelog.batch.columns import SKIPPED, TABLES
from ikelog.batch.store import StoreError, connected, known_from, notes_table, told, views
from ikelog.batch.types import Done, Known, Note
from ikelog.batch.urls import shown
from ikelog.reporting.safe import visible

_SOURCES, _SKIPPED, _VIEWS = "sources", "skipped", "views.sql"
# Not divided: there is little in them.
_WHOLE = (_SOURCES, _SKIPPED)
_DIVIDING = ("device", "day")
# Written beside its place, and then put there in one step.
_UNFINISHED = ".unfinished"


class ParquetStore:
    """A data set in a folder or at a URL."""

    def __init__(self, path: str) -> None:
        self._path = shown(path)
        with _told(self._path):
            self._set = DataSet(path)
            self.connection: Any = connected(":memory:")
            if not self._set.is_local:
                self.connection.register_filesystem(self._set.files)
            self._attach()

    def known(self) -> Known:
        """Return what is there."""
        with _told(self._path):
            return known_from(self.connection)

    def commit(self, done: Sequence[Done], replaced: Iterable[str]) -> None:
        """Write the files of each unit, what makes it count last."""
        with _told(self._path):
            for one in done:
                if one.tables:  # else who analysed it has written it
                    write_unit(self._set, one)
            for unit in replaced:
                self._set.remove(unit)

    def keep_notes(self, notes: Sequence[Note], tops: Iterable[str]) -> None:
        """Keep what was passed over in these inputs, in place of what was known of them."""
        with _told(self._path):
            rows = self.connection.execute("SELECT name, reason, detail FROM skipped ORDER BY ALL").fetchall()
            others = [Note(*row) for row in rows if row[0].partition("!")[0] not in set(tops)]
            self._set.write(f"{_SKIPPED}/{_SKIPPED}.parquet", _parquet(notes_table([*others, *notes])))

    def finish(self) -> None:
        """Write the views, and look at what is there now."""
        with _told(self._path):
            self._attach()
            self._set.write(_VIEWS, self._definitions("").encode())

    def close(self) -> None:
        """Let go of it."""
        with _told(self._path):
            self.connection.close()

    def _attach(self) -> None:
        self.connection.execute(self._definitions(self._set.address + "/"))

    def _definitions(self, root: str) -> str:
        """Return all views; the tables are views of the files below `root`, or empty where there is none."""
        tables = {name: self._table(name, root) for name in (*TABLES, _SKIPPED)}
        made = "".join(f"CREATE OR REPLACE VIEW {name} AS {query};\n" for name, query in tables.items())
        return made + views()

    def _table(self, name: str, root: str) -> str:
        schema = TABLES.get(name, SKIPPED)
        if not self._set.found(name):
            columns = (f'NULL::{_type(self.connection, schema.field(at))} AS "{at}"' for at in schema.names)
            return f"SELECT {', '.join(columns)} WHERE false"
        place = f"{_quoted(root)}{name}"
        if name in _WHOLE:
            return f"SELECT * FROM read_parquet('{place}/*.parquet')"
        names = ", ".join(f'"{column}"' for column in schema.names)
        return (
            f"SELECT {names} FROM read_parquet('{place}/*/*/*.parquet', hive_partitioning = true,"
            " hive_types = {'device': VARCHAR, 'day': VARCHAR}) WHERE unit IN (SELECT unit FROM sources)"
        )


@contextmanager
def _told(path: str) -> Iterator[None]:
    """Raise what goes wrong as StoreError; drivers of object stores have errors of their own."""
    try:
        with told(path):
            yield
    except StoreError:
        raise
    except ImportError as error:
        driver = f"needs {error.name or 'a driver'}: pip install 'ikelog[object-stores]'"
        raise StoreError(f"{path}: {driver}") from None
    except Exception as error:
        if "://" not in path:
            raise
        raise StoreError(f"{path}: {visible(str(error).partition(chr(10))[0]) or type(error).__name__}") from None


class DataSet:
    """The files of a data set, in a folder or at a URL. Raises OSError, and what the driver of a store raises."""

    def __init__(self, path: str) -> None:
        self.files: Any
        self.files, self._root = fsspec.url_to_fs(path)
        protocol = self.files.protocol
        self.is_local = "file" in ((protocol,) if isinstance(protocol, str) else protocol)
        self.address = self._root if self.is_local else str(self.files.unstrip_protocol(self._root))
        if self.is_local:
            os.makedirs(self._root, exist_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        path = f"{self._root}/{name}"
        if not self.is_local:
            self.files.pipe_file(path, data)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        try:
            with open(path + _UNFINISHED, "wb") as out:
                out.write(data)
            os.replace(path + _UNFINISHED, path)
        except BaseException:
            if os.path.exists(path + _UNFINISHED):
                os.remove(path + _UNFINISHED)
            raise

    def remove(self, unit: str) -> None:
        """Remove a unit: first what makes it count, then the rest."""
        for name in (_SOURCES, *(table for table in TABLES if table != _SOURCES)):
            for path in self.found(name, unit):
                self.files.rm(path)

    def found(self, table: str, unit: str | None = None) -> list[str]:
        """Return the files of a table, or those of one unit."""
        self.files.invalidate_cache()
        place = f"{self._root}/{table}"
        every: list[str] = self.files.find(place) if self.files.isdir(place) else []
        ending = ".parquet" if unit is None else f"/{unit}.parquet"
        return [path for path in every if path.endswith(ending)]


def write_unit(data_set: DataSet, done: Done) -> None:
    """Write the files of a unit; the one that makes it count last. Raises as DataSet does."""
    for name, stream in done.tables.items():
        if name != _SOURCES:
            for place, part in _divided(decode(stream)):
                data_set.write(f"{name}/{place}/{done.unit.key}.parquet", _parquet(part))
    data_set.write(f"{_SOURCES}/{done.unit.key}.parquet", _parquet(decode(done.tables[_SOURCES])))


def _divided(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Yield the rows of each device and day, in their order, and the folder that they belong into."""
    places: dict[tuple[str, str], list[int]] = {}
    for number, place in enumerate(zip(*(table[name].to_pylist() for name in _DIVIDING), strict=True)):
        places.setdefault(place, []).append(number)
    for place, numbers in places.items():
        folder = "/".join(f"{name}={quote(value, safe='')}" for name, value in zip(_DIVIDING, place, strict=True))
        yield folder, table.take(numbers).drop_columns(list(_DIVIDING))


def _parquet(table: pa.Table) -> bytes:
    out = BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def _type(connection: Any, field: pa.Field) -> str:
    """Return the type that DuckDB gives a column."""
    connection.register("incoming", pa.schema([field]).empty_table())
    rows = connection.execute("DESCRIBE FROM incoming").fetchall()
    connection.unregister("incoming")
    return str(rows[0][1])


def _quoted(path: str) -> str:
    return glob.escape(path).replace("'", "''")
