"""Where the rows go: what both kinds of stores do, and the DuckDB database."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from ikelog.batch.arrow import decode, encode
from ikelog.batch.columns import SKIPPED, STORE_VERSION, TABLES
from ikelog.batch.types import Done, Known, Note, Stored

# What DuckDB may take in this process, beside some 50 MB for itself; it writes to disk what does not fit.
MEMORY = "48MB"
_STORED = "unit, name, address, sha256, ikelog_version, options"


class StoreError(Exception):
    """A store that cannot be opened, read or written: says what and where in one line."""


class Store(Protocol):
    """A place for the rows. All methods raise StoreError."""

    connection: Any
    """A connection to DuckDB in which the tables and views can be asked."""

    def known(self) -> Known:
        """Return what is there."""

    def commit(self, done: Sequence[Done], replaced: Iterable[str]) -> None:
        """Add units, all or none of each, and remove those that they replace."""

    def keep_notes(self, notes: Sequence[Note], tops: Iterable[str]) -> None:
        """Keep what was passed over in these inputs, in place of what was known of them."""

    def finish(self) -> None:
        """Make all of it ready to be asked."""

    def close(self) -> None:
        """Let go of it; what was not committed is gone."""


class DuckDbStore:
    """A database in one file."""

    def __init__(self, path: str) -> None:
        self._path = path
        with told(path):
            self.connection = connected(path)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def known(self) -> Known:
        """Return what is there."""
        with told(self._path):
            return known_from(self.connection)

    def commit(self, done: Sequence[Done], replaced: Iterable[str]) -> None:
        """Add units in one transaction."""
        with self._transaction():
            leaving = list(replaced)
            for name in TABLES:
                if leaving:
                    self.connection.execute(f"DELETE FROM {name} WHERE list_contains(?, unit)", [leaving])
                for one in done:
                    if name in one.tables:
                        insert(self.connection, name, decode(one.tables[name]))

    def keep_notes(self, notes: Sequence[Note], tops: Iterable[str]) -> None:
        """Keep what was passed over in these inputs, in place of what was known of them."""
        with self._transaction():
            self.connection.execute(
                "DELETE FROM skipped WHERE list_contains(?, split_part(name, '!', 1))", [list(tops)]
            )
            insert(self.connection, "skipped", notes_table(notes))

    def finish(self) -> None:
        """Write what is still in the log of the database into it, so that it is one file."""
        with told(self._path):
            self.connection.execute("CHECKPOINT")

    def close(self) -> None:
        """Let go of the file; what was not committed is gone."""
        with told(self._path):
            self.connection.close()

    def _prepare(self) -> None:
        with self._transaction():
            tables = {row[0] for row in self.connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
            if tables and "ikelog_store" not in tables:
                raise StoreError(f"{self._path}: is a database of something else")
            if not tables:
                create_tables(self.connection)
            found = self.connection.execute("SELECT version FROM ikelog_store").fetchall()
            if found != [(STORE_VERSION,)]:
                raise StoreError(f"{self._path}: was written by another version of ikelog; name another file")
            self.connection.execute(views())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with told(self._path):
            self.connection.begin()
            try:
                yield
                self.connection.commit()
            except BaseException:
                rolled_back(self.connection)
                raise


# What it is written for: clients of this version and later can read it.
_READABLE_SINCE = "v1.2.0"
# Each column of a table takes a block while it is written, and there are some hundred and fifty.
_BLOCK = 16384
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": MEMORY,
    "threads": 1,
    "preserve_insertion_order": False,
    "storage_compatibility_version": _READABLE_SINCE,
    "default_block_size": _BLOCK,
}


def connected(path: str) -> Any:
    """Open a database; what it takes of this process's memory is bounded."""
    return duckdb.connect(path, config=_CONFIG)


def rolled_back(connection: Any) -> None:
    """Forget a transaction; a database that has given up has done so by itself."""
    try:
        connection.rollback()
    except duckdb.Error:
        return


@contextmanager
def told(path: str) -> Iterator[None]:
    """Raise what goes wrong with a store as StoreError, in one line; Ctrl-C in the middle of it stays that."""
    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except (duckdb.Error, OSError, pa.ArrowException) as error:
        said = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise StoreError(f"{path}: {said}") from None


def create_tables(connection: Any) -> None:
    """Make the tables, empty."""
    connection.execute("CREATE TABLE ikelog_store AS SELECT CAST(? AS INTEGER) AS version", [STORE_VERSION])
    for name, schema in {**TABLES, "skipped": SKIPPED}.items():
        connection.register("incoming", schema.empty_table())
        connection.execute(f"CREATE TABLE {name} AS FROM incoming")
        connection.unregister("incoming")


def insert(connection: Any, name: str, table: pa.Table) -> None:
    """Add rows to a table."""
    connection.register("incoming", table)
    connection.execute(f"INSERT INTO {name} BY NAME FROM incoming")
    connection.unregister("incoming")


def known_from(connection: Any) -> Known:
    """Return what a store's table of sources tells."""
    rows = connection.execute(f"SELECT {_STORED} FROM sources ORDER BY ALL").fetchall()
    return Known(tuple(Stored(*row) for row in rows))


def notes_table(notes: Iterable[Note]) -> pa.Table:
    """Return notes as rows."""
    rows = [{"name": note.name, "reason": note.reason, "detail": note.detail} for note in notes]
    return decode(encode(SKIPPED, rows)) if rows else SKIPPED.empty_table()


def views() -> str:
    """Return the definitions of the views."""
    return files("ikelog.batch").joinpath("views.sql").read_text(encoding="utf-8")
