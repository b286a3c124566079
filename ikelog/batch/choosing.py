"""Which negotiations of a store a user asks for, as queries; the same as the filters of `ikelog analyze` keep."""

from collections.abc import Iterable, Iterator, Sequence

from ikelog.pipeline import Options
from ikelog.record import record

_COLUMNS = "id, device, day, peer, role, outcome, verdict, source, line, started_at, rekeyed_from"
# What is known of when a negotiation was under way.
_TIMES = ("started_at", "ended_at", 'closed."time"')


@record
class Query:
    """A query and the values of its parameters."""

    text: str
    values: tuple[object, ...]


def chosen_negotiations(options: Options) -> Query:
    """Return the query for the negotiations that fit."""
    conditions = list(_conditions(options))
    where = " AND ".join(f"({query.text})" for query in conditions) or "true"
    return Query(
        f"SELECT {_COLUMNS} FROM negotiations WHERE {where}",
        tuple(value for query in conditions for value in query.values),
    )


def chosen_failures(options: Options) -> Query:
    """Return the query for their failures, of the causes that are asked for."""
    text = "SELECT * FROM failures WHERE id IN (SELECT id FROM chosen)"
    values: list[object] = []
    for codes, form in ((options.select, "({})"), (options.ignore, "NOT ({})")):
        if codes:
            text += " AND " + form.format(" OR ".join("starts_with(coalesce(code, ''), ?) OR name = ?" for _ in codes))
            values += [value for code in codes for value in (code.upper(), code.lower())]
    return Query(text, tuple(values))


def _conditions(options: Options) -> Iterator[Query]:
    if options.peer is not None:
        peer = options.peer.lower()
        yield Query("lower(remote.address) = ? OR lower(local.address) = ?", (peer, peer))
    if options.spi is not None:
        yield Query("starts_with(initiator_spi, ?) OR starts_with(responder_spi, ?)", (options.spi, options.spi))
    if options.device is not None:
        yield Query("device = ? OR host_name = ?", (options.device, options.device))
    if options.since is not None:
        yield _any(
            _compared(time, options.since, "left({0}, length({1})) >= left({1}, length({0}))") for time in _TIMES
        )
    if options.until is not None:
        yield _any(
            _compared(time, options.until, "left({1}, length({0})) >= left({0}, length({1}))") for time in _TIMES
        )


def _any(queries: Iterable[Query]) -> Query:
    found: Sequence[Query] = list(queries)
    return Query(
        " OR ".join(f"coalesce({query.text}, false)" for query in found),
        tuple(value for query in found for value in query.values),
    )


def _compared(column: str, given: str, form: str) -> Query:
    """Compare times by what both of them give: year and date, the date alone, or the clock alone."""
    if given.startswith("T"):
        return Query(form.format(f"substr({column}, instr({column}, 'T'))", "CAST(? AS VARCHAR)"), (given, given))
    dated = given.lstrip("-") if given.startswith("-") else given[5:]
    undated = form.format(f"substr({column}, CASE WHEN {column} LIKE '-%' THEN 3 ELSE 6 END)", "CAST(? AS VARCHAR)")
    if given.startswith("-"):
        return Query(undated, (dated, dated))
    whole = form.format(column, "CAST(? AS VARCHAR)")
    return Query(f"CASE WHEN {column} LIKE '-%' THEN {undated} ELSE {whole} END", (dated, dated, given, given))
