//! The reference: HTTP/1.1 by hand over sockets, for no client is quicker than one that has its requests ready.

use std::{
    fmt,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};
use flate2::{Compression, write::GzEncoder};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

const ANSWER_BYTES_MAX: u64 = 256 << 20;
const PAGE: u32 = 10_000;

/// How to write.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(crate) connections: usize,
    pub(crate) request_bytes: usize,
    /// Ids in the requests, as who writes twice would have them.
    pub(crate) has_ids: bool,
    pub(crate) gzip: bool,
}

impl Default for Way {
    fn default() -> Self {
        Self { connections: 2, request_bytes: 2 << 20, has_ids: false, gzip: false }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, request_bytes, .. } = self;
        write!(f, "{connections} connections, {} KiB a request", request_bytes >> 10)
    }
}

/// A connection that is kept.
pub(crate) struct Connection {
    host: String,
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(url: &str) -> Result<Self> {
        let host = url.strip_prefix("http://").context("the bench speaks http alone")?.to_owned();
        let stream = TcpStream::connect(&host).with_context(|| format!("cannot reach {host}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { host, stream: BufReader::new(stream) })
    }

    fn another(&self) -> Result<Self> {
        Self::open(&format!("http://{}", self.host))
    }

    pub(crate) fn json(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value> {
        let body = body.map(Value::to_string).unwrap_or_default();
        Ok(serde_json::from_slice(&self.ask(method, path, body.as_bytes())?)?)
    }

    /// Deletes what there is by such a name.
    pub(crate) fn forget(&mut self, index: &str) -> Result<()> {
        let names = self.json("GET", &format!("/{index}?ignore_unavailable=true&filter_path=*.settings.index.uuid"), None)?;
        for name in names.as_object().into_iter().flatten().map(|(name, _)| name) {
            self.json("DELETE", &format!("/{name}"), None)?;
        }
        Ok(())
    }

    fn ask(&mut self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
        let head = request_head(method, path, &self.host, body.len(), "application/json", false);
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat())?;
        let (status, answer) = self.answer()?;
        ensure!(status < 300, "{method} {path}: {status} {}", String::from_utf8_lossy(&answer[..answer.len().min(2_000)]));
        Ok(answer)
    }

    /// Sends a request that is whole, and waits until all of it was taken.
    fn send(&mut self, request: &[u8]) -> Result<()> {
        self.stream.get_mut().write_all(request)?;
        let (status, answer) = self.answer()?;
        let is_good = status == 200 && answer.windows(14).take(40).any(|part| part == b"\"errors\":false");
        ensure!(is_good, "a bulk request was refused: {status} {}", String::from_utf8_lossy(&answer[..answer.len().min(2_000)]));
        Ok(())
    }

    fn answer(&mut self) -> Result<(u16, Vec<u8>)> {
        let (mut status, mut length, mut line) = (None, None, String::new());
        loop {
            line.clear();
            ensure!(self.stream.read_line(&mut line)? > 0, "the server hung up");
            let text = line.trim_end();
            if text.is_empty() {
                break;
            }
            match (status, text.split_once(':')) {
                (None, _) => status = Some(text.split(' ').nth(1).context("no status")?.parse()?),
                (_, Some((name, value))) if name.eq_ignore_ascii_case("content-length") => length = Some(value.trim().parse()?),
                (_, Some((name, _))) if name.eq_ignore_ascii_case("transfer-encoding") => bail!("an answer in chunks"),
                _ => {}
            }
        }
        let length: u64 = length.context("an answer without its length")?;
        ensure!(length <= ANSWER_BYTES_MAX, "an answer of {length} bytes");
        let mut body = vec![0; length as usize];
        self.stream.read_exact(&mut body)?;
        Ok((status.context("no status")?, body))
    }
}

fn request_head(method: &str, path: &str, host: &str, bytes: usize, kind: &str, gzip: bool) -> String {
    let encoding = if gzip { "Content-Encoding: gzip\r\n" } else { "" };
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {kind}\r\n{encoding}Content-Length: {bytes}\r\n\r\n")
}

/// Sources as they are in an index.
pub(crate) struct Documents {
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

#[derive(Deserialize)]
struct Page<'a> {
    _scroll_id: String,
    #[serde(borrow)]
    hits: Hits<'a>,
}

#[derive(Deserialize)]
struct Hits<'a> {
    #[serde(borrow)]
    hits: Vec<Hit<'a>>,
}

#[derive(Deserialize)]
struct Hit<'a> {
    #[serde(borrow)]
    _source: &'a RawValue,
}

impl Documents {
    pub(crate) fn read(connection: &mut Connection, index: &str) -> Result<Self> {
        let mut documents = Self { text: vec![], ends: vec![] };
        let query = json!({ "size": PAGE, "sort": ["_doc"] }).to_string();
        let mut answer = connection.ask("POST", &format!("/{index}/_search?scroll=1m"), query.as_bytes())?;
        loop {
            let page: Page<'_> = serde_json::from_slice(&answer)?;
            if page.hits.hits.is_empty() {
                break;
            }
            for hit in page.hits.hits {
                documents.text.extend_from_slice(hit._source.get().as_bytes());
                documents.ends.push(documents.text.len());
            }
            let next = json!({ "scroll": "1m", "scroll_id": page._scroll_id }).to_string();
            answer = connection.ask("POST", "/_search/scroll", next.as_bytes())?;
        }
        Ok(documents)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn sources(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.text[begin..*end])
    }

    /// Requests, whole.
    fn requests(&self, index: &str, host: &str, way: &Way) -> Result<Vec<Vec<u8>>> {
        let path = format!("/{index}/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason");
        let (mut requests, mut body) = (Vec::new(), Vec::with_capacity(way.request_bytes * 2));
        let mut end = |body: &mut Vec<u8>| -> Result<()> {
            if way.gzip {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
                encoder.write_all(body)?;
                *body = encoder.finish()?;
            }
            let head = request_head("POST", &path, host, body.len(), "application/x-ndjson", way.gzip);
            requests.push([head.as_bytes(), body].concat());
            body.clear();
            Ok(())
        };
        for (number, source) in self.sources().enumerate() {
            if way.has_ids {
                // As long as a record's own would be: its load, member and offset.
                writeln!(body, "{{\"create\":{{\"_id\":\"{:020}\"}}}}", number * 61)?;
            } else {
                body.extend_from_slice(b"{\"create\":{}}\n");
            }
            body.extend_from_slice(source);
            body.push(b'\n');
            if body.len() >= way.request_bytes {
                end(&mut body)?;
            }
        }
        if !body.is_empty() {
            end(&mut body)?;
        }
        Ok(requests)
    }
}

/// Makes an index and writes all documents into it; gives documents a second.
pub(crate) fn write(connection: &mut Connection, index: &str, template: &Value, documents: &Documents, way: &Way) -> Result<f64> {
    connection.forget(index)?;
    connection.json("PUT", &format!("/{index}"), Some(template))?;
    let requests = documents.requests(index, &connection.host, way)?;
    let next = std::sync::atomic::AtomicUsize::new(0);
    let connections = (0..way.connections).map(|_| connection.another()).collect::<Result<Vec<_>>>()?;
    let begun = Instant::now();
    thread::scope(|scope| {
        let writing: Vec<_> = connections
            .into_iter()
            .map(|mut connection| {
                let (next, requests) = (&next, &requests);
                scope.spawn(move || {
                    while let Some(request) = requests.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                        connection.send(request)?;
                    }
                    Ok::<_, anyhow::Error>(())
                })
            })
            .collect();
        writing.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow::anyhow!("a writer panicked"))?)
    })?;
    for what in ["_flush", "_refresh"] {
        connection.json("POST", &format!("/{index}/{what}"), None)?;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let count = connection.json("GET", &format!("/{index}/_count"), None)?["count"].as_u64();
    ensure!(count == Some(documents.len() as u64), "{count:?} documents of {}", documents.len());
    Ok(documents.len() as f64 / seconds)
}
