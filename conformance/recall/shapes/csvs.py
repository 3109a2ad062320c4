"""CSV and its kin: by Python's csv, by MariaDB, PostgreSQL and sqlite3 themselves, and in the documented forms of Excel and sqlcmd."""
import csv, io, subprocess

from people import no_line_ends, printable
from servers import MariaDb, Postgres
from tables import Table, text
from workshop import tool


class ExcelSemicolon(csv.excel):
    delimiter = ";"


class QuoteNone(csv.unix_dialect):
    quoting, escapechar, quotechar = csv.QUOTE_NONE, "\\", None


class Nonnumeric(csv.unix_dialect):
    delimiter, quoting = "|", csv.QUOTE_NONNUMERIC


# dialect: (python's dialect, encoding, beginning, language of the names, kinds of secret)
WRITTEN = {
    "excel": (csv.excel, "utf-8", "", None, "bcrypt"),
    "excel-tab": (csv.excel_tab, "utf-8", "", None, "md5+"),
    "unix, all quoted": (csv.unix_dialect, "utf-8", "", None, ""),
    "quote-none, backslash": (QuoteNone, "utf-8", "", None, ""),
    "nonnumeric |": (Nonnumeric, "utf-8", "", 0, "vbulletin"),
    "Excel ; with BOM": (ExcelSemicolon, "utf-8-sig", "", 2, ""),
    "Excel sep=": (ExcelSemicolon, "utf-8", "sep=;\r\n", 0, "sha1"),
    "Excel Unicode text, UTF-16LE": (csv.excel_tab, "utf-16", "", 0, ""),
    "Russian names, cp1251": (ExcelSemicolon, "cp1251", "", 3, ""),
    "Chinese names, GBK": (csv.excel, "gbk", "", 4, "md5"),
    "latin-1": (ExcelSemicolon, "latin-1", "", 2, ""),
    "title rows above": (csv.excel, "utf-8", "Export of members,,,\r\nmade,2020-01-01,,\r\n\r\n", 0, ""),
}


def files(make):
    for dialect, how in WRITTEN.items():
        yield written(make, dialect, *how)
    yield twice_encoded(make)
    yield headerless(make)
    yield formulas(make)
    yield sqlcmd(make, "sqlcmd -s| padded", True)
    yield sqlcmd(make, "sqlcmd -s| -W", False)
    yield damaged(make)
    yield psql(make)
    yield mariadb_batch(make)
    yield sqlite(make)


def allowed(dialect):
    if dialect is QuoteNone:
        return printable
    # A bare NULL or \N is nothing by many exporters' custom, so nobody can tell it from a password.
    return lambda password: "\0" not in password and password.upper() not in ("NULL", "\\N")


def rows(make, file, crowd, table, kind, notes=True, **expect):
    for person in make.people(crowd, kind=kind):
        file.expect(person, username="@" not in person.username, **expect)
        yield table.row(person, notes)


def written(make, dialect, form, encoding, beginning, language, kind):
    allows = allowed(form)
    file, crowd, random = make("csv", dialect, "csv", encoding=encoding.replace("-sig", ""), allows=allows, by="python csv")
    table, out = Table(file, random, kind, language), io.StringIO()
    out.write(beginning)
    writer = csv.writer(out, form)
    writer.writerow(table.names)
    for row in rows(make, file, crowd, table, kind, notes=form is not QuoteNone):
        # A backslash at the end of a quoted value and a line break in one are the format's own; NUL is nobody's.
        row = [value if isinstance(value, int) else text(value) for value in row]
        writer.writerow([value if isinstance(value, int) or crowd.writable(value) else "" for value in row])
    return make.write(file, out.getvalue().encode(encoding))


def twice_encoded(make):
    def survives(password):
        try:
            return password not in ("\\N", "ÃŸ") and "\0" not in password and password.encode().decode("cp1252") is not None
        except UnicodeError:
            return False
    file, crowd, random = make("csv", "UTF-8 encoded twice", "csv", allows=survives, by="python csv")
    for pairs in ("given", "family"):
        setattr(crowd, pairs, [pair for pair in getattr(crowd, pairs) if survives(pair[0])])
    crowd.cities = [pair for pair in crowd.cities if survives(pair[0])]
    crowd.streets = [street for street in crowd.streets if survives(street)]
    table, out = Table(file, random, "", 0, ["id", "email", "secret", "first", "last", "city"]), io.StringIO()
    writer = csv.writer(out)
    writer.writerow(table.names)
    writer.writerows([text(value) for value in row] for row in rows(make, file, crowd, table, ""))
    return make.write(file, out.getvalue().encode().decode("cp1252").encode())


def headerless(make):
    file, crowd, random = make("csv", "without a header", "csv", allows=lambda text: printable(text) and "@" not in text and text != "\\N", by="python csv")
    table, out = Table(file, random, "", 0, ["id", "username", "email", "secret", "ip"]), io.StringIO()
    writer = csv.writer(out)
    for person in make.people(crowd):
        file.expect(person)
        writer.writerow([text(value) for value in table.row(person)])
    return make.write(file, out.getvalue())


def formulas(make):
    file, crowd, random = make("csv", 'Excel ="00123"', "csv", allows=lambda text: '"' not in text and no_line_ends(text))
    table = Table(file, random, "", 0, ["id", "email", "secret", "zip", "phone"])
    lines = [",".join(table.names)]
    for person in make.people(crowd, file.expect):
        lines.append(",".join(f'"=""{text(value)}"""' if index > 1 else text(value) for index, value in enumerate(table.row(person))))
    return make.write(file, "\r\n".join(lines) + "\r\n")


def sqlcmd(make, dialect, padded):
    file, crowd, random = make("csv", dialect, "txt", allows=lambda text: "|" not in text and printable(text) and text != "NULL")
    table = Table(file, random, "mssql2012", 0)
    body = [[("NULL" if value is None else text(value).replace("|", "/").replace("\n", " ").replace("\t", " ")) for value in row] for row in rows(make, file, crowd, table, "mssql2012")]
    widths = [max(len(name), *(len(row[at]) for row in body)) if padded else 0 for at, name in enumerate(table.names)]
    line = lambda cells: "|".join(cell.ljust(width) for cell, width in zip(cells, widths))
    rule = ["-" * (width or len(name)) for width, name in zip(widths, table.names)]
    lines = [line(table.names), "|".join(rule), *map(line, body), "", f"({len(body)} rows affected)"]
    return make.write(file, "\r\n".join(lines) + "\r\n")


def damaged(make):
    """Rows whose quote does not close, and rows of half the columns, amid good ones."""
    file, crowd, random = make("csv", "damaged rows", "csv", allows=lambda text: no_line_ends(text) and '"' not in text and text != "\\N", by="python csv")
    table = Table(file, random, "", 0, ["id", "email", "secret", "first", "last", "city", "country"])
    out = io.BytesIO()
    out.write((",".join(table.names) + "\r\n").encode())
    for at, row in enumerate(rows(make, file, crowd, table, "")):
        line = io.StringIO()
        csv.writer(line).writerow([text(value) for value in row])
        out.write(line.getvalue().encode())
        if at % 300 == 150:
            bad = b'9,"unbalanced and,half a row,of,a,file,that,broke'
            file.corrupt.append((out.tell(), out.tell() + len(bad)))
            out.write(bad + b"\r\n")
    return make.write(file, out.getvalue())


def psql(make):
    file, crowd, random = make("csv", "psql COPY TO CSV", "csv", allows=lambda text: "\0" not in text, by="psql")
    table, server = Table(file, random, "django_pbkdf2_sha256"), make.server(Postgres)
    server.fill("people", table, rows(make, file, crowd, table, "django_pbkdf2_sha256"))
    return make.write(file, server.ask("COPY people TO STDOUT (FORMAT csv, HEADER)"))


def mariadb_batch(make):
    file, crowd, random = make("csv", "mariadb --batch", "tsv", allows=lambda text: text.upper() != "NULL", by="mariadb")
    table, server = Table(file, random, "mysql41"), make.server(MariaDb)
    server.fill("people", table, rows(make, file, crowd, table, "mysql41"))
    return make.write(file, server.ask("SELECT * FROM people"))


def sqlite(make):
    file, crowd, random = make("csv", "sqlite3 -csv -header", "csv", allows=lambda text: "\0" not in text, by="sqlite3")
    table = Table(file, random, "sha256")
    path = file.path.with_suffix(".db")
    from shapes.sqlites import fill
    fill(path, "people", table, rows(make, file, crowd, table, "sha256"))
    make.write(file, tool("sqlite3", "-csv", "-header", path, "SELECT * FROM people"))
    path.unlink()
    return file
