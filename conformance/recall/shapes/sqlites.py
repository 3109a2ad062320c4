"""SQLite: database files by the library itself, of several page sizes and encodings, and `.dump` by the program."""
import sqlite3
from datetime import date, datetime

from tables import Table, epoch
from workshop import tool

FORMS = {
    "database, 4096": ("PRAGMA page_size=4096", "sha256", ""),
    "database, 512": ("PRAGMA page_size=512", "bcrypt", ""),
    "database, 65536": ("PRAGMA page_size=65536", "md5+", ""),
    "database, UTF-16": ("PRAGMA encoding='UTF-16le'", "", ""),
    "database, WITHOUT ROWID": ("PRAGMA page_size=1024", "sha1", " WITHOUT ROWID"),
}


def files(make):
    for dialect, (pragma, kind, end) in FORMS.items():
        file, table, rows = people(make, dialect, "db", kind)
        fill(file.path, "users", table, rows, pragma, end)
        yield file
    for kind in ("", "phpass"):
        file, table, rows = people(make, ".dump" + (f", {kind}" if kind else ""), "sql", kind)
        path = file.path.with_suffix(".db")
        fill(path, "users", table, rows)
        make.write(file, tool("sqlite3", path, ".dump"))
        path.unlink()
        yield file


def people(make, dialect, extension, kind):
    file, crowd, random = make("sqlite", dialect, extension, allows=lambda text: "\0" not in text, by="sqlite3")
    table = Table(file, random, kind)
    rows = []
    for person in make.people(crowd, kind=kind):
        file.expect(person, username=True)
        rows.append(table.row(person))
    return file, table, rows


def fill(path, name, table, rows, pragma="", end=""):
    path.unlink(missing_ok=True)
    base = sqlite3.connect(path)
    if pragma:
        base.execute(pragma)
    types = {"id": "INTEGER PRIMARY KEY", "verified": "INTEGER", "born": "INTEGER", "joined": "DATETIME"}
    columns = ", ".join(f'"{column}" {types.get(meaning, "TEXT")}' for column, meaning in zip(table.names, table.columns))
    base.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY, article TEXT, price REAL, picture BLOB)")
    base.execute(f'CREATE TABLE "{name}" ({columns}){end}')
    base.execute(f'CREATE INDEX by_email ON "{name}" ("{table.names[table.columns.index("email")]}")')
    marks = ",".join("?" * len(table.names))
    base.executemany("INSERT INTO orders VALUES (?,?,?,?)", ((at, f"article {at} for nobody", at / 7, bytes(20)) for at in range(300)))
    base.executemany(f'INSERT INTO "{name}" VALUES ({marks})', ([value(cell) for cell in row] for row in rows))
    base.commit()
    base.close()


def value(cell):
    return cell.isoformat(" ") if isinstance(cell, datetime) else epoch(cell) if isinstance(cell, date) else cell
