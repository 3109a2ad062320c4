#!/bin/sh
# Writes the cases with a real PostgreSQL, in a folder and on a socket of its own; the result is checked in.
# Needs initdb, postgres, psql, pg_dump and pg_dumpall (Debian: postgresql). Run by root it becomes `nobody` for the server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cases=$here/../cases
PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1)
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
as=""
if [ "$(id -u)" = 0 ]; then
    chown nobody "$work"
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
fi
export PGHOST="$work" PGUSER=postgres HOME="$work" PGTZ=UTC
$as initdb --pgdata="$work/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C >/dev/null
$as postgres -D "$work/data" -k "$work" -c listen_addresses= -c password_encryption=md5 2>"$work/log" &
server=$!
until psql -qc 'SELECT 1' postgres >/dev/null 2>&1; do kill -0 "$server"; sleep 0.2; done

psql -qc 'CREATE DATABASE shop' postgres
python3 "$here/people.py" sql | psql -q -v ON_ERROR_STOP=1 shop
dump() { # case options…
    name=$1
    shift
    pg_dump "$@" shop >"$cases/$name.sql"
    python3 "$here/people.py" json >"$cases/$name.jsonl"
}
dump copy
dump inserts --inserts
dump column-inserts --column-inserts --rows-per-insert=3
dump rows --inserts --rows-per-insert=100 --no-owner --no-privileges --on-conflict-do-nothing
dump quoted --quote-all-identifiers --clean --if-exists --create
dump data-only --data-only
# A cluster, with its roles.
psql -q postgres <<'SQL'
CREATE ROLE "ann.o" LOGIN PASSWORD 'correct horse';
SET password_encryption = 'scram-sha-256';
CREATE ROLE bob LOGIN PASSWORD 'battery staple' VALID UNTIL '2031-01-01';
CREATE ROLE nobodys NOLOGIN;
SQL
pg_dumpall >"$cases/cluster.sql"
{
    psql -Atq postgres -c "SELECT json_build_object('username', rolname, 'hash', rolpassword, 'hash_kind',
        CASE WHEN rolpassword LIKE 'md5%' THEN 'postgres_md5' ELSE 'postgres_scram' END)
        FROM pg_authid WHERE rolpassword IS NOT NULL ORDER BY rolname"
    python3 "$here/people.py" json
} >"$cases/cluster.jsonl"
