//! The sandbox through its public doors: honest plugins, hostile ones, the compile cache.
#![allow(clippy::unwrap_used)] // a test may fail where it stands

mod cache;
mod events;
mod feeding;
mod hostile;
mod loading;
mod versions;
mod wasi;

use std::{convert::Infallible, sync::Arc};

use sluice_conformance::hostile as plugins;
use sluice_record::{Batch, Event, Item};
use sluice_sandbox::{ChunkError, Fault, Feed, Plugin, Sandbox, SandboxConfig, Start, parse_chunk};

/// A short deadline, so that what loops for ever is soon found out; honest calls keep it on a machine that is busy with other tests.
fn config() -> SandboxConfig {
    SandboxConfig { call_deadline_ms: 1_000, ..SandboxConfig::default() }
}

fn sandbox() -> Sandbox {
    Sandbox::new(&config()).unwrap()
}

fn honest(sandbox: &Sandbox) -> Arc<Plugin> {
    sandbox.load(&plugins::honest().unwrap()).unwrap()
}

/// What a stretch of the member became.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Row {
    offset: u64,
    len: usize,
    what: What,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    Record(Vec<(u8, Vec<u8>)>),
    Reject(String),
    Skip,
}

/// Rows, and the columns that were named: tag and name.
type Rows = (Vec<Row>, Vec<(u8, String)>);

/// Reads all of `input` and returns its rows, with the names of the columns that were named.
fn rows(plugin: &Plugin, input: &[u8], feed: Feed) -> Result<Rows, Fault> {
    let (mut rows, mut columns) = (Vec::new(), Vec::new());
    let mut rest = input;
    let mut read = |buffer: &mut Vec<u8>, wanted: usize| {
        let (now, later) = rest.split_at(wanted.min(rest.len()));
        buffer.extend_from_slice(now);
        rest = later;
        Ok(!rest.is_empty())
    };
    let mut gather = |batch: &mut Batch| {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let spans = batch.events.iter().map(|event| Event(*event)).filter(|event| event.tag() < 3).map(Event::span);
        assert_eq!(spans.map(|span| span.len as usize).sum::<usize>(), batch.input.len(), "a batch's items tile its input");
        for item in batch.items() {
            let (span, what) = match item {
                Item::Record { span, fields } => (span, What::Record(fields.map(|field| (field.tag, field.value.to_vec())).collect())),
                Item::Reject { span, reason } => (span, What::Reject(text(reason))),
                Item::Skip { span } => (span, What::Skip),
                Item::Column { tag, name } => {
                    columns.push((tag, text(name)));
                    continue;
                }
            };
            rows.push(Row { offset: batch.base + u64::from(span.offset), len: span.len as usize, what });
        }
        Ok(())
    };
    match parse_chunk::<Infallible>(plugin, Start::default(), feed, &mut read, &mut gather) {
        Ok(_) => Ok((rows, columns)),
        Err(ChunkError::Fault(fault)) => Err(fault),
        Err(ChunkError::Caller(never)) => match never {},
    }
}
