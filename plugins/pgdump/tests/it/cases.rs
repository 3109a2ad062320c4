//! Every dump of `cases/` gives the records beside it, whatever the size of a push, and is claimed.

use serde_json::json;
use sluice_pgdump::Pgdump;
use sluice_plugin::native::cases::{self, gives};

#[test]
fn every_case_gives_what_stands_beside_it() {
    assert!(cases::check::<Pgdump>(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")) >= 6);
}

#[test]
fn a_broken_line_costs_itself_alone() {
    gives::<Pgdump>(
        b"COPY public.u (id, email, password) FROM stdin;\n1\tann@example.com\t\\N\n2\tbob@example.net\n3\tcy@example.org\ta\\tb\n4\tdee@exa",
        &[
            json!({"user_id": "1", "email": "ann@example.com"}),
            json!({"reject": "column-count"}),
            json!({"user_id": "3", "email": "cy@example.org", "password": "a\tb"}),
            json!({"reject": "truncated-row"}),
        ],
    );
}

#[test]
fn every_way_to_write_a_value() {
    gives::<Pgdump>(
        b"CREATE TABLE public.\"User\" (id integer, \"E-Mail\" text, password bytea, phone text[], data jsonb);\n\
          INSERT INTO public.\"User\" VALUES (1, 'ann@example.com', E'a\\'\\x41'::text, '{+12025550107,\"+1 202 555 0108\",NULL}', '{\"name\": \"Ann\\u0041\"}'),\n\t\
          (2, 'bob@example.net', 'c:\\new''s', NULL, DEFAULT);\n\
          COPY public.\"User\" (id, \"E-Mail\", password, data) FROM stdin;\n3\tcy@example.org\t\\\\x68756e74657232\t{\"x\": {\"email\": 1}, \"city\": \"Os\\\\\"lo\"}\n\\.\n",
        &[
            json!({"user_id": "1", "email": "ann@example.com", "password": "a'A", "phone": ["+12025550107", "+1 202 555 0108"],
                "full_name": "AnnA", "extra": {"data": "{\"name\": \"Ann\\u0041\"}"}}),
            json!({"user_id": "2", "email": "bob@example.net", "password": "c:\\new's"}),
            json!({"user_id": "3", "email": "cy@example.org", "password": "hunter2", "city": "Os\"lo", "extra": {"data": "{\"x\": {\"email\": 1}, \"city\": \"Os\\\"lo\"}"}}),
        ],
    );
}

/// `\x…` is bytes in a column of them, and may be anybody's password in a text.
#[test]
fn bytes_are_read_where_there_are_bytes() {
    let dump = |kind: &str| {
        format!(
            "CREATE TABLE u (email text, password {kind});\nINSERT INTO u VALUES ('ann@example.com', '\\x68756e74657232');\n\
             COPY u FROM stdin;\nbob@example.net\t\\\\x68756e74657232\n\\.\nINSERT INTO v (email, password) VALUES ('cy@example.org', '\\x41');\n"
        )
    };
    for (kind, password) in [("text", "\\x68756e74657232"), ("bytea", "hunter2"), ("bytea DEFAULT '\\x'::bytea NOT NULL", "hunter2")] {
        gives::<Pgdump>(
            dump(kind).as_bytes(),
            &[
                json!({"email": "ann@example.com", "password": password}),
                json!({"email": "bob@example.net", "password": password}),
                json!({"email": "cy@example.org", "password": "A"}),
            ],
        );
    }
}

#[test]
fn roles_are_people_too() {
    gives::<Pgdump>(
        b"CREATE ROLE ann;\nALTER ROLE ann WITH NOSUPERUSER LOGIN PASSWORD 'md50123456789abcdef0123456789abcdef' VALID UNTIL 'infinity';\n",
        &[json!({"username": "ann", "hash": "md50123456789abcdef0123456789abcdef", "hash_kind": "postgres_md5"})],
    );
}
