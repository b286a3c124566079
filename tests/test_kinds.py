"""The tables of event kinds against the grammars: what is looked up by kind misses no kind that has the field."""

from functools import cache

import pytest

from ikelog.correlation import kinds
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


@cache
def kinds_by_field() -> dict[str, set[str]]:
    """The kinds whose alternatives have a field, by its name."""
    found: dict[str, set[str]] = {}
    for family in (*FAMILIES, PARTS):
        for rule in lark_parser(family).rules:
            for symbol in rule.expansion if rule.alias else ():
                found.setdefault(symbol.name.rpartition("__")[2], set()).add(rule.alias.rpartition("__")[2])
    return found


@pytest.mark.parametrize("field", TABLES)
def test_a_table_has_all_kinds_that_carry_a_field(field: str) -> None:
    assert kinds_by_field()[field] == set(TABLES[field])
