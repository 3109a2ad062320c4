-- Attempts that found a server away: counted apart, for they say nothing of the task.
ALTER TABLE tasks ADD COLUMN outages BIGINT NOT NULL DEFAULT 0;
