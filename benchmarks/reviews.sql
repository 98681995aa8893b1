-- An estate's past, as form F2 meets it: :cards cards over 800 days, each issued and paid once, one
-- tap each at a gate that lags a thousand changes behind. One in fifty holders is gone, one in forty
-- cards is blocked. Read by reviews.py, which puts the number of cards in; a semicolon ends a statement.

CREATE TEMP TABLE crowd AS
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :cards)
SELECT
    n,
    date('2024-07-01', '+' || (n % 800) || ' days') AS day,
    date('2026-07-01', '+' || (n % 800) || ' days') AS after_last,
    date('2024-07-01', '+' || (n % 800) || ' days') || ' 02:00:00.000000' AS moment,
    printf('%032x', n) AS id,
    CAST('uid-' || printf('%06d', n) AS BLOB) AS uid,
    (n - 1) / 2 + 1 AS holder
FROM counted;

INSERT INTO station (id, kind, token_hash) VALUES ('gate-1', 'gate', x'');

INSERT INTO counter (name, value) SELECT 'snapshot', max(n) FROM crowd;

INSERT INTO unit (id, label, zones) SELECT n, 'U-' || n, 1 FROM crowd WHERE n % 4 = 0;

INSERT INTO holder
    (id, name, holder_class, unit_id, phone, id_number, lease_end, ends)
    SELECT n, '住户' || n,
    CASE n % 8
        WHEN 0 THEN 'staff' WHEN 1 THEN 'merchant' WHEN 2 THEN 'tenant' WHEN 3 THEN 'tenant'
        WHEN 4 THEN 'family' WHEN 5 THEN 'family' ELSE 'owner'
    END,
    n / 4 * 4 + 4, '139' || n, '1101011955' || n,
    CASE WHEN n % 8 BETWEEN 1 AND 3 THEN iif(n % 50 = 0, '2026-08-01', '2030-01-01') END,
    CASE WHEN n % 8 NOT BETWEEN 1 AND 3 AND n % 50 = 0 THEN '2026-08-01' END
    FROM crowd WHERE n <= (SELECT max(n) FROM crowd) / 2;

INSERT INTO card
    (number, uid, medium, card_kind, status, status_reason, holder_id, key_version,
    issued_at, bought_on, version)
    SELECT n, uid, 'classic', 'mifare-classic-1k',
    CASE WHEN n % 40 = 0 THEN 'blocked' ELSE 'live' END, '', holder, 1, moment, day, n
    FROM crowd;

INSERT INTO "right" (card_number, kind, zones, first, after_last, sequence, sealed)
    SELECT n, 'door', 1, day, after_last, 1, zeroblob(32) FROM crowd;

INSERT INTO sale (id, holder_id, request, charges, due_fen, at, station, operator)
    SELECT id, holder, '{"kind": "issue"}', '[{"item": "card-cost", "unit_price_fen": 2000, "quantity": 1}]', 2000, moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO operation
    (id, kind, state, uid, medium, card_kind, card_number, holder_id, sale_id, request, plan,
    changes, keying, key_version, at, station, operator)
    SELECT id, 'issue', 'settled', uid, 'classic', 'mifare-classic-1k', n, holder, id,
    '{"kind": "issue"}', '{}', '[]', 'none', 1, moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO operation_event (operation_id, event, reason, evidence, at, station, operator)
    SELECT id, 'settled', '', 'null', moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO document (kind, number, operation_id, local_date, content, at, station, operator)
    SELECT 'formal-receipt', n, id, day, '{"total_fen": 2000}', moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO ledger_entry (id, kind, sale_id, at, station, operator)
    SELECT n, 'settle', id, moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO ledger_line (entry_id, line, account, amount_fen)
    SELECT n, 0, 'customer:' || id, 2000 FROM crowd;

INSERT INTO ledger_line (entry_id, line, account, amount_fen)
    SELECT n, 1, 'income:card-cost', -2000 FROM crowd;

INSERT INTO gate_event
    (site, device, journal, sequence, at, taken_at, lane, kind, uid, card_number, reason, granted,
    snapshot_version, about, by, detail, chain)
    SELECT :site, 'gate-1', 'journal', n, moment, moment, 'door', 'tap', uid, n, 'granted', 1,
    max(0, n - 1000), 0, '', '', x'' FROM crowd;

DROP TABLE crowd;
