//! `cargo xtask recall`: files of fresh people in every format and dialect, written by the real tools, and how much of them `sluice parse`
//! finds, beside what other people's programs find. The work is Python's, in `conformance/recall`: that is the language those tools have.
//!
//! Servers run in folders of their own, on sockets alone; Python's packages go into the target folder.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Result;

use crate::{plugins, shell};

/// Programs that write the files, with the packages they are in.
const TOOLS: [(&str, &str); 8] = [
    ("python3", "python3-venv"),
    ("mariadbd", "mariadb-server"),
    ("sqlite3", "sqlite3"),
    ("zip", "zip"),
    ("7za", "p7zip-full"),
    ("htpasswd", "apache2-utils"),
    ("slapadd", "slapd"),
    ("mkpasswd", "whois"),
];

/// Runs it; `args` are `recall.py`'s own.
pub(crate) fn run(root: &Path, args: &[String]) -> Result<()> {
    shell::need(&TOOLS)?;
    // Debian keeps PostgreSQL's programs beside the path.
    if !Path::new("/usr/lib/postgresql").is_dir() {
        shell::apt_install(&["postgresql"])?;
    }
    plugins::build(root)?;
    shell::run(shell::cargo(root).args(["build", "--release", "--workspace", "--bins"]))?;
    let python = packages(root)?;
    let mut recall = Command::new(python);
    recall.arg(root.join("conformance/recall/recall.py"));
    recall.arg("--sluice").arg(shell::target_dir(root).join("release/sluice")).arg("--plugins").arg(plugins::folder(root));
    shell::run(recall.args(args))
}

/// A Python that has what `requirements.txt` says.
fn packages(root: &Path) -> Result<PathBuf> {
    let wanted = root.join("conformance/recall/requirements.txt");
    let folder = shell::target_dir(root).join("recall");
    let (python, installed) = (folder.join("bin/python"), folder.join("installed.txt"));
    if fs::read(&installed).ok() != fs::read(&wanted).ok() {
        shell::pip_install(&folder, &["-r", &wanted.to_string_lossy()])?;
        fs::copy(&wanted, &installed)?;
    }
    Ok(python)
}
