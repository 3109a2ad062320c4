//! What a member's path says, and what the host says of a folder whose members it has joined.

use serde_json::{Value, json};
use sluice_plugin::{
    Parser, Part, Sample, Start,
    native::{self, cases::items},
};
use sluice_stealer::Stealer;

fn claim(name: &str, text: &[u8]) -> u8 {
    let sample = Sample { name, size: Some(text.len() as u64), head: text, tail: b"" };
    Stealer::probe(&sample).map_or(0, |claim| claim.confidence)
}

#[test]
fn lists_of_nobodys_are_claimed_by_path_and_nothing_is_in_them() {
    for (path, text) in [
        ("NL[0]/InstalledSoftware.txt", &b"1) Example Editor [1.2.3]\n2) ann@example.com:1\n"[..]),
        ("NL[0]/Discord/Tokens.txt", b"mfa.nobodys\n"),
        ("NL[0]\\CreditCards\\Chrome.txt", b"Holder: ANN EXAMPLE\nCardType: Visa\nCard: 4111111111111111\nExpire: 1/2030\n"),
        ("NL[0]/Brute.txt", b"pa55word\nann@example.com:pa55word\n"),
        ("NL[0]/keychain.txt", b"[+] Generic Password Record\n [-] Account: b'Example'\n [-] Password: storage\n"),
        ("NL[0]/UserAgents/Chrome.txt", b"Example/5.0 (X11; Linux x86_64) Example/1.2\n"),
        ("NL[0]/ProcessList.txt", b"ID: 42\nName: a.exe\nCommandLine: \n"),
    ] {
        assert!(claim(path, text) > 50, "{path}");
        let start = Start { name: path, ..Start::default() };
        assert_eq!(items(&native::parse_chunk::<Stealer>(text, &start, 7)), [] as [Value; 0], "{path}");
    }
}

#[test]
fn a_folder_is_a_group_of_what_is_about_the_machine_and_its_logins() {
    let names = [
        "a/NL[1]/Autofills/Chrome.txt",
        "a/NL[1]/FTP/FileZilla.txt",
        "a/NL[1]/FileGrabber/Desktop/passwords.txt",
        "a/NL[1]/Passwords.txt",
        "a/NL[1]/UserInformation.txt",
        "a/NL[2]/Passwords.txt",
        "a/NL[3]/System.txt",
        "b/Browser/Passwords/Chrome.txt",
        "b/System Info.txt",
        "b/ip.txt",
    ];
    assert_eq!(Stealer::group(&names), [vec![4, 1, 3], vec![8, 9, 7]]);
    assert_eq!(Stealer::group(&[]), [] as [Vec<u32>; 0]);
}

#[test]
fn what_is_known_of_a_machine_is_told_with_its_logins_wherever_a_chunk_begins() {
    let about = "IP: 192.0.2.7 (Utrecht)\nUserName: ann\nCountry: NL\nHWID: 0123\nMachineName: DESKTOP-1\n";
    let block = "URL: https://example.com/\nUsername: ben@example.com\nPassword: secret\nApplication: Chrome\n===============\n";
    // The first member ends within what would be a block, and the second begins with one.
    let text = format!("{about}{}", block.repeat(4000));
    let parts = [
        Part { name: "NL/UserInformation.txt", base: 0, size: about.len() as u64 },
        Part { name: "NL/Passwords.txt", base: about.len() as u64, size: (text.len() - about.len()) as u64 },
    ];
    let start = Start { name: parts[0].name, parts: &parts, ..Start::default() };
    let wanted = json!({
        "url": "https://example.com/", "email": "ben@example.com", "password": "secret", "ip": "192.0.2.7", "country": "NL",
        "extra": { "application": "Chrome", "hwid": "0123", "machine": "DESKTOP-1", "machine_user": "ann" },
    });
    for push_bytes in [100, 4096, 1 << 20] {
        let found = items(&native::parse_chunk::<Stealer>(text.as_bytes(), &start, push_bytes));
        assert_eq!(found.len(), 4000);
        assert!(found.iter().all(|record| *record == wanted), "{}", found[0]);
    }
    let cut = text.len() - 100 * block.len();
    let context = b"\x09192.0.2.7\x02NL\x040123\x09DESKTOP-1\x03ann";
    let start = Start { base: cut as u64, context, ..start };
    let found = items(&native::parse_chunk::<Stealer>(&text.as_bytes()[cut..], &start, 4096));
    assert_eq!(found, vec![wanted; 100]);
    assert!(native::scan::<Stealer>(block.repeat(4000).as_bytes(), 4096).len() >= 2);
}
