"""mysqldump's family: MariaDB's own program with its switches; phpMyAdmin's and MySQL 8's shapes as they are documented."""
import re, subprocess, zipfile

from servers import MariaDb
from tables import Table
from workshop import tool

NOBODY = """CREATE TABLE articles (id int PRIMARY KEY, title varchar(200), body text, price decimal(8,2), picture blob);
INSERT INTO articles VALUES (1,'ann@example.com wrote','INSERT INTO `people` VALUES (1,\\'x\\');',9.50,0xFF00FE27),(2,'it''s','a;b',-1.00,NULL);"""
# dialect: (switches, kind of secret, are the secrets raw bytes)
SWITCHES = {
    "default": ((), "bcrypt", False),
    "--complete-insert": (("--complete-insert",), "phpass", False),
    "--hex-blob": (("--hex-blob",), "md5", True),
    "--skip-extended-insert": (("--skip-extended-insert",), "vbulletin", False),
    "--compact --replace": (("--compact", "--replace"), "", False),
    "--no-create-info -c": (("--no-create-info", "--complete-insert"), "mysql41", False),
    "--no-create-info": (("--no-create-info",), "", False),
    "--insert-ignore, no comments": (("--insert-ignore", "--skip-comments", "--no-tablespaces"), "sha1", False),
    "--compatible=ansi": (("--compatible=ansi", "--default-character-set=utf8mb4"), "md5+", False),
    "--databases": (("--databases", "--routines", "--triggers"), "argon2id", False),
    "--skip-opt": (("--skip-opt",), "sha512crypt", False),
}


def files(make):
    for dialect, (switches, kind, raw) in SWITCHES.items():
        yield dumped(make, dialect, switches, kind, raw)
    yield latin(make)
    yield tab(make)
    yield tab_alone(make)
    yield xml(make)
    yield phpmyadmin(make)
    yield mysql8(make)
    yield damaged(make, "damaged rows, extended", ())
    yield damaged(make, "damaged rows, one a statement", ("--skip-extended-insert",))
    yield cut_off(make)


def filled(make, dialect, extension, kind, raw=False, encoding="utf-8", charset="utf8mb4", allows=lambda text: True, expect={}, by="mariadb-dump"):
    """A server with the people of a file."""
    file, crowd, random = make("mysqldump", dialect, extension, encoding=encoding, allows=allows, by=by)
    table, server, rows = Table(file, random, kind), make.server(MariaDb), []
    at = table.columns.index("secret")
    for person in make.people(crowd, kind=kind):
        file.expect(person, **expect)
        row = table.row(person)
        row = [value if not isinstance(value, str) or crowd.writable(value) else None for value in row]
        if raw:
            row[at] = bytes.fromhex(person.hash)
        rows.append(row)
    server.fill("people", table, rows, charset, NOBODY, binary=("secret",) if raw else ())
    return file, table, server, rows


def dumped(make, dialect, switches, kind, raw):
    # Of --databases, which stands for it itself, the name is the program's last argument as of the others.
    file, _, server, _ = filled(make, dialect, "sql", kind, raw)
    return make.write(file, server.dump(*switches, "shop", database=""))


def latin(make):
    file, _, server, _ = filled(make, "--default-character-set=latin1", "sql", "", encoding="latin-1", charset="latin1")
    return make.write(file, server.dump("--default-character-set=latin1", "--hex-blob"))


def tab_files(make, dialect, kind):
    file, table, server, _ = filled(make, dialect, "zip", kind)
    folder = server.folder / "tab"
    tool("rm", "-rf", folder)
    folder.mkdir()
    folder.chmod(0o777)
    server.dump(f"--tab={folder}")
    return file, folder


def tab(make):
    """Schema and data of each table, in one archive."""
    file, folder = tab_files(make, "--tab, zipped", "bcrypt")
    with zipfile.ZipFile(file.path, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"backup/{path.name}")
    return file


def tab_alone(make):
    file, folder = tab_files(make, "--tab, data alone", "phpass")
    file.path = file.path.with_suffix(".txt")
    return make.write(file, (folder / "people.txt").read_bytes())


def xml(make):
    clean = lambda text: not re.search("[\0-\x08\x0b\x0c\x0e-\x1f]", text) and "\r" not in text
    file, _, server, _ = filled(make, "--xml", "xml", "md5+", allows=clean)
    return make.write(file, server.dump("--xml"))


def escaped(value):
    """As mysql_real_escape_string has it, on bytes."""
    raw = value if isinstance(value, bytes) else str(value).encode()
    for plain, code in ((b"\\", b"\\\\"), (b"\0", b"\\0"), (b"\n", b"\\n"), (b"\r", b"\\r"), (b"'", b"\\'"), (b'"', b'\\"'), (b"\x1a", b"\\Z")):
        raw = raw.replace(plain, code)
    return b"'" + raw + b"'"


def cell(value, binary=b""):
    return b"NULL" if value is None else str(value).encode() if isinstance(value, int) else binary + escaped(value) if isinstance(value, bytes) else escaped(value)


def created(table, type="varchar(255)", secret="varchar(255)", end=") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;"):
    lines = [f"  `{name}` {'int' if meaning == 'id' else secret if meaning == 'secret' else type} DEFAULT NULL" for name, meaning in zip(table.names, table.columns)]
    return "CREATE TABLE `people` (\n" + ",\n".join(lines) + "\n" + end


def phpmyadmin(make):
    file, crowd, random = make("mysqldump", "phpMyAdmin", "sql", by="documented form")
    table = Table(file, random, "phpass")
    names = ", ".join(f"`{name}`" for name in table.names)
    parts = [b"-- phpMyAdmin SQL Dump\n-- version 5.2.1\n-- https://www.phpmyadmin.net/\n--\n-- Host: localhost\n-- Generation Time: Jan 02, 2020 at 03:04 AM\n\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nSTART TRANSACTION;\nSET time_zone = \"+00:00\";\n\n"
             b"/*!40101 SET NAMES utf8mb4 */;\n\n--\n-- Database: `shop`\n--\n\n-- --------------------------------------------------------\n\n--\n-- Table structure for table `people`\n--\n\n",
             created(table).encode(), b"\n\n--\n-- Dumping data for table `people`\n--\n\n"]
    for at, person in enumerate(make.people(crowd, kind="phpass")):
        file.expect(person)
        parts.append((f"INSERT INTO `people` ({names}) VALUES\n".encode() if at % 500 == 0 else b",\n") + b"(" + b", ".join(map(cell, table.row(person))) + b")")
        if at % 500 == 499 or at + 1 == make.count:
            parts.append(b";\n")
    parts.append(b"\n--\n-- Indexes for dumped tables\n--\n\nALTER TABLE `people`\n  ADD PRIMARY KEY (`id`);\nCOMMIT;\n")
    return make.write(file, b"".join(parts))


def mysql8(make):
    """Raw bytes behind `_binary` make the file no valid UTF-8."""
    file, crowd, random = make("mysqldump", "MySQL 8 _binary", "sql", by="documented form")
    table = Table(file, random, "sha256", 0)
    at = table.columns.index("secret")
    parts = [b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: shop\n-- ------------------------------------------------------\n-- Server version\t8.0.36\n\n/*!50503 SET NAMES utf8mb4 */;\n"
             b"DROP TABLE IF EXISTS `people`;\n/*!50503 SET character_set_client = utf8mb4 */;\n", created(table, secret="varbinary(32)", end=") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;").encode(),
             b"\n\nLOCK TABLES `people` WRITE;\n/*!40000 ALTER TABLE `people` DISABLE KEYS */;\n"]
    people = list(make.people(crowd, file.expect, kind="sha256"))
    for begin in range(0, len(people), 700):
        rows = []
        for person in people[begin:begin + 700]:
            row = table.row(person)
            row[at] = bytes.fromhex(person.hash)
            rows.append(b"(" + b",".join(cell(value, b"_binary ") for value in row) + b")")
        parts.append(b"INSERT INTO `people` VALUES " + b",".join(rows) + b";\n")
    parts.append(b"/*!40000 ALTER TABLE `people` ENABLE KEYS */;\nUNLOCK TABLES;\n-- Dump completed on 2020-01-02  3:04:05\n")
    return make.write(file, b"".join(parts))


def damaged(make, dialect, switches):
    """A disk's fault: rows that break off within a string, and rows with a value gone, each on its own line."""
    file, _, server, rows = filled(make, dialect, "sql", "", allows=lambda text: "(" not in text and "\n" not in text)
    dump = server.dump(*switches)
    lines, count, out = dump.split(b"\n"), 0, bytearray()
    for line in lines:
        if (line.startswith(b"(") or line.startswith(b"INSERT INTO `people` VALUES (")) and b"@" in line:
            count += 1
            if count % 300 == 150:
                start = b"(" if line.startswith(b"(") else b"INSERT INTO `people` VALUES ("
                bad = start + (b"99999,'broke off in a str" if count % 600 == 150 else b"99999,,,'x',)" + (b"," if len(start) == 1 else b";"))
                file.corrupt.append((len(out) + len(start) - 1, len(out) + len(bad)))
                out += bad + b"\n"
        out += line + b"\n"
    return make.write(file, bytes(out[:-1]))


def cut_off(make):
    file, _, server, _ = filled(make, "cut off in its last row", "sql", "bcrypt")
    dump = server.dump()
    # Within the last row of the people, whose record nobody can tell.
    end = dump.rindex(b");\n/*!40000 ALTER TABLE `people` ENABLE")
    file.records.pop()
    return make.write(file, dump[:dump.rindex(b"\n(", 0, end) + 9])
