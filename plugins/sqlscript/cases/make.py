#!/usr/bin/env python3
"""Makes the cases again: SQLite's by SQLite's own tools (`apt-get install sqlite3`), those of tools that need a licence, a server or a screen as
they write them. People go in as values and come out as records; nothing is read back here.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import sqlite3
import subprocess
import tempfile

CASES = pathlib.Path(__file__).parent


def identity(version, nth):
    """ASP.NET's: a version, its parameters, salt and subkey."""
    noise = hashlib.sha512(b"%d" % nth).digest()
    head = b"\x00" if version == 2 else b"\x01" + b"\0\0\0\x01" + b"\0\0\x27\x10" + b"\0\0\0\x10"
    return base64.b64encode(head + noise[:48]).decode()


SECRETS = [
    ("password", "hunter2"), ("aspnet_identity_v3", identity(3, 1)), ("aspnet_identity_v2", identity(2, 2)), ("password", "it's; 'quoted'"),
    ("password", "GO\nGO"), ("password", "a\\'b\\"), ("bcrypt", "$2b$10$" + "abcdefghijklmnopqrstuuJ0Yxw1f3Tq7sZ0m3oXWcV9bN8kLpQ2a"[:53]),
    ("oracle11", "S:" + hashlib.sha1(b"s").hexdigest().upper() + "0123456789ABCDEF0123"), ("password", "&amp & ]] [x] \"y\" `z`"), ("password", "),(9,'x'"),
]
NAMES = ["Ann O'Neil", "Bob \"Ray\"", "Çelik Yılmaz", "Дмитрий", "李小明 😀", "Line\r\nbreak", "Tab\there", "-- no comment", "/* none */", "INSERT INTO [Users] VALUES (9, 'eve@example.com');\nGO"]
BORN = [datetime.date(1955, 3, 4), datetime.date(1969, 12, 31), None, datetime.date(2001, 2, 28), datetime.date(1984, 2, 29)]
SEEN = datetime.datetime(2020, 12, 31, 23, 59, 58)


def people():
    for nth in range(10):
        kind, secret = SECRETS[nth]
        yield {"id": nth + 1, "login": f"user{nth}", "email": None if nth == 3 else f"User.{nth}+x@example.{['com', 'net', 'org'][nth % 3]}", "kind": kind, "secret": secret,
               "name": NAMES[nth], "born": BORN[nth % 5], "note": None if nth % 4 else f"note {nth}"}


def record(person, seen=True, note="note"):
    found = {"user_id": str(person["id"]), "username": person["login"], "email": person["email"]}
    if person["kind"] == "password":
        found["password"] = person["secret"]
    else:
        found |= {"hash": person["secret"], "hash_kind": person["kind"]}
    found |= {"full_name": person["name"], "dob": person["born"] and str(person["born"]), "last_login_at": str(SEEN) if seen else None}
    if person["note"]:
        found["extra"] = {note: person["note"]}
    return {key: value for key, value in found.items() if value is not None}


def write(name, text, found):
    (CASES / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    (CASES / name).with_suffix(".jsonl").write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found))


def quoted(text, prefix=""):
    return "NULL" if text is None else prefix + "'" + str(text).replace("'", "''") + "'"


def sqlite():
    """By the real tools: `.dump`, `.mode insert`, and Python's iterdump."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "people.db"
        database = sqlite3.connect(path)
        database.executescript("""
            CREATE TABLE IF NOT EXISTS "app users" (id INTEGER PRIMARY KEY AUTOINCREMENT, "login" TEXT NOT NULL, [email] TEXT, `password` TEXT CHECK (password <> ');'),
              name TEXT, dob DATE, last_login DATETIME, note TEXT, UNIQUE (email));
            CREATE TABLE log (at TEXT, line TEXT);
            CREATE INDEX emails ON "app users" (email);
            CREATE VIEW v AS SELECT email FROM "app users";
            CREATE TRIGGER t AFTER DELETE ON "app users" BEGIN
              INSERT INTO log VALUES ('now', old.email); UPDATE log SET line = 'x;' WHERE at = 'never';
            END;
        """)
        for person in people():
            row = [person["id"], person["login"], person["email"], person["secret"], person["name"], person["born"] and str(person["born"]), str(SEEN), person["note"]]
            database.execute('INSERT INTO "app users" VALUES (?,?,?,?,?,?,?,?)', row)
            database.execute("INSERT INTO log VALUES ('2020-01-01', ?)", (f"user {person['email']} came",))
        raw = {"id": 11, "login": "raw", "email": "raw@example.com", "kind": "md5", "secret": "5f4dcc3b5aa765d61d8327deb882cf99", "name": None, "born": None, "note": None}
        database.execute('INSERT INTO "app users" VALUES (?,?,?,?,?,?,?,?)', [11, "raw", b"raw@example.com", bytes.fromhex(raw["secret"]), None, None, None, None])
        database.commit()
        found = [record(person) for person in people()] + [record(raw, seen=False)]
        shell = lambda *commands: subprocess.run(["sqlite3", str(path), *commands], check=True, capture_output=True).stdout
        write("sqlite-dump.sql", shell(".dump"), found)
        write("sqlite-mode-insert.sql", shell(".headers on", ".mode insert app_users", 'SELECT * FROM "app users"'), found)
        text = "\n".join(database.iterdump()) + "\n"
        write("sqlite-iterdump.sql", text, found[:-1] + [found[-1] | {"hash": raw["secret"].upper()}])


CREATE_USERS = """CREATE TABLE [dbo].[Users](
\t[Id] [int] IDENTITY(1,1) NOT NULL,
\t[UserName] [nvarchar](256) NOT NULL,
\t[Email] [nvarchar](256) NULL,
\t[PasswordHash] [nvarchar](max) NULL,
\t[Full]]Name] [nvarchar](50) NULL,
\t[DateOfBirth] [date] NULL,
\t[LastLogin] [datetime] NULL,
\t[Note] [nvarchar](50) NULL,
 CONSTRAINT [PK_Users] PRIMARY KEY CLUSTERED 
(
\t[Id] ASC
)WITH (PAD_INDEX = OFF, STATISTICS_NORECOMPUTE = OFF, IGNORE_DUP_KEY = OFF) ON [PRIMARY]
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
"""


def server(name, lines, old=False):
    """SQL Server's Management Studio: `Generate Scripts`, schema and data; the old one without GO between rows, and dates as bytes."""
    days = lambda date: (date - datetime.date(1, 1, 1)).days
    def moment(at):
        if not old:
            return f"CAST(N'{at.isoformat()}.000' AS DateTime)"
        since = at - datetime.datetime(1900, 1, 1)
        return f"CAST(0x{since.days:08X}{since.seconds * 300:08X} AS DateTime)"
    def day(at):
        return "NULL" if at is None else f"CAST(0x{days(at).to_bytes(3, 'little').hex().upper()}00 AS Date)" if old else f"CAST(N'{at}' AS Date)"
    go = "" if old else "GO\n"
    text = "USE [Forum]\nGO\n/****** Object:  User [web]    Script Date: 12/31/2020 11:59:58 PM ******/\nCREATE USER [web] FOR LOGIN [web] WITH DEFAULT_SCHEMA=[dbo]\nGO\n"
    text += "/****** Object:  Table [dbo].[Users]    Script Date: 12/31/2020 11:59:58 PM ******/\nSET ANSI_NULLS ON\nGO\nSET QUOTED_IDENTIFIER ON\nGO\n" + CREATE_USERS + "GO\n"
    text += "CREATE TABLE [dbo].[Log](\n\t[Line] [nvarchar](max) NULL\n) ON [PRIMARY]\nGO\n"
    text += "SET IDENTITY_INSERT [dbo].[Users] ON \n" + go
    for person in people():
        values = [str(person["id"]), *(quoted(person[key], "N") for key in ("login", "email", "secret", "name")), day(person["born"]), moment(SEEN), quoted(person["note"], "N")]
        text += f"INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES ({', '.join(values)})\n" + go
        text += f"INSERT [dbo].[Log] ([Line]) VALUES (N'mail to {person['email']}')\n" + go
    binary = "0x0200" + hashlib.sha512(b"x").hexdigest().upper() + "89ABCDEF"
    text += f"INSERT [dbo].[Users] ([Id], [UserName], [Email], [PasswordHash], [Full]]Name], [DateOfBirth], [LastLogin], [Note]) VALUES (11, N'sa', NULL, {binary}, NULL, NULL, NULL, NULL)\n" + go
    text += "INSERT [dbo].[Users] ([Email], [PasswordHash], [PasswordSalt]) VALUES (N'raw@example.com', 0x5F4DCC3B5AA765D61D8327DEB882CF99, 0x00FFAB12)\n" + go
    if old:
        text += "print 'Processed 100 total records'\n"
    text += "SET IDENTITY_INSERT [dbo].[Users] OFF\n" + go
    text += "ALTER TABLE [dbo].[Users] ADD  CONSTRAINT [DF_Users]  DEFAULT (getdate()) FOR [LastLogin]\nGO\nALTER DATABASE [Forum] SET  READ_WRITE \nGO\n"
    found = [record(person, note="Note") for person in people()] + [{"user_id": "11", "username": "sa", "hash": binary, "hash_kind": "mssql2012"},
        {"email": "raw@example.com", "hash": "5F4DCC3B5AA765D61D8327DEB882CF99", "hash_kind": "md5", "salt": "00FFAB12"}]
    if not old:
        found = [one | ({"last_login_at": f"{SEEN.isoformat()}.000"} if "last_login_at" in one else {}) for one in found]
    write(name, text.replace("\r\n", "\n").replace("\n", lines) if lines != "\n" else text, [one if lines == "\n" else json.loads(json.dumps(one).replace("\\r\\n", "\\n").replace("\\n", "\\r\\n")) for one in found])


def oracle():
    """SQL Developer's export of a table with its data, and PL/SQL Developer's and Toad's scripts."""
    def developer(text):
        return "null" if text is None else quoted(text).replace("&", "'||chr(38)||'").replace("\r\n", "'||chr(13)||chr(10)||'").replace("\t", "'||chr(9)||'")
    ddl = """--------------------------------------------------------
--  File created - Thursday-December-31-2020   
--------------------------------------------------------
--------------------------------------------------------
--  DDL for Table USERS
--------------------------------------------------------

  CREATE TABLE "WEB"."USERS" 
   (\t"ID" NUMBER(10,0), 
\t"LOGIN" VARCHAR2(50 BYTE), 
\t"EMAIL" VARCHAR2(255 CHAR), 
\t"PASSWORD" VARCHAR2(255 BYTE) DEFAULT 'x,)', 
\t"FULL_NAME" VARCHAR2(100 BYTE), 
\t"BIRTH_DATE" DATE, 
\t"LAST_LOGIN" TIMESTAMP (6), 
\t"NOTE" CLOB
   ) SEGMENT CREATION IMMEDIATE 
  PCTFREE 10 PCTUSED 40 INITRANS 1 MAXTRANS 255 
 NOCOMPRESS LOGGING
  TABLESPACE "USERS" ;
REM INSERTING into WEB.USERS
SET DEFINE OFF;
"""
    mon = lambda date: date.strftime("%d-%b-%y").upper()
    rows = ""
    for person in people():
        born = f"to_date('{mon(person['born'])}','DD-MON-RR')" if person["born"] else "null"
        seen = "to_timestamp('31-DEC-20 11.59.58.000000000 PM','DD-MON-RR HH.MI.SSXFF AM')"
        values = [str(person["id"]), *(developer(person[key]) for key in ("login", "email", "secret", "name")), born, seen, f"to_clob('{person['note']}')" if person["note"] else "EMPTY_CLOB()"]
        rows += f"Insert into WEB.USERS (ID,LOGIN,EMAIL,PASSWORD,FULL_NAME,BIRTH_DATE,LAST_LOGIN,NOTE) values ({','.join(values)});\n"
    tail = """--------------------------------------------------------
--  DDL for Trigger USERS_ID
--------------------------------------------------------

  CREATE OR REPLACE EDITIONABLE TRIGGER "WEB"."USERS_ID" before insert on users for each row begin null; end;
/
ALTER TRIGGER "WEB"."USERS_ID" ENABLE;
"""
    # A year of two digits is of the nearer century.
    near = lambda one: one | ({"dob": "20" + one["dob"][2:]} if one.get("dob", "9") < "1950" else {})
    write("oracle-sql-developer.sql", ddl + rows + tail, [near(record(person, note="NOTE")) for person in people()])

    text = "prompt PL/SQL Developer import file\nprompt Created on Thursday, December 31, 2020 by web\nset feedback off\nset define off\nprompt Loading USERS...\n"
    for person in people():
        born = f"to_date('{person['born'].strftime('%d-%m-%Y')}', 'dd-mm-yyyy')" if person["born"] else "null"
        secret = f"q'[{person['secret']}]'" if person["id"] % 2 else quoted(person["secret"])
        values = [str(person["id"]), quoted(person["login"]), quoted(person["email"]), secret, quoted(person["name"]), born, "to_date('31-12-2020 23:59:58', 'dd-mm-yyyy hh24:mi:ss')", quoted(person["note"])]
        text += f"insert into USERS (id, login, email, password, full_name, birth_date, last_login, note)\nvalues ({', '.join(values)});\n" + ("\n" if person["id"] % 5 else "commit;\nprompt 5 records committed...\n")
    write("oracle-plsql-developer.sql", text + "commit;\nprompt 10 records loaded\nset feedback on\nset define on\nprompt Done.\n", [record(person) for person in people()])

    text = "SET DEFINE OFF;\n"
    for person in people():
        born = f"TO_DATE('{person['born'].strftime('%m/%d/%Y')} 00:00:00', 'MM/DD/YYYY HH24:MI:SS')" if person["born"] else "NULL"
        values = [str(person["id"]), *(quoted(person[key]) for key in ("login", "email", "secret", "name")), born, quoted(person["note"])]
        text += f"Insert into WEB.USERS\n   (ID, LOGIN, EMAIL, PASSWORD, FULL_NAME, BIRTH_DATE, NOTE)\n Values\n   ({', '.join(values)});\n"
    found = [record(person, seen=False, note="NOTE") for person in people()]
    write("oracle-toad.sql", text + "COMMIT;\n", [one | ({"dob": one["dob"] + " 00:00:00"} if "dob" in one else {}) for one in found])

    text = "INSERT ALL\n"
    for person in people():
        text += f"  INTO users (login, email, password) VALUES ({quoted(person['login'])}, {quoted(person['email'])}, {quoted(person['secret'])})\n"
    keys = ("username", "email", "password", "hash", "hash_kind")
    write("oracle-insert-all.sql", text + "SELECT * FROM dual;\nCOMMIT;\n", [{key: one[key] for key in keys if key in one} for one in map(record, people())])


def anybody():
    """DBeaver's, Adminer's for PostgreSQL, and a script by hand."""
    rows = lambda lead, part: [lead + part.join([str(person["id"]), *(quoted(person[key]) for key in ("login", "email", "secret", "name", "born")), quoted(SEEN), quoted(person["note"])]) + ")" for person in people()]
    columns = ["id", "login", "email", '"password"', '"name"', "date_of_birth", "last_login", "note"]
    head = f"INSERT INTO public.users ({','.join(columns)}) VALUES\n"
    parts = rows("\t (", ",")
    found = [record(person) for person in people()]
    write("dbeaver.sql", "".join(head + ",\n".join(parts[at:at + 4]) + ";\n" for at in (0, 4, 8)), found)

    names = ", ".join('"' + name.strip('"') + '"' for name in columns)
    adminer = '-- Adminer 4.8.1 PostgreSQL 15.1 dump\n\nDROP TABLE IF EXISTS "users";\nDROP SEQUENCE IF EXISTS users_id_seq;\nCREATE SEQUENCE users_id_seq INCREMENT 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1;\n\n'
    adminer += 'CREATE TABLE "public"."users" (\n    "id" integer DEFAULT nextval(\'users_id_seq\') NOT NULL,\n    "email" text,\n    CONSTRAINT "users_pkey" PRIMARY KEY ("id")\n) WITH (oids = false);\n\n'
    write("adminer-postgresql.sql", adminer + f'INSERT INTO "users" ({names}) VALUES\n' + ",\n".join(rows("(", ",\t")) + ";\n\n-- 2020-12-31 23:59:58.000000+00\n", found)

    write("by-hand.sql", b"""-- somebody's own
begin transaction
delete from members
insert into members(mail, pass, note) values('ann@example.com', 'a' + char(39) + N'b', null)
insert into members (mail, pass, note)
   values ( 'bob@example.net' , 'x' , 'first' ) , ( 'cy@example.org','y' || 'z', upper('z') )
INSERT INTO members (mail, pass, note) VALUES ('broken@example.com, 'oops', 1);
INSERT INTO members (mail, pass, note) VALUES ('dee@example.com', 'after', getdate());
INSERT INTO members (mail, pass, note) VALUES ('eve@example.com', 'short');
INSERT INTO members (mail, pass, note) VALUES ('fay@example.com', 'cut o""", [
        {"email": "ann@example.com", "password": "a'b"}, {"email": "bob@example.net", "password": "x", "extra": {"note": "first"}}, {"email": "cy@example.org", "password": "yz", "extra": {"note": "z"}},
        {"reject": "malformed-row"}, {"email": "dee@example.com", "password": "after"}, {"reject": "column-count"}, {"reject": "truncated-row"}])

    # Blanks of every kind between values, and quotes where none belongs.
    write("spliced.sql", (
        "-- a script that lost what stood between some bytes\n"
        "CREATE TABLE members (mail varchar(80), pass varchar(80), note int);\n"
        "INSERT INTO members VALUES ('ann@example.com', 'one', 1),\n"
        "\t(\t'bob@example.net',\t'two',\t2),\n"
        "\t(\t'cy@example.org'x@example.org',\t'three',\t3),\n"
        "\t('dee@example.com',\t'fo'ur', 4),\n"
        "\t('eve@example.net',\n"
        "\t'five', 5);\n"
        "INSERT INTO members VALUES ('fay@example.org',\t'si\tx',\t6),\n"
        "('gus@example.com',\t'seven'junk, 7),\n"
        "('hal@example.net',\r\n"
        "'eight',\r\n"
        "8);\n"
    ).encode(), [
        {"email": "ann@example.com", "password": "one", "extra": {"note": "1"}}, {"email": "bob@example.net", "password": "two", "extra": {"note": "2"}}, {"reject": "malformed-row"}, {"reject": "malformed-row"},
        {"email": "eve@example.net", "password": "five", "extra": {"note": "5"}}, {"email": "fay@example.org", "password": "si\tx", "extra": {"note": "6"}}, {"reject": "malformed-row"}, {"email": "hal@example.net", "password": "eight", "extra": {"note": "8"}}])

    # Found by the fuzzer: a value that begins as a number does, where a push may end behind it.
    write("odd-number.sql", (
        "CREATE TABLE members (mail varchar(80), pass varchar(80), note int);\n"
        "INSERT INTO members VALUES ('ann@example.com','one',589:NULL);\n"
        "INSERT INTO members VALUES ('bob@example.net','two',7);\n"
    ).encode(), [
        {"email": "ann@example.com", "password": "one", "extra": {"note": "589:NULL"}}, {"email": "bob@example.net", "password": "two", "extra": {"note": "7"}}])


if __name__ == "__main__":
    sqlite()
    server("server.sql", "\r\n")
    server("server-2008.sql", "\n", old=True)
    oracle()
    anybody()
