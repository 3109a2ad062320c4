//! `sluice plugin new`: a folder that builds, passes its tests and reads its sample as it is. Its files are those of `templates/rust`, a
//! plugin named `people-list`; the name and the SDK's place are all that is put in. The SDK's lock file goes with it, so that the first
//! build takes what the SDK was tested with.
#![allow(clippy::print_stdout)]

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::exit::{Failure, Sysexit};

/// As long as a plugin's name may be.
const NAME_BYTES_MAX: usize = 64;
/// The names of the SDK's own packages, without `sluice-`.
const TAKEN: [&str; 2] = ["plugin", "record"];
/// In the templates in place of the name, and of the SDK's folder.
const NAME: &str = "people-list";
const SDK: &str = "\"SDK\"";

/// Each file and what is in it.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", include_str!("../../templates/rust/Cargo.toml")),
    (".gitignore", include_str!("../../templates/rust/gitignore")),
    ("README.md", include_str!("../../templates/rust/README.md")),
    ("src/lib.rs", include_str!("../../templates/rust/src/lib.rs")),
    ("cases/sample.txt", include_str!("../../templates/rust/cases/sample.txt")),
    ("cases/sample.jsonl", include_str!("../../templates/rust/cases/sample.jsonl")),
];

/// Begin a plugin: a folder with a small parser in Rust that builds, passes its tests and reads its sample, to be changed.
///
/// Its README has the four commands an author needs. Nothing that is there is overwritten.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: sluice plugin new people-list && cd people-list && cargo test && sluice plugin build")]
pub(crate) struct Args {
    /// What the plugin is called: words of a-z and 0-9, joined by `-`.
    name: String,
    /// The folder to make, or an empty one; NAME if not given.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The SDK's folder, `sdk/rust` of Sluice's sources; looked for above this folder and above the program if not given.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    check_name(&args.name)?;
    let sdk = find_sdk(args.sdk.as_deref())?;
    let folder = args.dir.clone().unwrap_or_else(|| args.name.clone().into());
    let fail = |error: io::Error| {
        let message = format!("cannot make {}: {error}", folder.display());
        Failure::new(Sysexit::OsErr, message, "--dir names another folder")
    };
    fs::create_dir_all(&folder).map_err(fail)?;
    if fs::read_dir(&folder).map_err(fail)?.next().is_some() {
        let message = format!("{} is not empty", folder.display());
        bail!(Failure::new(Sysexit::Usage, message, "nothing was written; --dir names another folder"));
    }
    write(&folder, &args.name, &sdk).map_err(fail)?;
    println!("{} is there. What comes next is in its README.md:", folder.display());
    println!("  cd {}\n  cargo test\n  sluice plugin build", folder.display());
    Ok(())
}

fn check_name(name: &str) -> Result<()> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let hint = format!("words of a-z and 0-9 joined by `-`, beginning with a letter, at most {NAME_BYTES_MAX} bytes: people-list");
    if name.len() > NAME_BYTES_MAX || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.split('-').all(is_word) {
        bail!(Failure::new(Sysexit::Usage, "that is no name for a plugin", hint));
    }
    if TAKEN.contains(&name) {
        bail!(Failure::new(Sysexit::Usage, format!("`sluice-{name}` is a package of the SDK"), "take another name"));
    }
    Ok(())
}

/// The SDK's folder, whole and as text: it goes into a Cargo.toml.
fn find_sdk(given: Option<&Path>) -> Result<String> {
    let hint = "give it with --sdk: the folder sdk/rust of Sluice's sources";
    let found = match given {
        Some(given) if !is_sdk(given) => {
            bail!(Failure::new(Sysexit::NoInput, format!("{} is not the SDK's folder", given.display()), hint));
        }
        Some(given) => Some(given.to_owned()),
        None => {
            let starts = [std::env::current_dir(), std::env::current_exe()].into_iter().flatten();
            let above: Vec<PathBuf> =
                starts.flat_map(|start| start.ancestors().map(|folder| folder.join("sdk/rust")).collect::<Vec<_>>()).collect();
            above.into_iter().find(|folder| is_sdk(folder))
        }
    };
    let Some(found) = found else {
        bail!(Failure::new(Sysexit::NoInput, "the SDK is neither above this folder nor above the program", hint));
    };
    match found.canonicalize()?.into_os_string().into_string() {
        Ok(text) => Ok(text),
        Err(path) => bail!(Failure::new(Sysexit::Usage, format!("{} is not UTF-8", path.display()), hint)),
    }
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok().and_then(|text| text.parse::<toml::Table>().ok());
    manifest.is_some_and(|manifest| manifest.get("package").and_then(|package| package.get("name")?.as_str()) == Some("sluice-plugin"))
}

fn write(folder: &Path, name: &str, sdk: &str) -> io::Result<()> {
    let quoted = toml::Value::from(sdk).to_string();
    for (path, text) in FILES {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        File::create_new(path)?.write_all(text.replace(NAME, name).replace(SDK, &quoted).as_bytes())?;
    }
    let lock = Path::new(sdk).join("Cargo.lock");
    if lock.is_file() {
        fs::copy(lock, folder.join("Cargo.lock"))?;
    }
    Ok(())
}
