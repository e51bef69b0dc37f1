//! The program itself: its command line, its signals, its logs.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iceveil-peer"));
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn output(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// A serving program, and what its first line says.
fn serving(more: &[&str]) -> (Child, Value) {
    let base = [
        "serve",
        "--http",
        "127.0.0.1:0",
        "--stun",
        "127.0.0.1:0",
        "--ready-json",
    ];
    let mut child = command(&[&base[..], more].concat()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

fn stop(child: &mut Child, signal: &str) -> (Option<i32>, String) {
    let kill = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let status = child.wait().unwrap();
    let mut log = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    (status.code(), log)
}

#[test]
fn it_stops_cleanly_on_both_signals() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, ready) = serving(&[]);
        let http = ready["http"].as_str().unwrap();
        assert!(http.starts_with("http://127.0.0.1:"), "{http}");
        assert!(
            ready["stun"]
                .as_str()
                .unwrap()
                .parse::<SocketAddr>()
                .is_ok()
        );
        assert!(
            ready["turn"]
                .as_str()
                .unwrap()
                .parse::<SocketAddr>()
                .is_ok()
        );
        assert_eq!(stop(&mut child, signal).0, Some(0), "{signal}");
    }
}

#[test]
fn a_taken_port_is_named_with_its_option() {
    let tcp_holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp_holder = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = tcp_holder.local_addr().unwrap().to_string();
    let udp = udp_holder.local_addr().unwrap().to_string();
    for (option, taken) in [
        ("--http", &tcp),
        ("--stun", &udp),
        ("--turn", &tcp),
        ("--turn", &udp),
    ] {
        let mut arguments = vec!["serve", option, taken.as_str()];
        for other in ["--http", "--stun"] {
            if other != option {
                arguments.extend([other, "127.0.0.1:0"]);
            }
        }
        let output = output(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{option}");
        assert!(
            error.contains(&format!("{option} {taken}: the port is taken")),
            "{error}"
        );
    }
}

/// Of what would be a browser and a packed extension, were they asked; with these options.
fn audit(more: &[&'static str]) -> Vec<&'static str> {
    let base = ["audit", "--browser", "/bin/sh", "--extension", "Cargo.toml"];
    [&base[..], more].concat()
}

#[test]
fn what_it_cannot_do_it_says() {
    for (arguments, code, words) in [
        (
            &["serve", "--simulate-mapped", "8.8.8.8"][..],
            2,
            "nobody's",
        ),
        (&["serve", "--http", "0.0.0.0:0"], 2, "--public"),
        (
            &["serve", "--http", "198.51.100.1:0"],
            1,
            "doesn't have that address",
        ),
        (&["serve", "--www", "/nonexistent"], 1, "no such folder"),
        (&["serve", "--turn-peer", "all"], 2, "any"),
        (&["serve", "--turn-user", "anna"], 2, "NAME:PASSWORD"),
        (&["sing"], 2, "unrecognized"),
        (
            &[
                "audit",
                "--extension",
                ".",
                "--browser",
                "/nonexistent/firefox",
            ],
            2,
            "no such browser",
        ),
        (&audit(&["--realms", "no-src,nosrc"]), 2, "\"nosrc\""),
        (
            &audit(&["--out", "Cargo.toml"]),
            2,
            "--out Cargo.toml: the results can't be saved",
        ),
        (&audit(&["--out", "Cargo.toml/audit"]), 2, "can't be saved"),
    ] {
        let output = output(arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {error}");
        assert!(error.contains(words), "{arguments:?} {error}");
    }
}

#[test]
fn help_documents_the_interface() {
    let help = String::from_utf8(output(&["serve", "--help"]).stdout).unwrap();
    for word in [
        "/api/clients",
        "observations",
        "stun-binding",
        "--simulate-mapped",
        "SIGTERM",
        "{{nonce}}",
    ] {
        assert!(help.contains(word), "{word}");
    }
}

#[test]
fn no_log_line_carries_an_address() {
    for format in ["text", "json"] {
        let (mut child, ready) = serving(&["--log-level", "trace", "--log-format", format]);
        exercise(&ready);
        let (code, log) = stop(&mut child, "-TERM");
        assert_eq!(code, Some(0));
        assert!(log.contains("client made"), "{log}");
        assert!(log.contains("binding request"), "{log}");
        for line in log.lines() {
            let text = match format {
                "json" => {
                    let mut line: Value = serde_json::from_str(line).unwrap();
                    line.as_object_mut().unwrap().remove("timestamp");
                    line.to_string()
                }
                _ => line.split_once(' ').unwrap().1.to_owned(),
            };
            assert!(!has_address(&text), "{line}");
        }
    }
}

/// Any word of digits, dots and colons that reads as an address.
fn has_address(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_ascii_hexdigit() && c != '.' && c != ':');
    let mut words = words.filter(|word| word.bytes().any(|byte| byte.is_ascii_digit()));
    words.any(|word| word.parse::<std::net::IpAddr>().is_ok() || word.parse::<SocketAddr>().is_ok())
}

#[test]
fn addresses_are_logged_where_they_are_asked_for() {
    let (mut child, ready) = serving(&["--log-level", "debug", "--log-addresses"]);
    exercise(&ready);
    assert!(stop(&mut child, "-INT").1.contains("source=127.0.0.1:"));
}

/// Makes a client and lets it give away addresses in every way that a log line could repeat.
fn exercise(ready: &Value) {
    use stun_types::message::{BINDING, Message, MessageWrite, MessageWriteVec};

    let http = ready["http"]
        .as_str()
        .unwrap()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let about = support::ask(http, "POST", "/api/clients").await.json();
        let client = support::TestClient { http, about };
        let offer = b"v=0\r\nc=IN IP4 192.168.1.10\r\n\
            a=candidate:1 1 udp 1 192.168.1.10 4000 typ host\r\n";
        support::send(
            http,
            "POST",
            &client.path("/offer"),
            "application/sdp",
            offer,
        )
        .await;
        let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let request = Message::builder_request(BINDING, MessageWriteVec::new()).finish();
        let turn = ready["turn"].as_str().unwrap();
        for server in [client.server("stun").to_string(), turn.to_owned()] {
            socket.send_to(b"garbage", &server).await.unwrap();
            socket.send_to(&request, &server).await.unwrap();
            socket.recv_from(&mut [0; 1500]).await.unwrap();
        }
    });
}
