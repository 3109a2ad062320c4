//! What local commands find in the data folder: the operator's token and where the service listens.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};

const TOKEN_FILE: &str = "operator.token";
const ADDRESS_FILE: &str = "address";

/// The token, made at the first start. Its file is its owner's alone.
pub(super) fn read_or_make(data: &Path) -> Result<String> {
    let path = data.join(TOKEN_FILE);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let token = hex::encode(rand::random::<[u8; 32]>());
            file.write_all(token.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
            tracing::info!("the operator token is in {}", path.display());
            Ok(token)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(data),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", path.display())),
    }
}

/// The token of a data folder.
pub(crate) fn read(data: &Path) -> Result<String> {
    let path = data.join(TOKEN_FILE);
    Ok(fs::read_to_string(&path).with_context(|| format!("cannot read the operator token {}", path.display()))?.trim().to_owned())
}

/// As the api compares it.
pub(super) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

pub(super) fn write_address(data: &Path, address: SocketAddr) -> Result<()> {
    let path = data.join(ADDRESS_FILE);
    fs::write(&path, address.to_string()).with_context(|| format!("cannot write {}", path.display()))
}

/// Where the service of a data folder listens, or did when it last ran.
pub(crate) fn read_address(data: &Path) -> Option<String> {
    fs::read_to_string(data.join(ADDRESS_FILE)).ok()
}
