//! `cargo xtask bench sandbox`: what the sandbox costs, and what a plugin in it does against parsers without one; and a table of all
//! official plugins.
//!
//! One thread, synthetic input, epoch interruption on, 256 KiB pushes as the worker makes them. Every contestant reads the same bytes in
//! the same run, round by round in turn. Before anything is timed, those that make records must make the same ones: number, order, kinds
//! and bytes of all values are compared. Times are the thread's CPU time, because other work on the machine is nobody's fault here.
//!
//! A plugin, sandboxed or native, gets its bytes out of a buffer that they are read into, as the worker gives them; the references get the
//! input where it lies. The sandboxed plugin's way includes the copy into the guest, the calls over the border, the copy of the events
//! out of it, and the check that they tile the input; natively nobody checks. Guests are built as ever (`opt-level` 3,
//! LTO, simd128), natives with this workspace's release profile (`opt-level` 3, no LTO across crates); the kit's hot functions are inlined
//! in both.
#![allow(clippy::print_stdout)] // a bench talks

mod inputs;
mod plain;
mod table;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    hint::black_box,
    path::PathBuf,
    sync::Arc,
};

use anyhow::{Context, Error, Result, ensure};
use clap::Parser;
use cpu_time::ThreadTime;
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    measure::{self, Rounds, Target},
};
use sluice_plugin::{Buffers, native};
use sluice_record::{Batch, Event, FieldKind, Tag, limits};
use sluice_sandbox::{Plugin, Sandbox, SandboxConfig, Start};

use crate::plain::OnEvents;

#[derive(clap::Parser)]
struct Arguments {
    /// Input, MB a format.
    #[arg(long, default_value_t = 70)]
    mb: u64,
    /// Rounds; each contestant runs once in each.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// Only this plugin.
    #[arg(long)]
    format: Option<String>,
    /// Only the table of all plugins.
    #[arg(long)]
    table: bool,
    /// Write the table to docs/speed.md.
    #[arg(long)]
    write: bool,
    /// Only contestants whose name begins with one of these letters.
    #[arg(long)]
    only: Option<String>,
    /// Bytes in one push, KiB; as the worker does it unless given.
    #[arg(long, default_value_t = limits::PUSH_BYTES >> 10)]
    push_kib: usize,
    /// Folder of the plugins' components.
    #[arg(long, env = "SLUICE_PLUGIN_DIR")]
    plugin_dir: PathBuf,
    /// Folder of the components that tell what the kit's comfort costs.
    #[arg(long, env = "SLUICE_COMFORT_DIR")]
    comfort_dir: PathBuf,
    /// Said by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Arguments {
    fn is_wanted(&self, plugin: &str) -> bool {
        self.format.as_deref().is_none_or(|only| only == plugin)
    }
}

/// What all contestants do with the records they find.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
struct Tally {
    records: u64,
    values: u64,
    value_bytes: u64,
}

impl Tally {
    fn add(&mut self, events: &[u64]) {
        for event in events.iter().map(|word| Event(*word)) {
            let is_value = u64::from(event.tag() >= FieldKind::Email.tag());
            self.records += u64::from(event.tag() == Tag::RECORD.0);
            self.values += is_value;
            self.value_bytes += is_value * u64::from(event.span().len);
        }
    }
}

/// What records there are: only for comparing, before anything is timed.
#[derive(Default)]
struct Digest {
    tally: Tally,
    hasher: DefaultHasher,
}

impl Digest {
    fn add(&mut self, input: &[u8], events: &[u64], arena: &[u8]) {
        self.tally.add(events);
        for event in events.iter().map(|word| Event(*word)) {
            let (tag, span) = (event.tag(), event.span());
            if tag == Tag::RECORD.0 {
                tag.hash(&mut self.hasher);
            } else if tag >= FieldKind::Email.tag() {
                let from = if span.arena { arena } else { input };
                // Columns without a kind are numbered as each parser likes.
                tag.min(Tag::EXTRA_MIN).hash(&mut self.hasher);
                from[span.offset as usize..][..span.len as usize].hash(&mut self.hasher);
            }
        }
    }
}

type Plain = fn(&[u8], OnEvents<'_>);
/// One who reads the input and hands on events, or nothing if it makes no records.
type Run<'a> = Box<dyn Fn(OnEvents<'_>) -> Result<()> + 'a>;

struct Contestant<'a> {
    name: &'static str,
    does: &'static str,
    run: Run<'a>,
    seconds: Rounds,
}

/// Speed of the first against the second, and what it must reach.
type Wanted = (&'static str, &'static str, f64);

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    println!("{}; MB/s of the thread's CPU time", measure::machine());
    let sandbox = Sandbox::new(&SandboxConfig::default())?;
    for (name, format) in [("combo", Format::Combo), ("csv", Format::Csv), ("mysqldump", Format::Mysqldump)] {
        if arguments.table || !arguments.is_wanted(name) {
            continue;
        }
        let mut input = Vec::new();
        Recipe::new(format, Size::Bytes(arguments.mb * 1_000_000), 1).write_text(&mut input, None)?;
        let component =
            std::fs::read(arguments.plugin_dir.join(name).with_extension("wasm")).context("`cargo xtask plugins` builds them")?;
        let plugin = sandbox.load(&component)?;
        let push_bytes = arguments.push_kib << 10;
        let (contestants, wanted) = contestants(format, &input, &plugin, push_bytes);
        race(name, &input, contestants, &wanted, &arguments)?;
        if format == Format::Combo {
            comfort(&sandbox, &input, &arguments)?;
        }
    }
    table::run(&sandbox, &arguments)
}

/// What the kit's builder costs: a small parser with `out.record(…).email(…).password(…).end()`, and with events packed by hand, in the
/// sandbox as every plugin, and natively, where nothing is around it.
fn comfort(sandbox: &Sandbox, input: &[u8], arguments: &Arguments) -> Result<()> {
    let push_bytes = arguments.push_kib << 10;
    let load = |name: &str| -> Result<Arc<Plugin>> {
        let path = arguments.comfort_dir.join(name).with_extension("wasm");
        Ok(sandbox.load(&std::fs::read(path).context("`cargo xtask bench sandbox` builds it")?)?)
    };
    let (built, packed) = (load("built")?, load("packed")?);
    let wanted = [("builder", "by hand", 0.95)];
    let entered: [(&str, &str, Run<'_>); 2] = [
        ("builder", "a small parser with the kit's builder", Box::new(|on| sandboxed(&built, input, push_bytes, on))),
        ("by hand", "the same, events packed by hand", Box::new(|on| sandboxed(&packed, input, push_bytes, on))),
    ];
    race("the kit's comfort", input, entered.map(contestant).into(), &wanted, arguments)?;
    let entered: [(&str, &str, Run<'_>); 2] = [
        ("builder", "as above", Box::new(|on| natively::<sluice_comfort_built::Built>(input, push_bytes, on))),
        ("by hand", "as above", Box::new(|on| packed_natively(input, push_bytes, on))),
    ];
    race("the kit's comfort natively, without anything around it", input, entered.map(contestant).into(), &wanted, arguments)
}

fn packed_natively(input: &[u8], push_bytes: usize, on_events: OnEvents<'_>) -> Result<()> {
    let mut events = Vec::new();
    pushes(input, push_bytes, |_, chunk, _| Ok(sluice_comfort_packed::push(chunk, &mut events, |events| on_events(chunk, events, b""))))
}

fn contestant<'a>((name, does, run): (&'static str, &'static str, Run<'a>)) -> Contestant<'a> {
    Contestant { name, does, run, seconds: Rounds::new() }
}

fn contestants<'a>(format: Format, input: &'a [u8], plugin: &'a Arc<Plugin>, push_bytes: usize) -> (Vec<Contestant<'a>>, Vec<Wanted>) {
    let mut wanted = vec![("sandbox", "native", 0.6), ("sandbox", "plain", 1.3)];
    let native: Run<'a> = match format {
        Format::Csv => Box::new(move |on| natively::<sluice_csv::Csv>(input, push_bytes, on)),
        Format::Mysqldump => Box::new(move |on| natively::<sluice_mysqldump::Mysqldump>(input, push_bytes, on)),
        Format::Combo | Format::Ulp => Box::new(move |on| natively::<sluice_combo::Combo>(input, push_bytes, on)),
    };
    let (plain, helped): (Plain, Plain) = match format {
        Format::Csv => (plain::csv::<false>, plain::csv::<true>),
        Format::Mysqldump => (plain::mysqldump::<false>, plain::mysqldump::<true>),
        Format::Combo | Format::Ulp => (plain::combo::<false>, plain::combo::<true>),
    };
    let plainly = |parse: Plain| -> Run<'a> {
        Box::new(move |on| {
            parse(input, on);
            Ok(())
        })
    };
    let mut entered: Vec<(&'static str, &'static str, Run<'a>)> = vec![
        ("sandbox", "the plugin in the sandbox: records, checked", Box::new(move |on| sandboxed(plugin, input, push_bytes, on))),
        ("native", "the plugin's code natively: records", native),
        ("plain", "memchr, native, one dialect: the same records", plainly(plain)),
        ("and kit", "plain, but hashes told by the kit", plainly(helped)),
    ];
    if format == Format::Csv {
        entered.push(("csv-core", "splits and unquotes fields", Box::new(|_| done(plain::csv_core(input)))));
        entered.push(("csv crate", "the same into its byte record", Box::new(|_| plain::csv_crate(input).and_then(done))));
        wanted.push(("sandbox", "csv-core", 1.4));
    }
    entered.push(("line ends", "memchr of line ends, nothing else", Box::new(|_| done(plain::lines(input)))));
    (entered.into_iter().map(contestant).collect(), wanted)
}

/// For those that make no records.
fn done<T>(found: T) -> Result<()> {
    black_box(found);
    Ok(())
}

/// All in turn, again and again, after they have shown that they find the same.
fn race(title: &str, input: &[u8], mut contestants: Vec<Contestant<'_>>, wanted: &[Wanted], arguments: &Arguments) -> Result<()> {
    contestants.retain(|each| arguments.only.as_ref().is_none_or(|only| each.name.starts_with(|first| only.contains(first))));
    let mut expected = None;
    for each in &contestants {
        let mut digest = Digest::default();
        (each.run)(&mut |input, events, arena| digest.add(input, events, arena))?;
        if digest.tally != Tally::default() {
            let found = (digest.tally, digest.hasher.finish());
            let expected = *expected.get_or_insert(found);
            ensure!(found == expected, "{} found {found:?}, and not {expected:?}", each.name);
        }
    }
    let Tally { records, values, .. } = expected.unwrap_or_default().0;
    println!("\n{title}: {} bytes; all that make records make the same {records} of {values} values", input.len());
    for _ in 0..arguments.rounds {
        for each in &mut contestants {
            let mut tally = Tally::default();
            let begun = ThreadTime::now();
            (each.run)(&mut |_, events, _| tally.add(events))?;
            each.seconds.push(begun.elapsed().as_secs_f64());
            black_box(tally);
        }
    }
    let rate = |seconds: f64| input.len() as f64 / 1e6 / seconds;
    for Contestant { name, does, seconds, .. } in &contestants {
        println!("  {name:<10}{:>6.0} MB/s best {:>6.0} median   {does}", rate(seconds.least()), rate(seconds.median()));
    }
    for (name, reference, least) in wanted {
        let find = |name: &str| contestants.iter().find(|each| each.name == name).map(|each| &each.seconds);
        let (Some(one), Some(other)) = (find(name), find(reference)) else { continue };
        let (best, median) = (other.least() / one.least(), other.median() / one.median());
        println!("  {name} / {reference}: {best:.2} of the best, {median:.2} of the medians");
        println!("  {}", Target::AtLeast(*least).line(&format!("{title}, {name} against {reference}"), best, ""));
    }
    Ok(())
}

fn sandboxed(plugin: &Plugin, input: &[u8], push_bytes: usize, on_events: OnEvents<'_>) -> Result<()> {
    let mut instance = plugin.open(Start::default())?;
    let mut batch = Batch::default();
    pushes(input, push_bytes, |at, chunk, last| {
        let consumed = instance.push(at as u64, chunk, last, &mut batch)?;
        on_events(chunk, &batch.events, &batch.arena);
        Ok(consumed)
    })
}

/// The same code without the sandbox: events are handed on as the kit hands them to the border.
fn natively<P: sluice_plugin::Parser>(input: &[u8], push_bytes: usize, on_events: OnEvents<'_>) -> Result<()> {
    let mut parser = P::open(&sluice_plugin::Start::default()).map_err(Error::msg)?;
    let mut buffers = Buffers::default();
    pushes(input, push_bytes, |at, chunk, last| {
        let mut emit = |events: &[u64], arena: &[u8]| on_events(chunk, events, arena);
        native::push(&mut parser, &mut buffers, at as u64, chunk, last, &mut emit).map_err(Error::msg)
    })
}

/// The input, a push at a time, out of the buffer that it is read into first, as the worker does; what was not consumed comes again with
/// as many new bytes as ever.
fn pushes(input: &[u8], push_bytes: usize, mut push: impl FnMut(usize, &[u8], bool) -> Result<usize>) -> Result<()> {
    let (mut at, mut unread, mut buffer) = (0, input, Vec::new());
    while at < input.len() {
        let read;
        (read, unread) = unread.split_at(push_bytes.min(unread.len()));
        buffer.extend_from_slice(read);
        let consumed = push(at, &buffer, unread.is_empty())?;
        buffer.drain(..consumed);
        at += consumed;
    }
    Ok(())
}
