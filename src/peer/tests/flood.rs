//! A flood on every port: the peer keeps answering, stays small, and loses no observation that it
//! acknowledged.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use serde_json::Value;
use stun_types::message::{BINDING, Message, MessageWrite, MessageWriteVec};
use support::turn::{Turn, Wire};
use support::{TestClient, ask};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;
use tokio_tungstenite::connect_async;

const CLIENTS: usize = 8;
const REQUESTS: usize = 100_000;
/// More connections than the web server has at one time, and than the TURN server has.
const HOLDING: usize = 600;
const HOLDING_TURN: usize = 2 * iceveil_peer::turn::LIMIT + 100;
/// How a TLS client begins: half of a ClientHello that promises 512 bytes (RFC 8446, section 4).
const HALF_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03garbage";
const ALLOCATIONS: usize = 1000;
/// Far below what would be there if something grew with the flood.
const MAX_MEMORY_KB: u64 = 200 * 1024;

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where its servers are.
#[derive(Clone, Copy)]
struct Servers {
    http: SocketAddr,
    https: SocketAddr,
    stun: SocketAddr,
    turn: SocketAddr,
    turns: SocketAddr,
}

impl Program {
    /// A peer in a process of its own.
    fn start() -> (Self, Servers) {
        let options = ["--http", "--https", "--stun", "--turn", "--turns"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_iceveil-peer"))
            .arg("serve")
            .args(options.iter().flat_map(|option| [option, "127.0.0.1:0"]))
            .args(["--ready-json", "--log-level", "error"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let address = |name: &str| {
            let text = ready[name].as_str().unwrap();
            text.trim_start_matches("http://").parse().unwrap()
        };
        let servers = Servers {
            http: address("http"),
            https: address("https"),
            stun: address("stun"),
            turn: address("turn"),
            turns: address("turns"),
        };
        (Self(child), servers)
    }

    fn memory_kb(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.unwrap()
            .split_whitespace()
            .next()
            .unwrap()
            .parse()
            .unwrap()
    }
}

/// Sends requests from one socket; gives its port, and how many were answered.
async fn requests(to: SocketAddr, count: usize) -> (u16, u64) {
    const AT_ONCE: usize = 32;
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(to).await.unwrap();
    let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
    let (mut sent, mut answered) = (0, 0);
    let mut buffer = [0; 1500];
    while sent < count {
        let batch = AT_ONCE.min(count - sent);
        for _ in 0..batch {
            socket.send(&request).await.unwrap();
        }
        sent += batch;
        for _ in 0..batch {
            let answer = socket.recv(&mut buffer);
            // The network may lose some.
            if tokio::time::timeout(Duration::from_millis(500), answer)
                .await
                .is_err()
            {
                break;
            }
            answered += 1;
        }
    }
    (socket.local_addr().unwrap().port(), answered)
}

async fn garbage(udp: Vec<SocketAddr>, tcp: Vec<SocketAddr>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    for round in 0..500_usize {
        let noise: Vec<u8> = (0..round * 3)
            .map(|at| (at * 37 + round * 11) as u8)
            .collect();
        for to in &udp {
            socket.send_to(&noise, to).await.unwrap();
        }
        if round % 10 == 0 {
            for to in &tcp {
                // The peer may be full of them, or close it at once.
                if let Ok(mut stream) = TcpStream::connect(to).await {
                    let _ = stream.write_all(&noise).await;
                }
            }
        }
        tokio::task::yield_now().await;
    }
}

/// A request for a WebSocket.
fn upgrade(path: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
}

/// Connections that begin to ask and then do nothing.
async fn half_open(servers: Servers, live: &str) -> Vec<TcpStream> {
    let Servers {
        http,
        https,
        turn,
        turns,
        ..
    } = servers;
    let report = "PUT /api/clients/x/report HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
    let mut all = Vec::new();
    for (to, bytes, count) in [
        (http, &b""[..], 80),
        (http, b"GET / HT", 80),
        (http, report.as_bytes(), 80),
        (http, upgrade(live).as_bytes(), 30),
        (http, upgrade("/api/rooms/flood").as_bytes(), 10),
        (turn, b"\0\x03\x00", 80),
        (turns, b"", 80),
        (turns, b"\x16", 80),
        (turns, HALF_HELLO, 80),
        (https, HALF_HELLO, 80),
    ] {
        for _ in 0..count {
            let mut stream = TcpStream::connect(to).await.unwrap();
            stream.write_all(bytes).await.unwrap();
            all.push(stream);
        }
    }
    all
}

/// What no WebSocket client sends (RFC 6455, section 5).
fn broken_frames() -> Vec<Vec<u8>> {
    let masked = |first: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        [&[first, 0xfe, length[0], length[1], 0, 0, 0, 0], body].concat()
    };
    let open = masked(0x01, &[b' '; 30_000]);
    let more = masked(0x00, &[b' '; 30_000]);
    vec![
        (0..2000_usize).map(|at| (at * 37) as u8).collect(),
        // Not masked; an unknown kind; a text that is none; a ping too long.
        b"\x81\x02{}".to_vec(),
        masked(0x8b, b"{}"),
        masked(0x81, &[0xff; 200]),
        masked(0x89, &[0; 200]),
        // 2^63 - 1 bytes are to come.
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0".to_vec(),
        // A message that never ends, and one that never began.
        [open, more.repeat(100)].concat(),
        more,
    ]
}

/// Opens a WebSocket, and sends something broken. Gives whether the peer let it go.
async fn break_in(http: SocketAddr, path: &str, frames: &[u8]) -> bool {
    let mut stream = TcpStream::connect(http).await.unwrap();
    stream.write_all(upgrade(path).as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 101");
    // The peer may end it before it has all.
    let _ = stream.write_all(frames).await;
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest);
    tokio::time::timeout(Duration::from_secs(20), ended)
        .await
        .is_ok()
}

/// The ports of allocations that a live stream tells of, until there are so many.
async fn told_live(http: SocketAddr, path: String, count: usize) -> HashSet<u64> {
    let (mut stream, _) = connect_async(format!("ws://{http}{path}")).await.unwrap();
    let mut ports = HashSet::new();
    while ports.len() < count {
        let message = stream.next().await.unwrap().unwrap();
        let row: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        if row["how"] == "turn-allocate" {
            ports.insert(row["port"].as_u64().unwrap());
        }
    }
    ports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_borne() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let (program, servers) = Program::start();
    let http = servers.http;
    let pem = ask(http, "GET", "/api/certificate").await.text();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(TestClient::at(http).await);
    }
    let live = clients[0].path("/observations/live");
    let told = tokio::spawn(told_live(http, live.clone(), ALLOCATIONS / CLIENTS));
    let held = half_open(servers, &live).await;

    // Somebody who only wants an answer, all the while.
    let over = Arc::new(AtomicBool::new(false));
    let answers = Arc::new(AtomicU64::new(0));
    let asker = tokio::spawn({
        let (over, answers) = (Arc::clone(&over), Arc::clone(&answers));
        async move {
            while !over.load(Ordering::Relaxed) {
                assert_eq!(ask(http, "GET", "/api/info").await.status, 200);
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }
    });

    let ports: Vec<_> = clients.iter().map(|client| client.server("stun")).collect();
    let mut udp = ports.clone();
    udp.extend([servers.stun, servers.turn]);
    let tcp = vec![http, servers.https, servers.turn, servers.turns];
    let noise = tokio::spawn(garbage(udp, tcp));
    let mut broken = JoinSet::new();
    for path in [live.as_str(), "/api/rooms/broken"] {
        for frames in broken_frames() {
            let path = path.to_owned();
            broken.spawn(async move { break_in(http, &path, &frames).await });
        }
    }
    let mut senders = JoinSet::new();
    for (at, port) in ports.iter().copied().enumerate() {
        senders.spawn(async move { (at, requests(port, REQUESTS / CLIENTS).await) });
    }
    let mut allocated = JoinSet::new();
    for (at, client) in clients.iter().enumerate() {
        let credentials = client.credentials();
        let pem = pem.clone();
        allocated.spawn(async move {
            let mut all = Vec::new();
            for _ in 0..ALLOCATIONS / CLIENTS {
                let wire = match at % 2 {
                    0 => Wire::tcp(servers.turn).await,
                    _ => Wire::tls(servers.turns, &pem).await,
                };
                let mut user = Turn::new(wire, credentials.clone());
                user.allocate().await.unwrap();
                all.push(user);
            }
            (at, all)
        });
    }
    let mut users: Vec<_> = allocated.join_all().await;
    let answered = senders.join_all().await;
    noise.await.unwrap();
    assert!(broken.join_all().await.into_iter().all(|let_go| let_go));
    let memory = program.memory_kb();
    over.store(true, Ordering::Relaxed);
    asker.await.unwrap();
    assert!(answers.load(Ordering::Relaxed) > 0);
    assert!(memory < MAX_MEMORY_KB, "{memory} kB");

    for (at, (port, answered)) in answered {
        let seen = clients[at].observations("stun-binding").await;
        let row = seen.iter().find(|row| row["port"] == port).unwrap();
        assert!(answered > 0 && row["count"].as_u64().unwrap() >= answered);
    }
    let told = tokio::time::timeout(Duration::from_secs(20), told)
        .await
        .unwrap();
    users.sort_by_key(|(at, _)| *at);
    for (at, all) in &users {
        let seen = clients[*at].observations("turn-allocate").await;
        let transport = if at % 2 == 0 { "tcp" } else { "tls" };
        assert!(seen.iter().all(|row| row["transport"] == transport));
        let ports: HashSet<_> = seen.iter().flat_map(|row| row["port"].as_u64()).collect();
        let each = ALLOCATIONS / CLIENTS;
        assert_eq!((all.len(), ports.len()), (each, each));
        if *at == 0 {
            assert_eq!(told.as_ref().unwrap(), &ports);
        }
    }
    drop(held);
    let late = TestClient::at(http).await;
    assert_eq!(requests(late.server("stun"), 1).await.1, 1);
}

/// So many connections that begin like this and do nothing.
async fn hold(to: SocketAddr, count: usize, begin: &[u8]) -> Vec<TcpStream> {
    let mut held = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(begin).await.unwrap();
        held.push(stream);
    }
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_hold_still_lock_nobody_out() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let (_program, servers) = Program::start();
    let _held = hold(servers.http, HOLDING, b"GET / HT").await;
    for _ in 0..10 {
        assert_eq!(ask(servers.http, "GET", "/api/info").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_open_handshakes_lock_nobody_out_of_turn() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let (_program, servers) = Program::start();
    let client = TestClient::at(servers.http).await;
    let pem = ask(servers.http, "GET", "/api/certificate").await.text();
    let allocate = async || {
        let wire = Wire::tls(servers.turns, &pem).await;
        let mut user = Turn::new(wire, client.credentials());
        user.allocate().await.unwrap();
        user
    };
    let mut first = allocate().await;
    let _held = hold(servers.turns, HOLDING_TURN, HALF_HELLO).await;
    for _ in 0..10 {
        allocate().await;
    }
    // What had been made before is still there.
    assert_eq!(first.permit("127.0.0.1:9").await, 0);
}
