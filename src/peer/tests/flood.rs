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

use serde_json::Value;
use stun_types::message::{BINDING, Message, MessageWrite, MessageWriteVec};
use support::turn::{Turn, Wire};
use support::{TestClient, ask};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::JoinSet;

const CLIENTS: usize = 8;
const REQUESTS: usize = 100_000;
/// More connections than the peer has at one time.
const HOLDING: usize = 600;
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

impl Program {
    /// A peer in a process of its own, and where its web, STUN and TURN servers are.
    fn start() -> (Self, [SocketAddr; 3]) {
        let arguments = ["serve", "--http", "127.0.0.1:0", "--stun", "127.0.0.1:0"];
        let mut child = Command::new(env!("CARGO_BIN_EXE_iceveil-peer"))
            .args(arguments)
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
        (Self(child), ["http", "stun", "turn"].map(address))
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

/// Connections that begin to ask and then do nothing.
async fn half_open(http: SocketAddr, turn: SocketAddr, live: &str) -> Vec<TcpStream> {
    let upgrade = format!(
        "GET {live} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    );
    let room = upgrade.replace(live, "/api/rooms/flood");
    let mut all = Vec::new();
    for (to, text, count) in [
        (http, "", 80),
        (http, "GET / HT", 80),
        (
            http,
            "PUT /api/clients/x/report HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{",
            80,
        ),
        (http, upgrade.as_str(), 40),
        (http, room.as_str(), 10),
        (turn, "\0\x03\x00", 80),
    ] {
        for _ in 0..count {
            let mut stream = TcpStream::connect(to).await.unwrap();
            stream.write_all(text.as_bytes()).await.unwrap();
            all.push(stream);
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_borne() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let (program, [http, stun, turn]) = Program::start();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(TestClient::at(http).await);
    }
    let live = clients[0].path("/observations/live");
    let held = half_open(http, turn, &live).await;

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
    udp.extend([stun, turn]);
    let noise = tokio::spawn(garbage(udp, vec![http, turn]));
    let mut senders = JoinSet::new();
    for (at, port) in ports.iter().copied().enumerate() {
        senders.spawn(async move { (at, requests(port, REQUESTS / CLIENTS).await) });
    }
    let mut allocated = JoinSet::new();
    for (at, client) in clients.iter().enumerate() {
        let credentials = client.credentials();
        allocated.spawn(async move {
            let mut all = Vec::new();
            for _ in 0..ALLOCATIONS / CLIENTS {
                let mut user = Turn::new(Wire::tcp(turn).await, credentials.clone());
                user.allocate().await.unwrap();
                all.push(user);
            }
            (at, all)
        });
    }
    let mut users: Vec<_> = allocated.join_all().await;
    let answered = senders.join_all().await;
    noise.await.unwrap();
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
    users.sort_by_key(|(at, _)| *at);
    for (at, all) in &users {
        let seen = clients[*at].observations("turn-allocate").await;
        let ports: HashSet<_> = seen.iter().map(|row| row["port"].as_u64()).collect();
        assert_eq!(
            (all.len(), ports.len()),
            (ALLOCATIONS / CLIENTS, ALLOCATIONS / CLIENTS)
        );
    }
    drop(held);
    let late = TestClient::at(http).await;
    assert_eq!(requests(late.server("stun"), 1).await.1, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_hold_still_lock_nobody_out() {
    rlimit::increase_nofile_limit(8192).unwrap();
    let (_program, [http, _, _]) = Program::start();
    let mut held = Vec::new();
    for _ in 0..HOLDING {
        let mut stream = TcpStream::connect(http).await.unwrap();
        stream.write_all(b"GET / HT").await.unwrap();
        held.push(stream);
    }
    for _ in 0..10 {
        assert_eq!(ask(http, "GET", "/api/info").await.status, 200);
    }
}
