//! Clients that dawdle: each is cut off, and the others are answered.

use std::time::Duration;

use serde_json::json;
use sluice_api::ConnectionLimits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::server::{Server, TOKEN};

/// Far longer than any limit below: who reaches it was not cut off.
const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(300);

async fn server() -> Server {
    server_with(PAUSE).await
}

async fn server_with(head_time_max: Duration) -> Server {
    let limits = ConnectionLimits { connections_max: 4, head_time_max, body_pause_max: PAUSE, write_pause_max: PAUSE };
    Server::start_with(u32::MAX, limits).await
}

/// Sends some bytes and nothing more, and gives what comes until the server closes.
async fn send_and_wait(server: &Server, bytes: &str) -> String {
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it is still open");
    // A close with bytes unread is a reset.
    let _ = read;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn heads_and_bodies_that_do_not_come_are_cut_off() {
    let server = server().await;
    let (_, dump) = server.operator("POST", "/dumps", Some(json!({ "name": "a.txt" }))).await;
    let patch = format!(
        "PATCH /api/operator/v1/dumps/{} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nUpload-Offset: 0\r\nContent-Length: 9\r\n\r\nabc",
        dump["id"]
    );
    let post =
        format!("POST /api/operator/v1/breaches HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 9\r\n\r\n{{");
    for (case, sent, begins) in [
        ("nothing", "", ""),
        ("half a head", "GET /healthz HTTP/1.1\r\nHost:", ""),
        ("a request, and then nothing", "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200"),
        ("half an upload", patch.as_str(), "HTTP/1.1 400"),
        ("half a body", post.as_str(), "HTTP/1.1 4"),
    ] {
        let answer = send_and_wait(&server, sent).await;
        assert!(answer.starts_with(begins), "{case}: {answer}");
    }
    let (status, _) = server.operator("GET", "/dumps", None).await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let server = server().await;
    let answer = send_and_wait(&server, &format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(1 << 20))).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert_eq!(server.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn more_connections_than_there_may_be_wait_their_turn() {
    let server = server().await;
    let idle = async || TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(idle().await);
    }
    // All places are taken; whoever has them is cut off, and this one's turn comes.
    assert_eq!(tokio::time::timeout(PATIENCE, server.get("/healthz")).await.unwrap().0, 200);
}

#[tokio::test]
async fn who_does_not_take_the_answer_is_cut_off() {
    const REQUESTS: usize = 2_000;
    // All share one thread here: others' heads may have to wait for their turn.
    let server = server_with(PATIENCE).await;
    let mut stream = TcpStream::connect(server.base.trim_start_matches("http://")).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let request = "GET /range/5BAA6 HTTP/1.1\r\nHost: a\r\nUser-Agent: a\r\nAdd-Padding: true\r\n\r\n".repeat(REQUESTS);
    // Once the server gives up, writing fails as well.
    let _ = tokio::time::timeout(PATIENCE, writing.write_all(request.as_bytes())).await.expect("it neither reads nor closes");
    let gone = async { while server.get("/healthz").await.0 != 200 {} };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (mut answer, mut bytes) = (vec![0; 1 << 16], 0);
    while let Ok(read) = tokio::time::timeout(PATIENCE, reading.read(&mut answer)).await.expect("it is still open") {
        if read == 0 {
            break;
        }
        bytes += read;
    }
    // A padded range has at least 800 rows of 37 bytes.
    assert!(bytes < REQUESTS * 800 * 37, "{bytes} bytes came");
}
