//! A whole call with the peer: an independent WebRTC end, offer and answer over HTTP, data back.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use iceveil_peer::serve::Peer;
use str0m::change::SdpOffer;
use str0m::channel::ChannelId;
use support::end::{End, FRAGMENT, Happened, SDP, call};
use support::{TestClient, peer, send};
use tokio::net::UdpSocket;

async fn with_candidates(peer: &Peer, query: &str) -> (TestClient, End, ChannelId, String) {
    let client = TestClient::new(peer).await;
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let (offer, pending) = end.offer("any label");
    let (answer, location) = call(&client, query, &offer).await;
    assert_eq!(answer.contains("a=candidate:"), query.is_empty());
    end.accept(pending, &answer);
    let id = end.opened().await;
    (client, end, id, location)
}

#[tokio::test]
async fn messages_come_back_as_they_were() {
    let peer = peer().await;
    let (client, mut end, id, _) = with_candidates(&peer, "").await;
    for (binary, message) in [
        (false, &b"hello"[..]),
        (true, &[0, 255, 1]),
        (true, &[7; 60_000]),
    ] {
        let back = end.echo(id, binary, message).await;
        assert_eq!((back.binary, back.data.as_slice()), (binary, message));
    }
    let port = end.local.port();
    for how in ["sdp-candidate", "stun-check", "data-channel"] {
        let seen = client.observations(how).await;
        assert!(
            seen.iter()
                .any(|row| row["port"] == port && row["address"] == "127.0.0.1"),
            "{how}"
        );
    }
}

#[tokio::test]
async fn a_peer_without_candidates_is_found_by_its_checks() {
    let peer = peer().await;
    let (_, mut end, id, _) = with_candidates(&peer, "?candidates=none").await;
    assert_eq!(end.echo(id, true, b"x").await.data, b"x");
}

#[tokio::test]
async fn trickled_candidates_are_used_and_noted() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut end = End::new().await;
    let (offer, pending) = end.offer("trickle");
    assert!(!offer.contains("a=candidate:"));
    let (answer, location) = call(&client, "?candidates=none", &offer).await;
    end.accept(pending, &answer);
    let candidate = end.candidate();
    let line = candidate.to_sdp_string();
    end.rtc.add_local_candidate(candidate);
    let fragment = format!("a=mid:0\r\na={line}\r\na=candidate:9 1 udp 1 x.local 9 typ host\r\n");
    let taken = send(
        client.http,
        "PATCH",
        &location,
        FRAGMENT,
        fragment.as_bytes(),
    )
    .await;
    assert_eq!(taken.status, 204);
    let id = end.opened().await;
    assert_eq!(end.echo(id, false, b"y").await.data, b"y");
    let seen = client.observations("trickle-candidate").await;
    let addresses: Vec<_> = seen
        .iter()
        .map(|row| row["address"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["127.0.0.1", "x.local"]);
}

#[tokio::test]
async fn ice_restarts_keep_the_channel() {
    let peer = peer().await;
    let (client, mut end, id, location) = with_candidates(&peer, "").await;
    let mut change = end.rtc.sdp_api();
    change.ice_restart(true);
    let (offer, pending) = change.apply().unwrap();
    let offer = offer.to_sdp_string();
    let answer = send(client.http, "POST", &location, SDP, offer.as_bytes()).await;
    assert_eq!(answer.status, 200);
    end.accept(pending, &answer.text());
    assert_eq!(end.echo(id, false, b"still here").await.data, b"still here");
}

#[tokio::test]
async fn fragments_restart_ice_as_in_whip() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let allowed = support::ask(client.http, "OPTIONS", &client.path("/offer")).await;
    assert_eq!(allowed.header("accept-post").as_deref(), Some(SDP));
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let (offer, pending) = end.offer("whip");
    let first = send(
        client.http,
        "POST",
        &client.path("/offer"),
        SDP,
        offer.as_bytes(),
    )
    .await;
    let location = first.header("location").unwrap();
    assert_eq!(first.header("accept-patch").as_deref(), Some(FRAGMENT));
    end.accept(pending, &first.text());
    let id = end.opened().await;
    let tag = first.header("etag").unwrap();
    let patch = async |tag: &str, body: &str| {
        support::send_if(
            client.http,
            "PATCH",
            &location,
            FRAGMENT,
            tag,
            body.as_bytes(),
        )
        .await
    };
    let more = "a=mid:0\r\na=candidate:9 1 udp 1 x.local 9 typ host\r\n";
    assert_eq!(patch(&tag, more).await.status, 204);
    assert_eq!(patch("\"other\"", more).await.status, 412);
    assert_eq!(patch("*", more).await.status, 400, "without credentials");
    let mut change = end.rtc.sdp_api();
    change.ice_restart(true);
    let (offer, pending) = change.apply().unwrap();
    let offer = offer.to_sdp_string();
    let own = patch("*", &iceveil_peer::sdp::fragment(&offer)).await;
    assert_eq!(
        (own.status, own.header("content-type").as_deref()),
        (200, Some(FRAGMENT))
    );
    assert_ne!(own.header("etag").unwrap(), tag);
    assert_eq!(
        patch(&tag, more).await.status,
        412,
        "the first ICE session is over"
    );
    // The client puts the fragment into the answer that it has.
    let answer = iceveil_peer::sdp::restarted(&first.text(), &own.text()).unwrap();
    end.accept(pending, &answer);
    assert_eq!(end.echo(id, false, b"still here").await.data, b"still here");
}

#[tokio::test]
async fn the_peer_can_call_too() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let call = support::ask(client.http, "POST", &client.path("/call")).await;
    assert_eq!(call.status, 201);
    let location = call.header("location").unwrap();
    let offer = SdpOffer::from_sdp_string(&call.text()).unwrap();
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let answer = end
        .rtc
        .sdp_api()
        .accept_offer(offer)
        .unwrap()
        .to_sdp_string();
    let wrong = send(client.http, "PUT", &location, SDP, b"v=0").await;
    assert_eq!(wrong.status, 400);
    let taken = send(client.http, "PUT", &location, SDP, answer.as_bytes()).await;
    assert_eq!(taken.status, 204);
    let again = send(client.http, "PUT", &location, SDP, answer.as_bytes()).await;
    assert_eq!(again.status, 400);
    let id = end.opened().await;
    assert_eq!(end.echo(id, false, b"hello").await.data, b"hello");
}

#[tokio::test]
async fn garbage_on_the_session_does_not_end_it() {
    let peer = peer().await;
    let (_, mut end, id, _) = with_candidates(&peer, "").await;
    let stranger = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    // The peer's socket is where our packets go: learned from a check of its own.
    let mut buffer = [0; 2048];
    let (_, session) = end.socket.peek_from(&mut buffer).await.unwrap();
    for length in 0..300_usize {
        let garbage: Vec<u8> = (0..length).map(|at| (at * 31 + length) as u8).collect();
        stranger.send_to(&garbage, session).await.unwrap();
    }
    assert_eq!(end.echo(id, true, b"fine").await.data, b"fine");
}

#[tokio::test]
async fn ended_sessions_are_gone() {
    let peer = peer().await;
    let (client, _end, _, location) = with_candidates(&peer, "").await;
    assert_eq!(
        support::ask(client.http, "DELETE", &location).await.status,
        200
    );
    assert_eq!(
        support::ask(client.http, "DELETE", &location).await.status,
        404
    );
}

#[tokio::test]
async fn bulk_is_made_and_counted() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let (offer, pending) = end.offer("bulk");
    let (answer, _) = call(&client, "", &offer).await;
    end.accept(pending, &answer);
    let id = end.opened().await;
    let wrong = end.echo(id, false, b"hello").await;
    assert!(String::from_utf8(wrong.data).unwrap().contains("error"));
    let mut write = |text: &str| {
        let mut channel = end.rtc.channel(id).unwrap();
        assert!(channel.write(false, text.as_bytes()).unwrap());
    };
    write(r#"{"send": 3000001, "size": 10000}"#);
    let (mut bytes, mut messages) = (0, 0);
    let done = loop {
        let Happened::Message(data) = end.next().await else {
            continue;
        };
        if !data.binary {
            break data.data;
        }
        bytes += data.data.len();
        messages += 1;
    };
    assert_eq!((bytes, messages), (3_000_001, 301));
    let done: serde_json::Value = serde_json::from_slice(&done).unwrap();
    assert_eq!(done["sent"], 3_000_001);
    for _ in 0..5 {
        let mut channel = end.rtc.channel(id).unwrap();
        assert!(channel.write(true, &[1; 20_000]).unwrap());
    }
    let counted = end.echo(id, false, br#"{"count": true}"#).await;
    let counted: serde_json::Value = serde_json::from_slice(&counted.data).unwrap();
    assert_eq!(
        (&counted["received"], &counted["messages"]),
        (&100_000.into(), &5.into())
    );
}

#[tokio::test]
async fn the_peer_offers_many_channels_and_restarts() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let call = support::ask(client.http, "POST", &client.path("/call?channels=20")).await;
    let location = call.header("location").unwrap();
    let mut end = End::new().await;
    let candidate = end.candidate();
    end.rtc.add_local_candidate(candidate);
    let answer = |end: &mut End, offer: &str| {
        let offer = SdpOffer::from_sdp_string(offer).unwrap();
        end.rtc
            .sdp_api()
            .accept_offer(offer)
            .unwrap()
            .to_sdp_string()
    };
    let first = answer(&mut end, &call.text());
    assert_eq!(
        send(client.http, "PUT", &location, SDP, first.as_bytes())
            .await
            .status,
        204
    );
    let mut ids = Vec::new();
    while ids.len() < 20 {
        ids.push(end.opened().await);
    }
    let offer = support::ask(client.http, "POST", &format!("{location}/restart")).await;
    assert_eq!(offer.status, 200);
    let ufrag = |text: &str| {
        text.lines()
            .find(|l| l.starts_with("a=ice-ufrag"))
            .map(str::to_owned)
    };
    assert_ne!(ufrag(&offer.text()), ufrag(&call.text()));
    let second = answer(&mut end, &offer.text());
    assert_eq!(
        send(client.http, "PUT", &location, SDP, second.as_bytes())
            .await
            .status,
        204
    );
    for id in ids {
        let text = format!("{id:?}");
        assert_eq!(
            end.echo(id, false, text.as_bytes()).await.data,
            text.as_bytes()
        );
    }
    for wrong in ["?channels=0", "?channels=65", "?media=smell", "?channels=x"] {
        let path = client.path(&format!("/call{wrong}"));
        let refused = support::ask(client.http, "POST", &path).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}
