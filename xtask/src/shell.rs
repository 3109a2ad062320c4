//! Commands of other programs, and what must be on the machine for them.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

/// Runs a command with this one's terminal; its failure is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("cannot start {name}"))?;
    let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
    ensure!(status.success(), "`{name} {}` failed: {status}", args.join(" "));
    Ok(())
}

/// Cargo in a folder. What the cargo that began this says of this program stays behind: build scripts that look at it would run anew, and
/// with them a good part of what depends on them would be built each time.
pub(crate) fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new("cargo");
    for (name, _) in env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|begin| name.as_encoded_bytes().starts_with(begin.as_bytes())) {
            cargo.env_remove(name);
        }
    }
    cargo.current_dir(folder);
    cargo
}

/// Says what comes next, and how many minutes and seconds after the first step.
pub(crate) fn step(what: &str) {
    static BEGUN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let seconds = BEGUN.elapsed().as_secs();
    eprintln!("── {:02}:{:02} {}", seconds / 60, seconds % 60, what.trim_end());
}

/// Of a download, before it is begun again, and how often it is.
const DOWNLOAD_SECONDS_MAX: &str = "600";
const DOWNLOADS: u32 = 3;

/// Runs a command that loads from a registry: one that fails or stands still is begun again.
pub(crate) fn download(program: &str, args: &[&str]) -> Result<()> {
    let mut outcome = Ok(());
    for _ in 0..DOWNLOADS {
        outcome = run(Command::new("timeout").args(["--kill-after=10", DOWNLOAD_SECONDS_MAX, program]).args(args));
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// Python's packages into a folder with a Python of its own, which is made anew.
pub(crate) fn pip_install(folder: &Path, packages: &[&str]) -> Result<()> {
    step(&packages.join(" "));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    let python = folder.join("bin/python");
    // Seconds without a byte, before it asks again.
    download(&python.to_string_lossy(), &[&["-m", "pip", "install", "-q", "--timeout", "20"], packages].concat())
}

/// Installs the packages of those programs that are missing.
pub(crate) fn need(programs_and_packages: &[(&str, &str)]) -> Result<()> {
    let missing: Vec<_> = programs_and_packages.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { apt_install(&missing) }
}

/// Is a program on the path, or where Debian keeps servers?
pub(crate) fn has(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).is_file())
}

/// Installs Debian packages; the error says by which command one could do it by hand.
pub(crate) fn apt_install(packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get install {}", packages.join(" "));
    ensure!(has("apt-get"), "needed and not here: {}; this machine has no apt-get, install them by its own means", packages.join(", "));
    let apt = || {
        let mut command = if has("sudo") && env::var("USER").is_ok_and(|user| user != "root") {
            let mut sudo = Command::new("sudo");
            sudo.arg("apt-get");
            sudo
        } else {
            Command::new("apt-get")
        };
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    eprintln!("installing {}", packages.join(", "));
    run(apt().args(["update", "-qq"])).with_context(|| format!("run `{by_hand}` as root"))?;
    run(apt().args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages).stdout(std::io::stderr()))
        .with_context(|| format!("run `{by_hand}` as root"))
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let xtask = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_path_buf)
}

/// Where cargo builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir))
}
