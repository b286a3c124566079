-- The usual questions, as views of the tables that `ikelog batch` writes. docs/batch.md shows them at work.

-- One row for each negotiation that failed, or that came up and ended in an error, with the finding that explains it.
CREATE OR REPLACE VIEW failures AS
SELECT
  n.id, n.device, n.day, n.peer, n.role, n.ike_version,
  CASE n.outcome WHEN 'failed' THEN 'failed' WHEN 'child_failed' THEN 'child_failed' ELSE 'failed_later' END AS how,
  n.verdict AS code, f.name, f.title, f.side, f.certainty, f.explanation, f.id AS finding,
  n.source, n.line, n.started_at, n.started_timestamp, n.unit
FROM negotiations n
LEFT JOIN (
  SELECT unnest(negotiations) AS negotiation, id, code, name, title, side, certainty, explanation FROM findings
) f ON f.negotiation = n.id AND f.code = n.verdict
WHERE n.outcome IN ('failed', 'child_failed') OR (n.outcome = 'established' AND n.verdict IS NOT NULL)
QUALIFY row_number() OVER (PARTITION BY n.id ORDER BY length(f.id), f.id) = 1;

-- Which peers fail, of what, how often, since when, with a line of a log that shows it.
CREATE OR REPLACE VIEW failing_peers AS
WITH counted AS (
  SELECT
    device, peer, code, any_value(name) AS name, any_value(title) AS title, count(*) AS failures,
    min(coalesce(started_at, day)) AS first_time, max(coalesce(started_at, day)) AS last_time,
    first(id ORDER BY day, source, line, id) AS example,
    first(finding ORDER BY day, source, line, id) AS finding
  FROM failures GROUP BY device, peer, code
)
SELECT
  c.device, c.peer, c.code, c.name, c.title, c.failures, c.first_time, c.last_time, c.example,
  e.source, e.line, e.text
FROM counted c
LEFT JOIN (SELECT * FROM evidence QUALIFY row_number() OVER (PARTITION BY finding ORDER BY n DESC) = 1) e
  ON e.finding = c.finding
ORDER BY c.failures DESC, c.device, c.peer, c.code;

-- Failures by cause and day.
CREATE OR REPLACE VIEW causes_by_day AS
SELECT day, code, any_value(name) AS name, count(*) AS failures, count(DISTINCT (device, peer)) AS peers
FROM failures GROUP BY day, code ORDER BY day, count(*) DESC, code;

-- Attempts and how they ended, for each device and day. The rekey of an SA that was up is no attempt. The rate is of
-- those whose end the log shows.
CREATE OR REPLACE VIEW attempts_by_day AS
SELECT
  device, day, count(*) AS attempts,
  count(*) FILTER (outcome = 'established') AS established,
  count(*) FILTER (outcome IN ('failed', 'child_failed')) AS failed,
  count(*) FILTER (outcome = 'incomplete') AS incomplete,
  round(100.0 * count(*) FILTER (outcome = 'established') / nullif(count(*) FILTER (outcome <> 'incomplete'), 0), 1)
    AS success_percent
FROM negotiations WHERE rekeyed_from IS NULL
GROUP BY device, day ORDER BY day, device;

-- How long it takes until an SA is up, in milliseconds.
CREATE OR REPLACE VIEW time_to_establish AS
SELECT
  device, peer, count(*) AS established,
  CAST(quantile_cont(duration_ms, 0.5) AS BIGINT) AS p50_ms,
  CAST(quantile_cont(duration_ms, 0.9) AS BIGINT) AS p90_ms,
  CAST(quantile_cont(duration_ms, 0.99) AS BIGINT) AS p99_ms,
  max(duration_ms) AS longest_ms
FROM negotiations
WHERE outcome = 'established' AND rekeyed_from IS NULL AND duration_ms IS NOT NULL
GROUP BY device, peer ORDER BY p90_ms DESC, device, peer;

-- Peers with which an SA came up again and again on one day, and those that a log shows flapping (IKE406).
CREATE OR REPLACE VIEW flapping AS
WITH told AS (
  SELECT DISTINCT unnest(negotiations) AS negotiation FROM findings WHERE code = 'IKE406'
)
SELECT
  n.device, n.peer, n.day, count(*) AS came_up,
  count(*) FILTER (n.closed IS NOT NULL AND n.closed."by" <> 'rekey') AS went_down,
  count(t.negotiation) > 0 AS told_by_ike406
FROM negotiations n LEFT JOIN told t ON t.negotiation = n.id
WHERE n.outcome IN ('established', 'ike_only') AND n.rekeyed_from IS NULL
GROUP BY n.device, n.peer, n.day
HAVING (came_up >= 3 AND went_down >= 2) OR told_by_ike406
ORDER BY came_up DESC, n.device, n.peer, n.day;

-- Where messages have to be sent again.
CREATE OR REPLACE VIEW retransmission_hot_spots AS
SELECT
  device, peer, exchange, direction, count(*) AS messages,
  count(*) FILTER (retransmissions > 0) AS repeated, CAST(sum(retransmissions) AS BIGINT) AS retransmissions,
  max(retransmissions) AS most
FROM messages GROUP BY device, peer, exchange, direction HAVING sum(retransmissions) > 0
ORDER BY retransmissions DESC, device, peer, exchange, direction;

-- Which weak algorithms peers use or offer (IKE601 to IKE606), and in how many SAs that came up.
CREATE OR REPLACE VIEW weak_crypto AS
SELECT
  n.device, n.peer, f.code, any_value(f.name) AS name, count(DISTINCT n.id) AS negotiations,
  count(DISTINCT n.id) FILTER (n.outcome = 'established') AS established,
  first(f.explanation ORDER BY f.id) AS explanation
FROM (SELECT id, code, name, explanation, unnest(negotiations) AS negotiation FROM findings WHERE code LIKE 'IKE6%') f
JOIN negotiations n ON n.id = f.negotiation
GROUP BY n.device, n.peer, f.code ORDER BY negotiations DESC, n.device, n.peer, f.code;

-- A line for each device.
CREATE OR REPLACE VIEW devices AS
WITH worst AS (
  SELECT device, code, any_value(name) AS name, count(*) AS times FROM failures GROUP BY device, code
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
FROM negotiations n LEFT JOIN worst w ON w.device = n.device
GROUP BY n.device ORDER BY failed + child_failed + failed_later DESC, n.device;

-- The two ends of one SA, where the logs of both are in the store.
CREATE OR REPLACE VIEW both_ends AS
SELECT
  i.initiator_spi, i.responder_spi, i.id AS initiator, i.device AS initiator_device, i.outcome AS initiator_outcome,
  r.id AS responder, r.device AS responder_device, r.outcome AS responder_outcome
FROM negotiations i JOIN negotiations r ON i.initiator_spi = r.initiator_spi AND i.responder_spi = r.responder_spi
WHERE i.role = 'initiator' AND r.role = 'responder' AND i.device <> r.device ORDER BY i.id, r.id;

-- All that the store has of one negotiation: FROM detail('3f2a9c0d1e2b-N3').
CREATE OR REPLACE MACRO detail(wanted) AS TABLE
WITH about AS (SELECT * FROM findings WHERE list_contains(negotiations, wanted))
SELECT part, place, text FROM (
  SELECT
    1 AS chapter, 0 AS a, 0 AS b, 'negotiation' AS part, source || ':' || line AS place,
    concat_ws('  ', outcome, verdict, 'IKEv' || ike_version, role, device, '->', peer,
      upper(coalesce(initiator_spi, 'unknown')) || ' / ' || upper(coalesce(responder_spi, 'unknown')), started_at) AS text
  FROM negotiations WHERE id = wanted
  UNION ALL
  SELECT
    2, line, n, 'message', source || ':' || line,
    concat_ws('  ', time, direction, exchange, step, CAST(message_id AS VARCHAR), array_to_string(payloads, ' '),
      nullif(array_to_string(notifies, ' '), ''),
      CASE WHEN retransmissions > 0 THEN 'again x' || retransmissions END)
  FROM messages WHERE negotiation = wanted
  UNION ALL
  SELECT
    3, line, 0, 'child_sa', CAST(line AS VARCHAR),
    concat_ws('  ', state, verdict, protocol, 'inbound ' || upper(inbound_spi), 'outbound ' || upper(outbound_spi),
      array_to_string([s.network FOR s IN local_selectors], ' ') || ' <-> '
        || array_to_string([s.network FOR s IN remote_selectors], ' '))
  FROM child_sas WHERE negotiation = wanted
  UNION ALL
  SELECT 4, CAST(regexp_extract(id, 'F([0-9]+)$', 1) AS BIGINT), 0, severity, NULL, code || ' ' || name || ': ' || explanation FROM about
  UNION ALL
  SELECT 4, CAST(regexp_extract(e.finding, 'F([0-9]+)$', 1) AS BIGINT), e.n, 'evidence', e.source || ':' || e.line, e.text
  FROM evidence e WHERE e.finding IN (SELECT id FROM about)
  UNION ALL
  SELECT 4, CAST(regexp_extract(id, 'F([0-9]+)$', 1) AS BIGINT), 1000000, 'fix', x.platform,
    concat_ws(chr(10), nullif(array_to_string(x.commands, chr(10)), ''), x.why)
  FROM (SELECT id, unnest(fix) AS x FROM about)
) ORDER BY chapter, a, b;
