//! What holds for any input.

use proptest::prelude::*;
use sluice_normalise::{Canonical, NormaliseOptions, Normaliser, Observations, protect};
use sluice_record::{DocBatch, Field, LoadId, MemberId, Policy, TaskId, WEBSITE_TAG};

/// Bytes that come near to values: random ones would all fall at the first rule.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let near = prop::sample::select(
        &[
            "@",
            ".",
            "example.com",
            "ann",
            "ÄÖ",
            "bücher.example.com",
            "xn--",
            "-",
            "+49",
            "0",
            "00",
            "(0)",
            "1985",
            "12",
            "31",
            "/",
            ":",
            " ",
            "T",
            "Z",
            "http://",
            "android://",
            "[::1]",
            "192.168.0.1",
            ",",
            "Dec",
            "PM",
            "$HEX[",
            "]",
            "'",
            "<",
            ">",
            "\\n",
            "NULL",
            "İ",
            "ß",
            "١٢٣",
            "年",
            "%",
            "?",
            "#",
            "İstanbul.com.tr",
            "ς",
            "Σ",
            "\u{200b}",
            "\u{0307}",
            "e",
            "mailto:",
        ][..],
    );
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::collection::vec(near, 0..8).prop_map(|parts| parts.concat().into_bytes()),
        "[-+ 0-9./:TZ]{1,24}".prop_map(String::into_bytes),
        "\\PC{0,30}".prop_map(String::into_bytes),
        "[a-z.]{1,8}@[a-zà-ÿ.-]{1,12}\\.(com|рф|co\\.uk)".prop_map(String::into_bytes),
    ]
}

fn fields() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let tag = prop_oneof![16_u8..40, 64_u8..105, Just(127), 128_u8..132, any::<u8>()];
    prop::collection::vec((tag, value()), 0..8)
}

/// Canonical values, value rejects, the record, and its verdict.
type Normalised = (Vec<(u8, String)>, usize, Canonical, Result<(), &'static str>);

fn normalise(options: NormaliseOptions, fields: &[(u8, Vec<u8>)]) -> Normalised {
    let (mut canonical, mut rejects) = (Canonical::default(), 0);
    let fields = fields.iter().map(|(tag, value)| Field { tag: *tag, value });
    let result = Normaliser::new(options).normalise(fields, &mut canonical, &mut |_| rejects += 1);
    (canonical.fields().map(|(tag, value)| (tag, value.to_owned())).collect(), rejects, canonical, result)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn its_own_output_is_canonical(fields in fields(), in_germany: bool) {
        let options = NormaliseOptions { default_region: in_germany.then_some(sluice_normalise::Region::DE) };
        let (once, _, canonical, result) = normalise(options, &fields);
        let again: Vec<(u8, Vec<u8>)> = once.iter().map(|(tag, value)| (*tag, value.clone().into_bytes())).collect();
        let (twice, rejects, second, second_result) = normalise(options, &again);
        prop_assert_eq!(&once, &twice);
        prop_assert_eq!((rejects, result, canonical.classes(), canonical.account()), (0, second_result, second.classes(), second.account()));
    }

    #[test]
    fn no_document_has_a_secret(fields in fields()) {
        let (_, _, canonical, _) = normalise(NormaliseOptions::default(), &fields);
        let mut docs = DocBatch::new(LoadId(1), MemberId(1), TaskId(1));
        protect(Policy::Search, &canonical, 0, 0, &mut docs, &mut Observations::default());
        prop_assert!(docs.doc(0).fields().all(|(tag, _)| matches!(tag, 16..=17 | 21..=39 | WEBSITE_TAG | 128..=255)));
    }
}
