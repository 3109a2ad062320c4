//! Combo lists: a login and a secret a line.

use sluice_record::FieldKind;

use super::{FormatWriter, Truth, push_junk_lines, push_line_end};
use crate::{
    people::{People, Person, Random},
    traits::Traits,
};

pub(super) const DIALECTS: &[&str] =
    &["email-pass", "semicolon", "pipe", "comma", "tab", "space", "mixed", "pass-email", "user-pass", "email-hash", "user-email-hash-salt"];

const SEPARATORS: [char; 6] = [':', ';', '|', ',', '\t', ' '];

enum Order {
    EmailPass,
    PassEmail,
    UserPass,
    EmailHash,
    UserEmailHashSalt,
}

pub(super) struct Combo {
    order: Order,
    /// `None`: another one each line.
    separator: Option<char>,
    traits: Traits,
    captures: bool,
}

impl Combo {
    pub(super) fn new(dialect: &str, traits: Traits) -> Option<Self> {
        let (order, separator) = match dialect {
            "email-pass" => (Order::EmailPass, Some(':')),
            "semicolon" => (Order::EmailPass, Some(';')),
            "pipe" => (Order::EmailPass, Some('|')),
            "comma" => (Order::EmailPass, Some(',')),
            "tab" => (Order::EmailPass, Some('\t')),
            "space" => (Order::EmailPass, Some(' ')),
            "mixed" => (Order::EmailPass, None),
            "pass-email" => (Order::PassEmail, Some(':')),
            "user-pass" => (Order::UserPass, Some(':')),
            "email-hash" => (Order::EmailHash, Some(':')),
            "user-email-hash-salt" => (Order::UserEmailHashSalt, Some(':')),
            _ => return None,
        };
        Some(Self { order, separator, traits, captures: dialect == "email-pass" && traits.contains(Traits::CAPTURES) })
    }
}

impl FormatWriter for Combo {
    fn draw(&mut self, people: &mut People, random: &mut Random, person: &mut Person) {
        match self.order {
            Order::EmailHash | Order::UserEmailHashSalt => people.next_full(random, person),
            _ => people.next_login(random, person),
        }
    }

    fn row(&mut self, random: &mut Random, person: &Person, out: &mut String, truth: &mut Truth<'_>) {
        push_junk_lines(random, self.traits, out);
        let separator = self.separator.unwrap_or_else(|| *random.pick(&SEPARATORS));
        let parts: [(FieldKind, &str); 2] = match self.order {
            Order::EmailPass => [(FieldKind::Email, &person.email), (FieldKind::Password, &person.password)],
            Order::PassEmail => [(FieldKind::Password, &person.password), (FieldKind::Email, &person.email)],
            Order::UserPass => [(FieldKind::Username, &person.username), (FieldKind::Password, &person.password)],
            Order::EmailHash => [(FieldKind::Email, &person.email), (FieldKind::Hash, &person.hash)],
            Order::UserEmailHashSalt => [(FieldKind::Username, &person.username), (FieldKind::Email, &person.email)],
        };
        for (index, (kind, value)) in parts.into_iter().enumerate() {
            if index > 0 {
                out.push(separator);
            }
            out.push_str(value);
            if kind != FieldKind::Hash {
                truth.field(kind, value);
            }
        }
        match self.order {
            Order::EmailHash if person.salt.is_empty() => truth.hash(person.hash_kind, &person.hash, ""),
            Order::EmailHash => {
                out.push(separator);
                out.push_str(&person.salt);
                truth.hash(person.hash_kind, &person.hash, &person.salt);
            }
            Order::UserEmailHashSalt => {
                for value in [&person.hash, &person.salt].into_iter().filter(|value| !value.is_empty()) {
                    out.push(separator);
                    out.push_str(value);
                }
                truth.hash(person.hash_kind, &person.hash, &person.salt);
            }
            _ => {}
        }
        if self.captures && random.one_in(10) {
            let plan = *random.pick(&["Premium", "Free", "Family"]);
            out.push_str(" | Plan = ");
            out.push_str(plan);
            out.push_str(" | Verified = True");
            truth.extra("Plan", plan);
            truth.extra("Verified", "True");
        }
        push_line_end(random, self.traits, out);
    }
}
