#!/bin/sh
# Writes the cases with a real MariaDB, in a folder and on a socket of its own; the result is checked in.
# Needs mariadbd, mariadb-install-db and mariadb-dump (Debian: mariadb-server). Run by root it becomes `nobody` for the server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
as=""
if [ "$(id -u)" = 0 ]; then
    chown nobody "$work"
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
fi
export HOME="$work"
$as mariadb-install-db --no-defaults --datadir="$work/data" --auth-root-authentication-method=normal >/dev/null 2>&1
$as mariadbd --no-defaults --datadir="$work/data" --socket="$work/s" --pid-file="$work/p" --skip-networking --skip-grant-tables 2>"$work/log" &
server=$!
until mariadb --no-defaults --socket="$work/s" -e 'SELECT 1' >/dev/null 2>&1; do kill -0 "$server"; sleep 0.2; done

fill() { # charset
    mariadb --no-defaults --socket="$work/s" -e 'DROP DATABASE IF EXISTS shop'
    python3 "$here/people.py" sql "$1" | mariadb --no-defaults --socket="$work/s" --default-character-set=utf8mb4 --binary-mode
}
dump() { # case charset options…
    name=$1 charset=$2
    shift 2
    mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date "$@" shop >"$here/$name.sql"
    python3 "$here/people.py" json "$charset" >"$here/$name.jsonl"
}
fill utf8mb4
dump extended utf8mb4
dump complete-insert utf8mb4 --complete-insert
dump hex-blob utf8mb4 --hex-blob
dump one-row-each utf8mb4 --skip-extended-insert
dump ignore utf8mb4 --insert-ignore --no-tablespaces --skip-comments
dump replace utf8mb4 --replace --complete-insert --compact
dump ansi-names utf8mb4 --compatible=ansi --default-character-set=utf8mb4 --hex-blob
# What is no table: a view, a routine, a trigger and the database itself.
mariadb --no-defaults --socket="$work/s" shop <<'SQL'
CREATE VIEW addresses AS SELECT email FROM users;
CREATE PROCEDURE forget(IN who INT) DELETE FROM users WHERE id = who;
CREATE TRIGGER seen BEFORE UPDATE ON users FOR EACH ROW SET @seen = 1;
SQL
dump databases utf8mb4 --routines --triggers --databases
fill latin1
# What the plugin gets is UTF-8: the host decodes a latin-1 dump before.
mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date --hex-blob --default-character-set=latin1 shop | iconv -f latin1 -t utf-8 >"$here/latin1.sql"
python3 "$here/people.py" json latin1 >"$here/latin1.jsonl"
