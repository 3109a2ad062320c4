CREATE TABLE members (mail varchar(80), pass varchar(80), note int);
INSERT INTO members VALUES ('ann@example.com','one',589:NULL);
INSERT INTO members VALUES ('bob@example.net','two',7);
