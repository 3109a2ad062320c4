-- When a job may run: a daily stretch in UTC from the millisecond of the day at which it opens, and the time by which it should be done.
-- `late_from` is the scheduler's word: from then on what is queued of the job would not be done in time at its fair share.
ALTER TABLE jobs ADD COLUMN window_from BIGINT;
ALTER TABLE jobs ADD COLUMN window_ms BIGINT;
ALTER TABLE jobs ADD COLUMN deadline BIGINT;
ALTER TABLE jobs ADD COLUMN late_from BIGINT;

-- What waits is added up from this alone.
CREATE INDEX tasks_waiting ON tasks (job, state, kind, plugin, not_before, created_at, bytes) WHERE followed = 0 AND state IN ('queued', 'booked');
