//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use proptest::prelude::*;
use sluice_plugin::native::{self, cases::items};
use sluice_xlsx::Xlsx;

/// Pieces that make trouble when they meet.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: Vec<&'static [u8]> = vec![
        b"<workbook>",
        b"<workbookPr date1904='1'/>",
        b"<cellXfs>",
        b"<xf numFmtId='14'/>",
        b"</cellXfs>",
        b"<numFmt numFmtId='170' formatCode='yyyy'/>",
        b"<si><t>ann@example.com</t></si>",
        b"<si>",
        b"<rPh>",
        b"</si>",
        b"<si/>",
        b"<sheetData>",
        b"</sheetData>",
        b"<Table>",
        b"</Table>",
        b"<row>",
        b"<row r='1'/>",
        b"</row>",
        b"<Row>",
        b"</Row>",
        b"<c r='A1' t='s'><v>0</v></c>",
        b"<c r='B1' s='0'><v>1E5</v></c>",
        b"<c t='inlineStr'><is><t>bob@example.net</t></is></c>",
        b"<c>",
        b"</c>",
        b"<v>",
        b"</v>",
        b"<Cell ss:Index='3'><Data ss:Type='String'>email</Data></Cell>",
        b"<",
        b"&amp;",
        b"]]>",
        b"<![CDATA[",
        b"\xff",
        b"\0",
        b"text",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_bytes_tile_and_do_not_depend_on_the_push(bytes in hostile(), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Xlsx>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Xlsx>(&bytes, push_bytes)), whole);
    }

    #[test]
    fn noise_tiles(bytes in prop::collection::vec(any::<u8>(), 0..600), push_bytes in 1usize..40) {
        let whole = items(&native::parse::<Xlsx>(&bytes, 1 << 20));
        prop_assert_eq!(items(&native::parse::<Xlsx>(&bytes, push_bytes)), whole);
    }
}
