//! The native program: the csv crate and serde_json, as their own guides say it is quickest.
//!
//! One record is read into over and over, its values are borrowed by position without a look at the header, and serde's derived code
//! writes them into a big buffer. The column order is the one `sluice parse` prints.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::mpsc::sync_channel,
    thread,
};

use anyhow::{Result, anyhow};
use csv::{Reader, ReaderBuilder, StringRecord};
use serde::{Deserialize, Serialize};

const READ_BYTES: usize = 1 << 20;
const WRITE_BYTES: usize = 1 << 20;
/// Records handed from one thread to the other at a time, and how many such batches there are.
const BATCH_RECORDS: usize = 1_024;
const BATCHES: usize = 8;

/// A row, by position.
#[derive(Deserialize)]
struct Row<'a> {
    user_id: &'a str,
    email: &'a str,
    username: &'a str,
    password: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    phone: &'a str,
    ip: &'a str,
    dob: &'a str,
    address: &'a str,
    city: &'a str,
    postal_code: &'a str,
    country: &'a str,
    remark: &'a str,
}

/// A line.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    user_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    username: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    password: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    first_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    phone: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    ip: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dob: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    address: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    city: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    postal_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    country: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Extra<'a>>,
}

#[derive(Serialize)]
struct Extra<'a> {
    remark: &'a str,
}

impl<'a> From<Row<'a>> for Line<'a> {
    fn from(row: Row<'a>) -> Self {
        let Row { user_id, email, username, password, first_name, last_name, phone, ip, dob, address, city, postal_code, country, remark } =
            row;
        let extra = (!remark.is_empty()).then_some(Extra { remark });
        Self { user_id, email, username, password, first_name, last_name, phone, ip, dob, address, city, postal_code, country, extra }
    }
}

fn reader(file: &Path) -> Result<Reader<File>> {
    Ok(ReaderBuilder::new().buffer_capacity(READ_BYTES).from_reader(File::open(file)?))
}

fn write_line(out: &mut impl Write, record: &StringRecord) -> Result<()> {
    let row: Row<'_> = record.deserialize(None)?;
    serde_json::to_writer(&mut *out, &Line::from(row))?;
    Ok(out.write_all(b"\n")?)
}

/// Reads and writes in turn.
pub(crate) fn one_thread(file: &Path) -> Result<()> {
    let mut out = BufWriter::with_capacity(WRITE_BYTES, io::stdout().lock());
    let mut reader = reader(file)?;
    let mut record = StringRecord::new();
    while reader.read_record(&mut record)? {
        write_line(&mut out, &record)?;
    }
    Ok(out.flush()?)
}

/// One thread reads records, the other writes lines; their batches go to and fro.
pub(crate) fn two_threads(file: &Path) -> Result<()> {
    let (full, to_write) = sync_channel::<(Vec<StringRecord>, usize)>(BATCHES);
    let (empty, to_fill) = sync_channel::<Vec<StringRecord>>(BATCHES);
    thread::scope(|scope| {
        let writer = scope.spawn(move || -> Result<()> {
            let mut out = BufWriter::with_capacity(WRITE_BYTES, io::stdout().lock());
            for (batch, count) in to_write {
                batch[..count].iter().try_for_each(|record| write_line(&mut out, record))?;
                // The reader may be done.
                let _ = empty.try_send(batch);
            }
            Ok(out.flush()?)
        });
        let mut reader = reader(file)?;
        let mut count = BATCH_RECORDS;
        while count == BATCH_RECORDS {
            let mut batch = to_fill.try_recv().unwrap_or_else(|_| vec![StringRecord::new(); BATCH_RECORDS]);
            count = 0;
            while count < BATCH_RECORDS && reader.read_record(&mut batch[count])? {
                count += 1;
            }
            full.send((batch, count)).map_err(|_| anyhow!("the writer ended early"))?;
        }
        drop(full);
        writer.join().map_err(|_| anyhow!("the writer panicked"))?
    })
}
