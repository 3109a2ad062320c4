#!/usr/bin/env python3
"""The people of MariaDB's cases: `people.py sql CHARSET` prints statements that make a shop's tables, `people.py json CHARSET` the truth.

Values go in as hexadecimal literals, so that no escaping of ours stands between them and the server.
"""
import json, sys
import make

ENCODINGS = {"utf8mb4": "utf-8", "latin1": "latin-1"}
# Every byte that mysqldump escapes, and what looks like SQL.
NOTES = ["nul\0byte", "ctrl-z\x1abyte", "quote'd", 'double"d', "back\\slash", "line\nfeed", "carriage\rreturn", "tab\tbed", "bell\bbed", "%_\\%\\_",
         "INSERT INTO `users` VALUES (1,'x');", "),(1,'no','row'),(", "-- no comment /* none */", "''", "\\'", "\\"]


def rows(charset):
    for number, record in enumerate(make.people(130, ENCODINGS[charset], seed=9), 1):
        yield record, NOTES[number % len(NOTES)] if number % 2 else None, f"2009-12-{1 + number % 28:02} 23:59:{number % 60:02}"


def literal(value):
    return "NULL" if value is None else "''" if value == "" else f"CONVERT(0x{value.encode().hex()} USING utf8mb4)"


def sql(charset):
    print(f"""CREATE DATABASE shop DEFAULT CHARACTER SET {charset}; USE shop;
CREATE TABLE articles (id int PRIMARY KEY, title varchar(200), body text, price decimal(8,2), picture blob);
CREATE TABLE users (user_id int PRIMARY KEY AUTO_INCREMENT, username varchar(60), email varchar(100) COMMENT 'it''s (e-mail)', passwd varchar(255), first_name varchar(60),
  last_name varchar(60), phone varchar(30), last_ip varchar(45), birthday date, city varchar(100), zip varchar(10), note text, icon varbinary(16), created_at datetime,
  KEY k (email), CONSTRAINT c CHECK (email <> '')) ENGINE=InnoDB;
CREATE TABLE zz_subscribers (mail varchar(100), phone varchar(30));
INSERT INTO articles VALUES (1,'nobody@example.com wrote','INSERT INTO `users` VALUES (1,\\'x\\');',9.50,0xFF00FE27),(2,'it''s','a;b',-1.00,NULL);
INSERT INTO zz_subscribers VALUES ('sub1@example.com','+12025550107'),('sub2@example.com',NULL);""")
    for record, note, created in rows(charset):
        text = [record.get(key) for key in ("username", "email")] + [record.get("password") or record.get("hash")]
        text += [record.get(key) for key in ("first_name", "last_name", "phone", "ip", "dob", "city", "postal_code")] + [note]
        print(f"INSERT INTO users VALUES ({record['user_id']},{','.join(map(literal, text))},{icon(record)},'{created}');")


def icon(record):
    """Bytes that are no text, in some rows."""
    number = int(record["user_id"])
    return "NULL" if number % 3 else f"0x{number:02X}FF27275C00"


def records(charset, binary):
    for record, note, created in rows(charset):
        extra = {"note": note} if note else {}
        if icon(record) != "NULL" and binary:
            extra["icon"] = icon(record)[2:]
        yield record | dict(created_at=created.replace(" ", "T") + "Z") | ({"extra": extra} if extra else {})
    yield dict(email="sub1@example.com", phone="+12025550107")
    yield dict(email="sub2@example.com")


if __name__ == "__main__":
    charset = sys.argv[2]
    if sys.argv[1] == "sql":
        sql(charset)
    else:
        for record in records(charset, binary=True):
            print(json.dumps(record, ensure_ascii=False))
