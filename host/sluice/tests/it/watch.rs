//! What happens by itself when files change: an author's loop, and a service's folder of plugins.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

use crate::{
    author::{as_author, beside_the_sdk, new},
    service::{PATIENCE, Service, plugin_dir, sluice, succeed},
};

/// A running `sluice parse --watch`. Dropping it kills it.
struct Watch {
    child: Child,
    records: Receiver<String>,
    said: Receiver<String>,
}

impl Watch {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let records = lines(child.stdout.take().unwrap());
        let said = lines(child.stderr.take().unwrap());
        Self { child, records, said }
    }

    /// The next lines it prints.
    #[track_caller]
    fn records(&self, count: usize) -> Vec<String> {
        let next = |_| self.records.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("it said only {:?}", self.all_said()));
        (0..count).map(next).collect()
    }

    /// Waits until it says a line with this in it.
    #[track_caller]
    fn wait_until_it_says(&self, words: &str) -> String {
        let mut lines = Vec::new();
        loop {
            let line = self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no `{words}` in {lines:?}"));
            if line.contains(words) {
                return line;
            }
            lines.push(line);
        }
    }

    fn all_said(&self) -> Vec<String> {
        self.said.try_iter().collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || BufReader::new(from).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    receiver
}

/// Replaces a file as an editor does, by another one.
fn save(path: &Path, bytes: impl AsRef<[u8]>) {
    let new = path.with_extension("saved");
    fs::write(&new, bytes).unwrap();
    fs::rename(&new, path).unwrap();
}

#[test]
fn an_author_sees_what_each_save_changes() {
    let folder = beside_the_sdk();
    let source = new(folder.path(), "watched", "watched");
    let (code, component, sample) = (source.join("src/lib.rs"), source.join("watched.wasm"), folder.path().join("sample.txt"));
    fs::write(&sample, "# name|email|password\nAnn|ann@example.com|hunter2\nBob|bob@example.com|secret\n").unwrap();
    // What it links may have to be built, and that takes longer than anybody is waited for.
    succeed(as_author(&mut sluice(["plugin", "build"]), &source));
    let mut parse = sluice(["parse", "--watch", "--plugin-dir", "."]);
    let watch = Watch::start(as_author(parse.arg(&sample), &source));
    let ann = r#"{"full_name":"Ann","email":"ann@example.com","password":"hunter2"}"#;
    let bob = r#"{"full_name":"Bob","email":"bob@example.com","password":"secret"}"#;
    assert_eq!(watch.records(2), [ann, bob]);

    // The sample.
    fs::write(&sample, "# name|email|password\nAnn|ann@example.com|hunter2\nCem|cem@example.com|secret\n").unwrap();
    let cem = bob.replace("Bob", "Cem").replace("bob", "cem");
    assert_eq!(watch.records(2), [format!("- {bob}"), format!("+ {cem}")]);
    watch.wait_until_it_says("1 records gone, 1 new, 1 as before");

    // The source, first so that it does not compile.
    let whole = fs::read_to_string(&code).unwrap();
    save(&code, whole.replace("struct List;", "struct List"));
    watch.wait_until_it_says("not built; what was built before goes on");
    save(&code, whole.replace(".full_name(name)", ".username(name)"));
    watch.wait_until_it_says("2 records gone, 2 new, 0 as before");
    let renamed = |record: &str| record.replace("full_name", "username");
    let expected = [format!("- {ann}"), format!("- {cem}"), format!("+ {}", renamed(ann)), format!("+ {}", renamed(&cem))];
    assert_eq!(watch.records(4), expected);

    // The component: one that does not load changes nothing.
    save(&component, "no component");
    let said = watch.wait_until_it_says("does not load");
    assert!(said.contains("watched.wasm") && said.contains("what was loaded before goes on"), "{said}");
    fs::write(&sample, "# name|email|password\nAnn|ann@example.com|hunter2\n").unwrap();
    assert_eq!(watch.records(1), [format!("- {}", renamed(&cem))]);
}

#[test]
fn a_service_takes_what_is_put_into_its_folder_of_plugins() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, component: &[u8]| save(&folder.path().join(name), component);
    let official = |name: &str| fs::read(plugin_dir().join(name)).unwrap();
    put("csv.wasm", &official("csv.wasm"));
    let service = Service::start_with(&["--plugin-dir", folder.path().to_str().unwrap()]);
    let active = || {
        let plugins = service.json(["plugins", "list"]);
        let active = plugins.as_array().unwrap().iter().filter(|plugin| plugin["state"] == "active");
        active.map(|plugin| plugin["descriptor"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(active(), ["csv"]);
    put("combo.wasm", &official("combo.wasm"));
    service.wait_for("a new plugin", || (active().len() == 2).then_some(()));
    put("combo.wasm", b"no component");
    service.wait_for("the reason", || service.log().contains("combo.wasm is left out, what runs goes on").then_some(()));
    assert_eq!(active().len(), 2);
    // And it still parses.
    let dump = folder.path().join("dump.txt");
    fs::write(&dump, "ann@example.com:hunter2\nbob@example.com:secret\n").unwrap();
    let report = service.ingest(&[&dump], "Watched", &[]);
    assert_eq!(report["load"]["ledger"]["records"], 2, "{report}");
}
