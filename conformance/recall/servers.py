"""Throwaway MariaDB and PostgreSQL in folders of their own, on sockets alone; run by root they become `nobody`."""
import os, shutil, subprocess, time
from datetime import date, datetime
from pathlib import Path

from workshop import tool

AS_NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
FAST = "--skip-networking --skip-grant-tables --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M --max-allowed-packet=64M --character-set-server=utf8mb4".split()


def own_folder(folder):
    """A short path (a socket's may have 107 bytes), and the server's own."""
    import tempfile
    path = Path(tempfile.mkdtemp(prefix="recall-"))
    if AS_NOBODY:
        shutil.chown(path, "nobody", "nogroup")
    path.chmod(0o755)
    return path


class MariaDb:
    def __init__(self, _folder):
        self.folder = own_folder("m")
        data = f"--datadir={self.folder}/data"
        tool(*AS_NOBODY, "mariadb-install-db", "--no-defaults", data, "--auth-root-authentication-method=normal", "--skip-test-db", env=self.env())
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([*AS_NOBODY, "mariadbd", "--no-defaults", data, f"--socket={self.folder}/s", f"--pid-file={self.folder}/p", f"--secure-file-priv={self.folder}", *FAST], stderr=self.log, env=self.env())
        wait(self.process, lambda: (self.folder / "s").exists())

    def env(self):
        return os.environ | {"HOME": str(self.folder), "PATH": os.environ["PATH"] + ":/usr/sbin"}

    def options(self):
        return ["--no-defaults", f"--socket={self.folder}/s"]

    def run(self, sql, database=""):
        return tool("mariadb", *self.options(), "--default-character-set=utf8mb4", "--binary-mode", *([database] if database else []), input=sql.encode(), env=self.env())

    def ask(self, sql):
        return tool("mariadb", *self.options(), "--default-character-set=utf8mb4", "--batch", "shop", "-e", sql, env=self.env())

    def fill(self, name, table, rows, charset="utf8mb4", more="", fresh=True, binary=()):
        """A database `shop` with the table, and tables of nobody beside it."""
        columns = ",\n".join(f"`{column}` {self.type(meaning, meaning in binary)}" for column, meaning in zip(table.names, table.columns))
        sql = [f"DROP DATABASE IF EXISTS shop; CREATE DATABASE shop DEFAULT CHARACTER SET {charset};"] if fresh else []
        sql.append(f"USE shop; CREATE TABLE `{name}` ({columns}) ENGINE=InnoDB; {more}\nSTART TRANSACTION;")
        for row in rows:
            sql.append(f"INSERT INTO `{name}` VALUES ({','.join(map(self.literal, row))});")
        sql.append("COMMIT;")
        self.run("\n".join(sql))

    @staticmethod
    def type(meaning, binary):
        if binary:
            return "varbinary(255)"
        return {"id": "int", "verified": "tinyint(1)", "born": "date", "joined": "datetime", "changed": "datetime", "note": "text"}.get(meaning, "varchar(255)")

    @staticmethod
    def literal(value):
        """In hexadecimal, so that no escaping of ours stands between the value and the server."""
        if value is None or isinstance(value, int):
            return "NULL" if value is None else str(value)
        if isinstance(value, (date, datetime)):
            return f"'{value}'"
        raw = value if isinstance(value, bytes) else value.encode()
        return "''" if not raw else "0x" + raw.hex() if isinstance(value, bytes) else f"CONVERT(0x{raw.hex()} USING utf8mb4)"

    def dump(self, *options, database="shop"):
        return tool("mariadb-dump", *self.options(), *options, *([database] if database else []), env=self.env())

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Postgres:
    def __init__(self, _folder):
        self.folder = own_folder("p")
        programs = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)))
        self.programs = programs
        tool(*AS_NOBODY, programs / "initdb", "-D", self.folder / "data", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-sync", cwd="/", env=self.env())
        self.process = subprocess.Popen([*AS_NOBODY, programs / "postgres", "-D", self.folder / "data", "-c", "listen_addresses=", "-c", "fsync=off", "-k", self.folder],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait(self.process, lambda: subprocess.run([programs / "pg_isready", "-q", "-h", self.folder]).returncode == 0)

    def env(self):
        return os.environ | {"PGHOST": str(self.folder), "PGUSER": "postgres", "HOME": str(self.folder)}

    def run(self, sql, database="postgres"):
        return tool(self.programs / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", database, input=sql.encode(), env=self.env())

    def ask(self, sql, database="shop"):
        return tool(self.programs / "psql", "-q", "-d", database, "-c", sql, env=self.env())

    def fill(self, name, table, rows, more="", types=None):
        types = {"id": "integer", "verified": "boolean", "born": "date", "joined": "timestamp with time zone", "changed": "timestamp", "note": "text", "ip": "inet"} | (types or {})
        columns = ",".join(f'"{column}" {types.get(meaning, "character varying(400)")}' for column, meaning in zip(table.names, table.columns))
        self.run("DROP DATABASE IF EXISTS shop;\nCREATE DATABASE shop;")
        sql = [f'CREATE TABLE "{name}" ({columns}); {more}', "BEGIN;"]
        for row in rows:
            values = [("true" if value else "false") if meaning == "verified" else self.literal(value) for value, meaning in zip(row, table.columns)]
            sql.append(f'INSERT INTO "{name}" VALUES ({",".join(values)});')
        self.run("\n".join([*sql, "COMMIT;"]), "shop")

    @staticmethod
    def literal(value):
        if value is None or isinstance(value, int):
            return "NULL" if value is None else str(value)
        if isinstance(value, bytes):
            return f"'\\x{value.hex()}'"
        if isinstance(value, list):
            return "ARRAY[" + ",".join(map(Postgres.literal, value)) + "]"
        return "'" + str(value).replace("'", "''") + "'"

    def dump(self, *options, program="pg_dump", database="shop"):
        return tool(self.programs / program, *options, *([database] if database else []), env=self.env())

    def close(self):
        self.process.send_signal(2)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def wait(process, is_up, seconds=60):
    deadline = time.monotonic() + seconds
    while not is_up():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} did not start")
        time.sleep(0.1)
