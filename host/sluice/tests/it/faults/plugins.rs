//! Hostile plugins in a running service: those that are none are refused by name, those that misbehave have their bytes set aside with
//! a reproducer, and everybody else's loads go on beside them.

use std::{collections::BTreeMap, fs, path::Path, thread};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sluice_conformance::hostile::{PLUGINS, SAYS_ITS_NAME, hostile, newer};

use super::{PEAK_MIB_MAX, dumps, outcome, small_chunks};
use crate::service::{Service, plugin_dir, sluice};

/// They are not loaded: they are no plugins, or can't even say what they are.
const REFUSED: [&str; 9] = [
    "describe-giant",
    "describe-name",
    "describe-trap",
    "export-nothing",
    "import-clock",
    "import-forbidden",
    "import-host-extra",
    "module",
    "start-loop",
];
/// Hostile where a plugin of lines that an operator chose is never asked, or with what is cut off and forgotten (the logs).
const NOT_ASKED: [&str; 8] =
    ["cut-backwards", "cut-context", "cut-flood", "cut-outside", "emit-while-scanning", "log-flood", "probe-confident", "probe-loop"];
const INPUT: &str = "one@example.com:a\ntwo@x.org:bcde\n";
/// Loads under way at once.
const AT_ONCE: usize = 6;

fn make(folder: &Path) -> BTreeMap<&'static str, String> {
    for entry in fs::read_dir(plugin_dir()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            fs::copy(&path, folder.join(path.file_name().unwrap())).unwrap();
        }
    }
    let make = |(name, _): &(&'static str, &str)| {
        let component = hostile(name).unwrap();
        // The last of them is the active one of the name they share: it claims what it is shown, and takes for ever to say so.
        let file = if *name == "probe-loop" { "~probe-loop.wasm".to_owned() } else { format!("{name}.wasm") };
        fs::write(folder.join(file), &component).unwrap();
        (*name, hex::encode(Sha256::digest(&component)))
    };
    PLUGINS.iter().map(make).collect()
}

/// How a load by that plugin ended, and its quarantined tasks.
fn ingest(service: &Service, dump: &Path, name: &str, digest: &str) -> (Value, Vec<Value>) {
    let output = service.client(["ingest", "--json", "--breach", name, "--plugin", digest]).arg(dump).output().unwrap();
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{name}: {output:?}"));
    let tasks = service.json(["tasks", "--job", &ended["job"]["id"].to_string(), "--state", "quarantined"]);
    (ended, tasks.as_array().unwrap().clone())
}

fn check(name: &str, ended: &Value, quarantined: &[Value]) {
    let (job, load) = (&ended["job"], &ended["load"]);
    if REFUSED.contains(&name) {
        assert_eq!(job["state"], "failed", "{name}: {ended:#}");
        assert!(job["message"].as_str().unwrap().contains("no plugin"), "{name}: {job:#}");
        return;
    }
    assert_eq!((&job["state"], &load["state"]), (&"done".into(), &"verified".into()), "{name}: {ended:#}");
    let set_aside = load["quarantined_bytes"].as_u64().unwrap();
    assert_eq!(load["ledger"]["bytes"].as_u64().unwrap() + set_aside, INPUT.len() as u64, "{name}");
    assert_eq!(set_aside == 0, NOT_ASKED.contains(&name), "{name}: {ended:#}");
    let bytes: u64 = quarantined.iter().map(|task| task["bytes"].as_u64().unwrap()).sum();
    assert_eq!(bytes, set_aside, "{name}: {quarantined:#?}");
    for task in quarantined {
        let failure = &task["reproducer"]["failure"];
        assert_eq!(failure["kind"], "plugin", "{name}: {task:#}");
        let message = failure["message"].as_str().unwrap();
        assert!(message.contains("plugin `honest`") && !message.contains("example"), "{name}: {message}");
        assert!(task["reproducer"]["spec"]["chunk"]["end"].as_u64().unwrap() <= INPUT.len() as u64);
    }
}

#[test]
fn each_is_refused_or_set_aside_and_other_loads_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    let digests = make(&plugins);
    assert_eq!(digests.len(), 43);
    let config = small_chunks(folder.path(), 256);
    let service = Service::start_with(&["--config", config.to_str().unwrap(), "--plugin-dir", plugins.to_str().unwrap()]);
    let log = service.log();
    for name in REFUSED {
        assert!(log.contains(&format!("{name}.wasm")), "{name} is not refused by name:\n{log}");
    }
    let good = dumps(folder.path(), 1 << 20);
    let expected = {
        let quiet = Service::start_with(&["--config", config.to_str().unwrap()]);
        let ended = quiet.ingest(&[&good[0], &good[1]], "Good", &[]);
        outcome(&quiet, &ended["load"]["id"])
    };

    let names: Vec<_> = digests.keys().copied().collect();
    thread::scope(|scope| {
        // Unchosen, so that its members are shown to the plugin that never answers too.
        scope.spawn(|| {
            let ended = service.ingest(&[&good[0], &good[1]], "Good", &[]);
            assert_eq!(outcome(&service, &ended["load"]["id"]), expected);
        });
        for some in names.chunks(names.len().div_ceil(AT_ONCE)) {
            let (service, folder, digests) = (&service, folder.path(), &digests);
            scope.spawn(move || {
                for name in some {
                    let dump = &folder.join(format!("{name}.txt"));
                    fs::write(dump, INPUT).unwrap();
                    let (ended, quarantined) = ingest(service, dump, name, &digests[name]);
                    check(name, &ended, &quarantined);
                }
            });
        }
    });
    assert_eq!(service.get("/readyz").0, 200);
    assert!(service.peak_mib() < PEAK_MIB_MAX, "{} MiB", service.peak_mib());
}

#[test]
fn a_few_bad_rows_cost_themselves_alone() {
    let folder = tempfile::tempdir().unwrap();
    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("picky.wasm"), sluice_conformance::hostile::component(PICKY).unwrap()).unwrap();
    let config = small_chunks(folder.path(), 256);
    let service = Service::start_with(&["--config", config.to_str().unwrap(), "--plugin-dir", plugins.to_str().unwrap()]);
    let mut rows: Vec<String> = (0..20_000).map(|row| format!("p{row}@example.com:x{row}\n")).collect();
    for bad in [3, 9_000, 9_001, 19_999] {
        rows[bad] = format!("!bad{bad}@example.com:y\n");
    }
    let dump = folder.path().join("rows.txt");
    fs::write(&dump, rows.concat()).unwrap();
    let output = service.client(["ingest", "--json", "--breach", "Picky"]).arg(&dump).output().unwrap();
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    let load = &ended["load"];
    assert_eq!((&load["state"], &load["ledger"]["stored"]), (&"verified".into(), &19_996.into()), "{ended:#}");
    let tasks = service.json(["tasks", "--state", "quarantined"]);
    let ranges = tasks.as_array().unwrap().iter().map(|task| {
        let chunk = &task["reproducer"]["spec"]["chunk"];
        chunk["start"].as_u64().unwrap() as usize..chunk["end"].as_u64().unwrap() as usize
    });
    let whole = rows.concat();
    let mut set_aside: Vec<&str> = ranges.map(|range| &whole[range]).collect();
    set_aside.sort_unstable();
    let mut bad: Vec<&str> = [3, 9_000, 9_001, 19_999].map(|bad| rows[bad].as_str()).into();
    bad.sort_unstable();
    assert_eq!(set_aside, bad);
}

/// Reads its input as the honest plugin does, but traps over a line that begins with `!`.
const PICKY: &str = r#";; Traps at a line that begins with an exclamation mark.
(func $field (param $tag i32) (param $chunk i32) (param $start i32) (param $end i32)
  (call $event (local.get $tag) (i32.sub (local.get $start) (local.get $chunk)) (i32.sub (local.get $end) (local.get $start)) (i32.const 0)))
(func (export "sluice:parser/guest@0.1.0#push") (param $base i64) (param $chunk i32) (param $len i32) (param $last i32) (result i32)
  (local $at i32) (local $end i32) (local $text_end i32) (local $next i32) (local $first i32)
  (local.set $at (local.get $chunk))
  (local.set $end (i32.add (local.get $chunk) (local.get $len)))
  (block $out
    (loop $line
      (br_if $out (i32.eq (local.get $at) (local.get $end)))
      (local.set $text_end (call $find (local.get $at) (local.get $end) (i32.const 10)))
      (br_if $out (i32.eq (local.get $text_end) (local.get $end)))
      (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 33)) (then unreachable))
      (local.set $next (i32.add (local.get $text_end) (i32.const 1)))
      (local.set $first (call $find (local.get $at) (local.get $text_end) (i32.const 58)))
      (call $field (i32.const 0) (local.get $chunk) (local.get $at) (local.get $next))
      (call $field (i32.const 16) (local.get $chunk) (local.get $at) (local.get $first))
      (call $field (i32.const 18) (local.get $chunk) (i32.add (local.get $first) (i32.const 1)) (local.get $text_end))
      (local.set $at (local.get $next))
      (br $line)))
  (call $done (i32.sub (local.get $at) (local.get $chunk))))
"#;

#[test]
fn a_plugin_is_told_the_name_of_its_member() {
    let folder = tempfile::tempdir().unwrap();
    let (plugins, dump) = (folder.path().join("plugins"), folder.path().join("list.txt"));
    fs::create_dir(&plugins).unwrap();
    fs::write(plugins.join("says.wasm"), newer(SAYS_ITS_NAME).unwrap()).unwrap();
    fs::write(&dump, INPUT).unwrap();
    let plugins = plugins.to_str().unwrap();
    let parsed = sluice(["parse", "--plugin", "honest", "--plugin-dir", plugins]).arg(&dump).output().unwrap();
    assert!(String::from_utf8_lossy(&parsed.stderr).contains("it says \"list.txt\""), "{parsed:?}");
    let service = Service::start_with(&["--plugin-dir", plugins]);
    let (_, quarantined) = ingest(&service, &dump, "Named", "honest");
    let message = quarantined[0]["reproducer"]["failure"]["message"].as_str().unwrap();
    assert!(message.contains("it says \"list.txt\""), "{message}");
}
