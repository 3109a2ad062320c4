//! `sluice parse`: records of any file as JSON lines, at once, without a server, on all cores.
//!
//! ```text
//! this thread                    lanes, one a core                writer thread
//! walk ─ decode ─ cut ──chunks──▶ parse ─ JSON ──in order──▶ standard output or a file
//! ```
//! A member is decoded and cut as it is read: nothing is staged, so the first record is out long before the last byte is in.

mod cut;
mod json;
mod report;
mod watch;

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use anyhow::{Context, Result, bail};
use cap_std::{ambient_authority, fs::Dir};
use sluice_intake::{Blob, FileBlob, IntakeError, IntakeLimits, Member, Walking};
use sluice_record::{Batch, InputKind};
use sluice_sandbox::{ChunkError, Feed, Plugin, Start, parse_chunk};
use sluice_worker::{PluginSet, groups, tournament};

use self::{
    cut::{Cutter, Piece},
    json::Lines,
    report::{MemberReport, Report},
};
use crate::{
    exit::{Failure, Sysexit},
    passwords::Passwords,
    plugins,
};

/// Print the records of files as JSON lines; no server needed.
///
/// Any container and encoding the service reads is read here. Records go to standard output (or --out) in the file's order,
/// rejects and totals to standard error. Each plugin looks at a sample and the best claim wins; --plugin overrules.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Files to read; archives are opened.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Use this plugin (name or digest) instead of the best claim.
    #[arg(long, value_name = "PLUGIN")]
    plugin: Option<String>,
    #[command(flatten)]
    passwords: Passwords,
    /// Write records here instead of standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Folder of plugins (*.wasm).
    #[arg(long, env = "SLUICE_PLUGIN_DIR", value_name = "DIR")]
    plugin_dir: Option<PathBuf>,
    /// Show every plugin's claim and its reason, and parse nothing.
    #[arg(long)]
    explain: bool,
    /// Totals on standard error as one JSON object.
    #[arg(long)]
    json: bool,
    /// Stay, and read the files anew when they or a plugin of the folder change: what is another record than before is shown. In a plugin's
    /// own folder its sources are built when they are saved.
    #[arg(long, conflicts_with_all = ["out", "explain"])]
    watch: bool,
    /// Parser threads; the default is one a core.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// Chunks on their way a lane: enough that no lane waits, few enough that memory stays small.
const CHUNKS_AHEAD_PER_LANE: usize = 3;
/// Members that one was joined of, shown by `--explain`.
const PARTS_SHOWN_MAX: usize = 5;
/// Rejects shown one by one for each member.
const REJECTS_SHOWN_MAX: usize = 10;

pub(crate) fn run(args: &Args) -> Result<()> {
    // Before anything is printed, or waited for.
    args.files.iter().try_for_each(|file| open(file).map(drop))?;
    if args.watch {
        return watch::run(args);
    }
    let plugins = plugins::for_parse(args.plugin_dir.as_deref())?;
    if args.explain {
        let passwords = args.passwords.all()?;
        return args.files.iter().try_for_each(|file| explain(file, &passwords, &plugins));
    }
    let out: Box<dyn Write + Send> = match &args.out {
        Some(path) => Box::new(File::create(path).map_err(|error| cannot_write(&path.display(), &error))?),
        None => Box::new(io::stdout()),
    };
    let Some(report) = read(args, &plugins, out)? else { return Ok(()) };
    report.print(args.json)?;
    if report.unclaimed() > 0 {
        bail!(Failure::new(
            Sysexit::DataErr,
            format!("{} of {} members were claimed by no plugin, or by two alike", report.unclaimed(), report.members()),
            "see the claims with `sluice parse --explain FILE`, choose one with --plugin",
        ));
    }
    if report.is_failed() {
        bail!(Failure::new(Sysexit::DataErr, "not everything could be read; the report above says what", ""));
    }
    Ok(())
}

/// Reads all files; no report if nobody wants the records any more.
fn read(args: &Args, plugins: &PluginSet, out: Box<dyn Write + Send>) -> Result<Option<Report>> {
    let chosen = match &args.plugin {
        Some(wanted) => Some(plugins.find(wanted).cloned().ok_or_else(|| plugins::unknown(plugins, wanted))?),
        None => None,
    };
    let asked: Vec<_> = chosen.clone().map_or_else(|| plugins.active().cloned().collect(), |plugin| vec![plugin]);
    let passwords = args.passwords.all()?;
    let lanes = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, std::num::NonZero::get)).max(1);
    with_lanes(lanes, out, |sender| {
        let mut report = Report::default();
        for file in &args.files {
            let mut reading = Reading { chosen: chosen.as_ref(), asked: &asked, sender, report: &mut report, file };
            let notes = walk(file, &passwords, &asked, &mut |member| reading.member(member))?;
            report.notes(file, notes);
        }
        Ok(report)
    })
}

type Walked = Result<Vec<sluice_record::MemberNote>>;

/// Walks a file, what the plugins `asked` say belongs together joined.
fn walk(file: &Path, passwords: &[String], asked: &[Arc<Plugin>], visit: &mut dyn FnMut(&mut Member<'_>) -> Result<(), Stop>) -> Walked {
    let dump = open(file)?;
    let scratch = Dir::open_ambient_dir(std::env::temp_dir(), ambient_authority()).context("cannot open the folder for temporary files")?;
    let name = file.file_name().map_or_else(|| "-".into(), |name| name.to_string_lossy());
    let form = &mut |names: &[String]| {
        let mut faults = Vec::new();
        let formed = groups(asked, names, &mut faults);
        faults.iter().for_each(|fault| tracing::warn!("a plugin's groups failed: {fault}"));
        Ok(formed)
    };
    let with = Walking { name: &name, passwords, limits: &IntakeLimits::default(), scratch: &scratch };
    sluice_intake::walk_joined(&dump, with, form, visit).map_err(|Stop(error)| error.context(file.display().to_string()))
}

fn open(file: &Path) -> Result<Arc<dyn Blob>> {
    let no_input = |error: &dyn std::fmt::Display| {
        Failure::new(Sysexit::NoInput, format!("cannot read {}: {error}", file.display()), "is the path right, and may you read it?")
    };
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let dir = Dir::open_ambient_dir(parent, ambient_authority()).map_err(|error| no_input(&error))?;
    let name = file.file_name().ok_or_else(|| no_input(&"it is no file"))?;
    let opened = dir.open(name).map_err(|error| no_input(&error))?;
    if !opened.metadata()?.is_file() {
        bail!(no_input(&"it is no regular file"));
    }
    Ok(Arc::new(FileBlob::new(opened)?))
}

/// Was it joined on the word of a plugin that is not the one to read it?
fn is_to_break_up(member: &Member<'_>, asked: &[Arc<Plugin>], winner: Option<&Arc<Plugin>>) -> bool {
    member.grouped_by().is_some_and(|by| winner.is_none_or(|winner| winner.digest() != asked[by].digest()))
}

/// Says of each member which plugins claim it, and what is to be done where none does, or two do alike.
fn explain(file: &Path, passwords: &[String], plugins: &PluginSet) -> Result<()> {
    let asked: Vec<_> = plugins.active().cloned().collect();
    let notes = walk(file, passwords, &asked, &mut |member| {
        let tournament = tournament(&asked, member)?;
        if is_to_break_up(member, &asked, tournament.winner()) {
            member.break_up();
            return Ok(());
        }
        let mut out = io::stdout().lock();
        writeln!(out, "{}", member.name())?;
        if let Some(others) = member.parts().get(1..) {
            let names: Vec<_> = others.iter().take(PARTS_SHOWN_MAX).map(|part| part.name.as_str()).collect();
            let more = if others.len() > names.len() { format!(" and {} more", others.len() - names.len()) } else { String::new() };
            writeln!(out, "    with {}{more}", names.join(", "))?;
        }
        for (plugin, claim) in &tournament.claims {
            let mark = if tournament.winner().is_some_and(|winner| Arc::ptr_eq(winner, plugin)) { "→" } else { " " };
            writeln!(out, "  {mark} {:<12} {:>3}  {}", plugin.descriptor().name, claim.confidence, claim.reason)?;
        }
        for fault in &tournament.faults {
            writeln!(out, "  ! {fault}")?;
        }
        if tournament.claims.is_empty() {
            writeln!(out, "    no plugin claims it; --plugin NAME reads it all the same")?;
        } else if tournament.winner().is_none() {
            writeln!(out, "    a tie: choose with --plugin NAME")?;
        }
        Ok(())
    })?;
    for note in notes {
        writeln!(io::stdout().lock(), "{}\n    left out: {}", note.name, note.reason)?;
    }
    Ok(())
}

fn cannot_write(what: &dyn std::fmt::Display, error: &io::Error) -> Failure {
    Failure::new(
        Sysexit::OsErr,
        format!("cannot write {what}: {error}"),
        "is there room, and may you write there? --out names another file",
    )
}

/// Why reading a dump ended early.
struct Stop(anyhow::Error);

impl From<IntakeError> for Stop {
    fn from(error: IntakeError) -> Self {
        let message = error.to_string();
        Self(match error {
            IntakeError::Io { .. } => anyhow::Error::new(error),
            _ => Failure::new(Sysexit::DataErr, message, "").into(),
        })
    }
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self(error.into())
    }
}

/// A chunk on its way to a lane, and where its lines are to go.
struct Work {
    plugin: Arc<Plugin>,
    piece: Piece,
    done: SyncSender<Done>,
}

/// What became of a chunk.
struct Done {
    lines: Vec<u8>,
    report: MemberReport,
}

/// Where the reading thread hands chunks on.
struct Sender {
    work: crossbeam_channel::Sender<Work>,
    order: SyncSender<Receiver<Done>>,
}

impl Sender {
    /// Queues a chunk; an error says that nobody writes any more, and the writer's own error tells why.
    fn send(&self, plugin: &Arc<Plugin>, piece: Piece) -> Result<()> {
        let (done, receiver) = sync_channel(1);
        let gone = || anyhow::anyhow!("writing stopped");
        self.order.send(receiver).map_err(|_| gone())?;
        self.work.send(Work { plugin: plugin.clone(), piece, done }).map_err(|_| gone())
    }
}

/// Runs the lanes and the writer around `read`. No report if nobody wants the records any more.
fn with_lanes(lanes: usize, out: Box<dyn Write + Send>, read: impl FnOnce(&Sender) -> Result<Report>) -> Result<Option<Report>> {
    thread::scope(|scope| {
        let (work, to_do) = crossbeam_channel::bounded::<Work>(lanes * CHUNKS_AHEAD_PER_LANE);
        let (order, in_order) = sync_channel(lanes * CHUNKS_AHEAD_PER_LANE);
        let (written, spare) = crossbeam_channel::bounded(lanes * CHUNKS_AHEAD_PER_LANE);
        for _ in 0..lanes {
            let (to_do, spare) = (to_do.clone(), spare.clone());
            scope.spawn(move || {
                for work in to_do {
                    // The writer is gone if it failed; the reader will notice.
                    let _ = work.done.send(parse(&work.plugin, &work.piece, spare.try_recv().unwrap_or_default()));
                }
            });
        }
        let writer = scope.spawn(move || write(&in_order, &written, out));
        let sender = Sender { work, order };
        let read = read(&sender);
        drop(sender);
        let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match written {
            // Whoever reads our output has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            Err(error) => Err(cannot_write(&"the records", &error).into()),
            Ok(members) => {
                let mut report = read?;
                report.take(members);
                Ok(Some(report))
            }
        }
    })
}

/// Writes chunks' lines in order, and gives their buffers back to be filled again: fresh memory is slow.
fn write(
    in_order: &Receiver<Receiver<Done>>,
    written: &crossbeam_channel::Sender<Vec<u8>>,
    mut out: Box<dyn Write + Send>,
) -> io::Result<Vec<MemberReport>> {
    let mut members: Vec<MemberReport> = Vec::new();
    for receiver in in_order {
        // A lane that ended without an answer has panicked, and its panic is passed on when it is joined.
        let Ok(done) = receiver.recv() else { continue };
        out.write_all(&done.lines)?;
        // If there are enough of them it is dropped.
        let _ = written.try_send(done.lines);
        match members.last_mut() {
            Some(last) if last.number == done.report.number => last.add(done.report),
            _ => members.push(done.report),
        }
    }
    out.flush()?;
    Ok(members)
}

/// Reads a chunk; its lines go into the memory of `spare`.
fn parse(plugin: &Plugin, piece: &Piece, spare: Vec<u8>) -> Done {
    let mut lines = Lines::reuse(spare);
    let mut report = MemberReport::new(piece.member, piece.bytes.len() as u64);
    let mut rest = piece.bytes.as_slice();
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        buffer.extend_from_slice(rest.split_off(..wanted.min(rest.len())).unwrap_or_default());
        Ok::<_, std::convert::Infallible>(!rest.is_empty())
    };
    let start = Start { name: &piece.name, base: piece.start, context: &piece.context, options: "", parts: &piece.parts };
    let parsed = parse_chunk(plugin, start, Feed::default(), &mut read, &mut |batch: &mut Batch| {
        lines.batch(batch, &mut report);
        Ok(())
    });
    if let Err(ChunkError::Fault(fault)) = parsed {
        report.faults.push(fault.to_string());
    }
    Done { lines: lines.into_bytes(), report }
}

/// Reads members and hands their chunks on.
struct Reading<'a> {
    chosen: Option<&'a Arc<Plugin>>,
    /// Who is asked what each member is, and which belong together.
    asked: &'a [Arc<Plugin>],
    sender: &'a Sender,
    report: &'a mut Report,
    file: &'a Path,
}

impl Reading<'_> {
    fn member(&mut self, member: &mut Member<'_>) -> Result<(), Stop> {
        let winner = match self.chosen {
            Some(plugin) => Some(plugin.clone()),
            None => tournament(self.asked, member)?.winner().cloned(),
        };
        if is_to_break_up(member, self.asked, winner.as_ref()) {
            member.break_up();
            return Ok(());
        }
        let Some(plugin) = winner else {
            self.report.begin(self.file, member.name(), None);
            return Ok(());
        };
        let number = self.report.begin(self.file, member.name(), Some(&plugin.descriptor().name));
        let want: InputKind = plugin.descriptor().input;
        let mut cutter = Cutter::new(&plugin, number, member.name(), member.parts())?;
        let decoded = sluice_intake::decode(member, want, &mut |text: &mut Vec<u8>| -> Result<(), Stop> {
            cutter.add(text, &mut |piece| self.sender.send(&plugin, piece)).map_err(Stop)
        });
        match decoded {
            Ok(encoding) => self.report.encoding(encoding),
            Err(Stop(error)) if error.downcast_ref::<Failure>().is_some() => self.report.failed(error.to_string()),
            Err(stop) => return Err(stop),
        }
        cutter.finish(&mut |piece| self.sender.send(&plugin, piece)).map_err(Stop)
    }
}
