//! Whatever the bytes, the pushes and the cuts: no panic, no gap, the same records.

use sluice_mysqldump::Mysqldump;
use sluice_plugin::{
    Parser, Start,
    native::{self, properties},
};

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Mysqldump:
    b"'" b"''" b"\\'" b"\\" b"," b"(" b")" b"),(" b"\n" b";" b";\n" b"`" b"\"" b" " b"NULL" b"0xFF" b"0x" b"_binary '\xff'" b"x'4"
    b"-- " b"/*!40000 " b"*/" b"INSERT INTO `u` VALUES " b"(1,'ann@example.com','x')" b"(2,'it\\'s','')"
    b"INSERT INTO v (email) VALUES\n" b"f('(',2)" b"CREATE TABLE `u` (`id` int, `email` text, `password` text);\n"
    b"CREATE TABLE v (email text);\n" b"insert" b"-1.5" b"\r\n" b"DELIMITER ;;\n"
);

/// Some megabytes with two tables, long INSERTs and rows of their own, text that looks like SQL, and broken rows.
fn long_dump() -> Vec<u8> {
    let mut text = b"/*M!999999\\- enable the sandbox mode */\n".to_vec();
    for table in 0..6 {
        let people = if table % 2 == 0 { "`email`" } else { "`title`" };
        let create =
            format!("CREATE TABLE `t{table}` (\n  `id` int,\n  {people} text,\n  `password` text,\n  `note` text,\n  KEY `k` (`id`)\n);\n");
        text.extend_from_slice(create.as_bytes());
        for row in 0..12_000u32 {
            let behind = match row % 5_000 {
                0 => format!("INSERT INTO `t{table}` VALUES\n"),
                1_000..1_100 => format!(";\nINSERT INTO `t{table}` VALUES "),
                _ => ",\n".into(),
            };
            if row > 0 && row % 5_000 == 0 {
                text.extend_from_slice(b";\n");
            }
            text.extend_from_slice(behind.as_bytes());
            let line = match row % 97 {
                3 => format!("({row},'p{row}@example.com',NULL,'INSERT INTO `t1` VALUES (1,\\'x\\');\nand {row}')"),
                5 => format!("({row},'p{row}@example.com','never closed {row},'')"),
                7 => format!("({row},'p{row}@example.com')"),
                11 => format!("({row},'p{row}@example.com',0x68756E7465723200FF,'-- {row}')"),
                _ => format!("({row},'p{row}@example.com','pass{row}','it''s; {row}')"),
            };
            text.extend_from_slice(line.as_bytes());
        }
        text.extend_from_slice(b";\n");
    }
    text
}

#[test]
fn chunks_between_any_cuts_give_the_same_records() {
    let bytes = long_dump();
    assert_eq!(native::scan::<Mysqldump>(&bytes, 256 << 10), native::scan::<Mysqldump>(&bytes, 100_003));
    let (cuts, found) = properties::chunks::<Mysqldump>(&bytes);
    assert!(cuts >= 2 && found > 35_000, "{cuts} cuts, {found} found");
}

#[test]
fn a_context_of_nobody_is_refused() {
    assert!(Mysqldump::open(&Start { base: 7, context: b"\x09junk", ..Start::default() }).is_err());
}
