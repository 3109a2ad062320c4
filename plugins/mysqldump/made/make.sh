#!/bin/sh
# Writes the cases with a real MariaDB, in a folder and on a socket of its own; the result is checked in.
# Needs mariadbd, mariadb-install-db and mariadb-dump (Debian: mariadb-server). Run by root it becomes `nobody` for the server.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cases=$here/../cases
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
    mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date "$@" shop >"$cases/$name.sql"
    python3 "$here/people.py" json "$charset" >"$cases/$name.jsonl"
}
fill utf8mb4
dump extended utf8mb4
dump complete-insert utf8mb4 --complete-insert
dump hex-blob utf8mb4 --hex-blob
dump one-row-each utf8mb4 --skip-extended-insert
dump ignore utf8mb4 --insert-ignore --no-tablespaces --skip-comments
dump replace utf8mb4 --replace --complete-insert --compact
dump ansi-names utf8mb4 --compatible=ansi --default-character-set=utf8mb4 --hex-blob
# The schema from elsewhere: columns are in the INSERTs.
dump no-create-info utf8mb4 --no-create-info --complete-insert --skip-comments
dump compact utf8mb4 --compact --skip-extended-insert
# As MySQL 8 and phpMyAdmin write the same rows.
sed -e '1s/.*/-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)/' -e 's/utf8mb4_[a-z0-9_]*_ci/utf8mb4_0900_ai_ci/g' \
    -e '/^INSERT/s/,0x\([0-9A-F]*\))/,_binary 0x\1)/g' "$cases/hex-blob.sql" >"$cases/mysql8.sql"
cp "$cases/hex-blob.jsonl" "$cases/mysql8.jsonl"
python3 "$here/phpmyadmin.py" <"$cases/complete-insert.sql" >"$cases/phpmyadmin.sql"
cp "$cases/complete-insert.jsonl" "$cases/phpmyadmin.jsonl"
# A file of schema and one of rows for each table.
mkdir "$work/tab"
[ -z "$as" ] || chown nobody "$work/tab"
mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date --tab="$work/tab" shop
for table in users zz_subscribers articles; do
    mkdir -p "$cases/tab-$table"
    cp "$work/tab/$table.sql" "$work/tab/$table.txt" "$cases/tab-$table/"
    [ $table = articles ] || python3 "$here/people.py" json utf8mb4 $table >"$cases/tab-$table.jsonl"
done
: >"$cases/tab-articles.jsonl"
# What is no table: a view, a routine, a trigger and the database itself.
mariadb --no-defaults --socket="$work/s" shop <<'SQL'
CREATE VIEW addresses AS SELECT email FROM users;
CREATE PROCEDURE forget(IN who INT) DELETE FROM users WHERE id = who;
CREATE TRIGGER seen BEFORE UPDATE ON users FOR EACH ROW SET @seen = 1;
SQL
dump databases utf8mb4 --routines --triggers --databases
fill latin1
# What the plugin gets is UTF-8: the host decodes a latin-1 dump before.
mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date --hex-blob --default-character-set=latin1 shop | iconv -f latin1 -t utf-8 >"$cases/latin1.sql"
python3 "$here/people.py" json latin1 >"$cases/latin1.jsonl"
