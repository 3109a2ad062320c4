//! TLS and users before a server that has neither: nginx, with a certificate of a CA of its own.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{Process, free_port};

const START_MS_MAX: u64 = 30_000;
const DAYS: &str = "7";

/// Ends TLS before a server, and lets one user in. As OpenSearch's security plugin refuses whoever may see some indices alone, it refuses
/// what is asked of all aliases. Dropping it stops it.
#[derive(Debug)]
pub struct Front {
    port: u16,
    /// Dropped before its folder is.
    _process: Process,
    folder: TempDir,
}

impl Front {
    /// Before the server at an address, for a user of that name and password.
    ///
    /// # Errors
    /// If nginx or openssl are not installed, or it does not start.
    pub fn start(url: &str, user: &str, password: &str) -> Result<Self> {
        let (folder, port) = (tempfile::Builder::new().prefix("sluice-tls-").tempdir()?, free_port()?);
        let path = folder.path();
        certificates(path)?;
        fs::write(path.join("users"), format!("{user}:{{PLAIN}}{password}\n"))?;
        let at = path.display();
        let temporary: String =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|what| format!("{what}_temp_path {at};\n")).concat();
        let configuration = format!(
            "daemon off;\nmaster_process off;\npid {at}/pid;\nevents {{}}\nhttp {{\naccess_log off;\nclient_max_body_size 0;\n{temporary}\
             server {{\nlisten 127.0.0.1:{port} ssl;\nssl_certificate {at}/server.pem;\nssl_certificate_key {at}/server.key;\n\
             auth_basic server;\nauth_basic_user_file {at}/users;\nlocation /_alias/ {{\nreturn 403;\n}}\n\
             location / {{\nproxy_pass {url};\nproxy_set_header Authorization \"\";\n}}\n}}\n}}\n"
        );
        fs::write(path.join("nginx.conf"), configuration)?;
        let mut command = Command::new(nginx());
        command.args(["-e", "stderr", "-c"]).arg(path.join("nginx.conf"));
        let mut process = Process::start_as_we_are("nginx", command, &path.join("nginx.log"))?;
        process.wait_until(|| TcpStream::connect(("127.0.0.1", port)).is_ok(), START_MS_MAX)?;
        Ok(Self { port, _process: process, folder })
    }

    /// Its address, without a slash at its end.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The certificate (PEM) of who vouches for it.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn ca(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.folder.path().join("ca.pem"))?)
    }
}

/// The program, where Debian keeps servers or on the path.
pub fn nginx() -> PathBuf {
    let there = PathBuf::from("/usr/sbin/nginx");
    if there.is_file() { there } else { "nginx".into() }
}

/// A CA's, and one for loopback that it signed.
fn certificates(folder: &Path) -> Result<()> {
    openssl(folder, &["req", "-x509", "-subj", "/CN=A CA of tests", "-keyout", "ca.key", "-out", "ca.pem"])?;
    let signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"];
    let own = ["req", "-x509", "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.pem"];
    openssl(folder, &[&own[..], &signed[..]].concat())
}

fn openssl(folder: &Path, args: &[&str]) -> Result<()> {
    let mut openssl = Command::new("openssl");
    openssl.current_dir(folder).args(args).args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS]);
    let made = openssl.stdin(Stdio::null()).output().context("cannot start openssl")?;
    ensure!(made.status.success(), "openssl made no certificate: {}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}
