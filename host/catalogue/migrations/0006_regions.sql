-- Where a task's bytes are, and where a dispatcher is; '' is anywhere.
ALTER TABLE tasks ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE dispatchers ADD COLUMN region TEXT NOT NULL DEFAULT '';

-- Whoever asks for work asks for that of one region at a time, so that what others are to do costs it nothing.
DROP INDEX tasks_queue;
CREATE INDEX tasks_queue ON tasks (job, region, not_before, id) WHERE state = 'queued';
DROP INDEX tasks_waiting;
CREATE INDEX tasks_waiting ON tasks (job, state, kind, plugin, region, not_before, created_at, bytes) WHERE followed = 0 AND state IN ('queued', 'booked');
