//! What mysqldump writes: several tables, one of them of people.

use std::fmt::Write;

use sluice_record::FieldKind;

use super::{FormatWriter, Truth};
use crate::{
    people::{People, Person, Random},
    traits::Traits,
};

pub(super) const DIALECTS: &[&str] = &["extended", "complete", "single", "hex"];

/// mysqldump begins another INSERT at about its net buffer's length.
const INSERT_BYTES: usize = 1_000_000;

const COLUMNS: &str =
    "`id`, `username`, `email`, `password`, `salt`, `phone`, `last_ip`, `birthday`, `country`, `signature`, `avatar`, `created_at`";

pub(super) struct Mysqldump {
    complete: bool,
    single: bool,
    hex: bool,
    traits: Traits,
    /// Bytes of the INSERT that is open; 0 if none is.
    insert_bytes: usize,
}

impl Mysqldump {
    pub(super) fn new(dialect: &str, traits: Traits) -> Option<Self> {
        DIALECTS.contains(&dialect).then(|| Self {
            complete: dialect == "complete",
            single: dialect == "single",
            hex: dialect == "hex",
            traits,
            insert_bytes: 0,
        })
    }

    fn begin_row(&mut self, out: &mut String) {
        if self.insert_bytes == 0 {
            out.push_str("INSERT INTO `users` ");
            if self.complete {
                out.extend(["(", COLUMNS, ") "]);
            }
            out.push_str("VALUES (");
        } else {
            out.push_str(",(");
        }
    }
}

impl FormatWriter for Mysqldump {
    fn head(&mut self, out: &mut String) {
        out.push_str(include_str!("mysqldump_head.sql"));
    }

    fn draw(&mut self, people: &mut People, random: &mut Random, person: &mut Person) {
        people.next_full(random, person);
    }

    fn row(&mut self, random: &mut Random, person: &Person, out: &mut String, truth: &mut Truth<'_>) {
        let start = out.len();
        self.begin_row(out);
        let signature = match random.below(8) {
            0 if self.traits.contains(Traits::TEXT) => *random.pick(&[
                "INSERT INTO `users` VALUES (1,'x','x@example.com');",
                "it's \"quoted\"\r\nand\tback\\slashed",
                "),(1,'no','row'),(",
                "ctrl-z \u{1a} and `ticks` -- /* no comment */",
            ]),
            0..2 => "Regards",
            _ => "",
        };
        let _ = write!(out, "{}", person.number);
        for value in [&person.username, &person.email, &person.hash, &person.salt, &person.phone, &person.ip, &person.dob] {
            out.push(',');
            push_string(value, out);
        }
        out.push(',');
        push_string(person.country, out);
        out.push(',');
        push_string(signature, out);
        let avatar = format!("{:08X}{:08X}", random.below(u32::MAX), random.below(u32::MAX));
        if self.hex {
            let _ = write!(out, ",0x{avatar}");
        } else {
            out.push_str(",NULL");
        }
        out.push(',');
        push_string(&person.created_at, out);
        out.push(')');
        self.insert_bytes += out.len() - start;
        if self.single || self.insert_bytes > INSERT_BYTES {
            out.push_str(";\n");
            self.insert_bytes = 0;
        }

        truth.field(FieldKind::UserId, &person.number.to_string());
        truth.field(FieldKind::Username, &person.username);
        truth.field(FieldKind::Email, &person.email);
        truth.hash(person.hash_kind, &person.hash, &person.salt);
        truth.field(FieldKind::Phone, &person.phone);
        truth.field(FieldKind::Ip, &person.ip);
        truth.field(FieldKind::Dob, &person.dob);
        truth.field(FieldKind::Country, person.country);
        truth.extra("signature", signature.trim());
        if self.hex {
            truth.extra("avatar", &avatar);
        }
        truth.field(FieldKind::CreatedAt, &format!("{}Z", person.created_at.replace(' ', "T")));
    }

    fn tail(&mut self, _rows: u64, out: &mut String) {
        if self.traits.contains(Traits::TRUNCATED) {
            self.begin_row(out);
            out.push_str("999999999,'cut','cut@exam");
            return;
        }
        if self.insert_bytes > 0 {
            out.push_str(";\n");
        }
        out.push_str(include_str!("mysqldump_tail.sql"));
    }
}

fn push_string(value: &str, out: &mut String) {
    out.push('\'');
    if value.bytes().all(|byte| !matches!(byte, b'\'' | b'"' | b'\\' | b'\n' | b'\r' | b'\0' | 0x1a)) {
        out.push_str(value);
    } else {
        for c in value.chars() {
            match c {
                '\'' => out.push_str("\\'"),
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\0' => out.push_str("\\0"),
                '\u{1a}' => out.push_str("\\Z"),
                c => out.push(c),
            }
        }
    }
    out.push('\'');
}
