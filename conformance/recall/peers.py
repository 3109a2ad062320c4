"""Other people's programs on the same files: what they find and how long it takes. They are told what ours finds out for itself (which
columns there are, the separator, the order); an e-mail or login and a value beside it count, whether or not they say what the value is.

`stealer-parser` is in no registry: it runs if STEALER_PARSER names a clone of it. Readers of one format (vobject, mailbox, bson …) are no
peers but oracles: they show that a file says what its truth says.
"""
import csv, gzip, json, mailbox, multiprocessing, os, sqlite3, subprocess, sys, time, types
import xml.etree.ElementTree as ElementTree
from collections import Counter
from email.utils import getaddresses
from pathlib import Path

LIMIT_SECONDS = 60


def compare(file):
    """[(peer, found, told, seconds, failure)] of those that read such a file."""
    return [(name, *run(file, read)) for name, read in peers(file)]


def peers(file):
    """Who says that it reads this."""
    path = str(file.path)
    match file.format:
        case "combo" | "ulp" | "positional":
            return [("split(':')", naive), ("split, told how", split)]
        case "csv":
            return [("clevercsv", clever)]
        case "mysqldump" if path.endswith((".sql", ".zip")) and "tab" not in file.dialect:
            return [("sqldump2json", sqldump2json)]
        case "mysqldump" if path.endswith(".txt"):
            return [("clevercsv", clever)]
        case "pg_dump" | "mssql" | "oracle" | "sql script":
            return [("sqldump2json", sqldump2json)]
        case "sqlite":
            return [("sqldump2json", sqldump2json)] if path.endswith(".sql") else [("sqlite3 (oracle)", sqlite)]
        case "stealer" if path.endswith((".zip", ".7z")) and os.environ.get("STEALER_PARSER"):
            return [("stealer-parser", stealer)]
        case "accounts":
            return [("split(':')", naive), ("split, told how", split)]
        case "vcard" if "vobject" in file.dialect or "2.1" in file.dialect:
            return [("vobject (oracle)", vcard)]
        case "ldif":
            return [("ldif3 (oracle)", ldif)]
        case "mail" if path.endswith(".mbox"):
            return [("mailbox (oracle)", mbox)]
        case "xml" if file.table and "Spreadsheet" not in file.dialect:
            return [("ElementTree (oracle)", xml)]
        case "xlsx" if file.table and file.dialect != "several sheets":
            return [("openpyxl (oracle)", xlsx)]
        case "json" if file.dialect.startswith(("lines", "mongoexport v", "elasticdump")):
            return [("json (oracle)", lines)]
        case "bson" if "cut off" not in file.dialect:
            return [("bson (oracle)", documents)]
    return []


def run(file, read):
    """In a process of its own, which can be stopped."""
    here, there = multiprocessing.Pipe(False)
    process = multiprocessing.Process(target=work, args=(there, file, read))
    process.start()
    there.close()
    answer = (0, 0, LIMIT_SECONDS, f"more than {LIMIT_SECONDS} s")
    try:
        if here.poll(LIMIT_SECONDS):
            answer = here.recv()
    except EOFError:
        answer = (0, 0, 0.0, "it died")
    process.kill()
    process.join()
    return answer


def work(pipe, file, read):
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    begun, failure, told = time.monotonic(), "", Counter()
    try:
        for identity, secret in read(file):
            told[str(identity or "").strip().lower(), str("" if secret is None else secret)] += 1
    except Exception as error:  # whatever it is, it is the peer's end
        failure = type(error).__name__
    seconds = time.monotonic() - begun
    expected = Counter()
    for record in file.records:
        identity = (record.emails or record.usernames or ("",))[0].lower()
        expected[identity, record.secrets[0][1] if record.secrets else ""] += 1
    pipe.send(((expected & told).total(), told.total(), seconds, failure))


def text_of(file):
    raw = file.path.read_bytes()
    return raw.decode("utf-16") if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else raw.decode("utf-8-sig", errors="replace")


def naive(file):
    """What people write: `line.split(':')`, an e-mail and then a password."""
    for line in text_of(file).splitlines():
        parts = line.strip().split(":", 1)
        if len(parts) == 2:
            yield parts


def split(file):
    """The same for once and this file: told the separator and the places."""
    separators = {"semicolon": ";", "pipe": "|", "comma": ",", "tab": "\t", "space": " "}
    for line in text_of(file).splitlines():
        line = line.strip()
        if not line:
            continue
        if file.format == "positional":
            separator = next((char for char in ":;|" if char in file.dialect), ":")
            names, parts = file.dialect.split(separator), line.split(separator)
            if len(parts) >= len(names):
                row = dict(zip(names, parts))
                yield row.get("email"), next(row[name] for name in ("hash", "sha1", "bcrypt") if name in row)
        elif file.format == "accounts":
            parts = line.split(":")
            place = 3 if "secretsdump" in file.dialect or "pwdump" in file.dialect else 1
            if "potfile" in file.dialect:
                yield "", parts[0]
            elif len(parts) > place:
                yield parts[0].rsplit("\\", 1)[-1], parts[place]
        elif file.format == "ulp":
            parts = {"url-login-pass": lambda: line.rsplit(":", 2)[1:], "login-pass-url": lambda: line.split(":", 2)[:2], "pipe": lambda: line.split("|")[1:3],
                     "space": lambda: line.split(" ", 1)[1].split(":", 1)}.get(file.dialect, lambda: line.rsplit(":", 2)[1:])
            try:
                login, password = parts()
                yield login, password
            except (ValueError, IndexError):
                continue
        else:
            separator = separators.get(file.dialect, ":")
            parts = line.rsplit(separator, 1)[::-1] if file.dialect == "pass-email" else line.split(separator, 1)
            if len(parts) == 2:
                yield parts


def by_table(file, rows, header=True):
    """Rows of cells; the header's place is found by its names."""
    table = file.table
    email, secret = (table.names[table.columns.index(column)] for column in ("email", "secret"))
    places = None if header else (table.columns.index("email"), table.columns.index("secret"))
    for row in rows:
        if places is None:
            cells = [str(cell).strip().lstrip("\ufeff") for cell in row]
            places = (cells.index(email), cells.index(secret)) if email in cells and secret in cells else None
        elif len(row) > max(places):
            yield row[places[0]], row[places[1]]


def clever(file):
    import clevercsv
    from io import StringIO
    text = text_of(file)
    # Its detection takes time that grows faster than the file: its own documentation advises to bound it.
    dialect = clevercsv.Detector().detect(text[:20_000])
    rows = clevercsv.reader(StringIO(text, newline=""), dialect)
    return by_table(file, rows, header=file.dialect not in ("without a header", "--tab, data alone"))


def sqldump2json(file):
    program = Path(sys.executable).parent / "sqldump2json"
    process = subprocess.Popen([program, "-i", file.path], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    names = file.table and {column: name for column, name in zip(file.table.columns, file.table.names)}
    for line in process.stdout:
        values = json.loads(line).get("values")
        if isinstance(values, dict) and names:
            lower = {str(name).lower(): value for name, value in values.items()}
            yield lower.get(names["email"].lower()), lower.get(names["secret"].lower())
        elif isinstance(values, list) and names and len(values) == len(names):
            yield values[file.table.columns.index("email")], values[file.table.columns.index("secret")]


def stealer(file):
    folder = os.environ["STEALER_PARSER"]
    out = file.path.with_suffix(".peer.json")
    code = ("import sys,types,ply.lex,ply.yacc,ply\nm=types.ModuleType\nfor n,o in (('',m('a')),('.src',m('b')),('.src.ply',ply),('.src.ply.lex',ply.lex),('.src.ply.yacc',ply.yacc)): sys.modules['stealer_parser.ply'+n]=o\n"
            "from stealer_parser.main import main\nmain()")
    password = ["-p", file.passwords[0]] if file.passwords else []
    subprocess.run([sys.executable, "-c", code, file.path, "-o", out, *password], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if not out.exists():
        raise FileNotFoundError
    machines = json.loads(out.read_text())["systems_data"]
    out.unlink()
    for machine in machines:
        for credential in machine["credentials"]:
            yield credential["username"], credential["password"]


# --- oracles

def sqlite(file):
    table = file.table
    name = lambda column: '"' + table.names[table.columns.index(column)] + '"'
    return sqlite3.connect(file.path).execute(f"SELECT {name('email')}, {name('secret')} FROM users")


def vcard(file):
    import vobject
    for card in vobject.readComponents(text_of(file)):
        yield card.email.value, ""


def ldif(file):
    import base64
    base64.decodestring = base64.decodebytes
    from ldif3 import LDIFParser
    for _, entry in LDIFParser(open(file.path, "rb"), strict=False).parse():
        if "uid" in entry or "sAMAccountName" in entry:
            yield entry["mail"][0], entry.get("userPassword", [""])[0]


def mbox(file):
    from email.policy import default
    from email import message_from_binary_file
    for message in mailbox.mbox(file.path, factory=lambda handle: message_from_binary_file(handle, policy=default)):
        for name in ("From", "To", "Cc"):
            for value in message.get_all(name, []):
                for address in value.addresses:
                    yield address.addr_spec, ""


def xml(file):
    table = file.table
    email, secret = (table.names[table.columns.index(column)] for column in ("email", "secret"))
    for element in ElementTree.parse(file.path).iter():
        if element.get(email):
            yield element.get(email), element.get(secret)
        elif element.find(email) is not None:
            yield element.findtext(email), element.findtext(secret)
        elif element.tag == "row":
            row = {child.get("name"): child.text for child in element}
            yield row.get(email), row.get(secret)


def xlsx(file):
    import openpyxl
    return by_table(file, (["" if cell is None else cell for cell in row] for row in openpyxl.load_workbook(file.path, read_only=True).active.iter_rows(values_only=True)))


def lines(file):
    for line in text_of(file).splitlines():
        row = json.loads(line)
        row = row.get("_source", row)
        names = dict(zip(file.table.columns, file.table.names)) if file.table else {"email": "email", "secret": "password"}
        yield row[names["email"]], row[names["secret"]]


def documents(file):
    import bson
    raw = file.path.read_bytes()
    for document in bson.decode_all(gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw):
        yield document["email"], document["password"]
