-- One schema for SQLite and PostgreSQL: TEXT and BIGINT alone, times as Unix milliseconds, lists and specs as JSON text,
-- truth as 0 or 1. Ids come from `sequences`, so that both engines number alike and never use a number twice: a task's id
-- is the key its output is written under.

CREATE TABLE sequences (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO sequences (name, value) VALUES
    ('breach', 0), ('dump', 0), ('member', 0), ('job', 0), ('load', 0), ('task', 0), ('slot', 0), ('dispatcher', 0), ('key', 0), ('audit', 0);

CREATE TABLE breaches (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL UNIQUE,
    domain TEXT NOT NULL,
    breach_date TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    pwn_count BIGINT NOT NULL DEFAULT 0,
    description TEXT NOT NULL,
    logo_path TEXT NOT NULL,
    attribution TEXT,
    disclosure_url TEXT,
    data_classes TEXT NOT NULL DEFAULT '[]',
    published_loads BIGINT NOT NULL DEFAULT 0,
    is_verified BIGINT NOT NULL,
    is_fabricated BIGINT NOT NULL,
    is_sensitive BIGINT NOT NULL,
    is_retired BIGINT NOT NULL,
    is_spam_list BIGINT NOT NULL,
    is_malware BIGINT NOT NULL,
    is_subscription_free BIGINT NOT NULL,
    is_stealer_log BIGINT NOT NULL
);

CREATE TABLE dumps (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    digest TEXT UNIQUE,
    bytes BIGINT NOT NULL,
    bytes_expected BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE dump_parts (
    dump BIGINT NOT NULL REFERENCES dumps (id),
    starts_at_byte BIGINT NOT NULL,
    object_key TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    PRIMARY KEY (dump, starts_at_byte)
);

CREATE TABLE jobs (
    id BIGINT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    priority BIGINT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT '',
    load BIGINT,
    served_ms BIGINT NOT NULL DEFAULT 0,
    tasks BIGINT NOT NULL DEFAULT 0,
    tasks_done BIGINT NOT NULL DEFAULT 0,
    tasks_quarantined BIGINT NOT NULL DEFAULT 0,
    bytes BIGINT NOT NULL DEFAULT 0,
    bytes_done BIGINT NOT NULL DEFAULT 0,
    records BIGINT NOT NULL DEFAULT 0,
    stored BIGINT NOT NULL DEFAULT 0,
    rejects BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX jobs_open ON jobs (state, priority, served_ms) WHERE finished_at IS NULL;

CREATE TABLE loads (
    id BIGINT NOT NULL PRIMARY KEY,
    job BIGINT NOT NULL REFERENCES jobs (id),
    breach BIGINT NOT NULL REFERENCES breaches (id),
    policy TEXT NOT NULL,
    plugins TEXT NOT NULL DEFAULT '[]',
    state TEXT NOT NULL,
    message TEXT NOT NULL DEFAULT '',
    ledger TEXT NOT NULL,
    notes TEXT NOT NULL DEFAULT '[]',
    staged_bytes BIGINT NOT NULL DEFAULT 0,
    quarantined_bytes BIGINT NOT NULL DEFAULT 0,
    quarantine_accepted BIGINT NOT NULL DEFAULT 0,
    accounts BIGINT NOT NULL DEFAULT 0,
    passwords BIGINT NOT NULL DEFAULT 0,
    segments TEXT NOT NULL DEFAULT '[]',
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    published_at BIGINT,
    retracted_at BIGINT
);
CREATE INDEX loads_breach ON loads (breach, state);

CREATE TABLE members (
    id BIGINT NOT NULL PRIMARY KEY,
    load BIGINT NOT NULL REFERENCES loads (id),
    dump BIGINT NOT NULL REFERENCES dumps (id),
    state TEXT NOT NULL,
    staged TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    parsed_bytes BIGINT NOT NULL DEFAULT 0,
    plugin TEXT,
    framing TEXT NOT NULL
);
CREATE INDEX members_load ON members (load, state, id);

CREATE TABLE dispatchers (
    id BIGINT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    lanes BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE tasks (
    id BIGINT NOT NULL PRIMARY KEY,
    job BIGINT NOT NULL REFERENCES jobs (id),
    task_key TEXT NOT NULL,
    load BIGINT NOT NULL,
    member BIGINT,
    kind TEXT NOT NULL,
    plugin TEXT,
    bytes BIGINT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL,
    followed BIGINT NOT NULL DEFAULT 0,
    attempts BIGINT NOT NULL DEFAULT 0,
    losses BIGINT NOT NULL DEFAULT 0,
    splits BIGINT NOT NULL DEFAULT 0,
    not_before BIGINT NOT NULL DEFAULT 0,
    avoid_worker TEXT,
    avoid_until BIGINT NOT NULL DEFAULT 0,
    fencing_token BIGINT NOT NULL DEFAULT 0,
    dispatcher BIGINT,
    worker TEXT,
    leased_at BIGINT,
    lease_deadline BIGINT,
    progress_bytes BIGINT NOT NULL DEFAULT 0,
    progress_records BIGINT NOT NULL DEFAULT 0,
    outcome TEXT,
    failure TEXT,
    reproducer TEXT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (job, task_key)
);
CREATE INDEX tasks_queue ON tasks (job, not_before, id) WHERE state = 'queued';
CREATE INDEX tasks_leased ON tasks (lease_deadline) WHERE state = 'leased';
CREATE INDEX tasks_ended ON tasks (id) WHERE followed = 0 AND state IN ('done', 'failed');
CREATE INDEX tasks_open ON tasks (job, state) WHERE followed = 0;
CREATE INDEX tasks_load ON tasks (load, kind, state, id);
CREATE INDEX tasks_quarantined ON tasks (load, member) WHERE state = 'quarantined';

CREATE TABLE task_rates (
    kind TEXT NOT NULL,
    plugin TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    ms BIGINT NOT NULL,
    PRIMARY KEY (kind, plugin)
);

CREATE TABLE slots (
    id BIGINT NOT NULL PRIMARY KEY,
    dispatcher BIGINT NOT NULL REFERENCES dispatchers (id),
    lane BIGINT NOT NULL,
    state TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    task BIGINT NOT NULL UNIQUE REFERENCES tasks (id),
    job BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX slots_lane ON slots (dispatcher, lane, state, starts_at);
CREATE INDEX slots_next ON slots (dispatcher, state, starts_at);

CREATE TABLE plugins (
    digest TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    descriptor TEXT NOT NULL,
    state TEXT NOT NULL,
    object TEXT NOT NULL,
    installed_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX plugins_name ON plugins (name, state);

CREATE TABLE generations (
    number BIGINT NOT NULL PRIMARY KEY,
    segments TEXT NOT NULL,
    reason TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
INSERT INTO generations (number, segments, reason, created_at) VALUES (0, '[]', 'empty', 0);

CREATE TABLE api_keys (
    id BIGINT NOT NULL PRIMARY KEY,
    key_sha256 TEXT NOT NULL UNIQUE,
    operator BIGINT NOT NULL,
    label TEXT NOT NULL,
    plan TEXT NOT NULL,
    rpm BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT
);

CREATE TABLE audit (
    id BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);
