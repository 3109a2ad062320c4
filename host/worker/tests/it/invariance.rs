//! The same records whatever the size of a push and wherever chunks are cut: properties over generated dumps, drawn from a fixed seed.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use proptest::{
    prelude::*,
    test_runner::{RngAlgorithm, TestRng, TestRunner},
};
use sluice_conformance::{
    formats::Format,
    generate::{Recipe, Size},
    traits::Traits,
};
use sluice_intake::{SourceKind, StagedReader, chunks_from_cuts, cut_lines};
use sluice_record::{Batch, Chunk, Framing, Item, Tag};
use sluice_sandbox::{Feed, Plugin, Sandbox, SandboxConfig, Start, parse_chunk, scan_member};
use sluice_worker::PluginSet;

static PLUGINS: LazyLock<PluginSet> = LazyLock::new(|| {
    let beside = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("plugins");
    let folder = std::env::var_os("SLUICE_PLUGIN_DIR").map_or_else(beside, PathBuf::from);
    let sandbox = Sandbox::new(&SandboxConfig::default()).unwrap();
    let mut set = PluginSet::default();
    for name in ["combo", "csv", "mysqldump"] {
        let component = std::fs::read(folder.join(format!("{name}.wasm"))).expect("`cargo xtask plugins` builds them");
        set.activate(sandbox.load(&component).unwrap());
    }
    set
});

fn plugin(format: Format) -> &'static Arc<Plugin> {
    let name = match format {
        Format::Combo | Format::Ulp => "combo",
        Format::Csv => "csv",
        Format::Mysqldump => "mysqldump",
    };
    PLUGINS.find(name).unwrap()
}

/// What a stretch became; skips are no records, and where one ends is nobody's business.
#[derive(PartialEq, Eq, Debug)]
enum Row {
    Record(u64, u32, Vec<(String, Vec<u8>)>),
    Reject(u64, u32, Vec<u8>),
}

fn rows(plugin: &Plugin, text: &[u8], chunks: &[Chunk], feed: Feed) -> Vec<Row> {
    let mut rows = Vec::new();
    for chunk in chunks {
        let mut columns = vec![String::new(); 256];
        let mut rest = &text[chunk.start as usize..chunk.end as usize];
        let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
            let (now, later) = rest.split_at(wanted.min(rest.len()));
            buffer.extend_from_slice(now);
            rest = later;
            Ok(!rest.is_empty())
        };
        let mut gather = |batch: &mut Batch| {
            for item in batch.items() {
                match item {
                    Item::Record { span, fields } => {
                        let name = |tag: u8| if tag < Tag::EXTRA_MIN { tag.to_string() } else { columns[usize::from(tag)].clone() };
                        let fields = fields.map(|field| (name(field.tag), field.value.to_vec())).collect();
                        rows.push(Row::Record(batch.base + u64::from(span.offset), span.len, fields));
                    }
                    Item::Reject { span, reason } => rows.push(Row::Reject(batch.base + u64::from(span.offset), span.len, reason.to_vec())),
                    Item::Skip { .. } => {}
                    Item::Column { tag, name } => columns[usize::from(tag)] = String::from_utf8(name.to_vec()).unwrap(),
                }
            }
            Ok(())
        };
        let at = Start { base: chunk.start, context: &chunk.context, ..Start::default() };
        parse_chunk::<Infallible>(plugin, at, feed, &mut read, &mut gather).unwrap();
    }
    rows
}

fn whole(text: &[u8]) -> [Chunk; 1] {
    [Chunk { start: 0, end: text.len() as u64, context: Vec::new() }]
}

/// As `scan` cuts: at line ends, or at the scanner's marks.
fn cut(plugin: &Plugin, text: &[u8], chunk_bytes: u64, feed: Feed) -> Vec<Chunk> {
    if plugin.descriptor().framing == Framing::Lines {
        let reader = StagedReader::open(Arc::new(text.to_vec()), SourceKind::Reference).unwrap();
        return cut_lines(&reader, chunk_bytes).unwrap();
    }
    let mut rest = text;
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        let (now, later) = rest.split_at(wanted.min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        Ok::<_, Infallible>(!rest.is_empty())
    };
    let cuts = scan_member(plugin, Start::default(), chunk_bytes / 8, feed, &mut read).unwrap();
    chunks_from_cuts(&cuts, text.len() as u64, chunk_bytes)
}

fn text(format: Format, dialect: usize, traits: Traits, size: Size, seed: u64) -> Vec<u8> {
    let dialects = format.dialects();
    let recipe = Recipe { dialect: dialects[dialect % dialects.len()].to_owned(), traits, ..Recipe::new(format, size, seed) };
    let mut text = Vec::new();
    recipe.write_text(&mut text, None).unwrap();
    text
}

fn formats() -> impl Strategy<Value = Format> {
    prop::sample::select(vec![Format::Combo, Format::Ulp, Format::Csv, Format::Mysqldump])
}

fn runner(cases: u32) -> TestRunner {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

#[test]
fn rows_are_the_same_whatever_the_push() {
    // One byte up to a MiB, evenly over the powers of two.
    let push = (0_u32..=20, 0_usize..1 << 20).prop_map(|(bits, low)| 1 << bits | low & ((1 << bits) - 1));
    let case = (formats(), 0_usize..16, prop::bool::ANY, any::<u64>(), push);
    runner(32)
        .run(&case, |(format, dialect, broken, seed, push_bytes)| {
            let traits = if broken { Traits::ALL } else { Traits::READABLE };
            let text = text(format, dialect, traits, Size::Records(120), seed);
            let wanted = rows(plugin(format), &text, &whole(&text), Feed::default());
            prop_assert!(wanted.len() >= 120);
            let feed = Feed { push_bytes, ..Feed::default() };
            prop_assert_eq!(rows(plugin(format), &text, &whole(&text), feed), wanted);
            Ok(())
        })
        .unwrap();
}

#[test]
fn rows_are_the_same_whatever_the_cuts() {
    let case = (formats(), 0_usize..16, prop::bool::ANY, any::<u64>(), 100_000_u64..2_000_000, 12_u32..=20);
    runner(10)
        .run(&case, |(format, dialect, broken, seed, chunk_bytes, push_bits)| {
            let traits = if broken { Traits::ALL } else { Traits::READABLE };
            let text = text(format, dialect, traits, Size::Bytes(3_500_000), seed);
            let (plugin, feed) = (plugin(format), Feed { push_bytes: 1 << push_bits, ..Feed::default() });
            let chunks = cut(plugin, &text, chunk_bytes, feed);
            // Tiles, so that nothing is read twice or not at all.
            let borders = chunks.iter().map(|chunk| chunk.start).chain([text.len() as u64]);
            prop_assert!(borders.eq([0].into_iter().chain(chunks.iter().map(|chunk| chunk.end))));
            prop_assert!(chunks.len() > 1, "{format:?} in {} chunks", chunks.len());
            let wanted = rows(plugin, &text, &whole(&text), Feed::default());
            prop_assert!(rows(plugin, &text, &chunks, feed) == wanted, "{format:?} dialect {dialect} seed {seed}");
            Ok(())
        })
        .unwrap();
}
