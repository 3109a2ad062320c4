-- a script that lost what stood between some bytes
CREATE TABLE members (mail varchar(80), pass varchar(80), note int);
INSERT INTO members VALUES ('ann@example.com', 'one', 1),
	(	'bob@example.net',	'two',	2),
	(	'cy@example.org'x@example.org',	'three',	3),
	('dee@example.com',	'fo'ur', 4),
	('eve@example.net',
	'five', 5);
INSERT INTO members VALUES ('fay@example.org',	'si	x',	6),
('gus@example.com',	'seven'junk, 7),
('hal@example.net',
'eight',
8);
UPDATE members SET note = 9,
goal = 10 WHERE note = 8;
INSERT INTO members VALUES ('ida@example.net', 'nine', 9);
