"""What a growing file gives, whatever is done to it: every line once, with its own number."""

import bz2
import gzip
import os
import shutil
import time

import pytest

from ikelog.reading.sources import UnreadableSource
from ikelog.watch.ahead import Ahead
from ikelog.watch.pipe import Pipe
from ikelog.watch.tail import Piece, Tail
from ikelog.watch.window import LONGEST_LINE, Window


@pytest.fixture
def log(tmp_path):
    return tmp_path / "edge.log"


class Followed:
    """A tail and its window: `lines` are all that came, each with its place."""

    def __init__(self, path, **given):
        self.tail = Tail(str(path), **given)
        self.window = Window(str(path))

    def read(self) -> list[str]:
        nothing = 0
        while nothing < 3:  # what took a file's name is read once nothing more has come to the old one
            piece = self.tail.read()
            nothing = nothing + 1 if piece is None else 0
            if piece is not None:
                self.window.add(piece, 0.0)
        return self.window.text().text.splitlines()

    def places(self) -> list[tuple[str, int]]:
        return [(os.path.basename(name), n) for name, n in map(self.window.place, range(self.window.end))]


def append(path, *lines):
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_what_is_there_and_what_comes_is_read_once(log):
    append(log, "a", "b")
    followed = Followed(log)
    assert followed.read() == ["a", "b"]
    append(log, "c")
    assert followed.read() == ["a", "b", "c"]
    assert followed.read() == ["a", "b", "c"]
    assert followed.places() == [("edge.log", n) for n in (1, 2, 3)]


def test_only_what_is_new_has_the_numbers_of_the_file(log):
    append(log, "a", "b")
    followed = Followed(log, new_only=True)
    assert followed.read() == []
    append(log, "c")
    assert followed.read() == ["c"]
    assert followed.places() == [("edge.log", 3)]


def test_a_file_may_appear_later_and_is_new_as_a_whole(log):
    followed = Followed(log, new_only=True)
    assert followed.read() == []
    append(log, "a")
    followed.read()
    append(log, "b")
    assert followed.read()[-1] == "b"


def test_a_line_counts_when_it_has_its_end(log):
    log.write_bytes(b"a\nb")
    followed = Followed(log)
    assert followed.read() == ["a"]
    with log.open("ab") as file:
        file.write(b"c\n")
    assert followed.read() == ["a", "bc"]


def test_rotation_by_rename_reads_the_old_file_to_its_end(log):
    append(log, "a")
    followed = Followed(log)
    followed.read()
    moved = log.rename(log.with_name("edge.log.1"))
    append(moved, "b")  # the writer has not let go of it yet
    append(log, "c")
    assert followed.read() == ["a", "b", "c"]
    assert followed.places() == [("edge.log.1", 1), ("edge.log.1", 2), ("edge.log", 1)]


def test_several_rotations_at_once_lose_nothing(log):
    append(log, "a")
    followed = Followed(log)
    followed.read()
    log.rename(log.with_name("edge.log.3"))
    append(log.with_name("edge.log.2"), "b")
    append(log.with_name("edge.log.1"), "c")
    append(log, "d")
    assert followed.read() == ["a", "b", "c", "d"]
    assert [name for name, _ in followed.places()] == ["edge.log.3", "edge.log.2", "edge.log.1", "edge.log"]


def test_rotation_by_copy_finds_what_was_not_read_in_the_copy(log):
    append(log, "a")
    followed = Followed(log)
    followed.read()
    append(log, "b")
    shutil.copy(log, log.with_name("edge.log.1"))
    os.truncate(log, 0)
    append(log, "c")
    assert followed.read() == ["a", "b", "c"]
    assert followed.places() == [("edge.log.1", 1), ("edge.log.1", 2), ("edge.log", 1)]


@pytest.mark.parametrize("behind", [["x"], ["x" * 50, "y"]], ids=["shorter", "longer than it was"])
def test_truncation_begins_anew_even_where_the_file_has_grown_again(log, behind):
    append(log, "a", "b")
    followed = Followed(log)
    followed.read()
    os.truncate(log, 0)
    append(log, *behind)
    assert followed.read() == ["a", "b", *behind]
    assert followed.places()[2] == ("edge.log", 1)


def test_a_writer_that_goes_on_at_its_old_place_leaves_a_hole_that_is_no_line(log):
    with log.open("wb") as writer:
        writer.write(b"a\n")
        writer.flush()
        followed = Followed(log)
        followed.read()
        os.truncate(log, 0)
        followed.read()
        writer.write(b"b\n")
    assert followed.read() == ["a", "b"]


def test_a_file_that_is_deleted_and_made_anew(log):
    append(log, "a")
    followed = Followed(log)
    followed.read()
    log.unlink()
    assert followed.read() == ["a"]
    append(log, "b")
    assert followed.read() == ["a", "b"]


def test_bytes_that_are_no_utf8_are_latin1_on_their_own_lines_alone(log):
    log.write_bytes("né\n".encode("latin-1") + "né\n".encode())
    assert Followed(log).read() == ["né", "né"]


def test_utf16_is_read_across_blocks():
    window = Window("w.log")
    data = "\ufeffaß\nb\n".encode("utf-16-le")
    for place in range(0, len(data), 3):
        window.add(Piece("w.log", data[place : place + 3], place == 0), 0.0)
    assert window.text().text == "aß\nb\n"


def test_a_line_without_an_end_is_cut():
    window = Window("w.log")
    for _ in range(3):
        window.add(Piece("w.log", b"x" * (LONGEST_LINE // 2 + 1)), 0.0)
    assert window.end == 1


def test_forgotten_lines_leave_the_numbers_of_the_others(log):
    append(log, *"abcdef")
    followed = Followed(log)
    followed.read()
    followed.window.forget(4)
    assert followed.window.text().text == "e\nf\n"
    assert followed.window.place(4)[1] == 5
    followed.window.forget(2)
    assert followed.window.first == 4


def test_a_named_pipe_is_followed_over_its_writers(log):
    os.mkfifo(log)
    followed = Followed(log)
    assert followed.read() == []
    for line in ("a", "b"):
        writer = os.open(log, os.O_WRONLY)
        os.write(writer, f"{line}\n".encode())
        os.close(writer)
        followed.read()
    assert followed.read() == ["a", "b"]


def test_standard_input_is_read_to_its_end():
    reading, writing = os.pipe()
    pipe = Pipe(reading)
    os.write(writing, b"a\n")
    os.close(writing)
    pieces = []
    while not pipe.ended:
        if (piece := pipe.read()) is not None:
            pieces.append(piece.data)
    os.close(reading)
    assert pieces == [b"a\n"]


def test_what_is_truncated_while_nobody_asks_has_been_read_ahead(log):
    append(log, "a")
    ahead = Ahead(Tail(str(log)))
    try:
        pieces = []
        for line in ("b", "c", None):
            pieces += waited_for(ahead)
            os.truncate(log, 0)
            if line:
                append(log, line)
    finally:
        ahead.close()
    assert [piece.data for piece in pieces] == [b"a\n", b"b\n", b"c\n"]
    assert all(piece.begins for piece in pieces)


def waited_for(ahead: Ahead) -> list[Piece]:
    for _ in range(400):
        if (piece := ahead.read()) is not None:
            return [piece]
        time.sleep(0.01)
    return []


def test_what_cannot_be_read_is_said_once(tmp_path):
    ahead = Ahead(Tail(str(tmp_path)))
    try:
        with pytest.raises(UnreadableSource, match="is a directory"):
            waited_for(ahead)
        time.sleep(0.3)
        assert ahead.read() is None
    finally:
        ahead.close()


@pytest.mark.parametrize(
    ("content", "form"), [(gzip.compress(b"a\n", mtime=0), "gzip"), (bz2.compress(b"a\n"), "bzip2")], ids=["gz", "bz2"]
)
def test_what_is_compressed_is_said_to_be(log, content, form):
    log.write_bytes(content)
    with pytest.raises(UnreadableSource, match=f"is {form} data"):
        Tail(str(log)).read()


def test_a_directory_is_said_to_be_one(tmp_path):
    with pytest.raises(UnreadableSource, match="is a directory"):
        Tail(str(tmp_path)).read()
