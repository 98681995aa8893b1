-- Two years of a large estate, as the desk's charts, reminders and lists meet them: :cards cards and
-- half as many holders, each card issued and paid at the desk, and :cards months topped up since, most
-- of them at the kiosk. One paper in two thousand was never handed over, one row in two thousand never
-- signed, one copy in a thousand never filed; of the kiosk's slips every second one was never brought to
-- the desk for its invoices. Read by deskyear.py, which puts number and day in; a semicolon ends a
-- statement.

CREATE TEMP TABLE crowd AS
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :cards)
SELECT
    n,
    1000000 + n AS id,
    1000000 + (n + 1) / 2 AS holder,
    1000000 + (n + 7) / 8 AS unit,
    printf('%08x-0000-4000-8000-000000000001', n) AS sale,
    printf('%08x-0000-4000-8000-000000000002', n) AS top_up,
    CAST('uid-' || printf('%07d', n) AS BLOB) AS uid,
    date(:today, (n * 725 / :cards - 725) || ' days') AS day,
    date(:today, (n * 725 / :cards - 725) || ' days') || ' 02:00:00.000000' AS moment,
    date(:today, (n * 725 / :cards - iif((n + 1) / 2 % 100 < 27, 360, -5)) || ' days') AS door_after,
    date(:today, (n * 360 / :cards - 360) || ' days') AS topped_day,
    date(:today, (n * 360 / :cards - 360) || ' days') || ' 03:00:00.000000' AS topped,
    date(:today, (31 - n * 7 % 45) || ' days') AS parking_after,
    iif(n % 10 < 6, 'kiosk-1', 'desk-1') AS place,
    iif(n % 10 < 6, '', '张晓') AS clerk,
    iif(n % 10 < 6, n % 2, n % 2000 > 0) AS invoiced
FROM counted;

INSERT INTO unit (id, label, zones) SELECT unit, 'U-' || unit, 1 FROM crowd GROUP BY unit;

INSERT INTO holder (id, name, holder_class, unit_id, phone, id_number, lease_end, ends)
    SELECT holder, '住户' || holder,
    CASE
        WHEN holder % 100 = 0 THEN 'staff' WHEN holder % 100 = 1 THEN 'merchant'
        WHEN holder % 100 < 27 THEN 'tenant' WHEN holder % 100 < 67 THEN 'family' ELSE 'owner'
    END,
    unit, '139' || holder, '1101011955' || holder,
    CASE WHEN holder % 100 BETWEEN 1 AND 26
    THEN date(:today, (holder * 7 % 400 - 5) || ' days') END, NULL
    FROM crowd GROUP BY holder;

INSERT INTO card
    (number, uid, medium, card_kind, status, status_reason, holder_id, key_version,
    issued_at, bought_on, version)
    SELECT id, uid, 'classic', 'mifare-classic-1k',
    CASE WHEN n % 40 = 0 THEN 'blocked' WHEN n % 41 = 0 THEN 'returned' ELSE 'live' END,
    '', holder, 1, moment, day, 0
    FROM crowd;

INSERT INTO "right" (card_number, kind, zones, first, after_last, sequence, sealed)
    SELECT id, 'door', 1, day, door_after, 1, zeroblob(32) FROM crowd;

INSERT INTO "right" (card_number, kind, zones, first, after_last, sequence, sealed)
    SELECT id, 'parking', 1, date(parking_after, '-31 days'), parking_after, 1, zeroblob(32)
    FROM crowd WHERE n % 4 = 0;

INSERT INTO sale (id, holder_id, request, charges, due_fen, at, station, operator)
    SELECT sale, holder, '{"kind": "issue"}',
    '[{"item": "card-cost", "unit_price_fen": 2000, "quantity": 1}]', 2000, moment, 'desk-1', '张晓'
    FROM crowd;

INSERT INTO sale (id, holder_id, card_number, request, charges, due_fen, at, station, operator)
    SELECT top_up, holder, id, '{"kind": "top-up"}',
    '[{"item": "parking", "unit_price_fen": 15000, "quantity": 1}]', 15000, topped, place, clerk
    FROM crowd;

INSERT INTO operation
    (id, kind, state, uid, medium, card_kind, card_number, holder_id, sale_id, request, plan,
    changes, keying, key_version, at, station, operator)
    SELECT sale, 'issue', 'settled', uid, 'classic', 'mifare-classic-1k', id, holder, sale,
    '{"kind": "issue"}', '{}', '[]', 'none', 1, moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO operation
    (id, kind, state, uid, medium, card_kind, card_number, subject_number, holder_id, sale_id, request,
    plan, changes, keying, key_version, at, station, operator)
    SELECT top_up, 'top-up', 'settled', uid, 'classic', 'mifare-classic-1k', id, id, holder, top_up,
    '{"kind": "top-up"}', '{}', '[]', 'none', 1, topped, place, clerk FROM crowd;

INSERT INTO document (id, kind, number, operation_id, local_date, content, at, station, operator)
    SELECT id, 'formal-receipt', 20000000 + n, sale, day,
    '{"holder_name": "住户", "unit": "", "card_number": ' || id || ', "lines": [], "total_fen": 2000, '
    || '"received_fen": 2000, "change_fen": 0, "tender_kind": "cash-desk", "after": {}}',
    moment, 'desk-1', '张晓' FROM crowd;

INSERT INTO document (id, kind, number, operation_id, local_date, content, at, station, operator)
    SELECT 2000000 + n, 'top-up-slip', 20000000 + n, top_up, topped_day,
    '{"holder_name": "住户", "unit": "", "card_number": ' || id || ', "lines": [], '
    || '"total_fen": 15000, "received_fen": 15000, "change_fen": 0, "tender_kind": "cash-note", '
    || '"after": {}}',
    topped, place, clerk FROM crowd;

INSERT INTO document_event (document_id, event, at, station, operator)
    SELECT id, 'owed', moment, 'desk-1', '张晓' FROM crowd
    UNION ALL SELECT 2000000 + n, 'owed', topped, place, clerk FROM crowd
    UNION ALL SELECT id, 'printed', moment, 'desk-1', '张晓' FROM crowd WHERE n % 5000 > 0
    UNION ALL SELECT 2000000 + n, 'printed', topped, place, clerk FROM crowd
    UNION ALL SELECT id, 'handed-over', moment, 'desk-1', '张晓' FROM crowd WHERE n % 2000 > 0
    UNION ALL SELECT 2000000 + n, 'handed-over', topped, place, clerk
    FROM crowd WHERE clerk <> '' AND n % 2000 > 0;

INSERT INTO invoice_handing (document_id, total_fen, at, station, operator)
    SELECT 2000000 + n, 15000, topped, 'desk-1', '张晓' FROM crowd WHERE invoiced;

INSERT INTO ledger_entry (id, kind, sale_id, at, station, operator)
    SELECT 4000000 + n, 'tender', sale, moment, 'desk-1', '张晓' FROM crowd
    UNION ALL SELECT 5000000 + n, 'settle', sale, moment, 'desk-1', '张晓' FROM crowd
    UNION ALL SELECT 6000000 + n, 'tender', top_up, topped, place, clerk FROM crowd
    UNION ALL SELECT 7000000 + n, 'settle', top_up, topped, place, clerk FROM crowd;

INSERT INTO ledger_line (entry_id, line, account, amount_fen)
    SELECT 4000000 + n, 0, 'cash:desk-1', 2000 FROM crowd
    UNION ALL SELECT 4000000 + n, 1, 'customer:' || sale, -2000 FROM crowd
    UNION ALL SELECT 5000000 + n, 0, 'customer:' || sale, 2000 FROM crowd
    UNION ALL SELECT 5000000 + n, 1, 'income:card-cost', -2000 FROM crowd
    UNION ALL SELECT 6000000 + n, 0, 'cash:' || place, 15000 FROM crowd
    UNION ALL SELECT 6000000 + n, 1, 'customer:' || top_up, -15000 FROM crowd
    UNION ALL SELECT 7000000 + n, 0, 'customer:' || top_up, 15000 FROM crowd
    UNION ALL SELECT 7000000 + n, 1, 'income:parking', -15000 FROM crowd;

INSERT INTO register_row
    (number, local_date, kind, holder_id, holder_name, holder_class, unit, relation, card_number, chip,
    rights, proof, fee_fen, receipt, is_abnormal, abnormal, signer, recipient, approver, remark,
    operation_id, amendment, previous, hash, at, station, operator)
    SELECT id, day, 'new-issue', holder, '住户' || holder, 'owner', 'U-' || unit, '', id, '', '[]', '{}',
    2000, '', n % 50 = 0, '[]', 'holder', '', '', '', sale, 'null', x'', x'', moment, 'desk-1', '张晓'
    FROM crowd;

INSERT INTO register_signature
    (number, row_number, how, signed_by, signer, strokes, previous, hash, at, station, operator)
    SELECT id, id, 'paper', '住户', 'holder', '', x'', x'', moment, 'desk-1', '张晓'
    FROM crowd WHERE n % 2000 > 0;

INSERT INTO paper_copy (id, holder_id, paper, occasion, at, station, operator)
    SELECT sale, holder, 'id-card', '', moment, 'desk-1', '张晓' FROM crowd WHERE n % 2 = 0;

INSERT INTO paper_filing (id, copy_id, folder, at, station, operator)
    SELECT sale, sale, 'A-1', moment, 'desk-1', '张晓' FROM crowd WHERE n % 2 = 0 AND n % 1000 > 0;

INSERT INTO application
    (id, serial, kind, holder_id, applicant, dated, form, section, papers, purpose, at, station, operator)
    SELECT sale, n, 'merchant', holder, '周敏', day, 'personal', '', '[]', '', moment, 'desk-1', '张晓'
    FROM crowd WHERE holder % 100 = 1 AND n % 2 = 0;

INSERT INTO application_step
    (application_id, step, person, remark, contract_ends, length_reason, at, station, operator)
    SELECT sale, 'checked', '周岚', '', date(:today, (holder * 7 % 400 - 5) || ' days'), '', moment,
    'desk-1', '张晓' FROM crowd WHERE holder % 100 = 1 AND n % 2 = 0;

DROP TABLE crowd;
