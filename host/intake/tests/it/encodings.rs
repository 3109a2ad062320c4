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
    assert_eq!(walk_text(twice("\u{FEFF}name;mail\n").into()).leaves[0].bytes, b"name;mail\n");
    let text = table(&CYRILLIC, 1_000);
    let sample = decode_sample(&WINDOWS_1251.encode(&text).0[..40_000]);
    assert!(!sample.is_empty() && text.as_bytes().starts_with(&sample));
}

/// As if somebody had taken UTF-8 for windows-1252, or for Latin-1, and encoded it again.
fn twice(text: &str) -> String {
    WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
}

fn twice_by_latin1(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

#[test]
fn utf8_encoded_twice_is_mended() {
    let names: Vec<&str> = [&WESTERN[..], &CYRILLIC, &CHINESE, &JAPANESE, &["Zoë 😀 ‘quoted’ – €5", "Łukasz Żółć", "ascii only"]].concat();
    for rows in [4, 30, 60_000] {
        let text = table(&names, rows);
        for twice in [twice, twice_by_latin1] {
            let walked = walk_text(twice(&text).into_bytes());
            assert_eq!(walked.leaves[0].encoding, "UTF-8 twice");
            assert!(walked.leaves[0].bytes == text.as_bytes(), "{rows} rows");
            let utf16: Vec<u8> = format!("\u{FEFF}{}", twice(&text)).encode_utf16().flat_map(u16::to_le_bytes).collect();
            assert!(walk_text(utf16).leaves[0].bytes == text.as_bytes(), "{rows} rows of UTF-16");
        }
    }
}

#[test]
fn a_stretch_that_was_encoded_twice_is_mended_and_the_rest_left() {
    let (western, cyrillic) = (table(&WESTERN, 3_000), table(&CYRILLIC, 3_000));
    let walked = walk_text((cyrillic.clone() + &twice(&western) + &western + &twice(&cyrillic)).into_bytes());
    assert!(walked.leaves[0].bytes == (cyrillic.clone() + &western + &western + &cyrillic).as_bytes());
    // And one in an older encoding beside it.
    let mut dump = twice(&cyrillic).into_bytes();
    dump.extend_from_slice(&WINDOWS_1252.encode(&western).0);
    let walked = walk_text(dump);
    assert_eq!(walked.leaves[0].encoding, "UTF-8+windows-1252 twice");
    assert_eq!(String::from_utf8(walked.leaves[0].bytes.clone()).unwrap(), cyrillic + &western);
}

#[test]
fn what_only_looks_as_if_encoded_twice_is_left() {
    let honest = [
        // Words about it, and passwords that have it, in text that is well.
        table(&["José Peña", "cafÃ©", "Zoë Ångström", "Jörg Müller"], 2_000),
        table(&["ascii"], 2_000) + "user@example.com,Ã©Ã©,x\nuser@example.com,cafÃ©,x\n",
        "Ã©\n".repeat(5_000),
        // Letters that such words are made of.
        table(&["SÃO PAULO", "IRMÃ", "MANHÃ", "Âge", "âme", "Ångström", "«Âme»", "Ã", "naïve"], 5_000),
        table(&CHINESE, 500) + &table(&["JosÃ©"], 3) + &table(&CHINESE, 500),
    ];
    for text in honest {
        let walked = walk_text(text.clone().into_bytes());
        assert!(walked.leaves[0].bytes == text.as_bytes(), "{}", &text[text.len() - 100..]);
        assert_eq!(walked.leaves[0].encoding, "UTF-8");
    }
    // An older encoding explains it.
    let legacy = table(&["José", "cafÃ©", "Müller", "Ångström Ã©", "François", "Peña"], 3_000);
    let walked = walk_text(WINDOWS_1252.encode(&legacy).0.into_owned());
    assert!(!walked.leaves[0].encoding.contains("twice"));
}
