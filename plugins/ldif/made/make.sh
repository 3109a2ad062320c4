#!/bin/sh
# Makes cases/slapcat.ldif and cases/ldapsearch.ldif again, as OpenLDAP's own tools write them: `apt-get install slapd ldap-utils`, then this, as anybody.
# The records beside them, and the other cases, are written by hand.
set -eu
made=$(cd "$(dirname "$0")" && pwd)
cases=$made/../cases
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
server=
export PATH="$PATH:/usr/sbin"
mkdir "$folder/data"
cat > "$folder/slapd.conf" <<CONFIG
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile $folder/pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix "dc=example,dc=com"
rootdn "cn=admin,dc=example,dc=com"
rootpw admin
directory $folder/data
CONFIG
slapadd -q -f "$folder/slapd.conf" -l "$made/people.ldif"
slapcat -f "$folder/slapd.conf" > "$cases/slapcat.ldif"
socket="ldapi://$(printf %s "$folder/socket" | sed 's|/|%2F|g')"
slapd -f "$folder/slapd.conf" -h "$socket" -d 0 &
server=$!
until ldapsearch -x -H "$socket" -b '' -s base > "$folder/ready" 2>&1; do kill -0 "$server"; done
ldapsearch -x -H "$socket" -D cn=admin,dc=example,dc=com -w admin -b dc=example,dc=com '(objectClass=person)' > "$cases/ldapsearch.ldif"
