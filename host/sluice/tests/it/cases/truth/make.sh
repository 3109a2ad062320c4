#!/bin/sh
# Writes MariaDB's cases with a real server, in a folder and on a socket of its own; the result is checked in.
# Needs mariadbd, mariadb-install-db and mariadb-dump (Debian: mariadb-server). Run by root it becomes `nobody` for the server.
# With a folder as its argument it writes there instead.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here}
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$work"' EXIT
as=""
if [ "$(id -u)" = 0 ]; then
    chown nobody "$work"
    as="setpriv --reuid=nobody --regid=nogroup --clear-groups"
fi
export HOME="$work" PYTHONDONTWRITEBYTECODE=1
$as mariadb-install-db --no-defaults --datadir="$work/data" --auth-root-authentication-method=normal >/dev/null 2>&1
$as mariadbd --no-defaults --datadir="$work/data" --socket="$work/s" --pid-file="$work/p" --skip-networking --skip-grant-tables 2>"$work/log" &
server=$!
until mariadb --no-defaults --socket="$work/s" -e 'SELECT 1' >/dev/null 2>&1; do kill -0 "$server"; sleep 0.2; done

fill() { # charset
    mariadb --no-defaults --socket="$work/s" -e 'DROP DATABASE IF EXISTS shop'
    python3 "$here/people.py" sql "$1" | mariadb --no-defaults --socket="$work/s" --default-character-set=utf8mb4 --binary-mode
}
dump() { # options…
    mariadb-dump --no-defaults --socket="$work/s" --skip-dump-date "$@" shop
}
truth() { # case charset
    python3 "$here/people.py" json "$2" >"$out/$1.truth.jsonl"
}
fill utf8mb4
dump --hex-blob >"$out/hex-blob.sql"
truth hex-blob.sql utf8mb4
dump --hex-blob --complete-insert | gzip -n9 >"$out/complete-insert.sql.gz"
truth complete-insert.sql.gz utf8mb4
dump | gzip -n9 >"$out/escaped.sql.gz"
truth escaped.sql.gz utf8mb4
fill latin1
dump --hex-blob --skip-extended-insert --default-character-set=latin1 | gzip -n9 >"$out/latin1.sql.gz"
truth latin1.sql.gz latin1
