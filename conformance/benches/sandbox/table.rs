//! Every official plugin, in the sandbox and natively, beside csv-core on CSV in the same run: a table, and docs/speed.md by `--write`.

use std::{fs, sync::Arc};

use anyhow::{Context, Result, ensure};
use cpu_time::ThreadTime;
use sluice_conformance::measure::{self, Rounds};
use sluice_sandbox::{Plugin, Sandbox};

use crate::{
    Arguments, Tally, inputs,
    inputs::Input,
    natively,
    plain::{self, OnEvents},
    sandboxed,
};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/speed.md");
/// Of csv-core's speed, that below which a plugin has to say why.
const REASON_BELOW: f64 = 0.25;

type Natively = fn(&[u8], usize, OnEvents<'_>) -> Result<()>;

/// A plugin, the same code natively, and why it is slow if it is.
const OFFICIAL: [(&str, Natively, &str); 17] = [
    (
        "accounts",
        natively::<sluice_accounts::Accounts>,
        "each line is asked what it is, digit by digit; to know the kind of a potfile's bare digest up to four are computed.",
    ),
    (
        "bson",
        natively::<sluice_bson::Bson>,
        "a value has a name and a length before it, of some bytes each; times and numbers are written as text.",
    ),
    ("combo", natively::<sluice_combo::Combo>, ""),
    ("csv", natively::<sluice_csv::Csv>, ""),
    ("json", natively::<sluice_json::Json>, ""),
    (
        "ldif",
        natively::<sluice_ldif::Ldif>,
        "an entry is some short lines: each is unfolded, its name is asked what it means, and base64 is decoded; that has not been made quick.",
    ),
    ("mail", natively::<sluice_mail::Mail>, ""),
    ("mysqldump", natively::<sluice_mysqldump::Mysqldump>, ""),
    ("pgdump", natively::<sluice_pgdump::Pgdump>, ""),
    ("positional", natively::<sluice_positional::Positional>, ""),
    ("sqlite", natively::<sluice_sqlite::Sqlite>, ""),
    ("sqlscript", natively::<sluice_sqlscript::Script>, ""),
    ("stealer", natively::<sluice_stealer::Stealer>, ""),
    (
        "text",
        natively::<sluice_text::Text>,
        "what stands on both sides of every `@` decides whether it is an address, so speed goes by addresses and not by bytes.",
    ),
    (
        "vcard",
        natively::<sluice_vcard::Vcard>,
        "each line of a card is unfolded, split into a name, parameters and parts, and asked what it means; that has not been made quick.",
    ),
    (
        "xlsx",
        natively::<sluice_xlsx::Xlsx>,
        "a cell is a tag, a number and the place of a text that is kept elsewhere: most bytes are markup, and texts are copied and looked up.",
    ),
    (
        "xml",
        natively::<sluice_xml::Xml>,
        "most bytes are markup: each value stands between two tags, whose name and attributes say what it is.",
    ),
];

struct Row {
    name: &'static str,
    natively: Natively,
    reason: &'static str,
    plugin: Arc<Plugin>,
    input: Input,
    tally: Tally,
    sandbox: Rounds,
    native: Rounds,
}

impl Row {
    fn mb(&self) -> f64 {
        self.input.bytes.len() as f64 / 1e6
    }
}

/// Measures, and prints what it measured.
pub(crate) fn run(sandbox: &Sandbox, arguments: &Arguments) -> Result<()> {
    let (push_bytes, bytes) = (arguments.push_kib << 10, arguments.mb as usize * 1_000_000 / 2);
    let mut rows = Vec::new();
    for (name, natively, reason) in OFFICIAL {
        if arguments.is_wanted(name) {
            let component =
                fs::read(arguments.plugin_dir.join(name).with_extension("wasm")).context("`cargo xtask plugins` builds them")?;
            let (plugin, input) = (sandbox.load(&component)?, inputs::of(name, bytes)?);
            let tally = tallied(|on| natively(&input.bytes, push_bytes, on))?.0;
            ensure!(tally.records >= input.people, "{name} finds {} records, and there are {} people", tally.records, input.people);
            rows.push(Row { name, natively, reason, plugin, input, tally, sandbox: Rounds::new(), native: Rounds::new() });
        }
    }
    let (csv, mut core) = (inputs::of("csv", bytes)?.bytes, Rounds::new());
    for _ in 0..arguments.rounds {
        core.push(tallied(|_| crate::done(plain::csv_core(&csv)))?.1);
        for row in &mut rows {
            let (tally, seconds) = tallied(|on| sandboxed(&row.plugin, &row.input.bytes, push_bytes, on))?;
            ensure!(tally == row.tally, "{} finds {tally:?} in the sandbox, and {:?} natively", row.name, row.tally);
            row.sandbox.push(seconds);
            row.native.push(tallied(|on| (row.natively)(&row.input.bytes, push_bytes, on))?.1);
        }
    }
    let text = told(&rows, csv.len() as f64 / 1e6 / core.least());
    println!("\n{text}");
    if arguments.write {
        let command = "cargo xtask bench sandbox --table --write";
        fs::write(DOCUMENT, format!("# Speed of the plugins\n\nMade by `{command}`; {}.\n\n{text}", measure::machine()))?;
    }
    Ok(())
}

/// What is found, and the seconds of the thread's time that it takes.
fn tallied(run: impl FnOnce(OnEvents<'_>) -> Result<()>) -> Result<(Tally, f64)> {
    let (mut tally, begun) = (Tally::default(), ThreadTime::now());
    run(&mut |_, events, _| tally.add(events))?;
    Ok((tally, begun.elapsed().as_secs_f64()))
}

/// What the sandbox costs, as a profiler and a run without deadlines have told.
const WHY_SLOWER: &str = "\n\
    A plugin is asked at each turn of a loop whether its time is up, and what a loop needs is kept through that question in memory and not in\n\
    registers: without it, on an Intel Xeon, text reached 0.58 of its native speed for 0.42, xml 0.57 for 0.39, mail 0.68 for 0.53, and loops\n\
    that go byte by byte pay most. Comparing slices is a call that goes byte by byte too: the kit has `text::is_same` for what is hot.\n";

/// The table and the reasons, as Markdown.
fn told(rows: &[Row], core: f64) -> String {
    let mut text = format!(
        "One thread, its CPU time, the best of {} rounds: a plugin in the sandbox, with all that it says copied out and checked; the same code\n\
         natively, which nobody checks; both out of the buffer that a push is read into, as the worker does; and csv-core on the input where it\n\
         lies, which splits CSV and makes no records, at {core:.0} MB/s in the same run.\n\n\
         | plugin | reads | MB | records | sandbox MB/s | 1000 records/s | natively MB/s | sandbox ÷ native | sandbox ÷ csv-core |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        rows.first().map_or(0, |row| row.sandbox.count())
    );
    let mut slow = String::new();
    for row in rows {
        let (sandbox, native) = (row.mb() / row.sandbox.least(), row.mb() / row.native.least());
        let Row { name, input, tally, reason, .. } = row;
        let (records, thousands) = (tally.records, tally.records as f64 / row.sandbox.least() / 1e3);
        text += &format!(
            "| {name} | {} | {:.0} | {records} | {sandbox:.0} | {thousands:.0} | {native:.0} | {:.2} | {:.2} |\n",
            input.what,
            row.mb(),
            sandbox / native,
            sandbox / core
        );
        if sandbox < core * REASON_BELOW {
            slow += &format!("- **{name}**: {}\n", if reason.is_empty() { "no reason is written down." } else { reason });
        }
    }
    text += WHY_SLOWER;
    if !slow.is_empty() {
        text += &format!("\n## Below a quarter of csv-core\n{slow}");
    }
    text
}
