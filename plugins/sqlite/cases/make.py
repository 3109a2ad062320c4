#!/usr/bin/env python3
"""Makes the cases again: databases by SQLite itself, and beside each what SQLite reads of it, in the order of the rows' places in the file.

The damaged ones are made of them by hand, below.
"""
import hashlib
import json
import pathlib
import random
import sqlite3

CASES = pathlib.Path(__file__).parent
RANDOM = random.Random(7)


def bcrypt(nth):
    alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    pick = random.Random(f"bcrypt {nth}")
    return "$2b$12$" + "".join(pick.choice(alphabet) for _ in range(53))


def create(name, script, **pragmas):
    path = CASES / f"{name}.db"
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path, isolation_level=None)
    for pragma, value in pragmas.items():
        database.execute(f"PRAGMA {pragma}={value}")
    database.executescript(script)
    return path, database


def place(file, needle, behind=1000):
    """Where it stands, at most so many bytes behind a row's beginning: what was moved from a page is left behind in it."""
    page_bytes, at = int.from_bytes(file[16:18]), file.find(needle)
    while at >= 0:
        page = at // page_bytes * page_bytes
        pointers = page + (12 if file[page] == 2 else 8)
        count = int.from_bytes(file[page + 3:page + 5])
        starts = [page + int.from_bytes(file[pointer:pointer + 2]) for pointer in range(pointers, pointers + 2 * count, 2)]
        if page == 0 or any(0 < at - start <= behind for start in starts):
            return at
        at = file.find(needle, at + 1)
    raise ValueError(needle)


def records(path, database, queries, needle="email", encoding="utf-8", behind=1000):
    """Each query names its columns as records do. A row stands where its needle does, which no other row has."""
    file, found = path.read_bytes(), []
    for query in queries:
        rows = database.execute(query)
        names = [column[0] for column in rows.description]
        for row in rows:
            record, extra = {}, {}
            for name, value in zip(names, row):
                if value is None or value == "":
                    continue
                (extra if name.startswith("+") else record)[name.lstrip("+")] = str(value)
            at = place(file, str(record[needle]).encode(encoding), behind)
            if extra:
                record["extra"] = extra
            found.append((at, record))
    return [record for _, record in sorted(found, key=lambda one: one[0])]


def write(path, found):
    path.with_suffix(".jsonl").write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in found))


def people():
    """Names that are no usual ones, dates before 1970, hashes as text and as bytes, NULLs, an index, a table of nobody's."""
    path, database = create("people", """
        CREATE TABLE IF NOT EXISTS "users" (
          id INTEGER PRIMARY KEY AUTOINCREMENT, -- the rowid
          [E-Mail] VARCHAR(255) NOT NULL COLLATE NOCASE CHECK (length("E-Mail") > 3),
          `user name` TEXT, 'password' TEXT DEFAULT 'a,b)', salt BLOB,
          full_name TEXT, lower_name TEXT GENERATED ALWAYS AS (lower(full_name)) VIRTUAL,
          dob INTEGER, /* seconds */ score DECIMAL(10,5), balance REAL, is_admin BOOLEAN DEFAULT 0, avatar BLOB, created_at DATETIME,
          CONSTRAINT once UNIQUE ("E-Mail"), FOREIGN KEY (score) REFERENCES scores (id)
        );
        CREATE TABLE posts (id INTEGER PRIMARY KEY, author INTEGER, body TEXT);
        CREATE INDEX posts_author ON posts (author);
        CREATE VIEW mails AS SELECT "E-Mail" FROM users;
    """, page_size=1024)
    secrets = [lambda n: f"pass word,{n}", lambda n: bcrypt(n), lambda n: hashlib.sha256(b"%d" % n).hexdigest(), lambda n: hashlib.sha256(b"%d" % n).digest(),
               lambda n: hashlib.sha1(b"%d" % n).digest(), lambda n: None, lambda n: f"пароль{n}", lambda n: "$HOME%d$$" % n, lambda n: hashlib.md5(b"%d" % n).digest()]
    for nth in range(45):
        secret = secrets[nth % len(secrets)](nth)
        database.execute(
            'INSERT INTO users ("E-Mail", "user name", password, salt, full_name, dob, score, balance, is_admin, avatar, created_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)',
            (f"Person.{nth}@example.com", f"person{nth}" if nth % 4 else None, secret, bytes([200, nth, 255, 1]) if isinstance(secret, bytes) else None, f"Ann Example-{nth:02}",
             [-315619200, 631152000, None, -86400, 0x7FFFFFFF][nth % 5], [1, -129, 40000, 9_000_000, 2**40, 2**60, 1.5][nth % 7], nth / 4, nth % 2,
             bytes(range(40)) * 8 if nth % 9 == 0 else None, "2020-01-02 03:04:05"))
        database.execute("INSERT INTO posts (author, body) VALUES (?,?)", (nth, "INSERT INTO users VALUES (1,'not@example.org')"))
    found = records(path, database, ["""
        SELECT id AS user_id, "E-Mail" AS email, "user name" AS username, iif(typeof(password) = 'blob' OR length(password) > 40, NULL, password) AS password,
               iif(typeof(password) = 'blob', lower(hex(password)), iif(length(password) > 40, password, NULL)) AS hash, lower(hex(salt)) AS salt,
               full_name, dob, score AS "+score", balance AS "+balance", is_admin AS "+is_admin", created_at FROM users"""], "full_name")
    for record in found:
        secret = record.get("hash")
        if secret:
            record["hash_kind"] = "bcrypt" if secret.startswith("$") else {32: "md5", 40: "sha1", 64: "sha256"}[len(secret)]
        if not record.get("salt"):
            record.pop("salt", None)
        for fraction in ("score", "balance"):
            value = record["extra"][fraction]
            record["extra"][fraction] = value.removesuffix(".0")
    write(path, found)
    return path


def utf16(name, order):
    path, database = create(name, "CREATE TABLE члены (почта TEXT, пароль TEXT, телефон NUMERIC);", encoding=f"'{order}'")
    for nth in range(12):
        database.execute("INSERT INTO члены VALUES (?,?,?)", (f"čeněk{nth}@example.net" if nth % 2 else f"bob{nth}@example.net", f"пароль{nth}😀", 4_915_150_000_000 + nth))
    write(path, records(path, database, ["SELECT почта AS email, пароль AS password, телефон AS phone FROM члены"], encoding=order))


def without_rowid():
    """The key stands first in its records; ordinary indexes beside it hold the same addresses."""
    path, database = create("without-rowid", """
        CREATE TABLE accounts (note TEXT, login TEXT NOT NULL, realm INTEGER NOT NULL, email TEXT, pass TEXT, PRIMARY KEY (realm, login)) WITHOUT ROWID;
        CREATE INDEX accounts_email ON accounts (email);
    """, page_size=1024)
    for nth in range(120):
        database.execute("INSERT INTO accounts VALUES (?,?,?,?,?)", (None if nth % 3 else "a note", f"login{nth:03}.", nth % 5, f"person{nth}@example.org", f"word{nth}"))
    query = """SELECT login AS username, email, pass AS password, realm AS "+realm", note AS "+note" FROM accounts"""
    # An index has the address too: the login is where the row is.
    write(path, records(path, database, [query], "username", behind=14))


def altered():
    """Columns that came later are in no older row; one was dropped; a schema of more than its first page."""
    tables = "".join(f"CREATE TABLE settings_{nth} (id INTEGER PRIMARY KEY, title TEXT NOT NULL, about TEXT /* {'x' * 60} */);" for nth in range(20))
    path, database = create("altered", tables + """
        CREATE TABLE customer (customer_id INTEGER NOT NULL, mail TEXT, pwd TEXT, gone TEXT, PRIMARY KEY (customer_id DESC));
        INSERT INTO customer VALUES (5, 'early@example.com', 'first', 'x'), (-7, 'sooner@example.com', 'second', 'y');
        ALTER TABLE customer DROP COLUMN gone;
        ALTER TABLE customer ADD COLUMN city TEXT DEFAULT 'Berlin';
        ALTER TABLE customer ADD COLUMN phone TEXT;
        INSERT INTO customer VALUES (9, 'late@example.com', 'third', 'Ulm', '+49 731 000000');
    """, page_size=512)
    found = records(path, database, ["SELECT customer_id AS user_id, mail AS email, pwd AS password, city, phone FROM customer"])
    for record in found:
        # SQLite takes it from the schema, for it is not in the row.
        if record["email"] != "late@example.com":
            del record["city"]
    write(path, found)


def deleted():
    """Rows deleted, and a table dropped: what was on their pages is still in the file, and nobody's."""
    path, database = create("deleted", """
        CREATE TABLE old (id INTEGER PRIMARY KEY, email TEXT, password TEXT);
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password TEXT);
    """, page_size=512)
    for nth in range(60):
        database.execute("INSERT INTO old VALUES (?,?,?)", (nth, f"old{nth}@example.com", "gone"))
        database.execute("INSERT INTO users VALUES (?,?,?)", (nth, f"user{nth}@example.com", f"word{nth}"))
    database.executescript("DROP TABLE old; DELETE FROM users WHERE id % 5 = 1; DELETE FROM users WHERE id BETWEEN 20 AND 40;")
    write(path, records(path, database, ["SELECT id AS user_id, email, password FROM users"]))


def automatic():
    """Pages that say who points to others stand between the rest."""
    path, database = create("auto-vacuum", """
        CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, password TEXT);
        CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);
    """, page_size=512, auto_vacuum=2)
    for nth in range(400):
        database.execute("INSERT INTO users VALUES (?,?,?)", (nth, f"user{nth}@example.com", f"word{nth}"))
        database.execute("INSERT INTO logs VALUES (?,?)", (nth, "GET /"))
    database.execute("DELETE FROM users WHERE id BETWEEN 100 AND 330")
    write(path, records(path, database, ["SELECT id AS user_id, email, password FROM users"]))


def overflowing():
    """What is whole on a row's own page is told, and what goes on in others is not."""
    path, database = create("overflowing", "CREATE TABLE users (email TEXT, password TEXT, about TEXT, phone TEXT);", page_size=1024)
    for nth in range(6):
        database.execute("INSERT INTO users VALUES (?,?,?,?)", (f"user{nth}@example.com", f"word{nth}", "long " * (300 if nth % 2 else 3), f"+49 30 00000{nth}"))
    found = records(path, database, ["""SELECT email, password, phone, about AS "+about" FROM users"""])
    for record in found:
        if len(record["extra"]["about"]) > 100:
            del record["extra"], record["phone"]
    write(path, found)


def damaged(whole, page_bytes=1024):
    """A row whose header lies, one whose length does, a pointer to nowhere, a page that is none: each costs what it has to, and no more."""
    file = bytearray(whole.read_bytes())
    rows = [(place(file, record["full_name"].encode()), record) for record in map(json.loads, whole.with_suffix(".jsonl").read_text().splitlines())]
    leaves = sorted({at // page_bytes * page_bytes for at, _ in rows})

    def cells(page):
        """Where pointers stand, by where they lead."""
        count = int.from_bytes(file[page + 3:page + 5])
        return {page + int.from_bytes(file[at:at + 2]): at for at in range(page + 8, page + 8 + 2 * count, 2)}

    def row(page, nth):
        """A row's cell, and its place among all."""
        start = sorted(cells(page))[nth]
        return start, next(at for at, (place, _) in enumerate(rows) if place > start)

    start, at = row(leaves[0], 1)
    file[start + 4] = 200  # the first of its types: two bytes of length, one of the rowid, one of the header's length stand before
    rows[at] = (start, {"reject": "malformed-row"})
    start, at = row(leaves[1], 0)
    file[start] += 1  # a hundred and twenty-eight bytes more
    rows[at] = (start, {"reject": "overlapping-row"})
    start, at = row(leaves[2], 1)
    pointer = cells(leaves[2])[start]
    file[pointer:pointer + 2] = bytes([255, 255])
    rows[at] = (pointer, {"reject": "row-outside-page"})
    page = leaves[3]
    file[page] = 0x77
    rows = [(at, record) for at, record in rows if not page <= at < page + page_bytes] + [(page, {"reject": "malformed-page"})]
    path = CASES / "damaged.db"
    path.write_bytes(file)
    write(path, [record for _, record in sorted(rows, key=lambda one: one[0])])


def truncated():
    """The rows at the last page's end, which were the first to be written there, are cut off; their pointers are not."""
    path, database = create("truncated", "CREATE TABLE users (email TEXT, password TEXT);", page_size=1024)
    for nth in range(10):
        database.execute("INSERT INTO users VALUES (?,?)", (f"user{nth}@example.com", f"word{nth}"))
    found = records(path, database, ["SELECT email, password FROM users"])
    file = path.read_bytes()
    path.write_bytes(file[:-70])
    # Two are gone, and of a third the half.
    write(path, [{"reject": "row-outside-page"}] * 2 + found[:7] + [{"reject": "truncated-row"}])


if __name__ == "__main__":
    whole = people()
    utf16("utf-16le", "utf-16le")
    utf16("utf-16be", "utf-16be")
    without_rowid()
    altered()
    deleted()
    automatic()
    overflowing()
    damaged(whole)
    truncated()
