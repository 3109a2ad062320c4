BEGIN TRANSACTION;
CREATE TABLE "app users" (id INTEGER PRIMARY KEY AUTOINCREMENT, "login" TEXT NOT NULL, [email] TEXT, `password` TEXT CHECK (password <> ');'),
              name TEXT, dob DATE, last_login DATETIME, note TEXT, UNIQUE (email));
INSERT INTO "app users" VALUES(1,'user0','User.0+x@example.com','hunter2','Ann O''Neil','1955-03-04','2020-12-31 23:59:58','note 0');
INSERT INTO "app users" VALUES(2,'user1','User.1+x@example.net','AQAAAAEAACcQAAAAEE3/TqNA8Kgj8V0/TwGrYurg5dpXnMuFH4253+hMWLKze4mQOnQOHuFy2nk6bnnVYA==','Bob "Ray"','1969-12-31','2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(3,'user2','User.2+x@example.org','AECyRBEmQd143U+TtskZDdRuAJkZTVpEJXt++tbvn/RoPaHtoCRESMs0OqaI9dPv1w==','Çelik Yılmaz',NULL,'2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(4,'user3',NULL,'it''s; ''quoted''','Дмитрий','2001-02-28','2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(5,'user4','User.4+x@example.net','GO
GO','李小明 😀','1984-02-29','2020-12-31 23:59:58','note 4');
INSERT INTO "app users" VALUES(6,'user5','User.5+x@example.org','a\''b\','Line
break','1955-03-04','2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(7,'user6','User.6+x@example.com','$2b$10$abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a','Tab	here','1969-12-31','2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(8,'user7','User.7+x@example.net','S:A0F1490A20D0211C997B44BC357E1972DEAB8AE30123456789ABCDEF0123','-- no comment',NULL,'2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(9,'user8','User.8+x@example.org','&amp & ]] [x] "y" `z`','/* none */','2001-02-28','2020-12-31 23:59:58','note 8');
INSERT INTO "app users" VALUES(10,'user9','User.9+x@example.com','),(9,''x''','INSERT INTO [Users] VALUES (9, ''eve@example.com'');
GO','1984-02-29','2020-12-31 23:59:58',NULL);
INSERT INTO "app users" VALUES(11,'raw',X'726177406578616D706C652E636F6D',X'5F4DCC3B5AA765D61D8327DEB882CF99',NULL,NULL,NULL,NULL);
CREATE TABLE log (at TEXT, line TEXT);
INSERT INTO "log" VALUES('2020-01-01','user User.0+x@example.com came');
INSERT INTO "log" VALUES('2020-01-01','user User.1+x@example.net came');
INSERT INTO "log" VALUES('2020-01-01','user User.2+x@example.org came');
INSERT INTO "log" VALUES('2020-01-01','user None came');
INSERT INTO "log" VALUES('2020-01-01','user User.4+x@example.net came');
INSERT INTO "log" VALUES('2020-01-01','user User.5+x@example.org came');
INSERT INTO "log" VALUES('2020-01-01','user User.6+x@example.com came');
INSERT INTO "log" VALUES('2020-01-01','user User.7+x@example.net came');
INSERT INTO "log" VALUES('2020-01-01','user User.8+x@example.org came');
INSERT INTO "log" VALUES('2020-01-01','user User.9+x@example.com came');
CREATE INDEX emails ON "app users" (email);
CREATE VIEW v AS SELECT email FROM "app users";
CREATE TRIGGER t AFTER DELETE ON "app users" BEGIN
              INSERT INTO log VALUES ('now', old.email); UPDATE log SET line = 'x;' WHERE at = 'never';
            END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('app users',11);
COMMIT;
