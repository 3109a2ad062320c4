//! Separated values, in the dialects that programs export.

use std::fmt::Write;

use sluice_record::FieldKind;

use super::{FormatWriter, Truth};
use crate::{
    people::{People, Person, Random},
    traits::Traits,
};

pub(super) const DIALECTS: &[&str] = &["comma", "excel", "tab", "pipe", "sqlcmd"];

const COLUMNS: [&str; 14] = [
    "id",
    "email",
    "username",
    "password",
    "first_name",
    "last_name",
    "phone",
    "ip_address",
    "birthday",
    "address",
    "city",
    "zip",
    "country",
    "remark",
];

pub(super) struct Csv {
    separator: char,
    line_end: &'static str,
    /// Excel's: a byte-order mark, and `="00123"` around what it would take for a number.
    excel: bool,
    /// sqlcmd's: no quotes, bare NULL, a dash rule and a trailer.
    sqlcmd: bool,
    traits: Traits,
    cell: String,
}

impl Csv {
    pub(super) fn new(dialect: &str, traits: Traits) -> Option<Self> {
        let (separator, line_end) = match dialect {
            "comma" => (',', "\n"),
            "excel" => (';', "\r\n"),
            "tab" => ('\t', "\n"),
            "pipe" | "sqlcmd" => ('|', "\r\n"),
            _ => return None,
        };
        Some(Self { separator, line_end, excel: dialect == "excel", sqlcmd: dialect == "sqlcmd", traits, cell: String::new() })
    }

    fn push_cell(&self, value: &str, out: &mut String) {
        if self.sqlcmd {
            out.push_str(if value.is_empty() { "NULL" } else { value });
            return;
        }
        let separator = self.separator as u8;
        if !value.bytes().any(|byte| byte == separator || matches!(byte, b'"' | b'\n' | b'\r')) {
            out.push_str(value);
            return;
        }
        out.push('"');
        for (index, part) in value.split('"').enumerate() {
            if index > 0 {
                out.push_str("\"\"");
            }
            out.push_str(part);
        }
        out.push('"');
    }

    fn push_line(&self, cells: &[&str], out: &mut String) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                out.push(self.separator);
            }
            out.push_str(cell);
        }
        out.push_str(self.line_end);
    }
}

impl FormatWriter for Csv {
    fn head(&mut self, out: &mut String) {
        if self.excel {
            out.push('\u{feff}');
        }
        self.push_line(&COLUMNS, out);
        if self.sqlcmd {
            let rule = COLUMNS.map(|name| &"----------------"[..name.len()]);
            self.push_line(&rule, out);
        }
    }

    fn draw(&mut self, people: &mut People, random: &mut Random, person: &mut Person) {
        people.next_full(random, person);
        // sqlcmd has no quotes: what holds its separator would be another row.
        while self.sqlcmd && person.password.contains('|') {
            people.next_full(random, person);
        }
    }

    fn row(&mut self, random: &mut Random, person: &Person, out: &mut String, truth: &mut Truth<'_>) {
        if self.traits.contains(Traits::UNBALANCED) && random.one_in(2_000) {
            self.push_line(&["0", "nobody@example.com", "nobody", "\"no closing quote"], out);
        }
        let remark = match random.below(8) {
            0 if self.traits.contains(Traits::TEXT) && !self.sqlcmd => {
                *random.pick(&["two\nlines", "she said \"no\", twice", "a;b,c|d\te", "\"", "end\r\nof line", "blank, \"\" and more"])
            }
            0..3 => *random.pick(&["called back", "vip", "moved"]),
            _ => "",
        };
        self.cell.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.cell, "{}", person.number);
        let id = std::mem::take(&mut self.cell);
        let values: [(Option<FieldKind>, &str); 14] = [
            (Some(FieldKind::UserId), &id),
            (Some(FieldKind::Email), &person.email),
            (Some(FieldKind::Username), &person.username),
            (Some(FieldKind::Password), &person.password),
            (Some(FieldKind::FirstName), person.first_name),
            (Some(FieldKind::LastName), person.last_name),
            (Some(FieldKind::Phone), if random.one_in(4) { "" } else { &person.phone }),
            (Some(FieldKind::Ip), &person.ip),
            (Some(FieldKind::Dob), if random.one_in(6) { "" } else { &person.dob }),
            (Some(FieldKind::Address), &person.address),
            (Some(FieldKind::City), person.city),
            (Some(FieldKind::PostalCode), &person.postal_code),
            (Some(FieldKind::Country), person.country),
            (None, remark),
        ];
        let short = self.traits.contains(Traits::SHORT_ROWS) && random.one_in(100);
        let count = if short { 8 } else { values.len() };
        for (index, (kind, value)) in values.into_iter().take(count).enumerate() {
            if index > 0 {
                out.push(self.separator);
            }
            match kind {
                Some(FieldKind::PostalCode) if self.excel => out.extend(["\"=\"\"", value, "\"\"\""]),
                _ => self.push_cell(value, out),
            }
            match kind {
                Some(kind) => truth.field(kind, value),
                None => truth.extra("remark", value),
            }
        }
        out.push_str(self.line_end);
        self.cell = id;
    }

    fn tail(&mut self, rows: u64, out: &mut String) {
        if self.sqlcmd {
            let _ = write!(out, "\r\n({rows} rows affected)\r\n");
        }
    }
}
