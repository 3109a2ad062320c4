//! The generator: the same recipe for the same bytes, a truth for each record, nobody real.

use std::{
    collections::HashSet,
    io::{Cursor, Read},
};

use clap::ValueEnum;
use serde_json::Value;
use sluice_conformance::{
    containers::{Container, PASSWORD},
    encodings::TextEncoding,
    formats::Format,
    generate::{Made, Recipe, Size},
    traits::Traits,
};

const FORMATS: [Format; 4] = [Format::Combo, Format::Csv, Format::Mysqldump, Format::Ulp];

fn text(recipe: &Recipe) -> (Made, String, Vec<Value>) {
    let (mut out, mut truth) = (Vec::new(), Vec::new());
    let made = recipe.write_text(&mut out, Some(&mut truth)).unwrap();
    let truth = String::from_utf8(truth).unwrap();
    (made, String::from_utf8(out).unwrap(), truth.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn each(traits: Traits, size: Size, mut call: impl FnMut(&Recipe)) {
    for format in FORMATS {
        for dialect in format.dialects() {
            call(&Recipe { dialect: (*dialect).to_owned(), traits, ..Recipe::new(format, size, 5) });
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_others() {
    each(Traits::ALL, Size::Records(300), |recipe| {
        let once = text(recipe);
        assert_eq!(text(recipe), once);
        let (_, other, _) = text(&Recipe { seed: 6, ..recipe.clone() });
        assert_ne!(once.1, other, "{recipe:?}");
    });
}

#[test]
fn every_record_has_a_truth_and_an_account_of_its_own() {
    each(Traits::ALL, Size::Records(700), |recipe| {
        let (made, bytes, truth) = text(recipe);
        assert_eq!((made.records, truth.len(), made.text_bytes), (700, 700, bytes.len() as u64), "{recipe:?}");
        let accounts: HashSet<&str> =
            truth.iter().map(|record| record["email"].as_str().or(record["username"].as_str()).unwrap()).collect();
        assert_eq!(accounts.len(), 700, "{recipe:?}");
    });
}

#[test]
fn every_address_is_of_a_domain_that_nobody_has() {
    let is_reserved = |domain: &str| {
        ["example.com", "example.net", "example.org"]
            .iter()
            .any(|known| domain.strip_suffix(known).is_some_and(|under| under.is_empty() || under.ends_with('.')))
    };
    each(Traits::ALL, Size::Records(500), |recipe| {
        let (_, _, truth) = text(recipe);
        for email in truth.iter().filter_map(|record| record["email"].as_str()) {
            assert!(is_reserved(email.rsplit('@').next().unwrap()), "{email}");
        }
        for ip in truth.iter().filter_map(|record| record["ip"].as_str()) {
            assert!(["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"].iter().any(|net| ip.starts_with(net)), "{ip}");
        }
    });
}

#[test]
fn sizes_are_kept() {
    for bytes in [100_000, 1_000_000] {
        each(Traits::NONE, Size::Bytes(bytes), |recipe| {
            let (made, ..) = text(recipe);
            // A row and what closes the file come on top.
            assert!((bytes..bytes + 4_000).contains(&made.text_bytes), "{recipe:?}: {made:?}");
        });
    }
}

#[test]
fn encodings_decode_back_and_containers_open() {
    for format in FORMATS {
        for label in ["utf-8", "utf-16le", "utf-16be-bom", "latin1", "windows-1251", "gbk", "shift_jis", "utf-8-twice"] {
            let encoding = TextEncoding::from_label(label).unwrap();
            let recipe = Recipe { encoding, traits: Traits::READABLE, ..Recipe::new(format, Size::Records(200), 3) };
            let (made, plain, _) = text(&recipe);
            assert_eq!(made.records, 200);
            let open = |container| {
                let (_, out) = Recipe { container, ..recipe.clone() }.write(Cursor::new(Vec::new()), "a.txt", None).unwrap();
                opened(container, out.into_inner())
            };
            let encoded = open(Container::Plain);
            let decoded = match encoding {
                TextEncoding::Whatwg(encoding) => encoding.decode(&encoded).0.into_owned(),
                TextEncoding::Twice => {
                    let once = std::str::from_utf8(&encoded).unwrap();
                    String::from_utf8(encoding_rs::WINDOWS_1252.encode(once).0.into_owned()).unwrap()
                }
                TextEncoding::Utf16 { big, mark } => {
                    let unit =
                        |pair: &[u8]| if big { u16::from_be_bytes([pair[0], pair[1]]) } else { u16::from_le_bytes([pair[0], pair[1]]) };
                    let units: Vec<u16> = encoded.chunks_exact(2).map(unit).collect();
                    String::from_utf16(&units).unwrap().split_off(if mark { 3 } else { 0 })
                }
            };
            assert_eq!(decoded, plain, "{format:?} in {label}");
            for container in Container::value_variants() {
                let container = *container;
                assert!(open(container) == encoded, "{format:?} in {label} in {container:?}");
            }
        }
    }
}

fn opened(container: Container, bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::new();
    match container {
        Container::Plain => return bytes,
        Container::Gz => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out),
        Container::Zst => zstd::Decoder::new(&bytes[..]).unwrap().read_to_end(&mut out),
        Container::Zip => zip::ZipArchive::new(Cursor::new(bytes)).unwrap().by_index(0).unwrap().read_to_end(&mut out),
        Container::ZipCrypto | Container::ZipAes => {
            zip::ZipArchive::new(Cursor::new(bytes)).unwrap().by_index_decrypt(0, PASSWORD.as_bytes()).unwrap().read_to_end(&mut out)
        }
        Container::Bz2 => bzip2::read::BzDecoder::new(&bytes[..]).read_to_end(&mut out),
        Container::Xz => lzma_rust2::XzReader::new(&bytes[..], false).read_to_end(&mut out),
        Container::Lz4 => lz4_flex::frame::FrameDecoder::new(&bytes[..]).read_to_end(&mut out),
        Container::SevenZ => {
            let mut archive = sevenz_rust2::ArchiveReader::new(Cursor::new(bytes), sevenz_rust2::Password::empty()).unwrap();
            out = archive.read_file("a.txt").unwrap();
            Ok(out.len())
        }
        Container::TarGz => {
            let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
            tar.entries().unwrap().next().unwrap().unwrap().read_to_end(&mut out)
        }
    }
    .unwrap();
    out
}

#[test]
fn every_trait_shows() {
    let shown: [(Traits, Format, &str); 10] = [
        (Traits::PASSWORDS, Format::Combo, ":pa:ss:word"),
        (Traits::BANNERS, Format::Combo, "NOBODY IS IN IT"),
        (Traits::CAPTURES, Format::Combo, " | Plan = "),
        (Traits::MIXED_LINE_ENDS, Format::Ulp, "\r\n"),
        (Traits::LONG_LINES, Format::Combo, "LONG"),
        (Traits::NO_FINAL_NEWLINE, Format::Csv, "END"),
        (Traits::TEXT, Format::Mysqldump, "INSERT INTO `users` VALUES (1,\\'x\\'"),
        (Traits::UNBALANCED, Format::Csv, "\"no closing quote"),
        (Traits::SHORT_ROWS, Format::Csv, "SHORT"),
        (Traits::TRUNCATED, Format::Mysqldump, "'cut@exam"),
    ];
    assert_eq!(shown.map(|(one, ..)| one), Traits::NAMES.map(|(_, one)| one));
    for (one, format, what) in shown {
        let has = |traits| {
            let size = Size::Records(if what == "LONG" { 60_000 } else { 10_000 });
            let (_, bytes, _) = text(&Recipe { traits, ..Recipe::new(format, size, 11) });
            match what {
                "LONG" => bytes.lines().any(|line| line.len() > 100_000),
                "END" => !bytes.ends_with('\n'),
                "SHORT" => bytes.lines().any(|line| line.split(',').count() == 8),
                what => bytes.contains(what),
            }
        };
        assert!(has(one) && !has(Traits::NONE), "{format:?} {what}");
    }
}
