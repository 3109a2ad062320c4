#!/bin/sh
# Makes the cases again that tools write: `apt-get install passwd whois apache2-utils john`, then this as root (useradd asks for it, and John keeps what he finds in ~/.john).
# Salts are random, so each run makes other files: the records beside them are written by hand.
# The other cases are `hand.py`'s.
set -eu
made=$(cd "$(dirname "$0")" && pwd)
cases=$made/../cases
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export PATH="$PATH:/usr/sbin"

# Accounts, with useradd's own files: a password in each of crypt's methods, one locked, one without, and the system's own.
mkdir -p "$folder/root/etc"
printf 'root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n' > "$folder/root/etc/shadow"
printf 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n' > "$folder/root/etc/passwd"
printf 'root:x:0:\n' > "$folder/root/etc/group"
printf 'root:*::\n' > "$folder/root/etc/gshadow"
for method in yescrypt gost-yescrypt scrypt bcrypt bcrypt-a sha512crypt sha256crypt sunmd5 md5crypt bsdicrypt descrypt; do
    hash=$(mkpasswd -m "$method" "pw-$method")
    useradd --prefix "$folder/root" -M -N -g 0 -c "$method Example,,555-0100," -p "$hash" "$method" 2> /dev/null
done
useradd --prefix "$folder/root" -M -N -g 0 -p "$(mkpasswd -m sha512crypt locked)" locked 2> /dev/null
usermod --prefix "$folder/root" -L locked 2> /dev/null
useradd --prefix "$folder/root" -M -N -g 0 never 2> /dev/null
sed 's/^\([a-z0-9-]*\):\([^:]*\):[0-9]*:/\1:\2:19876:/' "$folder/root/etc/shadow" > "$cases/shadow.txt"
cp "$folder/root/etc/passwd" "$cases/passwd.txt"

# Apache's.
rm -f "$cases/htpasswd.txt"
htpasswd -cbB "$cases/htpasswd.txt" ann 'pw-ann' 2> /dev/null
htpasswd -bm "$cases/htpasswd.txt" bob 'pw-bob' 2> /dev/null
htpasswd -bs "$cases/htpasswd.txt" cyd 'pw-cyd' 2> /dev/null
htpasswd -bd "$cases/htpasswd.txt" dan 'pw-dan' 2> /dev/null
htpasswd -bp "$cases/htpasswd.txt" eve 'pw:e v|e;' 2> /dev/null
htpasswd -b2 "$cases/htpasswd.txt" fay 'pw-fay' 2> /dev/null || true
htpasswd -b5 "$cases/htpasswd.txt" gus 'pw-gus' 2> /dev/null || true

# What John the Ripper finds of crypt's hashes and of LM's halves, as it keeps and as it shows it.
printf 'pa55word\nsecret one\nwith:colon\nPASSW0R\nD:1\npassw0rd:1\n' > "$folder/words"
{
    openssl passwd -1 pa55word | sed 's/^/ann:/; s/$/:19000:0:99999:7:::/'
    openssl passwd -1 'with:colon' | sed 's/^/bob:/; s/$/:19000:0:99999:7:::/'
    openssl passwd -1 'nobody knows' | sed 's/^/cyd:/; s/$/:19000:0:99999:7:::/'
    mkpasswd -m descrypt pa55word ab | sed 's/^/dan:/; s/$/:19000:0:99999:7:::/'
    mkpasswd -m bcrypt-a -R 5 'secret one' | sed 's/^/eve:/; s/$/:19000:0:99999:7:::/'
} > "$folder/shadow"
# The hashes of PASSW0RD:1 and passw0rd:1.
python3 "$made/windows.py" 'fay' 1001 'passw0rd:1' > "$folder/pwdump"
mkdir -p ~/.john
rm -f ~/.john/john.pot
for format in md5crypt descrypt bcrypt; do
    john --format="$format" --wordlist="$folder/words" "$folder/shadow" > "$folder/said" 2>&1 || cat "$folder/said"
done
john --format=LM --wordlist="$folder/words" "$folder/pwdump" > "$folder/said" 2>&1 || cat "$folder/said"
cp ~/.john/john.pot "$cases/john.pot"
john --show "$folder/shadow" > "$cases/john-show.txt"
john --show --format=LM "$folder/pwdump" > "$cases/john-show-lm.txt"
