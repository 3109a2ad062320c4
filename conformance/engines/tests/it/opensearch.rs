use std::{net::TcpStream, path::Path};

use sluice_engines::opensearch::OpenSearch;

#[test]
fn it_is_killed_started_again_and_stopped() {
    let mut server = OpenSearch::start().unwrap();
    let Some(data) = server.data() else { return };
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    assert!(data.join("nodes").is_dir(), "it keeps its data in {}", data.display());
    let killed = server.process().unwrap();
    let first = killed.id();
    killed.pause().unwrap();
    killed.resume().unwrap();
    killed.kill().unwrap();
    assert!(TcpStream::connect(&address).is_err());
    server.restart().unwrap();
    let second = server.process().unwrap().id();
    assert_ne!(first, second);
    TcpStream::connect(&address).unwrap();
    drop(server);
    assert!(!Path::new(&format!("/proc/{second}")).exists());
    assert!(!data.exists(), "its folder goes with it");
}
