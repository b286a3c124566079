"""Which kind of store an output names."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from ikelog.batch.store import DuckDbStore, Store, StoreError

_DATABASES = (".duckdb", ".ddb", ".db")


@contextmanager
def open_store(path: str, *, new: bool) -> Iterator[Store]:
    """Open a store for a while; `new` allows that there is none yet. Raises StoreError."""
    is_url = "://" in path
    if not new and not is_url and not os.path.exists(path):
        raise StoreError(f"{path}: no such database; name what to analyse")
    store = _opened(path)
    try:
        yield store
    finally:
        store.close()


def _opened(path: str) -> Store:
    if is_database(path):
        return DuckDbStore(path)
    try:
        from ikelog.batch.parquet_store import ParquetStore
    except ImportError as error:
        raise StoreError(f"{path}: needs {error.name}: pip install 'ikelog[batch]'") from None
    return ParquetStore(path)


def is_database(path: str) -> bool:
    """Tell whether an output is a database; else it is a Parquet data set."""
    return path.endswith(_DATABASES) or os.path.isfile(path)
