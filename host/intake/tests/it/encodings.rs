use encoding_rs::{BIG5, Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};
use sluice_intake::decode_sample;

use crate::support::walk_text;

fn table(names: &[&str], rows: usize) -> String {
    (0..rows).map(|row| format!("user{row}@example.com,{},pw{row}\n", names[row % names.len()])).collect()
}

const WESTERN: [&str; 4] = ["Jörg Müller", "François Lefèvre", "José Peña", "Zoë Ångström"];
const CYRILLIC: [&str; 4] = ["Иван Петров", "Светлана Кузнецова", "Алексей Смирнов", "Мария Фёдорова"];
const CHINESE: [&str; 4] = ["张伟", "王秀英", "李娜 北京市朝阳区", "联通 刘洋 上海市浦东新区"];
const TAIWANESE: [&str; 3] = ["陳怡君 臺北市信義區", "林志明 高雄市", "黃淑芬 新北市板橋區"];
const JAPANESE: [&str; 3] = ["佐藤さくら 東京都新宿区", "鈴木いちろう 大阪府", "高橋ひなた 京都市"];

#[test]
fn older_encodings_are_found_and_decoded() {
    let cases: [(&'static Encoding, &[&str]); 5] =
        [(WINDOWS_1252, &WESTERN), (WINDOWS_1251, &CYRILLIC), (GBK, &CHINESE), (BIG5, &TAIWANESE), (SHIFT_JIS, &JAPANESE)];
    for (encoding, names) in cases {
        // Two megabytes of ASCII first: the verdict falls late and nothing is read twice.
        let text = table(&["ascii"], 80_000) + &table(names, 60_000);
        let walked = walk_text(encoding.encode(&text).0.into_owned());
        assert_eq!(walked.leaves[0].encoding, encoding.name());
        assert!(walked.leaves[0].bytes == text.as_bytes(), "{}", encoding.name());
    }
}

#[test]
fn utf16_with_and_without_a_mark() {
    for names in [&WESTERN[..], &CYRILLIC] {
        let text = table(names, 60_000);
        for (name, big_endian) in [("UTF-16LE", false), ("UTF-16BE", true)] {
            let units = |text: &str| {
                text.encode_utf16().flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect::<Vec<u8>>()
            };
            for mark in ["", "\u{FEFF}"] {
                let walked = walk_text(units(&format!("{mark}{text}")));
                assert_eq!(walked.leaves[0].encoding, name);
                assert!(walked.leaves[0].bytes == text.as_bytes(), "{name}");
            }
        }
    }
}

#[test]
fn binary_stretches_in_utf8_pass_unchanged() {
    let mut dump = Vec::new();
    let mut seed = 1_u64;
    for row in 0..20_000 {
        dump.extend_from_slice(format!("({row},'{}',_binary '", CYRILLIC[row % 4]).as_bytes());
        for _ in 0..16 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            dump.push((seed >> 56) as u8);
        }
        dump.extend_from_slice(b"'),\n");
    }
    let walked = walk_text(dump.clone());
    assert_eq!(walked.leaves[0].encoding, UTF_8.name());
    assert!(walked.leaves[0].bytes == dump);
}

#[test]
fn strings_that_a_dump_calls_binary_pass_unchanged() {
    // Bytes that are words of an older encoding by their looks, with every way a quote may stand in a string.
    let row = |row: usize, name: &str| format!("({row},'{name}',_binary '<FF>\\'B<FF><FF>''\\\\',_binary '',NULL),\n");
    let bytes = |text: String, encode: fn(&str) -> Vec<u8>| {
        let parts: Vec<Vec<u8>> = text.split("<FF>").map(encode).collect();
        parts.join(&b"\xFF"[..])
    };
    let table = |names: &[&str]| (0..300).map(|number| row(number, names[number % names.len()])).collect::<String>();
    let utf8 = bytes(table(&CYRILLIC), |text| text.as_bytes().to_vec());
    let walked = walk_text(utf8.clone());
    assert_eq!((walked.leaves[0].encoding.as_str(), walked.leaves[0].bytes == utf8), (UTF_8.name(), true));
    let latin = bytes(table(&WESTERN), |text| WINDOWS_1252.encode(text).0.into_owned());
    let walked = walk_text(latin);
    assert_eq!(walked.leaves[0].encoding, WINDOWS_1252.name());
    assert!(walked.leaves[0].bytes == bytes(table(&WESTERN), |text| text.as_bytes().to_vec()));
}

#[test]
fn a_list_merged_from_two_encodings_is_decoded_by_token() {
    let mut dump = table(&CYRILLIC, 3_000).into_bytes();
    let latin = table(&WESTERN, 500);
    dump.extend_from_slice(&WINDOWS_1252.encode(&latin).0);
    let walked = walk_text(dump);
    assert_eq!(walked.leaves[0].encoding, "UTF-8+windows-1252");
    assert_eq!(String::from_utf8(walked.leaves[0].bytes.clone()).unwrap(), table(&CYRILLIC, 3_000) + &latin);
}

#[test]
fn a_utf8_mark_is_taken_off_and_samples_are_utf8() {
    let walked = walk_text("\u{FEFF}name;mail\n".into());
    assert_eq!(walked.leaves[0].bytes, b"name;mail\n");
    let text = table(&CYRILLIC, 1_000);
    let sample = decode_sample(&WINDOWS_1251.encode(&text).0[..40_000]);
    assert!(!sample.is_empty() && text.as_bytes().starts_with(&sample));
}
