"""pg_dump, all its ways, by PostgreSQL itself."""
from servers import Postgres
from tables import Table
from people import base36

NOBODY = """CREATE TABLE orders (id integer, title text, payload jsonb, tags text[], picture bytea);
INSERT INTO orders SELECT n, 'order ' || n || E' \\\\. \\\\N', jsonb_build_object('to', 'nobody', 'n', n), ARRAY['a,b','c"d'], decode('00ff27', 'hex') FROM generate_series(1, 200) n;
CREATE FUNCTION greet(who text) RETURNS text LANGUAGE plpgsql AS $body$ BEGIN RETURN 'INSERT INTO people VALUES (''x'');'; END $body$;
CREATE VIEW addresses AS SELECT 1;"""
WAYS = {
    "COPY": ((), "django_pbkdf2_sha256"),
    "--inserts": (("--inserts",), "argon2id"),
    "--column-inserts --rows-per-insert": (("--column-inserts", "--rows-per-insert=50"), "bcrypt"),
    "COPY, --data-only": (("--data-only",), "scrypt"),
    "COPY, plain passwords": ((), ""),
    "--inserts, plain passwords": (("--inserts",), ""),
}
ENDS = ["\\N", "\\.", "\\", "\\\\N", "\\t", "tab\tin", "two\nlines", "\\x41", "E'x'", "'", "''"]


def files(make):
    for dialect, (switches, kind) in WAYS.items():
        yield dumped(make, dialect, switches, kind)
    yield damaged(make)
    yield roles(make)


def filled(make, dialect, kind, allows=lambda text: "\0" not in text):
    file, crowd, random = make("pg_dump", dialect, "sql", allows=allows, by="pg_dump")
    crowd.hard += [text for text in ENDS if allows(text)]
    table, server, rows = Table(file, random, kind), make.server(Postgres), []
    for person in make.people(crowd, kind=kind):
        file.expect(person)
        rows.append(table.row(person))
    server.fill("people", table, rows, NOBODY)
    return file, table, server


def dumped(make, dialect, switches, kind):
    file, _, server = filled(make, dialect, kind)
    return make.write(file, server.dump(*switches))


def damaged(make):
    """Rows that lost their end, in a COPY."""
    file, _, server = filled(make, "damaged rows", "", lambda text: "\0" not in text and "\n" not in text and "\r" not in text)
    out, count, within = bytearray(), 0, False
    for line in server.dump().split(b"\n"):
        if within and line != b"\\.":
            count += 1
            if count % 300 == 100:
                bad = b"99999\tlost"
                file.corrupt.append((len(out), len(out) + len(bad)))
                out += bad + b"\n"
        within = (within or line.startswith(b'COPY public.people') or line.startswith(b'COPY people')) and line != b"\\."
        out += line + b"\n"
    return make.write(file, bytes(out[:-1]))


def roles(make):
    """pg_dumpall tells roles with their hashes."""
    file, crowd, random = make("pg_dump", "pg_dumpall, roles", "sql", by="pg_dumpall")
    server = make.server(Postgres)
    sql = []
    for person in make.people(crowd, count=400):
        make.hasher.fill(person, random.choice(["postgres_md5", "postgres_scram"]))
        person.username = random.choice(["{}", "Role {}", 'q"{}', "o'{}"]).format(base36(person.number + 1000))
        name = person.username.replace('"', '""')
        sql.append(f"CREATE ROLE \"{name}\" LOGIN PASSWORD '{person.hash}';")
        file.expect(person, email=False, username=True)
    server.run("\n".join(["BEGIN;", *sql, "COMMIT;"]))
    make.write(file, server.dump("--roles-only", program="pg_dumpall", database=""))
    server.run("\n".join(line.replace("CREATE", "DROP").split(" LOGIN")[0] + ";" for line in sql))
    return file
