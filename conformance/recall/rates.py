"""How fast: the same content again and again until a file is large, `sluice parse` on one thread, and the peers on that file."""
import dataclasses, importlib, subprocess, time

import peers

# What is repeated: all but so many lines at its beginning. A dump and a list may stand in a file twice.
LARGE = {("combo", "email-pass"): 0, ("ulp", "url-login-pass"): 0, ("positional", "user:email:hash:salt"): 0, ("csv", "excel"): 1, ("mysqldump", "default"): 0, ("pg_dump", "COPY"): 0, ("json", "lines"): 0,
         ("ldif", "slapcat"): 0, ("accounts", "shadow"): 0, ("stealer", "URL/Username/Password/Application"): 0, ("vcard", "vCard 3.0, vobject"): 0, ("mssql", "SSMS, UTF-8"): 0, ("mail", "mbox"): 0}
SHAPES = ("lines", "csvs", "mysqls", "postgreses", "scripts", "jsons", "ldifs", "accounts", "stealers", "documents", "mails")
# Peers that read less than a MB/s get less.
SLOW, SLOW_BYTES = {"sqldump2json", "vobject (oracle)", "mailbox (oracle)", "ldif3 (oracle)", "clevercsv"}, 4_000_000


def run(make, options):
    yield "| format | dialect | MB | ours, MB/s on one thread | records/s | others, MB/s |"
    yield "|---|---|---|---|---|---|"
    for shape in SHAPES:
        for file in importlib.import_module(f"shapes.{shape}").files(make):
            if (file.format, file.dialect) in LARGE:
                yield row(file, options)


def row(file, options):
    whole = enlarged(file, options.megabytes * 1_000_000)
    size = whole.path.stat().st_size
    command = [options.sluice, "parse", str(whole.path), "--plugin-dir", str(options.plugins), "--out", "/dev/null", "--threads", "1"]
    begun = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds = time.monotonic() - begun
    others = []
    for name, read in peers.peers(file):
        part = enlarged(file, SLOW_BYTES) if name in SLOW else whole
        bytes = part.path.stat().st_size
        _, _, took, failure = peers.run(part, read)
        others.append(f"{name} {failure or f'{bytes / took / 1e6:.1f}'}")
    whole.path.unlink()
    dialect = file.dialect.replace("|", "\\|")
    return f"| {file.format} | {dialect} | {size / 1e6:.0f} | {size / seconds / 1e6:.0f} | {len(whole.records) / seconds:,.0f} | {'; '.join(others) or '–'} |"


def enlarged(file, wanted):
    content = file.path.read_bytes()
    lines = LARGE[file.format, file.dialect]
    head = b"".join(content.splitlines(keepends=True)[:lines]) if lines else b""
    body = content[len(head):].removeprefix(b"\xef\xbb\xbf")
    body += b"" if body.endswith(b"\n") else b"\n"
    times = max(1, wanted // len(body))
    path = file.path.with_name(f"{wanted}-{file.path.name}")
    path.write_bytes(head + body * times)
    return dataclasses.replace(file, path=path, records=file.records * times)
