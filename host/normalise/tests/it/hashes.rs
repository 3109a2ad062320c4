//! The look-up keys, against values published elsewhere.

use sluice_normalise::{account_hash, password_ntlm, password_sha1};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn keys_are_those_the_clients_compute() {
    assert_eq!(hex(&password_sha1(b"password")), "5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8");
    assert_eq!(password_ntlm(b"password").map(|hash| hex(&hash)).as_deref(), Some("8846F7EAEE8FB117AD06BDD830B7586C"));
    assert_eq!(hex(&account_hash("test@example.com")), "567159D622FFBB50B11B0EFD307BE358624A26EE");
}

#[test]
fn accounts_are_hashed_trimmed_and_in_lower_case() {
    assert_eq!(account_hash("  Test@Example.COM\n"), account_hash("test@example.com"));
    assert_eq!(account_hash("ЯНА"), account_hash("яна"));
}

#[test]
fn ntlm_of_long_and_wide_passwords_is_that_of_their_utf16() {
    // MD4 over UTF-16LE.
    for (password, ntlm) in NTLM {
        assert_eq!(password_ntlm(password.as_bytes()).map(|hash| hex(&hash)).as_deref(), Some(ntlm), "{password}");
    }
    assert_eq!(password_ntlm(b"\xff\xfe"), None);
    assert_eq!(hex(&password_sha1(b"\xff\xfe")).len(), 40);
}

const NTLM: [(&str, &str); 5] = [
    ("", "31D6CFE0D16AE931B73C59D7E0C089C0"),
    ("пароль", "507E3EE80DF7DB7C1FDD8D50AE8DB606"),
    ("😀pass", "E467F0EEC3FB0BE946E7B289D331C110"),
    ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "B1B3356E5E05046FFE6D3F87AE2F8C12"),
    (
        "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy",
        "23B321BFC154ACED07456C145B3352E2",
    ),
];

#[test]
fn sha1_of_every_length_is_sha1() {
    use sha1::Digest as _;
    let message: Vec<u8> = (0..200_u8).map(|byte| byte.wrapping_mul(37)).collect();
    for len in 0..message.len() {
        assert_eq!(password_sha1(&message[..len])[..], sha1::Sha1::digest(&message[..len])[..], "{len} bytes");
    }
}
