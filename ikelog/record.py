"""Frozen types for values: what `dataclasses` makes, without compiling methods for each class at every start.

A paste needs some sixty such types, and a dataclass takes half a millisecond to make: together longer than the analysis
of the paste. All records share the few functions below instead.
"""

from functools import cache
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def record(cls: type[T]) -> type[T]:
    """Make a class a frozen record of the fields that it annotates: with slots, compared by value, hashable."""
    shape = _shape(cls)
    names = shape["__fields__"]
    body = {name: value for name, value in vars(cls).items() if name not in (*names, "__dict__", "__weakref__")}
    made: Any = type(cls.__name__, cls.__bases__, {**_METHODS, **_OF_SLOTS, **body, **shape, "__slots__": names})
    made.__setters__ = tuple([vars(made)[name].__set__ for name in names])
    return made  # type: ignore[no-any-return]


@dataclass_transform(frozen_default=True)
def open_record(cls: type[T]) -> type[T]:
    """Make a class a frozen record without slots: one with cached properties, or with lazy subclasses."""
    for name, value in {**_METHODS, **_shape(cls)}.items():
        if name not in vars(cls):
            setattr(cls, name, value)
    return cls


def replaced(value: T, **changes: object) -> T:
    """Return a record with other values of some fields."""
    known = {name: getattr(value, name) for name in fields(value) if name not in changes}
    return type(value)(**known, **changes)


def fields(value: object) -> tuple[str, ...]:
    """Return the names of a record's fields, in order; none of what is no record."""
    return getattr(value, "__fields__", ())


class _Described:
    """So that `fields`, `asdict` and `replace` of `dataclasses` take a record for one of theirs."""

    def __get__(self, value: object, cls: type) -> Any:
        return _described(cls)


@cache
def _described(cls: Any) -> Any:
    """Return a record's fields as `dataclasses` describes them."""
    import dataclasses  # slow to import, as is the class that is made here: only who asks for it has to wait

    given: dict[str, object] = cls.__defaults__
    named: list[Any] = [(name, object, given[name]) if name in given else (name, object) for name in cls.__fields__]
    return vars(dataclasses.make_dataclass(cls.__name__, named))["__dataclass_fields__"]


def _shape(cls: type) -> dict[str, Any]:
    names = tuple(cls.__annotations__)
    defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}
    return {"__fields__": names, "__match_args__": names, "__defaults__": defaults}


def _init(self: Any, *values: object, **named: object) -> None:
    self.__dict__.update(zip(self.__fields__, _all_values(self, values, named), strict=True))


def _init_slots(self: Any, *values: object, **named: object) -> None:
    if named or len(values) != len(self.__fields__):
        values = _all_values(self, values, named)
    for set_value, value in zip(self.__setters__, values, strict=True):
        set_value(self, value)
    self.__post_init__()


def _all_values(self: Any, values: tuple[object, ...], named: dict[str, object]) -> tuple[object, ...]:
    """Return the values of all fields in order: those given by place, by name, and not at all. Raises TypeError."""
    names, defaults = self.__fields__, self.__defaults__
    try:
        others = [named.pop(name) if name in named else defaults[name] for name in names[len(values) :]]
    except KeyError as missing:
        raise TypeError(f"{type(self).__name__}: no value for {missing}") from None
    if named or len(values) > len(names):
        raise TypeError(f"{type(self).__name__}: too many values, or for what is no field: {', '.join(named)}")
    return (*values, *others)


def _accept(self: Any) -> None:
    """Raise ValueError for values that do not go together; a class that has such defines its own."""


def _values(self: Any) -> tuple[object, ...]:
    return tuple([getattr(self, name) for name in self.__fields__])


def _reduce(self: Any) -> tuple[type, tuple[object, ...]]:
    """Say how a copy is made: nothing can be set in one that is there."""
    return type(self), _values(self)


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self.__fields__)})"


def _frozen(self: Any, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")


_METHODS: dict[str, Any] = {
    "__dataclass_fields__": _Described(),
    "__init__": _init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _frozen,
    "__delattr__": _frozen,
}
_OF_SLOTS: dict[str, Any] = {"__init__": _init_slots, "__post_init__": _accept, "__reduce__": _reduce}
