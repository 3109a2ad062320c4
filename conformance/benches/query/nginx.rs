//! The reference: nginx over a folder of files, with a configuration of its own.

use std::{
    fs,
    net::TcpStream,
    path::Path,
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use crate::service::free_address;

const READY: Duration = Duration::from_secs(10);

pub(crate) struct Nginx {
    child: Child,
    address: String,
}

impl Nginx {
    pub(crate) fn start(folder: &Path, files: &Path) -> Result<Self> {
        let address = free_address()?;
        let own = folder.join("nginx");
        fs::create_dir_all(&own)?;
        let workers = thread::available_parallelism()?;
        let user = if is_root(folder)? { "user root;" } else { "" };
        let (own, files) = (own.display(), files.display());
        let configuration = format!(
            "{user}
            daemon off;
            worker_processes {workers};
            pid {own}/pid;
            error_log {own}/error.log;
            events {{ worker_connections 4096; }}
            http {{
                access_log off;
                sendfile on;
                tcp_nopush on;
                keepalive_timeout 600;
                keepalive_requests 1000000000;
                open_file_cache max=4096 inactive=600s;
                open_file_cache_valid 600s;
                default_type text/plain;
                client_body_temp_path {own}/body;
                proxy_temp_path {own}/proxy;
                fastcgi_temp_path {own}/fastcgi;
                uwsgi_temp_path {own}/uwsgi;
                scgi_temp_path {own}/scgi;
                server {{ listen {address}; root {files}; }}
            }}"
        );
        let path = folder.join("nginx.conf");
        fs::write(&path, configuration)?;
        let child = Command::new(sluice_engines::tls::nginx())
            .arg("-c")
            .arg(&path)
            .arg("-e")
            .arg(folder.join("nginx.log"))
            .spawn()
            .context("cannot start nginx")?;
        let nginx = Self { child, address };
        let until = Instant::now() + READY;
        while TcpStream::connect(&nginx.address).is_err() {
            ensure!(Instant::now() < until, "nginx does not listen on {}", nginx.address);
            thread::sleep(Duration::from_millis(20));
        }
        Ok(nginx)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// nginx drops its rights when root starts it, and the folder is its owner's alone.
fn is_root(folder: &Path) -> Result<bool> {
    Ok(std::os::unix::fs::MetadataExt::uid(&fs::metadata(folder)?) == 0)
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // The master ends its workers when it is asked to; a kill would leave them.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
