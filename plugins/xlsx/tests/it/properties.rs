//! Whatever the bytes and the pushes: no panic, no gap, the same records.

use sluice_xlsx::Xlsx;

// Pieces that make trouble when they meet.
sluice_plugin::hostile!(Xlsx:
    b"<workbook>" b"<workbookPr date1904='1'/>" b"<cellXfs>" b"<xf numFmtId='14'/>" b"</cellXfs>"
    b"<numFmt numFmtId='170' formatCode='yyyy'/>" b"<si><t>ann@example.com</t></si>" b"<si>" b"<rPh>" b"</si>" b"<si/>" b"<sheetData>"
    b"</sheetData>" b"<Table>" b"</Table>" b"<row>" b"<row r='1'/>" b"</row>" b"<Row>" b"</Row>" b"<c r='A1' t='s'><v>0</v></c>"
    b"<c r='B1' s='0'><v>1E5</v></c>" b"<c t='inlineStr'><is><t>bob@example.net</t></is></c>" b"<c>" b"</c>" b"<v>" b"</v>"
    b"<Cell ss:Index='3'><Data ss:Type='String'>email</Data></Cell>" b"<" b"&amp;" b"]]>" b"<![CDATA[" b"\xff" b"\0" b"text"
);
