//! The compile cache: what is not surely ours is compiled again.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Barrier,
    thread,
};

use sluice_conformance::hostile::{self as plugins, hostile};
use sluice_sandbox::{Feed, Sandbox, SandboxConfig, SandboxError};

use crate::{config, rows};

fn cached(dir: &Path) -> Sandbox {
    Sandbox::new(&SandboxConfig { cache_dir: Some(dir.to_owned()), ..config() }).unwrap()
}

/// Loads the honest plugin in a new sandbox, and sees that it works.
fn load(dir: &Path) {
    let plugin = crate::honest(&cached(dir));
    assert_eq!(rows(&plugin, b"a:b\n\n", Feed::default()).unwrap().0.len(), 2);
}

/// The only entry, and its file's identity: a rewritten one has another.
fn entry(dir: &Path) -> (PathBuf, u64) {
    let files = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path());
    let entries: Vec<_> = files.filter(|path| path.extension().is_some_and(|end| end == "code")).collect();
    let [path] = entries.as_slice() else { panic!("entries: {entries:?}") };
    (path.clone(), fs::metadata(path).unwrap().ino())
}

#[test]
fn a_second_start_compiles_nothing() {
    let dir = tempfile::tempdir().unwrap();
    load(dir.path());
    let first = entry(dir.path());
    load(dir.path());
    assert_eq!(entry(dir.path()), first);
}

#[test]
fn those_who_begin_at_once_come_to_one_key() {
    const AT_ONCE: usize = 4;
    for _ in 0..10 {
        let (dir, begin) = (tempfile::tempdir().unwrap(), Barrier::new(AT_ONCE));
        let open = || {
            begin.wait();
            cached(dir.path())
        };
        let sandboxes: Vec<Sandbox> = thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut entries = sandboxes.iter().map(|sandbox| {
            crate::honest(sandbox);
            entry(dir.path())
        });
        let first = entries.next().unwrap();
        assert!(entries.all(|entry| entry == first), "what one has compiled is another's too");
    }
}

#[test]
fn key_and_entries_are_their_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    load(&dir.path().join("made/on/the/way"));
    for file in fs::read_dir(dir.path().join("made/on/the/way")).unwrap() {
        let file = file.unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
    }
}

#[test]
fn a_bad_entry_is_compiled_anew_and_written_over() {
    let good = tempfile::tempdir().unwrap();
    load(good.path());
    let (good_entry, _) = entry(good.path());
    let bytes = fs::read(&good_entry).unwrap();
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let stranger = {
        let dir = tempfile::tempdir().unwrap();
        load(dir.path());
        fs::read(entry(dir.path()).0).unwrap()
    };
    let another_plugins = {
        let dir = tempfile::tempdir().unwrap();
        fs::copy(good.path().join("key"), dir.path().join("key")).unwrap();
        cached(dir.path()).load(&hostile("trap").unwrap()).unwrap();
        fs::read(entry(dir.path()).0).unwrap()
    };
    let cases = [
        ("a bit of the code", flipped(bytes.len() / 2)),
        ("the last bit", flipped(bytes.len() - 1)),
        ("a bit of the seal", flipped(5)),
        ("cut short", bytes[..bytes.len() / 3].to_vec()),
        ("shorter than its seal", bytes[..20].to_vec()),
        ("empty", Vec::new()),
        ("more at its end", [bytes.as_slice(), b"more"].concat()),
        ("from another installation", stranger),
        ("of another plugin", another_plugins),
    ];
    for (what, bad) in cases {
        fs::write(&good_entry, &bad).unwrap();
        let (_, before) = entry(good.path());
        load(good.path());
        let (_, after) = entry(good.path());
        assert_ne!(before, after, "{what}: written anew");
        assert_ne!(fs::read(&good_entry).unwrap(), bad, "{what}");
        load(good.path());
        assert_eq!(entry(good.path()).1, after, "{what}: and good from then on");
    }
}

#[test]
fn another_engines_entry_is_not_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    load(dir.path());
    let (path, _) = entry(dir.path());
    let name = path.file_name().unwrap().to_str().unwrap();
    let (digest, engine) = name.split_once('-').unwrap();
    let other = dir.path().join(format!("{digest}-{}", engine.chars().rev().filter(char::is_ascii_hexdigit).collect::<String>()));
    fs::rename(&path, &other).unwrap();
    load(dir.path());
    assert!(path.exists() && other.exists());
}

#[test]
fn a_key_that_others_can_read_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    load(dir.path());
    let key = dir.path().join("key");
    let (old, (_, before)) = (fs::read(&key).unwrap(), entry(dir.path()));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    load(dir.path());
    assert_ne!(fs::read(&key).unwrap(), old);
    assert_ne!(entry(dir.path()).1, before, "what it sealed is not believed any more");
    assert_eq!(fs::metadata(&key).unwrap().mode() & 0o777, 0o600);
}

#[test]
fn a_folder_that_is_none_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Sandbox::new(&SandboxConfig { cache_dir: Some(file), ..config() }).unwrap_err();
    assert!(matches!(error, SandboxError::Cache { .. }) && error.to_string().contains("another folder"), "{error}");
}

#[test]
fn quick_code_serves_until_the_optimised_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let config = SandboxConfig { cache_dir: Some(dir.path().to_owned()), quick_start: true, ..config() };
    let sandbox = Sandbox::new(&config).unwrap();
    let plugin = sandbox.load(&plugins::honest().unwrap()).unwrap();
    assert!(!plugin.is_optimised(), "nobody has asked for it");
    let (quick, _) = entry(dir.path());
    plugin.optimise();
    plugin.optimise();
    while !plugin.is_optimised() {
        assert_eq!(rows(&plugin, b"a:b\n\n", Feed::default()).unwrap().0.len(), 2);
    }
    assert_eq!(rows(&plugin, b"a:b\n\n", Feed::default()).unwrap().0.len(), 2);
    fs::remove_file(quick).unwrap();
    let first = entry(dir.path());
    assert!(sandbox.load(&plugins::honest().unwrap()).unwrap().is_optimised(), "from the cache");
    assert_eq!(entry(dir.path()), first);
}

#[test]
fn quick_code_is_cached_beside_the_optimised() {
    let dir = tempfile::tempdir().unwrap();
    let config = SandboxConfig { cache_dir: Some(dir.path().to_owned()), quick_start: true, ..config() };
    let load = || assert!(!crate::honest(&Sandbox::new(&config).unwrap()).is_optimised());
    load();
    let first = entry(dir.path());
    load();
    assert_eq!(entry(dir.path()), first, "a second start compiles nothing");
}
