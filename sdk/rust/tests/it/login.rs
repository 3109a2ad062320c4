//! Logins that are told without a loop.

use sluice_plugin::{columns::is_email, login::Login};

fn login(text: &str) -> Login {
    Login::at(
        format!("login:{text}:and what else the line has in it, which is much more than it is ever looked at").as_bytes(),
        6..6 + text.len(),
    )
}

#[test]
fn usual_ones_are_told_as_with_care() {
    for email in [
        "a@b.de",
        "ann.b-c_d@mail.example.com",
        "0@1.x2",
        "person.with.a.long@example.org",
        "ann+b@example.com",
        "a.person.with.quite.a.name@mail.example.org",
    ] {
        assert_eq!((login(email), is_email(email.as_bytes())), (Login::Email, true), "{email}");
    }
    for name in ["", "ann", "ann.b", "name of 31 bytes ..............", "ann:b;c"] {
        assert_eq!((login(name), is_email(name.as_bytes())), (Login::Name, false), "{name}");
    }
    for odd in ["@", "a@", "@b.de", "a@b", "a@.de", "a@b.d", "a@b.3e", "a@b@c.de", "DOMAIN\\ann", "ann@b+c.de", "a b@c.de"] {
        assert_eq!(login(odd), Login::Odd, "{odd}");
    }
    assert_eq!(login("a.person.with.a.name.too.long.to.be.looked.at@one.of.the.mails.of.example.org"), Login::Odd);
    assert_eq!(Login::at(b"ann@example.com", 0..15), Login::Odd, "too near the end");
}

#[test]
fn no_address_is_told_that_is_none() {
    let letters = b"aZ9.-_@\\+ ";
    for number in 0..letters.len().pow(6) {
        let text: Vec<u8> = (0..6).map(|digit| letters[number / letters.len().pow(digit) % letters.len()]).collect();
        let text = String::from_utf8(text).unwrap();
        match login(&text) {
            Login::Email => assert!(is_email(text.as_bytes()), "{text}"),
            Login::Name => assert!(!text.contains(['@', '\\']), "{text}"),
            Login::Odd => {}
        }
    }
}
