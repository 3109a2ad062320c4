//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use sluice_pgdump::Pgdump;
use sluice_plugin::{
    Parser, Start,
    native::{self, properties},
};

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Pgdump:
    b"'" b"''" b"\\" b"\\N" b"\\." b"\\.\n" b"\t" b"\n" b"\r\n" b"," b"(" b")" b"),(" b";" b";\n" b"\"" b" " b"{" b"}" b"NULL"
    b"E'a\\'b'" b"'\\x41ff'" b"'{\"email\": \"ann@example.com\"}'" b"{ann@example.com,NULL}" b"$$" b"$body$" b"::" b"-- "
    b"\\restrict x\n" b"COPY public.u (id, email, password) FROM stdin;\n" b"COPY u FROM stdin;\n" b"1\tann@example.com\tx\n"
    b"2\tbob@example.net\t\\N\n" b"INSERT INTO public.u VALUES (" b"INSERT INTO u (email) VALUES\n\t(" b"'ann@example.com', 'x'"
    b"CREATE TABLE public.u (id int, email text, password text);\n" b"ALTER ROLE ann PASSWORD 'md5'"
    b"CREATE FUNCTION f() AS $$ BEGIN; $$;\n"
);

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
    assert_eq!(native::scan::<Pgdump>(&bytes, 256 << 10), native::scan::<Pgdump>(&bytes, 100_003));
    let (cuts, found) = properties::chunks::<Pgdump>(&bytes);
    assert!(cuts >= 2 && found > 30_000, "{cuts} cuts, {found} found");
}

#[test]
fn a_context_of_nobody_is_refused() {
    assert!(Pgdump::open(&Start { base: 7, context: b"\x09junk", ..Start::default() }).is_err());
}
