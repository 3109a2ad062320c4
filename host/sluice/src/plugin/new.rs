//! `sluice plugin new`: a folder that builds, passes its tests and reads its sample as it is. Its files are those of `templates/`, in each
//! language the same plugin, named `people-list`; the name and, for Rust, the SDK's place are all that is put in. The SDK's lock file goes
//! with it, so that the first build takes what the SDK was tested with. Kits of other languages are written into the folder.
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
type Files = &'static [(&'static str, &'static str)];

const RUST: Files = &[
    ("Cargo.toml", include_str!("../../templates/rust/Cargo.toml")),
    (".gitignore", include_str!("../../templates/rust/gitignore")),
    ("README.md", include_str!("../../templates/rust/README.md")),
    ("src/lib.rs", include_str!("../../templates/rust/src/lib.rs")),
];
const PYTHON: Files = &[
    ("pyrightconfig.json", include_str!("../../templates/python/pyrightconfig.json")),
    (".gitignore", include_str!("../../templates/python/gitignore")),
    ("README.md", include_str!("../../templates/python/README.md")),
    ("plugin.py", include_str!("../../templates/python/plugin.py")),
];
const JAVASCRIPT: Files = &[
    ("package.json", include_str!("../../templates/javascript/package.json")),
    ("jsconfig.json", include_str!("../../templates/javascript/jsconfig.json")),
    (".gitignore", include_str!("../../templates/javascript/gitignore")),
    ("README.md", include_str!("../../templates/javascript/README.md")),
    ("plugin.js", include_str!("../../templates/javascript/plugin.js")),
];
const C: Files = &[
    ("compile_flags.txt", include_str!("../../templates/c/compile_flags.txt")),
    (".gitignore", include_str!("../../templates/c/gitignore")),
    ("README.md", include_str!("../../templates/c/README.md")),
    ("plugin.c", include_str!("../../templates/c/plugin.c")),
];
/// The same in all languages.
const CASES: Files = &[
    ("cases/sample.txt", include_str!("../../templates/rust/cases/sample.txt")),
    ("cases/sample.jsonl", include_str!("../../templates/rust/cases/sample.jsonl")),
];

/// What a plugin may be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Language {
    Rust,
    Python,
    #[value(name = "javascript", alias = "js")]
    JavaScript,
    C,
}

impl Language {
    /// Its files, what the kit is written for, and the commands that come first.
    const fn parts(self) -> (Files, sluice_guest::Language, &'static str) {
        match self {
            Self::Rust => (RUST, sluice_guest::Language::Rust, "cargo test"),
            Self::Python => (PYTHON, sluice_guest::Language::Python, "pip install componentize-py==0.25.0"),
            Self::JavaScript => (JAVASCRIPT, sluice_guest::Language::JavaScript, "npm install"),
            Self::C => (C, sluice_guest::Language::C, ""),
        }
    }
}

/// Begin a plugin: a folder with a small parser that builds, passes its tests and reads its sample, to be changed.
///
/// Its README has the commands an author needs. Nothing that is there is overwritten.
#[derive(clap::Args, Debug)]
#[command(after_help = "Example: sluice plugin new people-list && cd people-list && cargo test && sluice plugin build")]
pub(crate) struct Args {
    /// What the plugin is called: words of a-z and 0-9, joined by `-`.
    name: String,
    /// What it is written in. Rust is by far the fastest to run, and C little behind it; docs/plugin-authors.md has figures.
    #[arg(long, value_enum, default_value_t = Language::Rust)]
    language: Language,
    /// The folder to make, or an empty one; NAME if not given.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// For Rust: the SDK's folder, `sdk/rust` of Sluice's sources; looked for above this folder and above the program if not given.
    #[arg(long, value_name = "PATH")]
    sdk: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    check_name(&args.name)?;
    let (files, language, first) = args.language.parts();
    let sdk = if args.language == Language::Rust { Some(find_sdk(args.sdk.as_deref())?) } else { None };
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
    write(&folder, &args.name, files, sdk.as_deref()).map_err(fail)?;
    sluice_guest::write_kit(&folder, language)?;
    println!("{} is there. What comes next is in its README.md:", folder.display());
    for line in [&format!("cd {}", folder.display()), first, "sluice plugin build"].into_iter().filter(|line| !line.is_empty()) {
        println!("  {line}");
    }
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

fn write(folder: &Path, name: &str, files: Files, sdk: Option<&str>) -> io::Result<()> {
    let quoted = toml::Value::from(sdk.unwrap_or_default()).to_string();
    for (path, text) in files.iter().chain(CASES) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder))?;
        File::create_new(path)?.write_all(text.replace(NAME, name).replace(SDK, &quoted).as_bytes())?;
    }
    match sdk.map(|sdk| Path::new(sdk).join("Cargo.lock")) {
        Some(lock) if lock.is_file() => fs::copy(lock, folder.join("Cargo.lock")).map(drop),
        _ => Ok(()),
    }
}
