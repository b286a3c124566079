"""Records behave as frozen dataclasses do."""

import copy
import dataclasses
import pickle
from functools import cached_property

import pytest

from ikelog.record import fields, open_record, record, replaced


@record
class Point:
    """A point."""

    x: int
    y: int = 0
    name: str | None = None


@record
class Positive:
    """A number above zero."""

    number: int

    def __post_init__(self) -> None:
        if self.number <= 0:
            raise ValueError("not above zero")


@open_record
class Line:
    """Some points."""

    points: tuple[Point, ...]
    name: str = ""

    @cached_property
    def length(self) -> int:
        """How many there are."""
        return len(self.points)


class Lazy(Line):
    """A line that works its points out."""

    def __init__(self, **known: object) -> None:
        self.__dict__.update(known)

    @cached_property
    def points(self) -> tuple[Point, ...]:  # type: ignore[override]
        return (Point(1), Point(2))


def test_values_by_place_by_name_and_by_default():
    assert (Point(1).x, Point(1).y, Point(1).name) == (1, 0, None)
    assert Point(1, 2, "a") == Point(x=1, y=2, name="a") == Point(1, name="a", y=2)
    assert Line((Point(1),)).name == ""
    assert Point(1).__doc__ == "A point."


@pytest.mark.parametrize("make", [lambda: Point(), lambda: Point(1, 2, "", 4), lambda: Point(1, z=3), lambda: Line()])
def test_wrong_values_are_refused(make):
    with pytest.raises(TypeError):
        make()


def test_a_value_given_twice_is_refused():
    with pytest.raises(TypeError):
        Point(1, x=2)  # type: ignore[misc]


def test_equality_is_of_values_and_type():
    assert Point(1) == Point(1) != Point(2)
    assert Point(1) != (1, 0, None)
    assert len({Point(1), Point(1), Point(2)}) == 2
    assert repr(Point(1, name="a")) == "Point(x=1, y=0, name='a')"


def test_nothing_can_be_changed():
    for thing in (Point(1), Line(())):
        with pytest.raises(AttributeError):
            thing.name = "b"
        with pytest.raises(AttributeError):
            del thing.name
    assert not hasattr(Point(1), "__dict__")


def test_it_can_be_matched_and_replaced():
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert replaced(Point(1, 2), name="a") == dataclasses.replace(Point(1, 2), name="a") == Point(1, 2, "a")
    assert replaced(Line((), "a"), name="b").name == "b"


def test_dataclasses_take_it_for_one_of_theirs():
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.asdict(Line((Point(1),))) == {"points": ({"x": 1, "y": 0, "name": None},), "name": ""}
    assert tuple(field.name for field in dataclasses.fields(Point)) == fields(Point(1)) == ("x", "y", "name")
    assert fields(object()) == ()


@pytest.mark.parametrize("value", [Point(1, 2, "a"), Line((Point(1),)), Positive(1)], ids=repr)
def test_copies_are_equal(value):
    assert copy.copy(value) == copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value


def test_a_check_of_the_values_is_made():
    with pytest.raises(ValueError, match="above zero"):
        Positive(0)


def test_open_records_have_cached_properties_and_lazy_subclasses():
    assert Line((Point(1),)).length == 1
    assert Lazy(name="a").length == 2
    assert Lazy(name="a").name == "a"
    assert Lazy().name == ""
    assert Lazy() != Line((Point(1), Point(2)))
