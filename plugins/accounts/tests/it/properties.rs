//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_accounts::Accounts;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Accounts:
    b"\n" b"\r\n" b"\r" b":" b":" b"::" b":::" b"::::::" b"ann" b"CORP\\" b"_history1" b"!" b"*" b"$" b"x" b"19000:0:99999:7:::"
    b":0:0:root:/root:/bin/sh" b":500:" b"aad3b435b51404eeaad3b435b51404ee" b":31d6cfe0d16ae931b73c59d7e0c089c0:::"
    b"NO PASSWORD*********************" b" (status=Enabled)" b"(status=" b":aes256-cts-hmac-sha1-96:" b":CLEARTEXT:0x6100"
    b":plain_password_hex:" b"$HEX[c3]" b"$HEX[c" b"$dynamic_4$5f4dcc3b5aa765d61d8327deb882cf99$" b"$krb5asrep$23$ann@EXAMPLE.COM:"
    b"$1$GoqtTEz1$mCf1NhUPu9q4VSLttX8LD." b"5d2e19393cc5ef67" b"ab2/bSXtLv/6w" b"/a:$DCC2$10240#" b"\xff\0" b"\xEF\xBB\xBF#"
);
