"""The tables of event kinds against the grammars: what is looked up by kind misses no kind that has the field."""

from functools import cache

import pytest

from ikelog.correlation import kinds
from ikelog.correlation.ikev1 import children, decoded, packets, particulars, progress
from ikelog.correlation.ikev1 import kinds as ikev1_kinds
from ikelog.grammar.lark_parsing import lark_parser
from ikelog.grammar.texts import FAMILIES

# The grammar of the lines that continue a record: some of them stand alone.
PARTS = "ikev2_message"

TABLES = {
    "error": kinds.NAME_ERROR,
    "state": kinds.NAME_STATE,
    "state_event": kinds.NAME_STATE,
    "vrf": kinds.NAME_VRF,
}


# These have tables of their own, of kinds.
IKEV1 = ("ios_ikev1", "asa_ikev1")


@cache
def kinds_by_field() -> dict[str, set[str]]:
    """The kinds whose alternatives have a field, by its name."""
    found: dict[str, set[str]] = {}
    for family in (*(family for family in FAMILIES if family not in IKEV1), PARTS):
        for rule in lark_parser(family).rules:
            for symbol in rule.expansion if rule.alias else ():
                found.setdefault(symbol.name.rpartition("__")[2], set()).add(rule.alias.rpartition("__")[2])
    return found


@pytest.mark.parametrize("field", TABLES)
def test_a_table_has_all_kinds_that_carry_a_field(field: str) -> None:
    assert kinds_by_field()[field] == set(TABLES[field])


def all_kinds() -> set[str]:
    """Every kind that a grammar can give, and that of a line which none knows."""
    given = {
        rule.alias.rpartition("__")[2]
        for family in (*FAMILIES, PARTS)
        for rule in lark_parser(family).rules
        if rule.alias
    }
    return given | {"unrecognised"}


TABLES_OF_KINDS = {
    f"{module.__name__.rpartition('.')[2]}.{name}": value
    for module in (ikev1_kinds, children, decoded, packets, particulars, progress)
    for name, value in vars(module).items()
    if isinstance(value, frozenset) and value and all(str(word).islower() for word in value)
}


@pytest.mark.parametrize("name", TABLES_OF_KINDS)
def test_a_table_names_only_kinds_that_there_are(name: str) -> None:
    assert TABLES_OF_KINDS[name] - all_kinds() == set()
