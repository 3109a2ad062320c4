//! What no input may do to intake or to a parser: panic, hang, grow, leave bytes unaccounted for, or read otherwise when it is pushed or cut
//! otherwise. libFuzzer makes the inputs, by the coverage of the native code; `cargo xtask fuzz` shows what it kept to the same parser
//! in the sandbox. The target is named by `SLUICE_FUZZ`; with `--list` the targets are told.
#![no_main]

use std::{env, sync::LazyLock};

use libfuzzer_sys::{Corpus, fuzz_target};

mod intake;
mod parser;

type Target = fn(&[u8]);

/// By the name of the plugin's folder.
const TARGETS: &[(&str, Target)] = &[
    ("accounts", parser::fuzz::<sluice_accounts::Accounts>),
    ("bson", parser::fuzz::<sluice_bson::Bson>),
    ("combo", parser::fuzz::<sluice_combo::Combo>),
    ("csv", parser::fuzz::<sluice_csv::Csv>),
    ("intake", intake::fuzz),
    ("json", parser::fuzz::<sluice_json::Json>),
    ("ldif", parser::fuzz::<sluice_ldif::Ldif>),
    ("mail", parser::fuzz::<sluice_mail::Mail>),
    ("mysqldump", parser::fuzz::<sluice_mysqldump::Mysqldump>),
    ("pgdump", parser::fuzz::<sluice_pgdump::Pgdump>),
    ("positional", parser::fuzz::<sluice_positional::Positional>),
    ("sqlite", parser::fuzz::<sluice_sqlite::Sqlite>),
    ("sqlscript", parser::fuzz::<sluice_sqlscript::Script>),
    ("stealer", parser::fuzz::<sluice_stealer::Stealer>),
    ("text", parser::fuzz::<sluice_text::Text>),
    ("vcard", parser::fuzz::<sluice_vcard::Vcard>),
    ("xlsx", parser::fuzz::<sluice_xlsx::Xlsx>),
    ("xml", parser::fuzz::<sluice_xml::Xml>),
];

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let wanted = env::var("SLUICE_FUZZ").unwrap_or_default();
    let names: Vec<_> = TARGETS.iter().map(|(name, _)| *name).collect();
    let target = TARGETS.iter().find(|(name, _)| *name == wanted);
    target.unwrap_or_else(|| panic!("SLUICE_FUZZ is to be one of {}", names.join(" "))).1
});

fuzz_target!(|input: &[u8]| -> Corpus {
    TARGET(input);
    Corpus::Keep
});
