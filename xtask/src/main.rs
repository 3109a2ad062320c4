//! `cargo xtask`: the chores of this repository.

mod plugins;
mod shell;

use anyhow::Result;
use clap::Parser;

/// The chores of this repository.
#[derive(Parser)]
enum Chore {
    /// Build the official plugins to target/plugins/*.wasm.
    Plugins,
}

fn main() -> Result<()> {
    let root = shell::root();
    match Chore::parse() {
        Chore::Plugins => {
            for path in plugins::build(&root)? {
                println!("{}", path.display());
            }
        }
    }
    Ok(())
}
