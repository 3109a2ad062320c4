-- How many accounts loads of a breach have together, as counted last: what its published loads' own counts cannot say.
ALTER TABLE breaches ADD COLUMN counted_loads TEXT NOT NULL DEFAULT '[]';
ALTER TABLE breaches ADD COLUMN counted_accounts BIGINT NOT NULL DEFAULT 0;
