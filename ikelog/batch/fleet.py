"""The fleet summary: what a store tells of all devices and peers, or of those that are asked for."""

from collections.abc import Mapping, Sequence
from typing import Any

from ikelog.batch.choosing import chosen_failures, chosen_negotiations
from ikelog.batch.store import told
from ikelog.pipeline import Options
from ikelog.record import record

Row = Mapping[str, Any]

_TOTALS = """
SELECT
  count(DISTINCT device) AS devices, count(DISTINCT peer) AS peers, count(*) AS negotiations,
  count(*) FILTER (outcome = 'established') AS established,
  count(*) FILTER (outcome = 'failed') AS failed,
  count(*) FILTER (outcome = 'child_failed') AS child_failed,
  count(*) FILTER (outcome = 'ike_only') AS ike_only,
  count(*) FILTER (outcome = 'incomplete') AS incomplete,
  count(*) FILTER (outcome = 'established' AND verdict IS NOT NULL) AS failed_later,
  min(started_at) AS first_time, max(started_at) AS last_time
FROM chosen
"""
_LOGS = """
SELECT
  count(*) AS logs, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes, CAST(coalesce(sum(lines), 0) AS BIGINT) AS lines,
  CAST(coalesce(sum(ike_lines), 0) AS BIGINT) AS ike_lines
FROM sources
"""
_PEERS = """
WITH attempts AS (SELECT device, peer, count(*) AS negotiations FROM chosen GROUP BY device, peer),
counted AS (
  SELECT
    device, peer, code, any_value(name) AS name, any_value(title) AS title, count(*) AS failures,
    min(started_at) AS first_time, max(started_at) AS last_time,
    first(id ORDER BY day, source, line, id) AS example, first(finding ORDER BY day, source, line, id) AS finding
  FROM chosen_failures GROUP BY device, peer, code
)
SELECT
  c.device, c.peer, c.code, c.name, c.title, c.failures, a.negotiations, c.first_time, c.last_time, c.example,
  e.source, e.line, e.text
FROM counted c
JOIN attempts a ON a.device = c.device AND a.peer IS NOT DISTINCT FROM c.peer
LEFT JOIN (SELECT * FROM evidence QUALIFY row_number() OVER (PARTITION BY finding ORDER BY n DESC) = 1) e
  ON e.finding = c.finding
ORDER BY c.failures DESC, c.device, c.peer, c.code
"""
_CAUSES = """
SELECT
  code, any_value(name) AS name, any_value(title) AS title, CAST(sum(failures) AS BIGINT) AS failures,
  (SELECT count(DISTINCT (device, peer)) FROM chosen_failures f WHERE f.code IS NOT DISTINCT FROM d.code) AS peers,
  list(struct_pack(day := day, failures := failures) ORDER BY day) AS days
FROM (
  SELECT code, any_value(name) AS name, any_value(title) AS title, day, count(*) AS failures
  FROM chosen_failures GROUP BY code, day
) d
GROUP BY code ORDER BY failures DESC, code
"""
_DEVICES = """
WITH worst AS (
  SELECT device, code, any_value(name) AS name, count(*) AS times FROM chosen_failures GROUP BY device, code
  QUALIFY row_number() OVER (PARTITION BY device ORDER BY times DESC, code) = 1
)
SELECT
  n.device, count(DISTINCT n.peer) AS peers, count(*) AS negotiations,
  count(*) FILTER (n.outcome = 'established') AS established,
  count(*) FILTER (n.outcome = 'failed') AS failed,
  count(*) FILTER (n.outcome = 'child_failed') AS child_failed,
  count(*) FILTER (n.outcome = 'ike_only') AS ike_only,
  count(*) FILTER (n.outcome = 'incomplete') AS incomplete,
  count(*) FILTER (n.outcome = 'established' AND n.verdict IS NOT NULL) AS failed_later,
  min(n.started_at) AS first_time, max(n.started_at) AS last_time,
  any_value(w.code) AS main_cause, any_value(w.name) AS main_cause_name
FROM chosen n LEFT JOIN worst w ON w.device = n.device
GROUP BY n.device ORDER BY failed + child_failed + failed_later DESC, n.device
"""
_SKIPPED = "SELECT name, reason, detail FROM skipped ORDER BY ALL"


@record
class Fleet:
    """What a store tells. Each row has the keys that the JSON summary prints, in its order.

    `failing` are peers of a device with a cause of failure, the most frequent first; `causes` have their failures by
    day. `skipped` is what could not be read, whatever else is asked for.
    """

    store: str
    totals: Row
    failing: Sequence[Row]
    causes: Sequence[Row]
    devices: Sequence[Row]
    skipped: Sequence[Row]


def fleet_of(connection: Any, store: str, options: Options) -> Fleet:
    """Ask a store; `peer`, `device`, `since`, `until`, `select` and `ignore` of the options keep part of it.

    Raises StoreError.
    """
    with told(store):
        for name, query in (("chosen", chosen_negotiations(options)), ("chosen_failures", chosen_failures(options))):
            connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query.text}", query.values)
        totals = {**_rows(connection, _LOGS)[0], **_rows(connection, _TOTALS)[0]}
        others = (_rows(connection, query) for query in (_PEERS, _CAUSES, _DEVICES, _SKIPPED))
        return Fleet(store, totals, *others)


def detail_of(connection: Any, store: str, negotiation: str) -> Sequence[Row]:
    """Return all that a store has of one negotiation, in parts: `part`, `place`, `text`. Raises StoreError."""
    with told(store):
        return _rows(connection, "FROM detail(?)", [negotiation])


def _rows(connection: Any, query: str, values: Sequence[object] = ()) -> list[dict[str, Any]]:
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
