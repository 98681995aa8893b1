-- A new store on SQLite, as all migrations together leave it. Written by `make schema`, never by
-- hand: see newstore.py.

CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE station (
	id VARCHAR(60) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	token_hash BLOB NOT NULL, 
	CONSTRAINT pk_station PRIMARY KEY (id), 
	CONSTRAINT ck_station_kind CHECK (kind IN ('desk', 'kiosk', 'gate', 'office', 'panel'))
);

CREATE TABLE unit (
	id INTEGER NOT NULL, 
	label VARCHAR(60) NOT NULL, 
	zones INTEGER NOT NULL, version INTEGER DEFAULT '1' NOT NULL, 
	CONSTRAINT pk_unit PRIMARY KEY (id), 
	CONSTRAINT uq_unit_label UNIQUE (label)
);

CREATE TABLE holder (
	id INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	holder_class VARCHAR(30) NOT NULL, 
	unit_id INTEGER, 
	phone VARCHAR(60) NOT NULL, 
	id_number VARCHAR(60) NOT NULL, 
	lease_end DATE, 
	ends DATE, relation VARCHAR(60) DEFAULT '' NOT NULL, lease_number VARCHAR(60) DEFAULT '' NOT NULL, section VARCHAR(60) DEFAULT '' NOT NULL, lease_start DATE, contract_end DATE, company BOOLEAN DEFAULT 0 NOT NULL, principal_id INTEGER REFERENCES holder (id), version INTEGER DEFAULT '1' NOT NULL, listed BOOLEAN, 
	CONSTRAINT pk_holder PRIMARY KEY (id), 
	CONSTRAINT ck_holder_class CHECK (holder_class IN ('owner', 'family', 'tenant', 'merchant', 'staff')), 
	CONSTRAINT fk_holder_unit_id_unit FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE INDEX ix_holder_name ON holder (name);

CREATE INDEX ix_holder_unit_id ON holder (unit_id);

CREATE TABLE agreement (
	id INTEGER NOT NULL, 
	number VARCHAR(60) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	plate VARCHAR(60) NOT NULL, 
	space VARCHAR(60) NOT NULL, 
	space_kind VARCHAR(60) NOT NULL, 
	zone INTEGER NOT NULL, 
	monthly_fee_fen INTEGER NOT NULL, 
	ends DATE NOT NULL, 
	bank_collected BOOLEAN NOT NULL, 
	CONSTRAINT pk_agreement PRIMARY KEY (id), 
	CONSTRAINT uq_agreement_number UNIQUE (number), 
	CONSTRAINT fk_agreement_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_agreement_holder_id ON agreement (holder_id);

CREATE TABLE verification (
	id VARCHAR(36) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	method VARCHAR(30) NOT NULL, 
	papers JSON NOT NULL, 
	note VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_verification PRIMARY KEY (id), 
	CONSTRAINT fk_verification_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT ck_verification_method CHECK (method IN ('owner-record', 'phone', 'owner-present', 'lease', 'application'))
);

CREATE INDEX ix_verification_holder_id ON verification (holder_id);

CREATE TABLE card (
	number INTEGER NOT NULL, 
	uid BLOB NOT NULL, 
	medium VARCHAR(30) NOT NULL, 
	card_kind VARCHAR(60) NOT NULL, 
	status VARCHAR(30) NOT NULL, 
	status_reason VARCHAR(400) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	key_version INTEGER NOT NULL, 
	secure_channel VARCHAR(3), 
	issued_at DATETIME NOT NULL, 
	bought_on DATE NOT NULL, 
	replaced_by INTEGER, 
	version INTEGER NOT NULL, 
	CONSTRAINT pk_card PRIMARY KEY (number), 
	CONSTRAINT ck_card_medium CHECK (medium IN ('classic', 'desfire')), 
	CONSTRAINT ck_card_status CHECK (status IN ('live', 'blocked', 'replaced', 'returned', 'scrapped')), 
	CONSTRAINT fk_card_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT fk_card_replaced_by_card FOREIGN KEY(replaced_by) REFERENCES card (number)
);

CREATE INDEX ix_card_uid ON card (uid);

CREATE INDEX ix_card_version ON card (version);

CREATE UNIQUE INDEX uq_card_live_uid ON card (uid) WHERE status = 'live';

CREATE TABLE "right" (
	card_number INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	zones INTEGER NOT NULL, 
	first DATE NOT NULL, 
	after_last DATE NOT NULL, 
	anchor INTEGER, 
	sequence INTEGER NOT NULL, 
	sealed BLOB NOT NULL, 
	agreement_id INTEGER, 
	CONSTRAINT pk_right PRIMARY KEY (card_number, kind), 
	CONSTRAINT ck_right_period CHECK (after_last > first), 
	CONSTRAINT fk_right_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT ck_right_kind CHECK (kind IN ('door', 'parking')), 
	CONSTRAINT fk_right_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id)
);

CREATE TABLE sale (
	id VARCHAR(36) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	card_number INTEGER, 
	request JSON NOT NULL, 
	charges JSON NOT NULL, 
	due_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_sale PRIMARY KEY (id), 
	CONSTRAINT ck_sale_due CHECK (due_fen > 0), 
	CONSTRAINT fk_sale_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT fk_sale_card_number_card FOREIGN KEY(card_number) REFERENCES card (number)
);

CREATE INDEX ix_sale_card_number ON sale (card_number);

CREATE TABLE sale_event (
	id INTEGER NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_sale_event PRIMARY KEY (id), 
	CONSTRAINT fk_sale_event_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT ck_sale_event_state CHECK (state IN ('open', 'in-use', 'settled', 'cancelled', 'suspended'))
);

CREATE INDEX ix_sale_event_sale_id ON sale_event (sale_id);

CREATE TABLE ledger_entry (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_ledger_entry PRIMARY KEY (id), 
	CONSTRAINT ck_ledger_entry_kind CHECK (kind IN ('tender', 'change', 'settle', 'owed-back', 'refund', 'suspend', 'unknown', 'found')), 
	CONSTRAINT fk_ledger_entry_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id)
);

CREATE INDEX ix_ledger_entry_sale_id ON ledger_entry (sale_id);

CREATE TABLE ledger_line (
	entry_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	account VARCHAR(120) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	CONSTRAINT pk_ledger_line PRIMARY KEY (entry_id, line), 
	CONSTRAINT ck_ledger_line_amount CHECK (amount_fen <> 0), 
	CONSTRAINT fk_ledger_line_entry_id_ledger_entry FOREIGN KEY(entry_id) REFERENCES ledger_entry (id)
);

CREATE INDEX ix_ledger_line_account ON ledger_line (account);

CREATE TABLE operation (
	id VARCHAR(36) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	uid BLOB NOT NULL, 
	medium VARCHAR(30) NOT NULL, 
	card_kind VARCHAR(60) NOT NULL, 
	card_number INTEGER NOT NULL, 
	subject_number INTEGER, 
	holder_id INTEGER NOT NULL, 
	sale_id VARCHAR(36), 
	request JSON NOT NULL, 
	"plan" JSON NOT NULL, 
	changes JSON NOT NULL, 
	keying VARCHAR(30) NOT NULL, 
	key_version INTEGER NOT NULL, 
	previous_key_version INTEGER, 
	secure_channel VARCHAR(3), 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, authorised_by VARCHAR(60) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_operation PRIMARY KEY (id), 
	CONSTRAINT ck_operation_kind CHECK (kind IN ('issue', 'add-parking', 'top-up', 'extend', 'replace', 'format')), 
	CONSTRAINT ck_operation_state CHECK (state IN ('open', 'settled', 'voided')), 
	CONSTRAINT ck_operation_medium CHECK (medium IN ('classic', 'desfire')), 
	CONSTRAINT fk_operation_subject_number_card FOREIGN KEY(subject_number) REFERENCES card (number), 
	CONSTRAINT fk_operation_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT fk_operation_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT ck_operation_keying CHECK (keying IN ('none', 'personalise', 'format'))
);

CREATE INDEX ix_operation_uid ON operation (uid);

CREATE INDEX ix_operation_card_number ON operation (card_number);

CREATE UNIQUE INDEX uq_operation_uid ON operation (uid) WHERE state = 'open';

CREATE UNIQUE INDEX uq_operation_subject ON operation (subject_number) WHERE state = 'open';

CREATE UNIQUE INDEX uq_operation_sale ON operation (sale_id) WHERE state <> 'voided';

CREATE TABLE operation_event (
	id INTEGER NOT NULL, 
	operation_id VARCHAR(36) NOT NULL, 
	event VARCHAR(30) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	evidence JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_operation_event PRIMARY KEY (id), 
	CONSTRAINT fk_operation_event_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id)
);

CREATE INDEX ix_operation_event_operation_id ON operation_event (operation_id);

CREATE TABLE keying_step (
	id INTEGER NOT NULL, 
	operation_id VARCHAR(36) NOT NULL, 
	step VARCHAR(60) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_keying_step PRIMARY KEY (id), 
	CONSTRAINT fk_keying_step_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id)
);

CREATE INDEX ix_keying_step_operation_id ON keying_step (operation_id);

CREATE TABLE document (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	number INTEGER NOT NULL, 
	operation_id VARCHAR(36), 
	local_date DATE NOT NULL, 
	content JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, sale_id VARCHAR(36) CONSTRAINT fk_document_sale_id_sale REFERENCES sale (id) CONSTRAINT ck_document_stands CHECK ((operation_id IS NULL) <> (sale_id IS NULL)), 
	CONSTRAINT pk_document PRIMARY KEY (id), 
	CONSTRAINT uq_document_kind_number UNIQUE (kind, number), 
	CONSTRAINT ck_document_kind CHECK (kind IN ('formal-receipt', 'top-up-slip')), 
	CONSTRAINT fk_document_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id)
);

CREATE INDEX ix_document_operation_id ON document (operation_id);

CREATE TABLE document_event (
	id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	event VARCHAR(30) NOT NULL, 
	print_id VARCHAR(36), 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_document_event PRIMARY KEY (id), 
	CONSTRAINT fk_document_event_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE INDEX ix_document_event_document_id ON document_event (document_id);

CREATE TABLE audit (
	id INTEGER NOT NULL, 
	action VARCHAR(60) NOT NULL, 
	subject VARCHAR(120) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);

CREATE TABLE posted (
	id VARCHAR(80) NOT NULL, 
	action VARCHAR(60) NOT NULL, 
	body_hash BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_posted PRIMARY KEY (id)
);

CREATE TABLE counter (
	name VARCHAR(60) NOT NULL, 
	value INTEGER NOT NULL, 
	CONSTRAINT pk_counter PRIMARY KEY (name)
);

CREATE TABLE clock (
	id INTEGER NOT NULL, 
	floor DATETIME NOT NULL, 
	CONSTRAINT pk_clock PRIMARY KEY (id)
);

CREATE TRIGGER keep_verification_update BEFORE UPDATE ON verification BEGIN SELECT RAISE(ABORT, 'verification is append-only'); END;

CREATE TRIGGER keep_verification_delete BEFORE DELETE ON verification BEGIN SELECT RAISE(ABORT, 'verification is append-only'); END;

CREATE TRIGGER keep_operation_event_update BEFORE UPDATE ON operation_event BEGIN SELECT RAISE(ABORT, 'operation_event is append-only'); END;

CREATE TRIGGER keep_operation_event_delete BEFORE DELETE ON operation_event BEGIN SELECT RAISE(ABORT, 'operation_event is append-only'); END;

CREATE TRIGGER keep_keying_step_update BEFORE UPDATE ON keying_step BEGIN SELECT RAISE(ABORT, 'keying_step is append-only'); END;

CREATE TRIGGER keep_keying_step_delete BEFORE DELETE ON keying_step BEGIN SELECT RAISE(ABORT, 'keying_step is append-only'); END;

CREATE TRIGGER keep_sale_update BEFORE UPDATE ON sale BEGIN SELECT RAISE(ABORT, 'sale is append-only'); END;

CREATE TRIGGER keep_sale_delete BEFORE DELETE ON sale BEGIN SELECT RAISE(ABORT, 'sale is append-only'); END;

CREATE TRIGGER keep_sale_event_update BEFORE UPDATE ON sale_event BEGIN SELECT RAISE(ABORT, 'sale_event is append-only'); END;

CREATE TRIGGER keep_sale_event_delete BEFORE DELETE ON sale_event BEGIN SELECT RAISE(ABORT, 'sale_event is append-only'); END;

CREATE TRIGGER keep_ledger_entry_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;

CREATE TRIGGER keep_ledger_entry_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;

CREATE TRIGGER keep_ledger_line_update BEFORE UPDATE ON ledger_line BEGIN SELECT RAISE(ABORT, 'ledger_line is append-only'); END;

CREATE TRIGGER keep_ledger_line_delete BEFORE DELETE ON ledger_line BEGIN SELECT RAISE(ABORT, 'ledger_line is append-only'); END;

CREATE TRIGGER keep_document_update BEFORE UPDATE ON document BEGIN SELECT RAISE(ABORT, 'document is append-only'); END;

CREATE TRIGGER keep_document_delete BEFORE DELETE ON document BEGIN SELECT RAISE(ABORT, 'document is append-only'); END;

CREATE TRIGGER keep_document_event_update BEFORE UPDATE ON document_event BEGIN SELECT RAISE(ABORT, 'document_event is append-only'); END;

CREATE TRIGGER keep_document_event_delete BEFORE DELETE ON document_event BEGIN SELECT RAISE(ABORT, 'document_event is append-only'); END;

CREATE TRIGGER keep_audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TRIGGER keep_audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

CREATE TRIGGER keep_posted_update BEFORE UPDATE ON posted BEGIN SELECT RAISE(ABORT, 'posted is append-only'); END;

CREATE TRIGGER keep_posted_delete BEFORE DELETE ON posted BEGIN SELECT RAISE(ABORT, 'posted is append-only'); END;

CREATE TRIGGER keep_operation_delete BEFORE DELETE ON operation BEGIN SELECT RAISE(ABORT, 'operation rows are never deleted'); END;

CREATE TRIGGER keep_card_delete BEFORE DELETE ON card BEGIN SELECT RAISE(ABORT, 'card rows are never deleted'); END;

CREATE TRIGGER keep_operation_ended BEFORE UPDATE ON operation WHEN OLD.state <> 'open' BEGIN SELECT RAISE(ABORT, 'an operation changes only its state, and only once'); END;

CREATE TRIGGER keep_operation_fixed BEFORE UPDATE OF id, kind, uid, medium, card_kind, card_number, subject_number, holder_id, sale_id, request, plan, changes, keying, key_version, previous_key_version, at, station, operator ON operation BEGIN SELECT RAISE(ABORT, 'an operation changes only its state, and only once'); END;

CREATE TABLE operator (
	id INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	holder_id INTEGER, 
	password_hash VARCHAR(200) NOT NULL, 
	active BOOLEAN NOT NULL, 
	roles JSON NOT NULL, 
	CONSTRAINT pk_operator PRIMARY KEY (id), 
	CONSTRAINT uq_operator_name UNIQUE (name), 
	CONSTRAINT fk_operator_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE TABLE session (
	id INTEGER NOT NULL, 
	token_hash BLOB NOT NULL, 
	operator_id INTEGER NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	made DATETIME NOT NULL, 
	last_seen DATETIME NOT NULL, 
	ended DATETIME, 
	ended_by VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_session PRIMARY KEY (id), 
	CONSTRAINT uq_session_token_hash UNIQUE (token_hash), 
	CONSTRAINT fk_session_operator_id_operator FOREIGN KEY(operator_id) REFERENCES operator (id)
);

CREATE INDEX ix_session_operator_id ON session (operator_id);

CREATE TABLE sign_in_attempt (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	purpose VARCHAR(60) NOT NULL, 
	outcome VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_sign_in_attempt PRIMARY KEY (id)
);

CREATE INDEX ix_sign_in_attempt_name_id ON sign_in_attempt (name, id);

CREATE INDEX ix_sign_in_attempt_station_id ON sign_in_attempt (station, id);

CREATE TABLE leave (
	id VARCHAR(36) NOT NULL, 
	action VARCHAR(60) NOT NULL, 
	operator_id INTEGER NOT NULL, 
	session_id INTEGER NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	ends DATETIME NOT NULL, 
	CONSTRAINT pk_leave PRIMARY KEY (id), 
	CONSTRAINT fk_leave_operator_id_operator FOREIGN KEY(operator_id) REFERENCES operator (id), 
	CONSTRAINT fk_leave_session_id_session FOREIGN KEY(session_id) REFERENCES session (id)
);

CREATE TABLE head_notice (
	id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	card_number INTEGER NOT NULL, 
	holder_id INTEGER NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	CONSTRAINT pk_head_notice PRIMARY KEY (id), 
	CONSTRAINT fk_head_notice_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT fk_head_notice_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_head_notice_card_number ON head_notice (card_number);

CREATE TABLE head_notice_seen (
	notice_id INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_head_notice_seen PRIMARY KEY (notice_id, name), 
	CONSTRAINT fk_head_notice_seen_notice_id_head_notice FOREIGN KEY(notice_id) REFERENCES head_notice (id)
);

CREATE TRIGGER keep_sign_in_attempt_update BEFORE UPDATE ON sign_in_attempt BEGIN SELECT RAISE(ABORT, 'sign_in_attempt is append-only'); END;

CREATE TRIGGER keep_sign_in_attempt_delete BEFORE DELETE ON sign_in_attempt BEGIN SELECT RAISE(ABORT, 'sign_in_attempt is append-only'); END;

CREATE TRIGGER keep_leave_update BEFORE UPDATE ON leave BEGIN SELECT RAISE(ABORT, 'leave is append-only'); END;

CREATE TRIGGER keep_leave_delete BEFORE DELETE ON leave BEGIN SELECT RAISE(ABORT, 'leave is append-only'); END;

CREATE TRIGGER keep_head_notice_update BEFORE UPDATE ON head_notice BEGIN SELECT RAISE(ABORT, 'head_notice is append-only'); END;

CREATE TRIGGER keep_head_notice_delete BEFORE DELETE ON head_notice BEGIN SELECT RAISE(ABORT, 'head_notice is append-only'); END;

CREATE TRIGGER keep_head_notice_seen_update BEFORE UPDATE ON head_notice_seen BEGIN SELECT RAISE(ABORT, 'head_notice_seen is append-only'); END;

CREATE TRIGGER keep_head_notice_seen_delete BEFORE DELETE ON head_notice_seen BEGIN SELECT RAISE(ABORT, 'head_notice_seen is append-only'); END;

CREATE INDEX ix_holder_principal_id ON holder (principal_id);

CREATE INDEX ix_holder_ends ON holder (ends);

CREATE TABLE file_change (
	id INTEGER NOT NULL, 
	holder_id INTEGER, 
	unit_id INTEGER, 
	act VARCHAR(30) NOT NULL, 
	changes JSON NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	request_id VARCHAR(36) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_file_change PRIMARY KEY (id), 
	CONSTRAINT fk_file_change_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT fk_file_change_unit_id_unit FOREIGN KEY(unit_id) REFERENCES unit (id)
);

CREATE INDEX ix_file_change_request_id ON file_change (request_id);

CREATE INDEX ix_file_change_holder_id ON file_change (holder_id);

CREATE INDEX ix_file_change_unit_id ON file_change (unit_id);

CREATE TABLE transfer (
	id VARCHAR(36) NOT NULL, 
	unit_id INTEGER NOT NULL, 
	new_owner_id INTEGER NOT NULL, 
	transferred_on DATE NOT NULL, 
	rights_end DATE NOT NULL, 
	cards JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_transfer PRIMARY KEY (id), 
	CONSTRAINT fk_transfer_unit_id_unit FOREIGN KEY(unit_id) REFERENCES unit (id), 
	CONSTRAINT fk_transfer_new_owner_id_holder FOREIGN KEY(new_owner_id) REFERENCES holder (id)
);

CREATE INDEX ix_transfer_unit_id ON transfer (unit_id);

CREATE TABLE unmasking (
	id VARCHAR(36) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	field VARCHAR(30) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_unmasking PRIMARY KEY (id), 
	CONSTRAINT fk_unmasking_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_unmasking_holder_id ON unmasking (holder_id);

CREATE TABLE paper_copy (
	id VARCHAR(36) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	paper VARCHAR(60) NOT NULL, 
	occasion VARCHAR(120) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_paper_copy PRIMARY KEY (id), 
	CONSTRAINT fk_paper_copy_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_paper_copy_holder_id ON paper_copy (holder_id);

CREATE TABLE paper_filing (
	id VARCHAR(36) NOT NULL, 
	copy_id VARCHAR(36) NOT NULL, 
	folder VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_paper_filing PRIMARY KEY (id), 
	CONSTRAINT fk_paper_filing_copy_id_paper_copy FOREIGN KEY(copy_id) REFERENCES paper_copy (id)
);

CREATE INDEX ix_paper_filing_copy_id ON paper_filing (copy_id);

CREATE TABLE owner_import (
	id VARCHAR(36) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	problem VARCHAR(60) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	digest VARCHAR(64) NOT NULL, 
	counts JSON NOT NULL, 
	done_at DATETIME, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_owner_import PRIMARY KEY (id)
);

CREATE TABLE import_part (
	import_id VARCHAR(36) NOT NULL, 
	part INTEGER NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_import_part PRIMARY KEY (import_id, part), 
	CONSTRAINT fk_import_part_import_id_owner_import FOREIGN KEY(import_id) REFERENCES owner_import (id)
);

CREATE TABLE import_line (
	import_id VARCHAR(36) NOT NULL, 
	position INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	fate VARCHAR(10) NOT NULL, 
	unit VARCHAR(120) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	reason VARCHAR(60) NOT NULL, 
	detail JSON NOT NULL, 
	CONSTRAINT pk_import_line PRIMARY KEY (import_id, position), 
	CONSTRAINT uq_import_line_fate UNIQUE (import_id, fate, position), 
	CONSTRAINT fk_import_line_import_id_owner_import FOREIGN KEY(import_id) REFERENCES owner_import (id)
);

CREATE TABLE search_key (
	"key" VARCHAR(120) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	CONSTRAINT pk_search_key PRIMARY KEY ("key", holder_id, kind)
)
 WITHOUT ROWID

;

CREATE INDEX ix_search_key_holder_id_kind ON search_key (holder_id, kind);

CREATE TRIGGER keep_file_change_update BEFORE UPDATE ON file_change BEGIN SELECT RAISE(ABORT, 'file_change is append-only'); END;

CREATE TRIGGER keep_file_change_delete BEFORE DELETE ON file_change BEGIN SELECT RAISE(ABORT, 'file_change is append-only'); END;

CREATE TRIGGER keep_transfer_update BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;

CREATE TRIGGER keep_transfer_delete BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;

CREATE TRIGGER keep_unmasking_update BEFORE UPDATE ON unmasking BEGIN SELECT RAISE(ABORT, 'unmasking is append-only'); END;

CREATE TRIGGER keep_unmasking_delete BEFORE DELETE ON unmasking BEGIN SELECT RAISE(ABORT, 'unmasking is append-only'); END;

CREATE TRIGGER keep_paper_copy_update BEFORE UPDATE ON paper_copy BEGIN SELECT RAISE(ABORT, 'paper_copy is append-only'); END;

CREATE TRIGGER keep_paper_copy_delete BEFORE DELETE ON paper_copy BEGIN SELECT RAISE(ABORT, 'paper_copy is append-only'); END;

CREATE TRIGGER keep_paper_filing_update BEFORE UPDATE ON paper_filing BEGIN SELECT RAISE(ABORT, 'paper_filing is append-only'); END;

CREATE TRIGGER keep_paper_filing_delete BEFORE DELETE ON paper_filing BEGIN SELECT RAISE(ABORT, 'paper_filing is append-only'); END;

CREATE TABLE register_row (
	number INTEGER NOT NULL, 
	local_date DATE NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	holder_id INTEGER, 
	holder_name VARCHAR(60) NOT NULL, 
	holder_class VARCHAR(30) NOT NULL, 
	unit VARCHAR(60) NOT NULL, 
	relation VARCHAR(60) NOT NULL, 
	card_number INTEGER, 
	chip VARCHAR(20) NOT NULL, 
	former_card INTEGER, 
	rights JSON NOT NULL, 
	valid_from DATE, 
	valid_to DATE, 
	proof JSON NOT NULL, 
	fee_fen INTEGER NOT NULL, 
	receipt VARCHAR(60) NOT NULL, 
	is_abnormal BOOLEAN NOT NULL, 
	abnormal JSON NOT NULL, 
	signer VARCHAR(30), 
	recipient VARCHAR(60) NOT NULL, 
	approver VARCHAR(60) NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	refers_to INTEGER, 
	operation_id VARCHAR(36), 
	amendment JSON NOT NULL, 
	previous BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_register_row PRIMARY KEY (number), 
	CONSTRAINT uq_register_row_operation_id_kind UNIQUE (operation_id, kind), 
	CONSTRAINT ck_register_row_number CHECK (number > 0), 
	CONSTRAINT ck_register_row_kind CHECK (kind IN ('new-issue', 'extension', 'free-replacement', 'paid-replacement', 'staff-issue', 'staff-reauthorised', 'loss-report', 'appraisal', 'block', 'unblock', 'scrapped', 'write-failure', 'cancelled', 'parking-added', 'formatted', 'returned', 'found', 'swapped', 'rights-ended', 'handed-on', 'correction', 'unsigned')), 
	CONSTRAINT ck_register_row_signer CHECK (signer IN ('holder', 'representative', 'section-head')), 
	CONSTRAINT fk_register_row_refers_to_register_row FOREIGN KEY(refers_to) REFERENCES register_row (number)
);

CREATE INDEX ix_register_row_local_date ON register_row (local_date);

CREATE INDEX ix_register_row_kind ON register_row (kind);

CREATE INDEX ix_register_row_unit ON register_row (unit);

CREATE INDEX ix_register_row_card_number ON register_row (card_number);

CREATE INDEX ix_register_row_former_card ON register_row (former_card);

CREATE INDEX ix_register_row_refers_to ON register_row (refers_to);

CREATE INDEX ix_register_row_is_abnormal ON register_row (is_abnormal);

CREATE TABLE register_signature (
	number INTEGER NOT NULL, 
	row_number INTEGER NOT NULL, 
	how VARCHAR(30) NOT NULL, 
	signed_by VARCHAR(60) NOT NULL, 
	signer VARCHAR(30) NOT NULL, 
	strokes TEXT NOT NULL, 
	page INTEGER, 
	line INTEGER, 
	previous BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_register_signature PRIMARY KEY (number), 
	CONSTRAINT uq_register_signature_row_number UNIQUE (row_number), 
	CONSTRAINT fk_register_signature_row_number_register_row FOREIGN KEY(row_number) REFERENCES register_row (number), 
	CONSTRAINT ck_register_signature_how CHECK (how IN ('pad', 'paper')), 
	CONSTRAINT ck_register_signature_signer CHECK (signer IN ('holder', 'representative', 'section-head'))
);

CREATE TABLE register_chain (
	name VARCHAR(60) NOT NULL, 
	number INTEGER NOT NULL, 
	hash BLOB NOT NULL, 
	CONSTRAINT pk_register_chain PRIMARY KEY (name)
);

CREATE TRIGGER keep_register_row_update BEFORE UPDATE ON register_row BEGIN SELECT RAISE(ABORT, 'register_row is append-only'); END;

CREATE TRIGGER keep_register_row_delete BEFORE DELETE ON register_row BEGIN SELECT RAISE(ABORT, 'register_row is append-only'); END;

CREATE TRIGGER keep_register_signature_update BEFORE UPDATE ON register_signature BEGIN SELECT RAISE(ABORT, 'register_signature is append-only'); END;

CREATE TRIGGER keep_register_signature_delete BEFORE DELETE ON register_signature BEGIN SELECT RAISE(ABORT, 'register_signature is append-only'); END;

CREATE TABLE quarter_review (
	id INTEGER NOT NULL, 
	year INTEGER NOT NULL, 
	quarter INTEGER NOT NULL, 
	request_id VARCHAR(36) NOT NULL, 
	figures JSON NOT NULL, 
	lines INTEGER NOT NULL, 
	digest BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_quarter_review PRIMARY KEY (id), 
	CONSTRAINT uq_quarter_review_request_id UNIQUE (request_id)
);

CREATE INDEX ix_quarter_review_quarter ON quarter_review (year, quarter);

CREATE TABLE quarter_line (
	review_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	part VARCHAR(30) NOT NULL, 
	card_number INTEGER, 
	holder_id INTEGER, 
	content JSON NOT NULL, 
	CONSTRAINT pk_quarter_line PRIMARY KEY (review_id, line), 
	CONSTRAINT fk_quarter_line_review_id_quarter_review FOREIGN KEY(review_id) REFERENCES quarter_review (id)
);

CREATE INDEX ix_quarter_line_card_number ON quarter_line (card_number);

CREATE INDEX ix_quarter_line_part ON quarter_line (review_id, part, line);

CREATE TABLE quarter_signature (
	review_id INTEGER NOT NULL, 
	year INTEGER NOT NULL, 
	quarter INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	refers_to INTEGER, 
	counted INTEGER NOT NULL, 
	explanations JSON NOT NULL, 
	signed_by VARCHAR(60) NOT NULL, 
	see_by DATE NOT NULL, 
	digest BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_quarter_signature PRIMARY KEY (review_id), 
	CONSTRAINT uq_quarter_signature_year_quarter_version UNIQUE (year, quarter, version), 
	CONSTRAINT uq_quarter_signature_refers_to UNIQUE (refers_to), 
	CONSTRAINT fk_quarter_signature_review_id_quarter_review FOREIGN KEY(review_id) REFERENCES quarter_review (id), 
	CONSTRAINT fk_quarter_signature_refers_to_quarter_signature FOREIGN KEY(refers_to) REFERENCES quarter_signature (review_id)
);

CREATE TABLE quarter_seen (
	review_id INTEGER NOT NULL, 
	seen_by VARCHAR(60) NOT NULL, 
	late BOOLEAN NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_quarter_seen PRIMARY KEY (review_id), 
	CONSTRAINT fk_quarter_seen_review_id_quarter_signature FOREIGN KEY(review_id) REFERENCES quarter_signature (review_id)
);

CREATE TABLE card_decision (
	id INTEGER NOT NULL, 
	review_id INTEGER NOT NULL, 
	card_number INTEGER NOT NULL, 
	decision VARCHAR(30) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	decided_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_card_decision PRIMARY KEY (id), 
	CONSTRAINT fk_card_decision_review_id_quarter_review FOREIGN KEY(review_id) REFERENCES quarter_review (id), 
	CONSTRAINT fk_card_decision_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT ck_card_decision_decision CHECK (decision IN ('block', 'keep'))
);

CREATE INDEX ix_card_decision_review_id ON card_decision (review_id);

CREATE INDEX ix_card_decision_card_number ON card_decision (card_number);

CREATE TABLE card_stock (
	id INTEGER NOT NULL, 
	day DATE NOT NULL, 
	move VARCHAR(30) NOT NULL, 
	amount INTEGER NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	done_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_card_stock PRIMARY KEY (id), 
	CONSTRAINT ck_card_stock_amount CHECK (amount > 0), 
	CONSTRAINT ck_card_stock_move CHECK (move IN ('received', 'scrapped'))
);

CREATE INDEX ix_card_stock_day ON card_stock (day);

CREATE TABLE work_year (
	year INTEGER NOT NULL, 
	source VARCHAR(400) NOT NULL, 
	holidays JSON NOT NULL, 
	make_ups JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_work_year PRIMARY KEY (year)
);

CREATE TABLE queue_event (
	id INTEGER NOT NULL, 
	event VARCHAR(30) NOT NULL, 
	waiting INTEGER NOT NULL, 
	threshold INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_queue_event PRIMARY KEY (id)
);

CREATE INDEX ix_card_issued_at ON card (issued_at);

CREATE INDEX ix_document_local_date ON document (local_date);

CREATE INDEX ix_ledger_entry_at ON ledger_entry (at);

CREATE INDEX ix_operation_event_at ON operation_event (at);

CREATE TRIGGER keep_quarter_review_update BEFORE UPDATE ON quarter_review BEGIN SELECT RAISE(ABORT, 'quarter_review is append-only'); END;

CREATE TRIGGER keep_quarter_review_delete BEFORE DELETE ON quarter_review BEGIN SELECT RAISE(ABORT, 'quarter_review is append-only'); END;

CREATE TRIGGER keep_quarter_line_update BEFORE UPDATE ON quarter_line BEGIN SELECT RAISE(ABORT, 'quarter_line is append-only'); END;

CREATE TRIGGER keep_quarter_line_delete BEFORE DELETE ON quarter_line BEGIN SELECT RAISE(ABORT, 'quarter_line is append-only'); END;

CREATE TRIGGER keep_quarter_signature_update BEFORE UPDATE ON quarter_signature BEGIN SELECT RAISE(ABORT, 'quarter_signature is append-only'); END;

CREATE TRIGGER keep_quarter_signature_delete BEFORE DELETE ON quarter_signature BEGIN SELECT RAISE(ABORT, 'quarter_signature is append-only'); END;

CREATE TRIGGER keep_quarter_seen_update BEFORE UPDATE ON quarter_seen BEGIN SELECT RAISE(ABORT, 'quarter_seen is append-only'); END;

CREATE TRIGGER keep_quarter_seen_delete BEFORE DELETE ON quarter_seen BEGIN SELECT RAISE(ABORT, 'quarter_seen is append-only'); END;

CREATE TRIGGER keep_card_decision_update BEFORE UPDATE ON card_decision BEGIN SELECT RAISE(ABORT, 'card_decision is append-only'); END;

CREATE TRIGGER keep_card_decision_delete BEFORE DELETE ON card_decision BEGIN SELECT RAISE(ABORT, 'card_decision is append-only'); END;

CREATE TRIGGER keep_card_stock_update BEFORE UPDATE ON card_stock BEGIN SELECT RAISE(ABORT, 'card_stock is append-only'); END;

CREATE TRIGGER keep_card_stock_delete BEFORE DELETE ON card_stock BEGIN SELECT RAISE(ABORT, 'card_stock is append-only'); END;

CREATE TRIGGER keep_queue_event_update BEFORE UPDATE ON queue_event BEGIN SELECT RAISE(ABORT, 'queue_event is append-only'); END;

CREATE TRIGGER keep_queue_event_delete BEFORE DELETE ON queue_event BEGIN SELECT RAISE(ABORT, 'queue_event is append-only'); END;

CREATE TABLE phone_record (
	id VARCHAR(36) NOT NULL, 
	serial INTEGER NOT NULL, 
	unit_id INTEGER NOT NULL, 
	owner_id INTEGER NOT NULL, 
	applicant_id INTEGER NOT NULL, 
	number VARCHAR(60) NOT NULL, 
	answered_by VARCHAR(60) NOT NULL, 
	relation VARCHAR(60) NOT NULL, 
	result VARCHAR(30) NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_phone_record PRIMARY KEY (id), 
	CONSTRAINT uq_phone_record_serial UNIQUE (serial), 
	CONSTRAINT fk_phone_record_unit_id_unit FOREIGN KEY(unit_id) REFERENCES unit (id), 
	CONSTRAINT fk_phone_record_owner_id_holder FOREIGN KEY(owner_id) REFERENCES holder (id), 
	CONSTRAINT fk_phone_record_applicant_id_holder FOREIGN KEY(applicant_id) REFERENCES holder (id), 
	CONSTRAINT ck_phone_record_result CHECK (result IN ('confirmed', 'refused', 'no-answer', 'number-invalid'))
);

CREATE INDEX ix_phone_record_applicant_id ON phone_record (applicant_id);

CREATE TABLE application (
	id VARCHAR(36) NOT NULL, 
	serial INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	applicant VARCHAR(60) NOT NULL, 
	dated DATE NOT NULL, 
	form VARCHAR(30) NOT NULL, 
	section VARCHAR(60) NOT NULL, 
	papers JSON NOT NULL, 
	purpose VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_application PRIMARY KEY (id), 
	CONSTRAINT uq_application_serial UNIQUE (serial), 
	CONSTRAINT ck_application_kind CHECK (kind IN ('merchant', 'staff')), 
	CONSTRAINT fk_application_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id), 
	CONSTRAINT ck_application_form CHECK (form IN ('personal', 'section'))
);

CREATE INDEX ix_application_holder_id ON application (holder_id);

CREATE TABLE application_step (
	id INTEGER NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	step VARCHAR(30) NOT NULL, 
	person VARCHAR(60) NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	contract_ends DATE, 
	last_day DATE, 
	length_reason VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_application_step PRIMARY KEY (id), 
	CONSTRAINT uq_application_step_application_id_step UNIQUE (application_id, step), 
	CONSTRAINT fk_application_step_application_id_application FOREIGN KEY(application_id) REFERENCES application (id), 
	CONSTRAINT ck_application_step_step CHECK (step IN ('checked', 'approved', 'refused', 'withdrawn'))
);

CREATE INDEX ix_application_step_application_id ON application_step (application_id);

CREATE TABLE application_use (
	operation_id VARCHAR(36) NOT NULL, 
	application_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_application_use PRIMARY KEY (operation_id), 
	CONSTRAINT fk_application_use_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id), 
	CONSTRAINT fk_application_use_application_id_application FOREIGN KEY(application_id) REFERENCES application (id)
);

CREATE INDEX ix_application_use_application_id ON application_use (application_id);

CREATE TABLE verification_proof (
	verification_id VARCHAR(36) NOT NULL, 
	record_id INTEGER, 
	phone_record_id VARCHAR(36), 
	owner_id INTEGER, 
	application_id VARCHAR(36), 
	lease_number VARCHAR(60), 
	lease_first DATE, 
	lease_last DATE, 
	lease_shown VARCHAR(30), 
	copy_filed VARCHAR(60), 
	tenant_id INTEGER, 
	sub_tenant BOOLEAN NOT NULL, 
	CONSTRAINT pk_verification_proof PRIMARY KEY (verification_id), 
	CONSTRAINT fk_verification_proof_verification_id_verification FOREIGN KEY(verification_id) REFERENCES verification (id), 
	CONSTRAINT fk_verification_proof_record_id_holder FOREIGN KEY(record_id) REFERENCES holder (id), 
	CONSTRAINT fk_verification_proof_phone_record_id_phone_record FOREIGN KEY(phone_record_id) REFERENCES phone_record (id), 
	CONSTRAINT fk_verification_proof_owner_id_holder FOREIGN KEY(owner_id) REFERENCES holder (id), 
	CONSTRAINT fk_verification_proof_application_id_application FOREIGN KEY(application_id) REFERENCES application (id), 
	CONSTRAINT fk_verification_proof_tenant_id_holder FOREIGN KEY(tenant_id) REFERENCES holder (id)
);

CREATE TABLE appraisal (
	id VARCHAR(36) NOT NULL, 
	serial INTEGER NOT NULL, 
	card_number INTEGER NOT NULL, 
	finding VARCHAR(30) NOT NULL, 
	inspected VARCHAR(400) NOT NULL, 
	person VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_appraisal PRIMARY KEY (id), 
	CONSTRAINT uq_appraisal_serial UNIQUE (serial), 
	CONSTRAINT fk_appraisal_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT ck_appraisal_finding CHECK (finding IN ('lost', 'man-made', 'not-man-made', 'in-doubt'))
);

CREATE INDEX ix_appraisal_card_number ON appraisal (card_number);

CREATE TABLE card_report (
	id VARCHAR(36) NOT NULL, 
	serial INTEGER NOT NULL, 
	card_number INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	reporter VARCHAR(30) NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	for_holder_id INTEGER, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_card_report PRIMARY KEY (id), 
	CONSTRAINT uq_card_report_serial UNIQUE (serial), 
	CONSTRAINT fk_card_report_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT ck_card_report_kind CHECK (kind IN ('lost', 'found', 'returned', 'swapped')), 
	CONSTRAINT ck_card_report_reporter CHECK (reporter IN ('holder', 'owner', 'head', 'finder')), 
	CONSTRAINT fk_card_report_for_holder_id_holder FOREIGN KEY(for_holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_card_report_card_number ON card_report (card_number);

CREATE TABLE explanation (
	operation_id VARCHAR(36) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_explanation PRIMARY KEY (operation_id), 
	CONSTRAINT fk_explanation_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id)
);

CREATE TRIGGER keep_phone_record_update BEFORE UPDATE ON phone_record BEGIN SELECT RAISE(ABORT, 'phone_record is append-only'); END;

CREATE TRIGGER keep_phone_record_delete BEFORE DELETE ON phone_record BEGIN SELECT RAISE(ABORT, 'phone_record is append-only'); END;

CREATE TRIGGER keep_application_update BEFORE UPDATE ON application BEGIN SELECT RAISE(ABORT, 'application is append-only'); END;

CREATE TRIGGER keep_application_delete BEFORE DELETE ON application BEGIN SELECT RAISE(ABORT, 'application is append-only'); END;

CREATE TRIGGER keep_application_step_update BEFORE UPDATE ON application_step BEGIN SELECT RAISE(ABORT, 'application_step is append-only'); END;

CREATE TRIGGER keep_application_step_delete BEFORE DELETE ON application_step BEGIN SELECT RAISE(ABORT, 'application_step is append-only'); END;

CREATE TRIGGER keep_application_use_update BEFORE UPDATE ON application_use BEGIN SELECT RAISE(ABORT, 'application_use is append-only'); END;

CREATE TRIGGER keep_application_use_delete BEFORE DELETE ON application_use BEGIN SELECT RAISE(ABORT, 'application_use is append-only'); END;

CREATE TRIGGER keep_verification_proof_update BEFORE UPDATE ON verification_proof BEGIN SELECT RAISE(ABORT, 'verification_proof is append-only'); END;

CREATE TRIGGER keep_verification_proof_delete BEFORE DELETE ON verification_proof BEGIN SELECT RAISE(ABORT, 'verification_proof is append-only'); END;

CREATE TRIGGER keep_appraisal_update BEFORE UPDATE ON appraisal BEGIN SELECT RAISE(ABORT, 'appraisal is append-only'); END;

CREATE TRIGGER keep_appraisal_delete BEFORE DELETE ON appraisal BEGIN SELECT RAISE(ABORT, 'appraisal is append-only'); END;

CREATE TRIGGER keep_card_report_update BEFORE UPDATE ON card_report BEGIN SELECT RAISE(ABORT, 'card_report is append-only'); END;

CREATE TRIGGER keep_card_report_delete BEFORE DELETE ON card_report BEGIN SELECT RAISE(ABORT, 'card_report is append-only'); END;

CREATE TRIGGER keep_explanation_update BEFORE UPDATE ON explanation BEGIN SELECT RAISE(ABORT, 'explanation is append-only'); END;

CREATE TRIGGER keep_explanation_delete BEFORE DELETE ON explanation BEGIN SELECT RAISE(ABORT, 'explanation is append-only'); END;

CREATE TABLE parking_space (
	id INTEGER NOT NULL, 
	code VARCHAR(60) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	zone INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_parking_space PRIMARY KEY (id), 
	CONSTRAINT uq_parking_space_code UNIQUE (code), 
	CONSTRAINT ck_parking_space_kind CHECK (kind IN ('raised-floor', 'underground', 'surface', 'bought', 'gifted'))
);

CREATE TABLE agreement_space (
	agreement_id INTEGER NOT NULL, 
	space_id INTEGER NOT NULL, 
	begins DATE NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_agreement_space PRIMARY KEY (agreement_id), 
	CONSTRAINT fk_agreement_space_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT fk_agreement_space_space_id_parking_space FOREIGN KEY(space_id) REFERENCES parking_space (id)
);

CREATE TABLE agreement_event (
	id INTEGER NOT NULL, 
	agreement_id INTEGER NOT NULL, 
	event VARCHAR(30) NOT NULL, 
	terms JSON NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_agreement_event PRIMARY KEY (id), 
	CONSTRAINT fk_agreement_event_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT ck_agreement_event_event CHECK (event IN ('signed', 'changed', 'ended'))
);

CREATE TABLE space_file (
	id INTEGER NOT NULL, 
	agreement_id INTEGER NOT NULL, 
	operation_id VARCHAR(36) NOT NULL, 
	event VARCHAR(30) NOT NULL, 
	card_number INTEGER NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_space_file PRIMARY KEY (id), 
	CONSTRAINT uq_space_file_operation_id UNIQUE (operation_id), 
	CONSTRAINT fk_space_file_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT fk_space_file_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id), 
	CONSTRAINT ck_space_file_event CHECK (event IN ('own-card', 'new-card', 'top-up', 'collected', 'moved'))
);

CREATE INDEX ix_agreement_space_space_id ON agreement_space (space_id);

CREATE INDEX ix_agreement_event_agreement_id ON agreement_event (agreement_id);

CREATE INDEX ix_space_file_agreement_id ON space_file (agreement_id);

CREATE TABLE licence_shown (
	verification_id VARCHAR(36) NOT NULL, 
	in_name_of VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_licence_shown PRIMARY KEY (verification_id), 
	CONSTRAINT fk_licence_shown_verification_id_verification FOREIGN KEY(verification_id) REFERENCES verification (id)
);

CREATE TABLE gap_waiver (
	sale_id VARCHAR(36) NOT NULL, 
	card_number INTEGER NOT NULL, 
	first DATE NOT NULL, 
	last DATE NOT NULL, 
	waived_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gap_waiver PRIMARY KEY (sale_id), 
	CONSTRAINT fk_gap_waiver_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT fk_gap_waiver_card_number_card FOREIGN KEY(card_number) REFERENCES card (number)
);

CREATE TABLE bank_list (
	id VARCHAR(36) NOT NULL, 
	month VARCHAR(7) NOT NULL, 
	source VARCHAR(120) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_bank_list PRIMARY KEY (id)
);

CREATE TABLE bank_line (
	list_id VARCHAR(36) NOT NULL, 
	line INTEGER NOT NULL, 
	agreement_number VARCHAR(60) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	collected BOOLEAN NOT NULL, 
	note VARCHAR(400) NOT NULL, 
	fate VARCHAR(30) NOT NULL, 
	agreement_id INTEGER, 
	card_number INTEGER, 
	sale_id VARCHAR(36), 
	first DATE, 
	after_last DATE, 
	booked VARCHAR(60), 
	CONSTRAINT pk_bank_line PRIMARY KEY (list_id, line), 
	CONSTRAINT uq_bank_line_sale_id UNIQUE (sale_id), 
	CONSTRAINT uq_bank_line_booked UNIQUE (booked), 
	CONSTRAINT fk_bank_line_list_id_bank_list FOREIGN KEY(list_id) REFERENCES bank_list (id), 
	CONSTRAINT ck_bank_line_fate CHECK (fate IN ('extends', 'reminds', 'unknown', 'not-bank', 'other-amount', 'repeated', 'no-card', 'ended', 'unreadable')), 
	CONSTRAINT fk_bank_line_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT fk_bank_line_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT fk_bank_line_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id)
);

CREATE INDEX ix_bank_line_agreement_id ON bank_line (agreement_id);

CREATE INDEX ix_bank_line_card_number ON bank_line (card_number);

CREATE TABLE refund_request (
	id VARCHAR(36) NOT NULL, 
	card_number INTEGER NOT NULL, 
	agreement_id INTEGER NOT NULL, 
	months INTEGER NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_refund_request PRIMARY KEY (id), 
	CONSTRAINT fk_refund_request_card_number_card FOREIGN KEY(card_number) REFERENCES card (number), 
	CONSTRAINT fk_refund_request_agreement_id_agreement FOREIGN KEY(agreement_id) REFERENCES agreement (id)
);

CREATE INDEX ix_refund_request_card_number ON refund_request (card_number);

CREATE INDEX ix_right_agreement_id ON "right" (agreement_id);

CREATE INDEX ix_card_replaced_by ON card (replaced_by);

CREATE TRIGGER keep_parking_space_update BEFORE UPDATE ON parking_space BEGIN SELECT RAISE(ABORT, 'parking_space is append-only'); END;

CREATE TRIGGER keep_parking_space_delete BEFORE DELETE ON parking_space BEGIN SELECT RAISE(ABORT, 'parking_space is append-only'); END;

CREATE TRIGGER keep_agreement_space_update BEFORE UPDATE ON agreement_space BEGIN SELECT RAISE(ABORT, 'agreement_space is append-only'); END;

CREATE TRIGGER keep_agreement_space_delete BEFORE DELETE ON agreement_space BEGIN SELECT RAISE(ABORT, 'agreement_space is append-only'); END;

CREATE TRIGGER keep_agreement_event_update BEFORE UPDATE ON agreement_event BEGIN SELECT RAISE(ABORT, 'agreement_event is append-only'); END;

CREATE TRIGGER keep_agreement_event_delete BEFORE DELETE ON agreement_event BEGIN SELECT RAISE(ABORT, 'agreement_event is append-only'); END;

CREATE TRIGGER keep_space_file_update BEFORE UPDATE ON space_file BEGIN SELECT RAISE(ABORT, 'space_file is append-only'); END;

CREATE TRIGGER keep_space_file_delete BEFORE DELETE ON space_file BEGIN SELECT RAISE(ABORT, 'space_file is append-only'); END;

CREATE TRIGGER keep_licence_shown_update BEFORE UPDATE ON licence_shown BEGIN SELECT RAISE(ABORT, 'licence_shown is append-only'); END;

CREATE TRIGGER keep_licence_shown_delete BEFORE DELETE ON licence_shown BEGIN SELECT RAISE(ABORT, 'licence_shown is append-only'); END;

CREATE TRIGGER keep_gap_waiver_update BEFORE UPDATE ON gap_waiver BEGIN SELECT RAISE(ABORT, 'gap_waiver is append-only'); END;

CREATE TRIGGER keep_gap_waiver_delete BEFORE DELETE ON gap_waiver BEGIN SELECT RAISE(ABORT, 'gap_waiver is append-only'); END;

CREATE TRIGGER keep_bank_list_update BEFORE UPDATE ON bank_list BEGIN SELECT RAISE(ABORT, 'bank_list is append-only'); END;

CREATE TRIGGER keep_bank_list_delete BEFORE DELETE ON bank_list BEGIN SELECT RAISE(ABORT, 'bank_list is append-only'); END;

CREATE TRIGGER keep_bank_line_update BEFORE UPDATE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is append-only'); END;

CREATE TRIGGER keep_bank_line_delete BEFORE DELETE ON bank_line BEGIN SELECT RAISE(ABORT, 'bank_line is append-only'); END;

CREATE TRIGGER keep_refund_request_update BEFORE UPDATE ON refund_request BEGIN SELECT RAISE(ABORT, 'refund_request is append-only'); END;

CREATE TRIGGER keep_refund_request_delete BEFORE DELETE ON refund_request BEGIN SELECT RAISE(ABORT, 'refund_request is append-only'); END;

CREATE INDEX ix_sale_operator_at ON sale (operator, at);

CREATE TABLE receipt_book (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	label VARCHAR(60) NOT NULL, 
	first INTEGER NOT NULL, 
	last INTEGER NOT NULL, 
	denomination_fen INTEGER NOT NULL, 
	drawn_by VARCHAR(60) NOT NULL, 
	handed_out_by VARCHAR(60) NOT NULL, 
	local_date DATE NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_receipt_book PRIMARY KEY (id), 
	CONSTRAINT uq_receipt_book_kind_label UNIQUE (kind, label), 
	CONSTRAINT ck_receipt_book_range CHECK (last >= first AND first > 0), 
	CONSTRAINT ck_receipt_book_kind CHECK (kind IN ('formal-receipt', 'quota-invoice'))
);

CREATE INDEX ix_receipt_book_drawn_by ON receipt_book (drawn_by);

CREATE TABLE book_settlement (
	book_id INTEGER NOT NULL, 
	settled_by VARCHAR(60) NOT NULL, 
	local_date DATE NOT NULL, 
	used INTEGER NOT NULL, 
	void INTEGER NOT NULL, 
	blank INTEGER NOT NULL, 
	total_fen INTEGER NOT NULL, 
	counted JSON NOT NULL, 
	note VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_book_settlement PRIMARY KEY (book_id), 
	CONSTRAINT fk_book_settlement_book_id_receipt_book FOREIGN KEY(book_id) REFERENCES receipt_book (id)
);

CREATE TABLE unnumbered_paper (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	operation_id VARCHAR(36), 
	content JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, sale_id VARCHAR(36) CONSTRAINT fk_unnumbered_paper_sale_id_sale REFERENCES sale (id) CONSTRAINT ck_unnumbered_paper_stands CHECK ((operation_id IS NULL) <> (sale_id IS NULL)), 
	CONSTRAINT pk_unnumbered_paper PRIMARY KEY (id), 
	CONSTRAINT ck_unnumbered_paper_kind CHECK (kind IN ('formal-receipt', 'top-up-slip')), 
	CONSTRAINT fk_unnumbered_paper_operation_id_operation FOREIGN KEY(operation_id) REFERENCES operation (id)
);

CREATE INDEX ix_unnumbered_paper_operation_id ON unnumbered_paper (operation_id);

CREATE TABLE numbered_later (
	unnumbered_id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_numbered_later PRIMARY KEY (unnumbered_id), 
	CONSTRAINT uq_numbered_later_document_id UNIQUE (document_id), 
	CONSTRAINT fk_numbered_later_unnumbered_id_unnumbered_paper FOREIGN KEY(unnumbered_id) REFERENCES unnumbered_paper (id), 
	CONSTRAINT fk_numbered_later_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE TABLE document_signature (
	document_id INTEGER NOT NULL, 
	how VARCHAR(30) NOT NULL, 
	strokes TEXT NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_document_signature PRIMARY KEY (document_id), 
	CONSTRAINT fk_document_signature_document_id_document FOREIGN KEY(document_id) REFERENCES document (id), 
	CONSTRAINT ck_document_signature_how CHECK (how IN ('pad', 'paper'))
);

CREATE TABLE document_void (
	document_id INTEGER NOT NULL, 
	outcome VARCHAR(30) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	copies VARCHAR(30) NOT NULL, 
	authorised_by VARCHAR(60) NOT NULL, 
	replaced_by INTEGER, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_document_void PRIMARY KEY (document_id), 
	CONSTRAINT fk_document_void_document_id_document FOREIGN KEY(document_id) REFERENCES document (id), 
	CONSTRAINT ck_document_void_outcome CHECK (outcome IN ('wrong-paper', 'cancelled-issue')), 
	CONSTRAINT fk_document_void_replaced_by_document FOREIGN KEY(replaced_by) REFERENCES document (id)
);

CREATE TABLE invoice_handing (
	id INTEGER NOT NULL, 
	document_id INTEGER NOT NULL, 
	total_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_invoice_handing PRIMARY KEY (id), 
	CONSTRAINT uq_invoice_handing_document_id UNIQUE (document_id), 
	CONSTRAINT fk_invoice_handing_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE TABLE invoice (
	book_id INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	local_date DATE NOT NULL, 
	handing_id INTEGER, 
	card_number INTEGER, 
	spoilt VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_invoice PRIMARY KEY (book_id, number), 
	CONSTRAINT fk_invoice_book_id_receipt_book FOREIGN KEY(book_id) REFERENCES receipt_book (id), 
	CONSTRAINT fk_invoice_handing_id_invoice_handing FOREIGN KEY(handing_id) REFERENCES invoice_handing (id)
);

CREATE INDEX ix_invoice_handing_id ON invoice (handing_id);

CREATE INDEX ix_invoice_card_number ON invoice (card_number);

CREATE TABLE box_emptying (
	id INTEGER NOT NULL, 
	note VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_box_emptying PRIMARY KEY (id)
);

CREATE TABLE box_paper (
	document_id INTEGER NOT NULL, 
	emptying_id INTEGER NOT NULL, 
	CONSTRAINT pk_box_paper PRIMARY KEY (document_id), 
	CONSTRAINT fk_box_paper_document_id_document FOREIGN KEY(document_id) REFERENCES document (id), 
	CONSTRAINT fk_box_paper_emptying_id_box_emptying FOREIGN KEY(emptying_id) REFERENCES box_emptying (id)
);

CREATE INDEX ix_box_paper_emptying_id ON box_paper (emptying_id);

CREATE TRIGGER keep_receipt_book_update BEFORE UPDATE ON receipt_book BEGIN SELECT RAISE(ABORT, 'receipt_book is append-only'); END;

CREATE TRIGGER keep_receipt_book_delete BEFORE DELETE ON receipt_book BEGIN SELECT RAISE(ABORT, 'receipt_book is append-only'); END;

CREATE TRIGGER keep_book_settlement_update BEFORE UPDATE ON book_settlement BEGIN SELECT RAISE(ABORT, 'book_settlement is append-only'); END;

CREATE TRIGGER keep_book_settlement_delete BEFORE DELETE ON book_settlement BEGIN SELECT RAISE(ABORT, 'book_settlement is append-only'); END;

CREATE TRIGGER keep_unnumbered_paper_update BEFORE UPDATE ON unnumbered_paper BEGIN SELECT RAISE(ABORT, 'unnumbered_paper is append-only'); END;

CREATE TRIGGER keep_unnumbered_paper_delete BEFORE DELETE ON unnumbered_paper BEGIN SELECT RAISE(ABORT, 'unnumbered_paper is append-only'); END;

CREATE TRIGGER keep_numbered_later_update BEFORE UPDATE ON numbered_later BEGIN SELECT RAISE(ABORT, 'numbered_later is append-only'); END;

CREATE TRIGGER keep_numbered_later_delete BEFORE DELETE ON numbered_later BEGIN SELECT RAISE(ABORT, 'numbered_later is append-only'); END;

CREATE TRIGGER keep_document_signature_update BEFORE UPDATE ON document_signature BEGIN SELECT RAISE(ABORT, 'document_signature is append-only'); END;

CREATE TRIGGER keep_document_signature_delete BEFORE DELETE ON document_signature BEGIN SELECT RAISE(ABORT, 'document_signature is append-only'); END;

CREATE TRIGGER keep_document_void_update BEFORE UPDATE ON document_void BEGIN SELECT RAISE(ABORT, 'document_void is append-only'); END;

CREATE TRIGGER keep_document_void_delete BEFORE DELETE ON document_void BEGIN SELECT RAISE(ABORT, 'document_void is append-only'); END;

CREATE TRIGGER keep_invoice_handing_update BEFORE UPDATE ON invoice_handing BEGIN SELECT RAISE(ABORT, 'invoice_handing is append-only'); END;

CREATE TRIGGER keep_invoice_handing_delete BEFORE DELETE ON invoice_handing BEGIN SELECT RAISE(ABORT, 'invoice_handing is append-only'); END;

CREATE TRIGGER keep_invoice_update BEFORE UPDATE ON invoice BEGIN SELECT RAISE(ABORT, 'invoice is append-only'); END;

CREATE TRIGGER keep_invoice_delete BEFORE DELETE ON invoice BEGIN SELECT RAISE(ABORT, 'invoice is append-only'); END;

CREATE TRIGGER keep_box_emptying_update BEFORE UPDATE ON box_emptying BEGIN SELECT RAISE(ABORT, 'box_emptying is append-only'); END;

CREATE TRIGGER keep_box_emptying_delete BEFORE DELETE ON box_emptying BEGIN SELECT RAISE(ABORT, 'box_emptying is append-only'); END;

CREATE TRIGGER keep_box_paper_update BEFORE UPDATE ON box_paper BEGIN SELECT RAISE(ABORT, 'box_paper is append-only'); END;

CREATE TRIGGER keep_box_paper_delete BEFORE DELETE ON box_paper BEGIN SELECT RAISE(ABORT, 'box_paper is append-only'); END;

CREATE TABLE shift (
	id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	float_notes JSON NOT NULL, 
	float_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_shift PRIMARY KEY (id), 
	CONSTRAINT uq_shift_number UNIQUE (number), 
	CONSTRAINT ck_shift_float CHECK (float_fen >= 0), 
	CONSTRAINT ck_shift_state CHECK (state IN ('open', 'closed'))
);

CREATE UNIQUE INDEX uq_shift_open ON shift (station, operator) WHERE state = 'open';

CREATE TABLE shift_booking (
	entry_id INTEGER NOT NULL, 
	shift_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_shift_booking PRIMARY KEY (entry_id), 
	CONSTRAINT fk_shift_booking_entry_id_ledger_entry FOREIGN KEY(entry_id) REFERENCES ledger_entry (id), 
	CONSTRAINT fk_shift_booking_shift_id_shift FOREIGN KEY(shift_id) REFERENCES shift (id)
);

CREATE INDEX ix_shift_booking_shift_id ON shift_booking (shift_id);

CREATE TABLE drawer_entry (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	number INTEGER NOT NULL, 
	shift_id VARCHAR(36), 
	amount_fen INTEGER NOT NULL, 
	person VARCHAR(60) NOT NULL, 
	approved_by VARCHAR(60) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	signed VARCHAR(60) NOT NULL, 
	detail JSON NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_drawer_entry PRIMARY KEY (id), 
	CONSTRAINT uq_drawer_entry_kind_number UNIQUE (kind, number), 
	CONSTRAINT ck_drawer_entry_kind CHECK (kind IN ('float', 'drop', 'difference', 'closing', 'hand-in', 'loan', 'counterfeit', 'repayment', 'credit-back')), 
	CONSTRAINT fk_drawer_entry_shift_id_shift FOREIGN KEY(shift_id) REFERENCES shift (id)
);

CREATE INDEX ix_drawer_entry_shift_id ON drawer_entry (shift_id);

CREATE TABLE drawer_line (
	entry_id INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	account VARCHAR(120) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	CONSTRAINT pk_drawer_line PRIMARY KEY (entry_id, line), 
	CONSTRAINT ck_drawer_line_amount CHECK (amount_fen <> 0), 
	CONSTRAINT fk_drawer_line_entry_id_drawer_entry FOREIGN KEY(entry_id) REFERENCES drawer_entry (id)
);

CREATE INDEX ix_drawer_line_account ON drawer_line (account);

CREATE TABLE shift_count (
	id VARCHAR(36) NOT NULL, 
	shift_id VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	notes JSON NOT NULL, 
	counted_fen INTEGER NOT NULL, 
	expected_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_shift_count PRIMARY KEY (id), 
	CONSTRAINT uq_shift_count_shift_id_sequence UNIQUE (shift_id, sequence), 
	CONSTRAINT fk_shift_count_shift_id_shift FOREIGN KEY(shift_id) REFERENCES shift (id)
);

CREATE INDEX ix_shift_count_shift_id ON shift_count (shift_id);

CREATE TABLE z_report (
	number INTEGER NOT NULL, 
	shift_id VARCHAR(36) NOT NULL, 
	content JSON NOT NULL, 
	previous BLOB NOT NULL, 
	hash BLOB NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_z_report PRIMARY KEY (number), 
	CONSTRAINT uq_z_report_shift_id UNIQUE (shift_id), 
	CONSTRAINT fk_z_report_shift_id_shift FOREIGN KEY(shift_id) REFERENCES shift (id)
);

CREATE TABLE spot_check (
	id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	shift_id VARCHAR(36) NOT NULL, 
	cashier VARCHAR(60) NOT NULL, 
	content JSON NOT NULL, 
	comment VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_spot_check PRIMARY KEY (id), 
	CONSTRAINT uq_spot_check_number UNIQUE (number), 
	CONSTRAINT fk_spot_check_shift_id_shift FOREIGN KEY(shift_id) REFERENCES shift (id)
);

CREATE INDEX ix_spot_check_shift_id ON spot_check (shift_id);

CREATE TABLE suspense_settlement (
	id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	tender_id VARCHAR(36), 
	outcome VARCHAR(30) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	evidence VARCHAR(400) NOT NULL, 
	settled_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_suspense_settlement PRIMARY KEY (id), 
	CONSTRAINT uq_suspense_settlement_number UNIQUE (number), 
	CONSTRAINT fk_suspense_settlement_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT ck_suspense_settlement_outcome CHECK (outcome IN ('earned', 'handed-back', 'kept', 'credited', 'returned'))
);

CREATE INDEX ix_suspense_settlement_sale_id ON suspense_settlement (sale_id);

CREATE TABLE tender_notes (
	tender_id VARCHAR(36) NOT NULL, 
	notes JSON NOT NULL, 
	CONSTRAINT pk_tender_notes PRIMARY KEY (tender_id)
);

CREATE TRIGGER keep_shift_booking_update BEFORE UPDATE ON shift_booking BEGIN SELECT RAISE(ABORT, 'shift_booking is append-only'); END;

CREATE TRIGGER keep_shift_booking_delete BEFORE DELETE ON shift_booking BEGIN SELECT RAISE(ABORT, 'shift_booking is append-only'); END;

CREATE TRIGGER keep_drawer_entry_update BEFORE UPDATE ON drawer_entry BEGIN SELECT RAISE(ABORT, 'drawer_entry is append-only'); END;

CREATE TRIGGER keep_drawer_entry_delete BEFORE DELETE ON drawer_entry BEGIN SELECT RAISE(ABORT, 'drawer_entry is append-only'); END;

CREATE TRIGGER keep_drawer_line_update BEFORE UPDATE ON drawer_line BEGIN SELECT RAISE(ABORT, 'drawer_line is append-only'); END;

CREATE TRIGGER keep_drawer_line_delete BEFORE DELETE ON drawer_line BEGIN SELECT RAISE(ABORT, 'drawer_line is append-only'); END;

CREATE TRIGGER keep_shift_count_update BEFORE UPDATE ON shift_count BEGIN SELECT RAISE(ABORT, 'shift_count is append-only'); END;

CREATE TRIGGER keep_shift_count_delete BEFORE DELETE ON shift_count BEGIN SELECT RAISE(ABORT, 'shift_count is append-only'); END;

CREATE TRIGGER keep_z_report_update BEFORE UPDATE ON z_report BEGIN SELECT RAISE(ABORT, 'z_report is append-only'); END;

CREATE TRIGGER keep_z_report_delete BEFORE DELETE ON z_report BEGIN SELECT RAISE(ABORT, 'z_report is append-only'); END;

CREATE TRIGGER keep_spot_check_update BEFORE UPDATE ON spot_check BEGIN SELECT RAISE(ABORT, 'spot_check is append-only'); END;

CREATE TRIGGER keep_spot_check_delete BEFORE DELETE ON spot_check BEGIN SELECT RAISE(ABORT, 'spot_check is append-only'); END;

CREATE TRIGGER keep_suspense_settlement_update BEFORE UPDATE ON suspense_settlement BEGIN SELECT RAISE(ABORT, 'suspense_settlement is append-only'); END;

CREATE TRIGGER keep_suspense_settlement_delete BEFORE DELETE ON suspense_settlement BEGIN SELECT RAISE(ABORT, 'suspense_settlement is append-only'); END;

CREATE TRIGGER keep_tender_notes_update BEFORE UPDATE ON tender_notes BEGIN SELECT RAISE(ABORT, 'tender_notes is append-only'); END;

CREATE TRIGGER keep_tender_notes_delete BEFORE DELETE ON tender_notes BEGIN SELECT RAISE(ABORT, 'tender_notes is append-only'); END;

CREATE TABLE unprinted (
	document_id INTEGER NOT NULL, 
	CONSTRAINT pk_unprinted PRIMARY KEY (document_id), 
	CONSTRAINT fk_unprinted_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE TRIGGER unprinted_on_document AFTER INSERT ON document BEGIN INSERT INTO unprinted (document_id) VALUES (NEW.id); END;

CREATE TRIGGER unprinted_off_document_event AFTER INSERT ON document_event WHEN NEW.event = 'printed' BEGIN DELETE FROM unprinted WHERE document_id = NEW.document_id; END;

CREATE TRIGGER unprinted_off_document_void AFTER INSERT ON document_void BEGIN DELETE FROM unprinted WHERE document_id = NEW.document_id; END;

CREATE TABLE "tender" (
	id INTEGER NOT NULL, 
	tender_id VARCHAR(36) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	value_fen INTEGER NOT NULL, 
	checked BOOLEAN NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, keeps_fen INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_tender PRIMARY KEY (id), 
	CONSTRAINT ck_tender_kind CHECK (kind IN ('cash-desk', 'cash-note', 'qr', 'credit')), 
	CONSTRAINT ck_tender_state CHECK (state IN ('accepting', 'credited', 'returned', 'unknown')), 
	CONSTRAINT ck_tender_value CHECK (value_fen > 0), 
	CONSTRAINT fk_tender_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT uq_tender_tender_id_state UNIQUE (tender_id, state)
);

CREATE INDEX ix_tender_sale_id ON tender (sale_id);

CREATE TRIGGER keep_tender_update BEFORE UPDATE ON tender BEGIN SELECT RAISE(ABORT, 'tender is append-only'); END;

CREATE TRIGGER keep_tender_delete BEFORE DELETE ON tender BEGIN SELECT RAISE(ABORT, 'tender is append-only'); END;

CREATE TABLE qr_payment (
	tender_id VARCHAR(36) NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	provider VARCHAR(30) NOT NULL, 
	number VARCHAR(32) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	expires DATETIME NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	code VARCHAR(512) NOT NULL, 
	provider_number VARCHAR(64) NOT NULL, 
	paid_at DATETIME, 
	paid_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_qr_payment PRIMARY KEY (tender_id), 
	CONSTRAINT uq_qr_payment_number UNIQUE (number), 
	CONSTRAINT ck_qr_payment_amount CHECK (amount_fen > 0), 
	CONSTRAINT fk_qr_payment_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT ck_qr_payment_state CHECK (state IN ('asked', 'sent', 'waiting', 'closing', 'paid', 'closed', 'odd'))
);

CREATE INDEX ix_qr_payment_sale_id ON qr_payment (sale_id);

CREATE INDEX ix_qr_payment_paid_at ON qr_payment (paid_at);

CREATE INDEX ix_qr_payment_living ON qr_payment (at) WHERE state IN ('asked', 'sent', 'waiting', 'closing');

CREATE TABLE qr_refund (
	tender_id VARCHAR(36) NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	number VARCHAR(32) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	reason VARCHAR(60) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	refused INTEGER NOT NULL, 
	done_at DATETIME, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_qr_refund PRIMARY KEY (tender_id), 
	CONSTRAINT uq_qr_refund_number UNIQUE (number), 
	CONSTRAINT ck_qr_refund_amount CHECK (amount_fen > 0), 
	CONSTRAINT fk_qr_refund_tender_id_qr_payment FOREIGN KEY(tender_id) REFERENCES qr_payment (tender_id), 
	CONSTRAINT fk_qr_refund_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id), 
	CONSTRAINT ck_qr_refund_state CHECK (state IN ('asked', 'processing', 'done', 'failed'))
);

CREATE INDEX ix_qr_refund_sale_id ON qr_refund (sale_id);

CREATE INDEX ix_qr_refund_done_at ON qr_refund (done_at);

CREATE INDEX ix_qr_refund_going ON qr_refund (at) WHERE state IN ('asked', 'processing');

CREATE TABLE qr_event (
	id INTEGER NOT NULL, 
	tender_id VARCHAR(36) NOT NULL, 
	word VARCHAR(30) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	notice VARCHAR(128), 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_qr_event PRIMARY KEY (id), 
	CONSTRAINT uq_qr_event_notice UNIQUE (notice), 
	CONSTRAINT fk_qr_event_tender_id_qr_payment FOREIGN KEY(tender_id) REFERENCES qr_payment (tender_id), 
	CONSTRAINT ck_qr_event_word CHECK (word IN ('asked', 'sent', 'code', 'refused', 'closing', 'closed', 'paid', 'odd', 'given-back', 'notice', 'unknown', 'decided', 'refund-asked', 'refund-processing', 'refund-refused', 'refund-done', 'refund-failed', 'unpaid'))
);

CREATE INDEX ix_qr_event_tender_id ON qr_event (tender_id);

CREATE TRIGGER keep_qr_event_update BEFORE UPDATE ON qr_event BEGIN SELECT RAISE(ABORT, 'qr_event is append-only'); END;

CREATE TRIGGER keep_qr_event_delete BEFORE DELETE ON qr_event BEGIN SELECT RAISE(ABORT, 'qr_event is append-only'); END;

CREATE TABLE charge (
	sale_id VARCHAR(36) NOT NULL, 
	item VARCHAR(60) NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	entered_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_charge PRIMARY KEY (sale_id), 
	CONSTRAINT ck_charge_amount CHECK (amount_fen > 0), 
	CONSTRAINT fk_charge_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id)
);

CREATE TRIGGER keep_charge_update BEFORE UPDATE ON charge BEGIN SELECT RAISE(ABORT, 'charge is append-only'); END;

CREATE TRIGGER keep_charge_delete BEFORE DELETE ON charge BEGIN SELECT RAISE(ABORT, 'charge is append-only'); END;

CREATE INDEX ix_document_sale_id ON document (sale_id);

CREATE TABLE "tariff" (
	id INTEGER NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	monthly_fee_fen INTEGER NOT NULL, 
	first DATE NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_tariff PRIMARY KEY (id), 
	CONSTRAINT ck_tariff_fee CHECK (monthly_fee_fen > 0), 
	CONSTRAINT ck_tariff_kind CHECK (kind IN ('raised-floor', 'underground', 'surface', 'bought', 'gifted'))
);

CREATE TRIGGER keep_tariff_update BEFORE UPDATE ON tariff BEGIN SELECT RAISE(ABORT, 'tariff is append-only'); END;

CREATE TRIGGER keep_tariff_delete BEFORE DELETE ON tariff BEGIN SELECT RAISE(ABORT, 'tariff is append-only'); END;

CREATE TABLE tariff_withdrawal (
	tariff_id INTEGER NOT NULL, 
	reason VARCHAR(400) NOT NULL, 
	withdrawn_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_tariff_withdrawal PRIMARY KEY (tariff_id), 
	CONSTRAINT fk_tariff_withdrawal_tariff_id_tariff FOREIGN KEY(tariff_id) REFERENCES tariff (id)
);

CREATE TRIGGER keep_tariff_withdrawal_update BEFORE UPDATE ON tariff_withdrawal BEGIN SELECT RAISE(ABORT, 'tariff_withdrawal is append-only'); END;

CREATE TRIGGER keep_tariff_withdrawal_delete BEFORE DELETE ON tariff_withdrawal BEGIN SELECT RAISE(ABORT, 'tariff_withdrawal is append-only'); END;

CREATE TABLE section_handing (
	id VARCHAR(36) NOT NULL, 
	card_number INTEGER NOT NULL, 
	given_to VARCHAR(60) NOT NULL, 
	given_by VARCHAR(60) NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_section_handing PRIMARY KEY (id), 
	CONSTRAINT fk_section_handing_card_number_card FOREIGN KEY(card_number) REFERENCES card (number)
);

CREATE INDEX ix_section_handing_card_number ON section_handing (card_number);

CREATE TRIGGER keep_section_handing_update BEFORE UPDATE ON section_handing BEGIN SELECT RAISE(ABORT, 'section_handing is append-only'); END;

CREATE TRIGGER keep_section_handing_delete BEFORE DELETE ON section_handing BEGIN SELECT RAISE(ABORT, 'section_handing is append-only'); END;

CREATE TABLE paper_image (
	id VARCHAR(36) NOT NULL, 
	holder_id INTEGER NOT NULL, 
	paper VARCHAR(60) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	size INTEGER NOT NULL, 
	parts INTEGER NOT NULL, 
	key_version INTEGER NOT NULL, 
	purge_on DATE NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_paper_image PRIMARY KEY (id), 
	CONSTRAINT fk_paper_image_holder_id_holder FOREIGN KEY(holder_id) REFERENCES holder (id)
);

CREATE INDEX ix_paper_image_holder_id ON paper_image (holder_id);

CREATE INDEX ix_paper_image_purge_on ON paper_image (purge_on);

CREATE TABLE paper_image_part (
	image_id VARCHAR(36) NOT NULL, 
	part INTEGER NOT NULL, 
	sealed BLOB NOT NULL, 
	CONSTRAINT pk_paper_image_part PRIMARY KEY (image_id, part), 
	CONSTRAINT fk_paper_image_part_image_id_paper_image FOREIGN KEY(image_id) REFERENCES paper_image (id)
);

CREATE TABLE paper_image_look (
	id VARCHAR(36) NOT NULL, 
	image_id VARCHAR(36) NOT NULL, 
	allowed_by VARCHAR(60) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_paper_image_look PRIMARY KEY (id), 
	CONSTRAINT fk_paper_image_look_image_id_paper_image FOREIGN KEY(image_id) REFERENCES paper_image (id)
);

CREATE INDEX ix_paper_image_look_image_id ON paper_image_look (image_id);

CREATE TABLE paper_image_purge (
	image_id VARCHAR(36) NOT NULL, 
	reason VARCHAR(60) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_paper_image_purge PRIMARY KEY (image_id), 
	CONSTRAINT fk_paper_image_purge_image_id_paper_image FOREIGN KEY(image_id) REFERENCES paper_image (id)
);

CREATE TRIGGER keep_paper_image_update BEFORE UPDATE ON paper_image BEGIN SELECT RAISE(ABORT, 'paper_image is append-only'); END;

CREATE TRIGGER keep_paper_image_delete BEFORE DELETE ON paper_image BEGIN SELECT RAISE(ABORT, 'paper_image is append-only'); END;

CREATE TRIGGER keep_paper_image_look_update BEFORE UPDATE ON paper_image_look BEGIN SELECT RAISE(ABORT, 'paper_image_look is append-only'); END;

CREATE TRIGGER keep_paper_image_look_delete BEFORE DELETE ON paper_image_look BEGIN SELECT RAISE(ABORT, 'paper_image_look is append-only'); END;

CREATE TRIGGER keep_paper_image_purge_update BEFORE UPDATE ON paper_image_purge BEGIN SELECT RAISE(ABORT, 'paper_image_purge is append-only'); END;

CREATE TRIGGER keep_paper_image_purge_delete BEFORE DELETE ON paper_image_purge BEGIN SELECT RAISE(ABORT, 'paper_image_purge is append-only'); END;

CREATE TABLE cash_box (
	id VARCHAR(36) NOT NULL, 
	number INTEGER NOT NULL, 
	expected_fen INTEGER NOT NULL, 
	machine_fen INTEGER, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_cash_box PRIMARY KEY (id), 
	CONSTRAINT uq_cash_box_number UNIQUE (number)
);

CREATE TABLE cash_box_count (
	box_id VARCHAR(36) NOT NULL, 
	notes JSON NOT NULL, 
	counted_fen INTEGER NOT NULL, 
	comment VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_cash_box_count PRIMARY KEY (box_id), 
	CONSTRAINT fk_cash_box_count_box_id_cash_box FOREIGN KEY(box_id) REFERENCES cash_box (id)
);

CREATE TABLE reconciled_day (
	id INTEGER NOT NULL, 
	provider VARCHAR(30) NOT NULL, 
	day DATE NOT NULL, 
	lines INTEGER NOT NULL, 
	ours_fen INTEGER NOT NULL, 
	theirs_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_reconciled_day PRIMARY KEY (id), 
	CONSTRAINT uq_reconciled_day_provider_day UNIQUE (provider, day)
);

CREATE TABLE difference (
	id INTEGER NOT NULL, 
	subject VARCHAR(30) NOT NULL, 
	reference VARCHAR(60) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	day DATE NOT NULL, 
	ours_fen INTEGER NOT NULL, 
	theirs_fen INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_difference PRIMARY KEY (id), 
	CONSTRAINT uq_difference_subject_reference_kind_day UNIQUE (subject, reference, kind, day), 
	CONSTRAINT ck_difference_kind CHECK (kind IN ('not-on-bill', 'not-with-us', 'amount', 'count', 'machine'))
);

CREATE TABLE difference_event (
	id INTEGER NOT NULL, 
	difference_id INTEGER NOT NULL, 
	word VARCHAR(30) NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_difference_event PRIMARY KEY (id), 
	CONSTRAINT fk_difference_event_difference_id_difference FOREIGN KEY(difference_id) REFERENCES difference (id), 
	CONSTRAINT ck_difference_event_word CHECK (word IN ('taken', 'settled'))
);

CREATE INDEX ix_difference_event_difference_id ON difference_event (difference_id);

CREATE TRIGGER keep_cash_box_update BEFORE UPDATE ON cash_box BEGIN SELECT RAISE(ABORT, 'cash_box is append-only'); END;

CREATE TRIGGER keep_cash_box_delete BEFORE DELETE ON cash_box BEGIN SELECT RAISE(ABORT, 'cash_box is append-only'); END;

CREATE TRIGGER keep_cash_box_count_update BEFORE UPDATE ON cash_box_count BEGIN SELECT RAISE(ABORT, 'cash_box_count is append-only'); END;

CREATE TRIGGER keep_cash_box_count_delete BEFORE DELETE ON cash_box_count BEGIN SELECT RAISE(ABORT, 'cash_box_count is append-only'); END;

CREATE TRIGGER keep_reconciled_day_update BEFORE UPDATE ON reconciled_day BEGIN SELECT RAISE(ABORT, 'reconciled_day is append-only'); END;

CREATE TRIGGER keep_reconciled_day_delete BEFORE DELETE ON reconciled_day BEGIN SELECT RAISE(ABORT, 'reconciled_day is append-only'); END;

CREATE TRIGGER keep_difference_update BEFORE UPDATE ON difference BEGIN SELECT RAISE(ABORT, 'difference is append-only'); END;

CREATE TRIGGER keep_difference_delete BEFORE DELETE ON difference BEGIN SELECT RAISE(ABORT, 'difference is append-only'); END;

CREATE TRIGGER keep_difference_event_update BEFORE UPDATE ON difference_event BEGIN SELECT RAISE(ABORT, 'difference_event is append-only'); END;

CREATE TRIGGER keep_difference_event_delete BEFORE DELETE ON difference_event BEGIN SELECT RAISE(ABORT, 'difference_event is append-only'); END;

CREATE TABLE gate_event (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	journal VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	taken_at DATETIME NOT NULL, 
	lane VARCHAR(60) NOT NULL, 
	kind VARCHAR(30) NOT NULL, 
	uid BLOB NOT NULL, 
	card_number INTEGER, 
	granted BOOLEAN NOT NULL, 
	reason VARCHAR(30) NOT NULL, 
	snapshot_version INTEGER NOT NULL, 
	about INTEGER NOT NULL, 
	"by" VARCHAR(60) NOT NULL, 
	detail VARCHAR(400) NOT NULL, 
	counter INTEGER, 
	chain BLOB NOT NULL, happened_at DATETIME, 
	CONSTRAINT pk_gate_event PRIMARY KEY (site, device, journal, sequence, at), 
	CONSTRAINT ck_gate_event_kind CHECK (kind IN ('tap', 'passed', 'not-passed', 'opened-by-hand', 'forced', 'held-open', 'barrier-fault', 'neutral', 'fire', 'fire-over', 'duress', 'alarm', 'alarm-over', 'clone', 'started', 'goods', 'goods-differ', 'material'))
);

CREATE INDEX ix_gate_event_kind ON gate_event (site, kind, at);

CREATE INDEX ix_gate_event_card ON gate_event (site, card_number, at) WHERE card_number IS NOT NULL;

CREATE TABLE gate_cursor (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	journal VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	chain BLOB NOT NULL, 
	taken_at DATETIME NOT NULL, 
	CONSTRAINT pk_gate_cursor PRIMARY KEY (site, device, journal)
);

CREATE TABLE gate_purge (
	site VARCHAR(60) NOT NULL, 
	"before" DATETIME NOT NULL, 
	lines INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gate_purge PRIMARY KEY (site, "before")
);

CREATE TABLE gate_alarm_seen (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	journal VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	remark VARCHAR(400) NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gate_alarm_seen PRIMARY KEY (site, device, journal, sequence)
);

CREATE TABLE gate_silence (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	since DATETIME NOT NULL, 
	until DATETIME NOT NULL, 
	CONSTRAINT pk_gate_silence PRIMARY KEY (site, device, since)
);

CREATE TRIGGER keep_gate_purge_update BEFORE UPDATE ON gate_purge BEGIN SELECT RAISE(ABORT, 'gate_purge is append-only'); END;

CREATE TRIGGER keep_gate_purge_delete BEFORE DELETE ON gate_purge BEGIN SELECT RAISE(ABORT, 'gate_purge is append-only'); END;

CREATE TRIGGER keep_gate_alarm_seen_update BEFORE UPDATE ON gate_alarm_seen BEGIN SELECT RAISE(ABORT, 'gate_alarm_seen is append-only'); END;

CREATE TRIGGER keep_gate_alarm_seen_delete BEFORE DELETE ON gate_alarm_seen BEGIN SELECT RAISE(ABORT, 'gate_alarm_seen is append-only'); END;

CREATE TRIGGER keep_gate_silence_update BEFORE UPDATE ON gate_silence BEGIN SELECT RAISE(ABORT, 'gate_silence is append-only'); END;

CREATE TRIGGER keep_gate_silence_delete BEFORE DELETE ON gate_silence BEGIN SELECT RAISE(ABORT, 'gate_silence is append-only'); END;

CREATE TRIGGER keep_gate_event_update BEFORE UPDATE ON gate_event BEGIN SELECT RAISE(ABORT, 'gate_event is append-only'); END;

CREATE TRIGGER keep_gate_event_delete BEFORE DELETE ON gate_event WHEN NOT EXISTS (SELECT 1 FROM gate_purge WHERE site = OLD.site AND before > max(OLD.at, OLD.taken_at)) BEGIN SELECT RAISE(ABORT, 'gate_event is append-only'); END;

CREATE TRIGGER keep_gate_cursor_forward BEFORE UPDATE ON gate_cursor WHEN NEW.sequence < OLD.sequence BEGIN SELECT RAISE(ABORT, 'a journal only goes forward'); END;

CREATE TABLE gate_rules (
	site VARCHAR(60) NOT NULL, 
	version INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	note VARCHAR(400) NOT NULL, 
	set_by VARCHAR(60) NOT NULL, 
	list_version INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	station VARCHAR(60) NOT NULL, 
	operator VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gate_rules PRIMARY KEY (site, version)
);

CREATE TRIGGER keep_gate_rules_update BEFORE UPDATE ON gate_rules BEGIN SELECT RAISE(ABORT, 'gate_rules is append-only'); END;

CREATE TRIGGER keep_gate_rules_delete BEFORE DELETE ON gate_rules BEGIN SELECT RAISE(ABORT, 'gate_rules is append-only'); END;

CREATE TABLE gate_credential (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	key_id VARCHAR(16) NOT NULL, 
	public_key BLOB NOT NULL, 
	enrolled_at DATETIME NOT NULL, 
	enrolled_by VARCHAR(60) NOT NULL, 
	revoked_at DATETIME, 
	revoked_by VARCHAR(60) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_gate_credential PRIMARY KEY (site, device, key_id)
);

CREATE TABLE gate_seen (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	version INTEGER NOT NULL, 
	version_at DATETIME NOT NULL, 
	seen_at DATETIME NOT NULL, 
	drift_ms INTEGER NOT NULL, 
	waiting INTEGER NOT NULL, 
	program VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gate_seen PRIMARY KEY (site, device)
);

CREATE TABLE gate_enforced (
	site VARCHAR(60) NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	version INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_gate_enforced PRIMARY KEY (site, device, version)
);

CREATE TABLE card_standing (
	site VARCHAR(60) NOT NULL, 
	card_number INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	status VARCHAR(30) NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_card_standing PRIMARY KEY (site, card_number, version), 
	CONSTRAINT ck_card_standing_status CHECK (status IN ('live', 'blocked', 'replaced', 'returned', 'scrapped'))
);

CREATE TRIGGER keep_gate_enforced_update BEFORE UPDATE ON gate_enforced BEGIN SELECT RAISE(ABORT, 'gate_enforced is append-only'); END;

CREATE TRIGGER keep_gate_enforced_delete BEFORE DELETE ON gate_enforced BEGIN SELECT RAISE(ABORT, 'gate_enforced is append-only'); END;

CREATE TRIGGER keep_card_standing_update BEFORE UPDATE ON card_standing BEGIN SELECT RAISE(ABORT, 'card_standing is append-only'); END;

CREATE TRIGGER keep_card_standing_delete BEFORE DELETE ON card_standing BEGIN SELECT RAISE(ABORT, 'card_standing is append-only'); END;

CREATE TABLE gate_clone (
	site VARCHAR(60) NOT NULL, 
	card_number INTEGER NOT NULL, 
	found_on DATE NOT NULL, 
	found_at DATETIME NOT NULL, 
	sign VARCHAR(30) NOT NULL, 
	counter INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	journal VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	other_counter INTEGER NOT NULL, 
	other_at DATETIME NOT NULL, 
	other_device VARCHAR(60) NOT NULL, 
	blocked BOOLEAN NOT NULL, 
	CONSTRAINT pk_gate_clone PRIMARY KEY (site, card_number, found_on), 
	CONSTRAINT ck_gate_clone_sign CHECK (sign IN ('counter-seen-twice', 'counter-went-up'))
);

CREATE TRIGGER keep_gate_clone_update BEFORE UPDATE ON gate_clone BEGIN SELECT RAISE(ABORT, 'gate_clone is append-only'); END;

CREATE TRIGGER keep_gate_clone_delete BEFORE DELETE ON gate_clone BEGIN SELECT RAISE(ABORT, 'gate_clone is append-only'); END;

CREATE TABLE gate_list_era (
	site VARCHAR(60) NOT NULL, 
	number INTEGER NOT NULL, 
	name VARCHAR(16) NOT NULL, 
	since_version INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	CONSTRAINT pk_gate_list_era PRIMARY KEY (site, number)
);

CREATE TRIGGER keep_gate_list_era_update BEFORE UPDATE ON gate_list_era BEGIN SELECT RAISE(ABORT, 'gate_list_era is append-only'); END;

CREATE TRIGGER keep_gate_list_era_delete BEFORE DELETE ON gate_list_era BEGIN SELECT RAISE(ABORT, 'gate_list_era is append-only'); END;

CREATE TABLE unhanded (
	document_id INTEGER NOT NULL, 
	CONSTRAINT pk_unhanded PRIMARY KEY (document_id), 
	CONSTRAINT fk_unhanded_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE TABLE uninvoiced (
	document_id INTEGER NOT NULL, 
	CONSTRAINT pk_uninvoiced PRIMARY KEY (document_id), 
	CONSTRAINT fk_uninvoiced_document_id_document FOREIGN KEY(document_id) REFERENCES document (id)
);

CREATE TABLE unsigned (
	number INTEGER NOT NULL, 
	CONSTRAINT pk_unsigned PRIMARY KEY (number), 
	CONSTRAINT fk_unsigned_number_register_row FOREIGN KEY(number) REFERENCES register_row (number)
);

CREATE TABLE unfiled (
	copy_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_unfiled PRIMARY KEY (copy_id), 
	CONSTRAINT fk_unfiled_copy_id_paper_copy FOREIGN KEY(copy_id) REFERENCES paper_copy (id)
);

CREATE TRIGGER unhanded_document AFTER INSERT ON document BEGIN INSERT INTO unhanded (document_id) SELECT NEW.id WHERE NOT EXISTS (SELECT 1 FROM station WHERE id = NEW.station AND kind = 'kiosk'); END;

CREATE TRIGGER unhanded_document_event AFTER INSERT ON document_event WHEN (NEW.event IN ('handed-over', 'in-the-box')) BEGIN DELETE FROM unhanded WHERE document_id = NEW.document_id; END;

CREATE TRIGGER unhanded_document_void AFTER INSERT ON document_void BEGIN DELETE FROM unhanded WHERE document_id = NEW.document_id; END;

CREATE TRIGGER uninvoiced_document AFTER INSERT ON document WHEN (NEW.kind = 'top-up-slip') BEGIN INSERT INTO uninvoiced (document_id) VALUES (NEW.id); END;

CREATE TRIGGER uninvoiced_invoice_handing AFTER INSERT ON invoice_handing BEGIN DELETE FROM uninvoiced WHERE document_id = NEW.document_id; END;

CREATE TRIGGER uninvoiced_document_void AFTER INSERT ON document_void BEGIN DELETE FROM uninvoiced WHERE document_id = NEW.document_id; END;

CREATE TRIGGER unsigned_register_row AFTER INSERT ON register_row WHEN (NEW.signer IS NOT NULL) BEGIN INSERT INTO unsigned (number) VALUES (NEW.number); END;

CREATE TRIGGER unsigned_register_signature AFTER INSERT ON register_signature BEGIN DELETE FROM unsigned WHERE number = NEW.row_number; END;

CREATE TRIGGER unfiled_paper_copy AFTER INSERT ON paper_copy BEGIN INSERT INTO unfiled (copy_id) VALUES (NEW.id); END;

CREATE TRIGGER unfiled_paper_filing AFTER INSERT ON paper_filing BEGIN DELETE FROM unfiled WHERE copy_id = NEW.copy_id; END;

CREATE TABLE open_tender (
	tender_id VARCHAR(36) NOT NULL, 
	state VARCHAR(30) NOT NULL, 
	sale_id VARCHAR(36) NOT NULL, 
	CONSTRAINT pk_open_tender PRIMARY KEY (tender_id), 
	CONSTRAINT ck_open_tender_state CHECK (state IN ('accepting', 'credited', 'returned', 'unknown')), 
	CONSTRAINT fk_open_tender_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id)
);

CREATE TRIGGER open_tender_on_tender AFTER INSERT ON tender WHEN ((NEW.state IN ('accepting', 'unknown'))) BEGIN INSERT INTO open_tender (tender_id, state, sale_id) VALUES (NEW.tender_id, NEW.state, NEW.sale_id) ON CONFLICT (tender_id) DO UPDATE SET state = excluded.state; END;

CREATE TRIGGER open_tender_off_tender AFTER INSERT ON tender WHEN (NOT (NEW.state IN ('accepting', 'unknown'))) BEGIN DELETE FROM open_tender WHERE tender_id = NEW.tender_id; END;

CREATE TABLE held (
	sale_id VARCHAR(36) NOT NULL, 
	payer_fen INTEGER NOT NULL, 
	payable_fen INTEGER NOT NULL, 
	CONSTRAINT pk_held PRIMARY KEY (sale_id), 
	CONSTRAINT fk_held_sale_id_sale FOREIGN KEY(sale_id) REFERENCES sale (id)
);

CREATE TRIGGER held_ledger_line AFTER INSERT ON ledger_line WHEN (NEW.account = 'refund-payable' OR substr(NEW.account, 1, 9) = 'customer:') BEGIN 
INSERT INTO held (sale_id, payer_fen, payable_fen)
SELECT sale_id, CASE WHEN NEW.account = 'refund-payable' THEN 0 ELSE NEW.amount_fen END,
    CASE WHEN NEW.account = 'refund-payable' THEN NEW.amount_fen ELSE 0 END
FROM ledger_entry WHERE id = NEW.entry_id
ON CONFLICT (sale_id) DO UPDATE SET
    payer_fen = held.payer_fen + excluded.payer_fen,
    payable_fen = held.payable_fen + excluded.payable_fen;
DELETE FROM held WHERE payer_fen = 0 AND payable_fen = 0
    AND sale_id = (SELECT sale_id FROM ledger_entry WHERE id = NEW.entry_id); END;

CREATE TABLE earned (
	day DATE NOT NULL, 
	account VARCHAR(120) NOT NULL, 
	amount_fen INTEGER NOT NULL, 
	CONSTRAINT pk_earned PRIMARY KEY (day, account)
);

CREATE TRIGGER earned_ledger_line AFTER INSERT ON ledger_line WHEN (substr(NEW.account, 1, 7) = 'income:') BEGIN INSERT INTO earned (day, account, amount_fen) SELECT date(at, '+8 hours'), NEW.account, -NEW.amount_fen FROM ledger_entry WHERE id = NEW.entry_id ON CONFLICT (day, account) DO UPDATE SET amount_fen = earned.amount_fen + excluded.amount_fen; END;

CREATE INDEX ix_card_holder ON card (holder_id, status);

CREATE INDEX ix_holder_class ON holder (holder_class, lease_end);

CREATE INDEX ix_right_ending ON "right" (after_last, kind, card_number);

CREATE INDEX ix_card_dead ON card (number) WHERE status <> 'live';

CREATE INDEX ix_document_event_boxed ON document_event (document_id) WHERE event = 'in-the-box';

CREATE INDEX ix_operation_format ON operation (id) WHERE kind = 'format';

CREATE TABLE gate_day (
	site VARCHAR(60) NOT NULL, 
	day DATE NOT NULL, 
	lanes VARCHAR(64) NOT NULL, 
	hours TEXT NOT NULL, 
	journals TEXT NOT NULL, 
	standing TEXT NOT NULL, 
	counted_at DATETIME NOT NULL, 
	CONSTRAINT pk_gate_day PRIMARY KEY (site, day)
);

CREATE TABLE gate_slip (
	site VARCHAR(60) NOT NULL, 
	slip VARCHAR(40) NOT NULL, 
	list_version INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	device VARCHAR(60) NOT NULL, 
	journal VARCHAR(36) NOT NULL, 
	sequence INTEGER NOT NULL, 
	CONSTRAINT pk_gate_slip PRIMARY KEY (site, slip)
);

CREATE TRIGGER keep_gate_slip_update BEFORE UPDATE ON gate_slip BEGIN SELECT RAISE(ABORT, 'gate_slip is append-only'); END;

CREATE TRIGGER keep_gate_slip_delete BEFORE DELETE ON gate_slip BEGIN SELECT RAISE(ABORT, 'gate_slip is append-only'); END;

CREATE TABLE parking_lane (
	site VARCHAR(60) NOT NULL, 
	lane_id VARCHAR(60) NOT NULL, 
	direction VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_parking_lane PRIMARY KEY (site, lane_id), 
	CONSTRAINT ck_parking_lane_direction CHECK (direction IN ('entry', 'exit'))
);

CREATE TABLE gate_lane (
	site VARCHAR(60) NOT NULL, 
	lane_id VARCHAR(60) NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	CONSTRAINT pk_gate_lane PRIMARY KEY (site, lane_id)
);

INSERT INTO alembic_version (version_num) VALUES ('0028');

