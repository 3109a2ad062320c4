#!/bin/sh
# Makes the cases again: mysqldump.xml and mysql.xml as MariaDB's own tools write them (`apt-get install mariadb-server`), the others by make.py.
# The records beside the two are written by hand.
set -eu
made=$(cd "$(dirname "$0")" && pwd)
cases=$made/../cases
folder=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$folder"' EXIT
export PATH="$PATH:/usr/sbin"
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$folder/data" --auth-root-authentication-method=normal > "$folder/log" 2>&1
mariadbd --no-defaults --user="$user" --datadir="$folder/data" --socket="$folder/socket" --skip-networking --pid-file="$folder/pid" >> "$folder/log" 2>&1 &
server=$!
while ! mariadb-admin --no-defaults -u root -S "$folder/socket" ping > /dev/null 2>&1; do kill -0 $server; done
mariadb --no-defaults -u root -S "$folder/socket" --default-character-set=utf8mb4 < "$made/shop.sql"
mariadb-dump --no-defaults -u root -S "$folder/socket" --xml --hex-blob --skip-dump-date shop > "$cases/mysqldump.xml"
mariadb --no-defaults -u root -S "$folder/socket" --default-character-set=utf8mb4 --xml -e 'SELECT id, login, email, password FROM users' shop > "$cases/mysql.xml"
python3 "$made/make.py"
