#!/bin/sh
# Makes the archives beside it anew, by the real tools: bzip2, xz-utils, lz4, zip and 7-Zip (apt-get install bzip2 xz-utils lz4 zip p7zip-full),
# and `rars` of PyPI for rar, whose own packer is not free. What is in them: list.txt and people.csv, as the test makes them too.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir folder
awk 'BEGIN { for (row = 0; row < 400; row++) printf "user%d@example.com:pass%d\n", row, row * 7919 % 10007 }' > list.txt
awk 'BEGIN { for (row = 0; row < 400; row++) printf "%d;person%d@example.net;word%d\r\n", row, row, row * 31 % 997 }' > folder/people.csv
: > folder/empty.txt
ln -s ../list.txt folder/link.txt
both="list.txt folder/people.csv"
out() { rm -f "$here/$1"; echo "$here/$1"; }

bzip2 -k -c list.txt > "$(out list.txt.bz2)"
{ head -n 200 list.txt | bzip2 -1; tail -n 200 list.txt | bzip2 -9; } > "$(out joined.txt.bz2)"
xz -k -c list.txt > "$(out list.txt.xz)"
xz -9e -k -c --block-size=1000 --check=sha256 list.txt > "$(out blocks.txt.xz)"
{ head -n 200 list.txt | xz -0 --check=crc32; tail -n 200 list.txt | xz --x86 --lzma2 --check=none; } > "$(out joined.txt.xz)"
xz --format=lzma -k -c list.txt > "$(out list.txt.lzma)"
lz4 -q -c list.txt > "$(out list.txt.lz4)"
{ head -n 200 list.txt | lz4 -q -9 -BD; tail -n 200 list.txt | lz4 -q; } > "$(out joined.txt.lz4)"
tar -cjf "$(out all.tar.bz2)" $both
tar -cJf "$(out all.tar.xz)" $both

sevenz() { file=$(out "$1"); shift; 7z a -bso0 -bsp0 "$@" "$file" $both; }
7z a -bso0 -bsp0 -snl "$(out all.7z)" list.txt folder
sevenz solid-off.7z -ms=off
sevenz lzma1.7z -m0=lzma
sevenz ppmd.7z -m0=ppmd
sevenz bzip2.7z -m0=bzip2
sevenz deflate.7z -m0=deflate
sevenz copy.7z -m0=copy
sevenz filters.7z -m0=delta:4 -m1=bcj -m2=lzma2
sevenz bcj2.7z -m0=bcj2 -m1=lzma:d20 -m2=lzma:d18 -m3=lzma:d18 -mb0:1 -mb0s1:2 -mb0s2:3
sevenz plain-list.7z -mhc=off
sevenz secret.7z -psecret
sevenz secret-list.7z -psecret -mhe=on
sevenz secret-copy.7z -psecret -m0=copy
{ 7z a -bso0 -bsp0 -psecret "$(out two-secrets.7z)" list.txt; 7z a -bso0 -bsp0 -pother "$here/two-secrets.7z" folder/people.csv; }

zip -q -P secret "$(out zipcrypto.zip)" $both
zip -q -0 -P secret "$(out zipcrypto-stored.zip)" $both
cat list.txt | zip -q -fd "$(out descriptor.zip)" -
cat list.txt | zip -q -fd -fz -P secret "$(out descriptor64.zip)" -
sevenzip() { file=$(out "$1"); shift; 7z a -bso0 -bsp0 -tzip "$@" "$file" $both; }
sevenzip aes128.zip -psecret -mem=AES128
sevenzip aes256.zip -psecret -mem=AES256
sevenzip aes256-stored.zip -psecret -mem=AES256 -mx0
sevenzip bzip2.zip -mm=bzip2
sevenzip deflate64.zip -mm=deflate64

# Three deep, in a mix: a 7z in a tar.xz in an encrypted zip, and the other way around.
7z a -bso0 -bsp0 inner.7z $both
tar -cJf inner.tar.xz inner.7z
file=$(out deep1.zip) && 7z a -bso0 -bsp0 -tzip -psecret -mem=AES256 "$file" inner.tar.xz
zip -q inner.zip $both
bzip2 inner.zip
7z a -bso0 -bsp0 -psecret -mhe=on inner2.7z inner.zip.bz2
xz -c inner2.7z > "$(out deep2.7z.xz)"

# One part of an archive in several.
head -c 150000 /dev/urandom > noise
zip -q -0 -s 64k parts.zip noise
cp parts.zip "$(out last-part.zip)" && truncate -s 64 "$(out first-part.z01)" && head -c 64 parts.z01 > "$here/first-part.z01"

python3 "$here/make_rar.py" "$here"
