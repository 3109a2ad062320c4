//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_pgdump::Pgdump;
use sluice_plugin::native::cases::items;
use sluice_plugin::{Start, native};

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"'",
        b"''",
        b"\\",
        b"\\N",
        b"\\.",
        b"\\.\n",
        b"\t",
        b"\n",
        b"\r\n",
        b",",
        b"(",
        b")",
        b"),(",
        b";",
        b";\n",
        b"\"",
        b" ",
        b"{",
        b"}",
        b"NULL",
        b"E'a\\'b'",
        b"'\\x41ff'",
        b"'{\"email\": \"ann@example.com\"}'",
        b"{ann@example.com,NULL}",
        b"$$",
        b"$body$",
        b"::",
        b"-- ",
        b"\\restrict x\n",
        b"COPY public.u (id, email, password) FROM stdin;\n",
        b"COPY u FROM stdin;\n",
        b"1\tann@example.com\tx\n",
        b"2\tbob@example.net\t\\N\n",
        b"INSERT INTO public.u VALUES (",
        b"INSERT INTO u (email) VALUES\n\t(",
        b"'ann@example.com', 'x'",
        b"CREATE TABLE public.u (id int, email text, password text);\n",
        b"ALTER ROLE ann PASSWORD 'md5'",
        b"CREATE FUNCTION f() AS $$ BEGIN; $$;\n",
    ];
    let piece = prop::sample::select(pieces);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Pgdump>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Pgdump>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Pgdump>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Pgdump>(&bytes, push_bytes)), whole);
    }
}

/// Some megabytes with tables of people and of none, by COPY and by INSERT, and broken rows.
fn long_dump() -> Vec<u8> {
    let mut text = b"--\n-- PostgreSQL database dump\n--\n".to_vec();
    for table in 0..6 {
        let people = if table % 2 == 0 { "email" } else { "title" };
        text.extend(
            format!("CREATE TABLE public.t{table} (\n    id integer NOT NULL,\n    {people} text,\n    note text\n);\n").into_bytes(),
        );
        if table < 3 {
            text.extend(format!("COPY public.t{table} (id, {people}, note) FROM stdin;\n").into_bytes());
            for row in 0..12_000u32 {
                text.extend(match row % 97 {
                    3 => format!("{row}\tp{row}@example.com\tline\\nand {row}\n").into_bytes(),
                    5 => format!("{row}\tp{row}@example.com\n").into_bytes(),
                    7 => format!("{row}\t\\N\t\\\\.\n").into_bytes(),
                    _ => format!("{row}\tp{row}@example.com\tabc {row}\n").into_bytes(),
                });
            }
            text.extend_from_slice(b"\\.\n\n");
        } else {
            for row in 0..12_000u32 {
                text.extend(match row % 97 {
                    3 => format!("INSERT INTO public.t{table} VALUES ({row}, 'p{row}@example.com', 'it''s\n{row}');\n").into_bytes(),
                    5 => format!("INSERT INTO public.t{table} VALUES ({row}, 'p{row}@example.com', 'never closed);\n").into_bytes(),
                    7 => format!("INSERT INTO public.t{table} VALUES ({row}, 'p{row}@example.com');\n").into_bytes(),
                    _ => format!("INSERT INTO public.t{table} VALUES ({row}, 'p{row}@example.com', '\\{row}{{');\n").into_bytes(),
                });
            }
        }
    }
    text
}

#[test]
fn chunks_between_any_cuts_give_the_same_records() {
    let bytes = long_dump();
    let whole = items(&native::parse::<Pgdump>(&bytes, 1 << 20));
    assert!(whole.len() > 30_000);
    let cuts = native::scan::<Pgdump>(&bytes, 256 << 10);
    assert_eq!(cuts, native::scan::<Pgdump>(&bytes, 100_003));
    assert!(cuts.len() >= 2, "{} cuts in {} bytes", cuts.len(), bytes.len());
    for skipped in 0..cuts.len() {
        let mut chunked = Vec::new();
        let (mut from, mut context) = (0, Vec::new());
        let others = cuts.iter().enumerate().filter(|(at, _)| *at != skipped).map(|(_, cut)| cut.clone());
        for (to, next) in others.chain([(bytes.len() as u64, Vec::new())]) {
            let start = Start { base: from as u64, context: &context, ..Start::default() };
            chunked.extend(items(&native::parse_chunk::<Pgdump>(&bytes[from..to as usize], &start, 65_537)));
            (from, context) = (to as usize, next);
        }
        assert!(chunked == whole, "without cut {skipped}");
    }
}

#[test]
fn a_context_of_nobody_is_refused() {
    use sluice_plugin::Parser;
    assert!(Pgdump::open(&Start { base: 7, context: b"\x09junk", ..Start::default() }).is_err());
}
