-- Which writing transactions came to an end, for as long as somebody may be in doubt about one. `taken` is false where one was asked
-- for that had not come: its place is held, so that it never will.
CREATE TABLE commits (
    at BIGINT NOT NULL,
    id BIGINT NOT NULL,
    taken BOOLEAN NOT NULL,
    PRIMARY KEY (at, id)
);
