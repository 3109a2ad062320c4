//! Plugins written in C: every .c file of the folder and the kit's → a core module, by clang and wasm-ld, without a C library.
//!
//! The same source gives the same bytes with the same clang: the compiler sees only paths from the plugin's folder, and what is linked
//! has neither names nor notes.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    GuestError, Language,
    kit::{KIT, write_kit},
    tools,
};

const INSTALL: &str = "install clang and lld, on Debian by `apt-get install clang lld`; or set WASI_SDK_PATH to a WASI SDK's folder";
const FLAGS: &[&str] = &[
    "--target=wasm32-unknown-unknown",
    "-std=c17",
    "-O3",
    "-msimd128",
    "-mbulk-memory",
    "-ffreestanding",
    "-nostdlib",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
    "-I.sluice",
    // A stack below the data, so that one that overflows traps and spoils nothing.
    "-Wl,--no-entry,--strip-all,--stack-first,-z,stack-size=262144",
];
/// Debian has compilers under their versions' names too.
const NEWEST: u32 = 24;
const OLDEST: u32 = 11;

pub(crate) fn make(folder: &Path) -> Result<PathBuf, GuestError> {
    let clang = find()?;
    write_kit(folder, Language::C)?;
    let module = folder.join(KIT).join("plugin.wasm");
    let mut sources = sources(folder, "")?;
    sources.extend(self::sources(folder, KIT)?);
    tools::run(Command::new(clang).args(FLAGS).args(sources).arg("-o").arg(Path::new(KIT).join("plugin.wasm")), "clang", folder)?;
    Ok(module)
}

/// The first clang that compiles for WebAssembly and has a linker for it.
fn find() -> Result<PathBuf, GuestError> {
    let names: Vec<_> = (OLDEST..=NEWEST).rev().map(|version| format!("clang-{version}")).collect();
    let mut candidates: Vec<_> = env::var_os("WASI_SDK_PATH").into_iter().map(|sdk| PathBuf::from(sdk).join("bin/clang")).collect();
    candidates.extend(tools::on_path(std::iter::once("clang").chain(names.iter().map(String::as_str))));
    let missing = |what: &str| Err(GuestError::Missing { what: what.into(), install: INSTALL });
    if candidates.is_empty() {
        return missing("there is no clang on the path");
    }
    candidates.retain(|clang| tools::ask(clang, &["--print-targets"]).is_some_and(|targets| targets.contains("wasm32")));
    if candidates.is_empty() {
        return missing("no clang on the path compiles for WebAssembly");
    }
    let has_linker = |clang: &PathBuf| tools::ask(clang, &["-print-prog-name=wasm-ld"]).is_some_and(|linker| Path::new(&linker).is_file());
    candidates.into_iter().find(has_linker).map_or_else(|| missing("clang has no linker for WebAssembly, wasm-ld"), Ok)
}

/// The .c files of the plugin's folder, or of one in it, as seen from it.
fn sources(folder: &Path, within: &str) -> Result<Vec<PathBuf>, GuestError> {
    let path = folder.join(within);
    let fail = |source| GuestError::File { path: path.clone(), source };
    let mut sources = Vec::new();
    for entry in fs::read_dir(&path).map_err(fail)? {
        let source = Path::new(within).join(entry.map_err(fail)?.file_name());
        if source.extension().is_some_and(|extension| extension == "c") {
            sources.push(source);
        }
    }
    sources.sort();
    Ok(sources)
}
