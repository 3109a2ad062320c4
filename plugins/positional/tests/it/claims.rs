//! What the plugin leaves to others.

use sluice_plugin::{Parser, Sample};
use sluice_positional::Positional;

fn confidence(text: &str) -> u8 {
    let sample = Sample { name: "a.txt", size: Some(text.len() as u64), head: text.as_bytes(), tail: b"" };
    Positional::probe(&sample).map_or(0, |claim| claim.confidence)
}

#[test]
fn what_others_read_is_left_to_them() {
    let left = [
        "ann@example.com:pw1\nbob@example.org:pw2\n",
        "ann@example.com:pw:1\nbob@example.org:pw:2\n",
        "ann:ann@example.com:pw1\nbob:bob@example.org:pw2\n",
        "ann:ann@example.com:5f4dcc3b5aa765d61d8327deb882cf99\n",
        "https://site.example/login:ann@example.com:pw1\n",
        "root:$1$GoqtTEz1$mCf1NhUPu9q4VSLttX8LD.:19000:0:99999:7:::\n",
        "root:x:0:0:root:/root:/bin/bash\n",
        "ann:500:aad3b435b51404eeaad3b435b51404ee:31d6cfe0d16ae931b73c59d7e0c089c0:::\n",
        "5f4dcc3b5aa765d61d8327deb882cf99:password\n",
        "id,email,password\n1,ann@example.com,pw\n",
        "1;ann;ann@example.com;pw\n2;bob;bob@example.com;pw\n",
        "2024-01-01 12:00:00 INFO a:b:c ann@example.com logged in\n",
        "{\"id\":1,\"email\":\"ann@example.com\",\"a\":\"b\"}\n",
        "It was: a dark: night.\n",
        "id\tcreated_at\tuser\temail\tpassword\tsalt\n1\t2015-03-04\tann\tann@example.com\t5f4dcc3b5aa765d61d8327deb882cf99\tabc\n",
        "sep=;\nemail;sha1;city\nann@example.com;7c4a8d09ca3762af61e59520943dc26494f8941b;Here\n",
        ".example.com\tTRUE\t/\tFALSE\t1700000000\tsession0\t500f89cde02a2465\n",
        "",
    ];
    for text in left {
        assert!(confidence(text) <= 50, "{text}");
    }
}
