//! What the plugin leaves to others.

use sluice_accounts::Accounts;
use sluice_plugin::{Parser, Sample};

fn confidence(text: &str) -> u8 {
    let sample = Sample { name: "a.txt", size: Some(text.len() as u64), head: text.as_bytes(), tail: b"" };
    Accounts::probe(&sample).map_or(0, |claim| claim.confidence)
}

#[test]
fn lists_of_people_are_left_to_others() {
    let left = [
        "ann@example.com:pw1\nbob@example.org:pw2\n",
        "ann:pw1\nbob:pw2\ncyd:pw;3\n",
        "ann:5f4dcc3b5aa765d61d8327deb882cf99\nbob:5f4dcc3b5aa765d61d8327deb882cf98\n",
        "ann@example.com:$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW\n",
        "ann:ann@example.com:5f4dcc3b5aa765d61d8327deb882cf99:a:b\n",
        "5f4dcc3b5aa765d61d8327deb882cf99:ann@example.com\n",
        "5f4dcc3b5aa765d61d8327deb882cf99:|'_:ann@example.com\n",
        "https://site.example/login:ann:pw1\n",
        "2024-01-01 12:00:00 GET /a:b\n",
        "email,password\nann@example.com,pw\n",
        "It was a dark night.\n",
        "key: value\nother: thing\n",
        "",
    ];
    for text in left {
        assert!(confidence(text) <= 50, "{text}");
    }
}
