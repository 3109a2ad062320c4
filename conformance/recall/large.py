"""A mysqldump of a gigabyte: `sluice parse` of it, sqldump2json's rate on its beginning, and MariaDB reloading it.

The rows are a real dump's (of MariaDB's own program), written again and again with other numbers in front of each address.
"""
import os, subprocess, sys, time
from pathlib import Path

from servers import MariaDb
from shapes import mysqls

# sqldump2json reads some 100 KB a second: nobody waits for a gigabyte of it.
PEER_BYTES = 4_000_000


def run(make, options):
    people, make.everybody = make.everybody, 20_000
    file, _, server, _ = mysqls.filled(make, "large", "sql", "bcrypt")
    make.everybody = people
    head, rows, tail = parts(server.dump())
    size = write(file.path, head, rows, tail, int(options.gigabytes * 1e9))
    yield f"- mysqldump of {size / 1e9:.2f} GB: the rows of MariaDB's own dump of 20,000 people, again and again"
    yield from ours(options, file.path, size)
    yield peer(file.path, head, rows)
    yield reload(server, file.path, size)
    file.path.unlink()


def parts(dump):
    """What stands before the people's rows, the rows, what stands behind."""
    begin = dump.rindex(b"INSERT INTO `people` VALUES")
    end = dump.index(b";\n/*!40000 ALTER TABLE `people` ENABLE", begin)
    # One table without a key: the rows may come again.
    return dump[:begin], [line.rstrip(b",") for line in dump[begin:end].split(b"\n")[1:]], dump[end + 2:]


def write(path, head, rows, tail, wanted):
    size = 0
    with open(path, "wb", buffering=1 << 20) as out:
        size += out.write(head)
        at = 0
        while size < wanted:
            chunk = rows[at * 5000 % len(rows):at * 5000 % len(rows) + 5000]
            statement = b"INSERT INTO `people` VALUES\n" + b",\n".join(chunk) + b";\n"
            size += out.write(statement)
            at += 1
        size += out.write(tail)
    return size


def timed(command, **options):
    begun = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, **options)
    return time.monotonic() - begun, done.returncode


def ours(options, path, size):
    command = [options.sluice, "parse", str(path), "--plugin-dir", str(options.plugins), "--out", "/dev/null"]
    for threads in (1, os.cpu_count()):
        seconds, _ = timed([*command, "--threads", str(threads)], stderr=subprocess.DEVNULL)
        yield f"- `sluice parse --threads {threads} --out /dev/null`: {seconds:.1f} s, {size / seconds / 1e6:.0f} MB/s"


def peer(path, head, rows):
    small = path.with_suffix(".peer.sql")
    with open(small, "wb") as out:
        out.write(head + b"INSERT INTO `people` VALUES\n")
        size, at = 0, 0
        while size < PEER_BYTES:
            size += out.write(rows[at % len(rows)] + b",\n")
            at += 1
        out.write(rows[0] + b";\n")
    size = small.stat().st_size
    seconds, _ = timed([Path(sys.executable).parent / "sqldump2json", "-i", small], stderr=subprocess.DEVNULL)
    small.unlink()
    return f"- sqldump2json, on {size / 1e6:.1f} MB of it: {seconds:.1f} s, {size / seconds / 1e6:.2f} MB/s"


def reload(server, path, size):
    server.run("DROP DATABASE IF EXISTS again; CREATE DATABASE again;")
    with open(path, "rb") as dump:
        seconds, code = timed(["mariadb", *server.options(), "--binary-mode", "again"], stdin=dump, env=server.env())
    return f"- MariaDB reloading it: {seconds:.1f} s, {size / seconds / 1e6:.0f} MB/s" + (f", and failed: {code}" if code else "")
