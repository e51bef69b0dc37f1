//! The HTTP interface: what it takes, what it refuses, what it serves.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::path::PathBuf;

use iceveil_peer::clients::{IceServer, LIMIT, SESSION_LIMIT};
use iceveil_peer::serve::Peer;
use support::turn::Wire;
use support::{TestClient, ask, options, peer, send};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const SDP: &str = "application/sdp";

#[tokio::test]
async fn clients_come_and_go() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    assert_eq!(client.about["ttl"], 600);
    let again = ask(client.http, "GET", &client.path("")).await.json();
    assert_eq!(again["id"], client.about["id"]);
    let seen = client.observations("http").await;
    assert_eq!(
        (seen.len(), seen[0]["address"].as_str()),
        (1, Some("127.0.0.1"))
    );
    assert_eq!(
        ask(client.http, "DELETE", &client.path("")).await.status,
        204
    );
    for path in ["", "/observations", "/report"] {
        assert_eq!(
            ask(client.http, "GET", &client.path(path)).await.status,
            404,
            "{path}"
        );
    }
    assert_eq!(
        ask(client.http, "DELETE", &client.path("")).await.status,
        404
    );
}

#[tokio::test]
async fn there_are_so_many_clients_and_no_more() {
    let peer = peer().await;
    let first = TestClient::new(&peer).await;
    for _ in 1..LIMIT {
        TestClient::new(&peer).await;
    }
    let refused = ask(peer.http[0], "POST", "/api/clients").await;
    assert_eq!(refused.status, 503);
    assert!(refused.json()["error"].as_str().unwrap().contains("256"));
    assert_eq!(ask(first.http, "DELETE", &first.path("")).await.status, 204);
    assert_eq!(ask(peer.http[0], "POST", "/api/clients").await.status, 201);
}

#[tokio::test]
async fn reports_are_kept_as_they_came() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let path = client.path("/report");
    assert_eq!(ask(client.http, "GET", &path).await.status, 404);
    let report = br#"{"verdict":"clean",  "surfaces":[]}"#;
    assert_eq!(
        send(client.http, "PUT", &path, "application/json", report)
            .await
            .status,
        204
    );
    assert_eq!(ask(client.http, "GET", &path).await.body, report);
    assert_eq!(
        send(client.http, "PUT", &path, "application/json", b"{")
            .await
            .status,
        400
    );
    let long = vec![b' '; (1 << 20) + 1];
    assert_eq!(
        send(client.http, "PUT", &path, "application/json", &long)
            .await
            .status,
        413
    );
    assert_eq!(ask(client.http, "GET", &path).await.body, report);
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_words() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let offer = client.path("/offer");
    let none = "/api/clients/0123/offer";
    for (path, kind, body, status) in [
        (none, SDP, &b"v=0"[..], 404),
        (&offer, "text/plain", b"v=0", 415),
        (&offer, SDP, b"", 400),
        (&offer, SDP, b"v=0\r\n", 400),
        (&offer, SDP, &[0xff; 100], 400),
        (&offer, SDP, &[b'a'; 300 * 1024], 413),
        (&format!("{offer}?candidates=some"), SDP, b"v=0", 400),
        (&client.path("/session"), SDP, b"v=0", 404),
        (&client.path("/session/7"), SDP, b"v=0", 404),
        (&client.path("/session/x"), SDP, b"v=0", 400),
        ("/api/nothing", SDP, b"", 404),
    ] {
        let answer = send(client.http, "POST", path, kind, body).await;
        assert_eq!(answer.status, status, "{path} {kind}");
    }
    assert_eq!(ask(client.http, "PATCH", &offer).await.status, 405);
    assert_eq!(
        ask(client.http, "DELETE", &client.path("/session"))
            .await
            .status,
        404
    );
    assert_eq!(SESSION_LIMIT, 32);
}

#[tokio::test]
async fn pages_from_anywhere_may_ask() {
    let peer = peer().await;
    let allowed = ask(peer.http[0], "OPTIONS", "/api/clients").await;
    assert_eq!(allowed.status, 204);
    assert_eq!(
        allowed.header("access-control-allow-origin").as_deref(),
        Some("*")
    );
    let info = ask(peer.http[0], "GET", "/api/info").await;
    assert_eq!(
        info.header("access-control-allow-origin").as_deref(),
        Some("*")
    );
    assert_eq!(info.json()["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(info.json()["turn"], true);
}

/// A folder with a page and a script, and a secret beside it.
fn www(name: &str) -> PathBuf {
    let outside = std::env::temp_dir().join(format!("iceveil-peer-{name}-{}", std::process::id()));
    let www = outside.join("www");
    std::fs::create_dir_all(www.join("folder")).unwrap();
    std::fs::write(outside.join("secret.txt"), "secret").unwrap();
    std::fs::write(
        www.join("index.html"),
        "<script nonce=\"{{nonce}}\"></script>",
    )
    .unwrap();
    std::fs::write(www.join("folder/script.js"), "//{{nonce}}").unwrap();
    www
}

#[tokio::test]
async fn the_leak_test_is_served_plain_and_strict() {
    let mut options = options();
    let folder = www("files");
    options.www = Some(folder.clone());
    let peer = Peer::start(&options).await.unwrap();
    let http = peer.http[0];
    let plain = ask(http, "GET", "/?client=1").await;
    assert_eq!(
        plain.header("content-type").as_deref(),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(plain.header("content-security-policy"), None);
    let strict = ask(http, "GET", "/strict/").await;
    let policy = strict.header("content-security-policy").unwrap();
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .trim_end_matches('\'');
    assert_eq!(policy, format!("script-src 'self' 'nonce-{nonce}'"));
    assert_eq!(
        strict.text(),
        format!("<script nonce=\"{nonce}\"></script>")
    );
    assert_ne!(ask(http, "GET", "/strict/").await.text(), strict.text());
    assert_eq!(
        ask(http, "GET", "/strict")
            .await
            .header("location")
            .as_deref(),
        Some("/strict/")
    );
    let script = ask(http, "GET", "/strict/folder/script.js").await;
    assert_eq!(
        script.header("content-type").as_deref(),
        Some("text/javascript; charset=utf-8")
    );
    assert_eq!(script.text(), "//{{nonce}}");
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/strict/../secret.txt",
        "/none",
        "/folder",
    ] {
        assert_eq!(ask(http, "GET", path).await.status, 404, "{path}");
    }
    assert_eq!(ask(http, "POST", "/index.html").await.status, 405);
    std::os::unix::fs::symlink(folder.join("../secret.txt"), folder.join("link.txt")).unwrap();
    assert_eq!(ask(http, "GET", "/link.txt").await.status, 403);
    std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn slow_and_half_open_clients_hold_nobody_up() {
    let peer = peer().await;
    let mut slow = Vec::new();
    for _ in 0..100 {
        let mut stream = TcpStream::connect(peer.http[0]).await.unwrap();
        stream
            .write_all(b"POST /api/clients HTTP/1.1\r\nhost: x\r\ncontent-le")
            .await
            .unwrap();
        slow.push(stream);
    }
    assert_eq!(ask(peer.http[0], "GET", "/api/info").await.status, 200);
    let mut garbage = TcpStream::connect(peer.http[0]).await.unwrap();
    garbage.write_all(&[0; 100_000]).await.unwrap();
    let mut answer = Vec::new();
    let _ = garbage.read_to_end(&mut answer).await;
    assert_eq!(ask(peer.http[0], "GET", "/api/info").await.status, 200);
    drop(slow);
}

#[tokio::test]
async fn stopping_ends_what_is_served() {
    let peer = peer().await;
    let http = peer.http[0];
    TestClient::new(&peer).await;
    peer.stop().await;
    assert!(TcpStream::connect(http).await.is_err());
}

#[tokio::test]
async fn another_turn_server_is_named_in_place_of_ours() {
    let mut options = options();
    options.ice_server = vec![IceServer {
        urls: vec!["turn:192.0.2.9:3478".to_owned()],
        username: Some("anna".to_owned()),
        credential: Some("north".to_owned()),
    }];
    let peer = Peer::start(&options).await.unwrap();
    assert!(peer.turn.is_empty());
    let client = TestClient::new(&peer).await;
    let servers = client.about["iceServers"].as_array().unwrap();
    assert_eq!(servers.len(), 2);
    assert_eq!(servers[1]["urls"][0], "turn:192.0.2.9:3478");
    assert_eq!(servers[1]["credential"], "north");
    // What it relays is marked: the port is any.
    let offer = "v=0\r\na=candidate:1 1 udp 1 192.0.2.9 4000 typ relay\r\n";
    send(
        client.http,
        "POST",
        &client.path("/offer"),
        SDP,
        offer.as_bytes(),
    )
    .await;
    assert_eq!(
        client.observations("sdp-candidate").await[0]["relayed"],
        true
    );
}

#[tokio::test]
async fn the_site_is_served_over_tls_too() {
    let mut options = options();
    options.https = vec!["127.0.0.1:0".parse().unwrap()];
    let peer = Peer::start(&options).await.unwrap();
    let pem = ask(peer.http[0], "GET", "/api/certificate").await.text();
    let Wire::Stream(mut stream) = Wire::tls(peer.https[0], &pem).await else {
        unreachable!("TLS is a stream")
    };
    let request = "POST /api/clients HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"));
    let about: serde_json::Value =
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
    let client = TestClient {
        http: peer.http[0],
        about,
    };
    assert_eq!(client.observations("http").await[0]["transport"], "tls");
    let without = support::peer().await;
    let none = ask(without.http[0], "GET", "/api/certificate").await;
    assert_eq!(none.status, 404);
}
