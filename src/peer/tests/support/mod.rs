//! What the tests share: a peer on free ports of loopback, and a plain HTTP client.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

pub mod end;
pub mod turn;

use std::net::SocketAddr;

use iceveil_peer::options::ServeOptions;
use iceveil_peer::serve::Peer;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub fn options() -> ServeOptions {
    let any_port = "127.0.0.1:0".parse().unwrap();
    ServeOptions {
        http: vec![any_port],
        stun: vec![any_port],
        ..ServeOptions::default()
    }
}

pub async fn peer() -> Peer {
    Peer::start(&options()).await.expect("a peer on loopback")
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }
}

pub async fn ask(to: SocketAddr, method: &str, path: &str) -> Answer {
    send(to, method, path, "", b"").await
}

pub async fn send(to: SocketAddr, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
    send_if(to, method, path, kind, "", body).await
}

/// With this in `If-Match`, unless it is empty.
pub async fn send_if(
    to: SocketAddr,
    method: &str,
    path: &str,
    kind: &str,
    tag: &str,
    body: &[u8],
) -> Answer {
    let condition = match tag {
        "" => String::new(),
        tag => format!("if-match: {tag}\r\n"),
    };
    let mut stream = TcpStream::connect(to).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-type: {kind}\r\n\
         {condition}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may refuse a long body without reading all of it.
    let _ = stream.write_all(body).await;
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("an answer");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head,
        body: bytes[end + 4..].to_vec(),
    }
}

/// A client of the peer, as the HTTP interface gives it.
pub struct TestClient {
    pub http: SocketAddr,
    pub about: Value,
}

impl TestClient {
    pub async fn new(peer: &Peer) -> Self {
        Self::at(peer.http[0]).await
    }

    /// A client of the peer whose web server is there.
    pub async fn at(http: SocketAddr) -> Self {
        let answer = ask(http, "POST", "/api/clients").await;
        assert_eq!(answer.status, 201);
        Self {
            http,
            about: answer.json(),
        }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/clients/{}{rest}", self.about["id"].as_str().unwrap())
    }

    /// The first server whose URL begins so, as an address.
    pub fn server(&self, scheme: &str) -> SocketAddr {
        let servers = self.about["iceServers"].as_array().unwrap();
        let urls = servers
            .iter()
            .flat_map(|server| server["urls"].as_array().unwrap());
        let url = urls
            .map(|url| url.as_str().unwrap())
            .find(|url| url.starts_with(scheme));
        url.unwrap()[scheme.len() + 1..]
            .split('?')
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// The TURN user name and password.
    pub fn credentials(&self) -> (String, String) {
        let servers = self.about["iceServers"].as_array().unwrap();
        let turn = servers
            .iter()
            .find(|server| server["username"].is_string())
            .unwrap();
        let word = |name: &str| turn[name].as_str().unwrap().to_owned();
        (word("username"), word("credential"))
    }

    pub async fn observations(&self, how: &str) -> Vec<Value> {
        let account = ask(self.http, "GET", &self.path("/observations"))
            .await
            .json();
        let rows = account["observations"].as_array().unwrap().clone();
        rows.into_iter().filter(|row| row["how"] == how).collect()
    }
}
