"""The cache of compiled grammars: used, rebuilt, and done without where it is not to be trusted."""

import os
from pathlib import Path

import pytest

from ikelog.grammar import cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


class Builder:
    def __init__(self) -> None:
        self.built = 0

    def __call__(self):
        self.built += 1
        return {"ways": (("kind", b"code", 1),)}


def stored() -> list[Path]:
    return sorted((Path(os.environ["XDG_CACHE_HOME"]) / "ikelog").glob("*.bin"))


def test_it_is_built_once_and_loaded_the_same() -> None:
    build = Builder()
    first = cache.cached_tables("pki", ["text"], build)
    again = cache.cached_tables("pki", ["text"], build)
    assert build.built == 1
    assert again == first


def test_another_text_is_another_grammar_and_the_stale_one_goes() -> None:
    build = Builder()
    cache.cached_tables("pki", ["text"], build)
    cache.cached_tables("pki", ["other text"], build)
    assert build.built == 2
    assert len(stored()) == 1


def test_a_damaged_file_is_built_anew() -> None:
    build = Builder()
    cache.cached_tables("pki", ["text"], build)
    (path,) = stored()
    whole = path.read_bytes()
    for number, damaged in enumerate((whole[:-3], b"", whole[:-1] + b"x"), 2):
        path.write_bytes(damaged)
        assert cache.cached_tables("pki", ["text"], build) == build()
        build.built -= 1
        assert build.built == number


def test_what_others_can_write_is_not_loaded() -> None:
    build = Builder()
    cache.cached_tables("pki", ["text"], build)
    (path,) = stored()
    path.chmod(0o666)
    cache.cached_tables("pki", ["text"], build)
    assert build.built == 2
    path.parent.chmod(0o777)
    cache.cached_tables("pki", ["text"], build)
    assert build.built == 3


def test_a_cache_that_cannot_be_made_is_done_without(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    build = Builder()
    cache.cached_tables("pki", ["text"], build)
    assert build.built == 1
