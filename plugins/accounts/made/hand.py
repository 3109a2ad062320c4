"""Makes the cases again that no tool writes at will, after the source of the tools: pwdump, secretsdump, hashcat, htdigest; and traps.
Digests are real ones. `pip install impacket`; the records beside the cases are written by hand."""

import hashlib
from pathlib import Path

from impacket.ntlm import compute_lmhash, compute_nthash

C = str(Path(__file__).parent.parent / "cases") + "/"
lm=lambda p: compute_lmhash(p).hex(); nt=lambda p: compute_nthash(p).hex()
ELM='aad3b435b51404eeaad3b435b51404ee'; ENT='31d6cfe0d16ae931b73c59d7e0c089c0'
open(C+'pwdump.txt','w').write(f"""Administrator:500:{ELM}:{nt('S3cret!')}:::
Guest:501:{ELM}:{ENT}:::
ann:1001:{lm('PASSW0RD')}:{nt('passw0rd')}:::
bob:1002:NO PASSWORD*********************:{nt('b:b').upper()}:::
cyd:1003:{ELM}:NO PASSWORD*********************:::
dan:1004:{lm('SHORT')}:{nt('short')}:::
eve:1005:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:{nt('samba')}:[U          ]:LCT-5E0BE100:
MACHINE$:1006:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:{nt('machine')}:[W          ]:LCT-5E0BE100:
""")
open(C+'ntds.txt','w').write(f"""[*] Service RemoteRegistry is in stopped state
[*] Dumping Domain Credentials (domain\\uid:rid:lmhash:nthash)
[*] Using the DRSUAPI method to get NTDS.DIT secrets
Administrator:500:{ELM}:{nt('Adm1n')}::: (status=Enabled)
Guest:501:{ELM}:{ENT}::: (status=Disabled)
krbtgt:502:{ELM}:{nt('random')}::: (status=Disabled)
corp.example.com\\ann:1103:{ELM}:{nt('ann pw')}::: (pwdLastSet=2021-03-04 05:06:07) (status=Enabled)
corp.example.com\\ann_history0:1103:{ELM}:{nt('ann old')}:::
corp.example.com\\ann_history1:1103:{lm('OLDER')}:{nt('older')}:::
CORP\\my_history:1104:{ELM}:{nt('history')}:::
DC01$:1000:{ELM}:{nt('dc01')}::: (status=Enabled)
bob@example.com:1105:{ELM}:{nt('bob')}:::
na\u00efve user:1106:{ELM}:{nt('blank')}:::
cut:1107:{ELM}:{nt('cut')[:20]}
\x01\x02binary
[*] Kerberos keys grabbed
[*] Cleaning up...
""")
k=lambda n,s: hashlib.shake_128(s.encode()).hexdigest(n)
open(C+'ntds-kerberos.txt','w').write(f"""corp.example.com\\ann:1103:{ELM}:{nt('ann pw')}:::
[*] ClearText passwords grabbed
corp.example.com\\ann:CLEARTEXT:ann:pw
[*] Kerberos keys grabbed
Administrator:aes256-cts-hmac-sha1-96:{k(32,'a')}
Administrator:aes128-cts-hmac-sha1-96:{k(16,'a')}
Administrator:des-cbc-md5:{k(8,'a')}
corp.example.com\\ann:aes256-cts-hmac-sha1-96:{k(32,'b')}
DC01$:rc4_hmac:{nt('dc01')}
DC01$:0x17:{nt('dc01')}
[*] $MACHINE.ACC
CORP\\DC01$:aes256-cts-hmac-sha1-96:{k(32,'c')}
CORP\\DC01$:plain_password_hex:{k(48,'d')}
CORP\\DC01$:{ELM}:{nt('dc01')}:::
[*] Dumping cached domain logon information (domain/username:hash)
CORP.EXAMPLE.COM/ann:$DCC2$10240#ann#{k(16,'e')}: (2021-03-04 05:06:07)
[*] DPAPI_SYSTEM
dpapi_machinekey:0x{k(20,'f')}
dpapi_userkey:0x{k(20,'g')}
[*] NL$KM
NL$KM:{k(64,'h')}
[*] _SC_Service
CORP\\svc_backup:B4ckup:2021
(Unknown User):S3rvice
""")
m=lambda b: hashlib.md5(b).hexdigest()
P='pässword'.encode()
hx=lambda b: '$HEX['+b.hex()+']'
open(C+'hashcat.potfile','w').write(f"""{m(b'pa55word')}:pa55word
{nt('pa55word')}:pa55word
{m(b'a:b')}:{hx(b'a:b')}
{m(b'raw:colon')}:raw:colon
{m(P)}:{hx(P)}
{m(m(b'vb').encode()+b'x:y')}:x:y:vb
{m(m(b'vb3').encode()+b'a;|')}:a;|:vb3
{m(b'saltpa55')}:salt:pa55
{m(b'pa55salt:')}:{hx(b'salt:')}:pa55
{m(b'nobody-knows')}:abc:someplain
{hashlib.sha1(b'sha1pw').hexdigest()}:sha1pw
{hashlib.sha1(hashlib.sha1(b'mysqlpw').digest()).hexdigest()}:mysqlpw
{hashlib.sha256(b'sha256pw').hexdigest()}:sha256pw
{hashlib.sha512(b'saltsha512pw').hexdigest()}:salt:sha512pw
{lm('PASSW0R')[:16]}:PASSW0R
5d2e19393cc5ef67:password
abQ9KY.KfrYrc:descrypt
$2y$05$AAAAAAAAAAAAAAAAAAAAAOC6bnM6TlTBAmEJpzGqkBSVMTmRLMEQS:bcry:pt
$HEX[c3]
$krb5asrep$23$ann@EXAMPLE.COM:{k(16,'i')}${k(40,'j')}:roasted
$krb5tgs$23$*svc$EXAMPLE.COM$cifs/dc.example.com*${k(16,'k')}${k(40,'l')}:ticket:pw
sha256:1000:MTIzNDU2Nzg=:d2VsbHdlbGx3ZWxsd2VsbHdlbGx3ZWxs:pbkdf2pw
pbkdf2_sha256$20000$salt$Ab0+Ab0+Ab0+Ab0+Ab0+Ab0+Ab0+Ab0+Ab0+Ab0+Ab0=:django
$office$*2013*100000*256*16*{k(16,'m')}*{k(16,'n')}*{k(32,'o')}:officepw
*{hashlib.sha1(hashlib.sha1(b'star').digest()).hexdigest().upper()}:star
$NT${nt('john')}:john
$dynamic_0${m(b'dyn')}:dyn
$dynamic_4${m(b's1dyn')}$s1:dyn
{m(b'')}:
torn{m(b'torn')[:17]}:torn
""")
open(C+'hashcat-show.txt','w').write(f"""ann:{m(b'pa55word')}:pa55word
CORP\\bob:{nt('b:b')}:{hx(b'b:b')}
cyd@example.com:{m(b'cyd:pw')}:cyd:pw
dan:{hashlib.sha256(b'dan').hexdigest()}:dan
eve:{m(b'not this')}:salt
""")
open(C+'digest.txt','w').write("".join(f"{u}:Members only:{m(f'{u}:Members only:pw'.encode())}\n" for u in ('ann','bob','cyd@example.com')) + f"dan:10:00 club:{m(b'dan:10:00 club:pw')}\n" + "eve:Members only:abc\n")
h6='$6$AAAAAAAAAAAAAAAA$'+'b'*86
open(C+'traps.txt','wb').write(("\ufeff# a shadow file, joined by hand\r\n"
 f"root:!:18000:0:99999:7:::\r\nempty::18000:0:99999:7:::\r\nann:!!:18000:0:99999:7:::\nbob:!{h6}:18000:0:99999:7:::\ncyd:!!{h6}:18000:0:99999:7:::\n"
 f"dan:*LK*{h6}:18000::::::\neve:*LK*:::::::\nfay:NP:6445::::::\ngus:!*:18000:0:99999:7:::\nhal:x:18000:0:99999:7:::\n"
 f"ida:{h6[:50]}:18000:0:99999:7:::\njim:correcthorse1:18000:0:99999:7:::\nkim:{h6}\nlea@example.com:{h6}:18000:0:99999:7::20000:\n"
 f"max:{h6}:18000:0:999\n").encode()+b"\x00\x01\x02\xff:\n"+(f"ned:*LOCKED*{h6}:1001:1001::0:0:Ned Example:/home/ned:/bin/sh\n"
 f"oda:$sm3$AAAAAAAAAAAAAAAA$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb:18000:0:99999:7:::\n"
 f"pam@example.com:{{BLF-CRYPT}}$2y$05$AAAAAAAAAAAAAAAAAAAAAOC6bnM6TlTBAmEJpzGqkBSVMTmRLMEQS:5000:5000::/var/mail/pam::\n"
 f"+::::::\nqin:{h6}:18000:0:99999:7:::").encode())
