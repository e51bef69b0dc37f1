//! Sound and picture: what is sent comes back, a player gets it (WHEP), and requests for keyframes
//! arrive.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::future::pending;
use std::time::{Duration, Instant};

use iceveil_peer::sdp;
use str0m::change::SdpPendingOffer;
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use support::end::{End, FRAGMENT, Happened, SDP, call};
use support::{Answer, TestClient, ask, peer, send, send_if};

const FRAME: Duration = Duration::from_millis(20);
const SOUND: [u8; 3] = [0xf8, 1, 2];

/// A keyframe of VP8 has 0 as its lowest bit. It takes several packets.
fn picture() -> Vec<u8> {
    let mut picture = vec![7; 5000];
    picture[0] = 0x10;
    picture
}

/// An offer with sound and picture, and its sections.
fn offer(end: &mut End, direction: Direction) -> (String, SdpPendingOffer, (Mid, Mid)) {
    end.offer_of(|change| {
        let mut add = |kind| change.add_media(kind, direction, None, None, None);
        (add(MediaKind::Audio), add(MediaKind::Video))
    })
}

/// Sends frames of a codec, a new one for each event, until one comes on this section: back, or to
/// the player.
async fn arrives(
    sender: &mut End,
    mut player: Option<&mut End>,
    (sent, got): (Mid, Mid),
    codec: Codec,
    frame: &[u8],
) -> Vec<u8> {
    let mut at = Duration::ZERO;
    loop {
        let writer = sender.rtc.writer(sent).unwrap();
        let params = writer.payload_params().find(|p| p.spec().codec == codec);
        let kind = params.unwrap().pt();
        let time = MediaTime::from(at);
        writer
            .write(kind, Instant::now(), time, frame.to_vec())
            .unwrap();
        at += FRAME;
        let soon = Instant::now() + FRAME;
        while let Some(left) = soon.checked_duration_since(Instant::now()) {
            let plays = async {
                match &mut player {
                    Some(player) => player.next().await,
                    None => pending().await,
                }
            };
            let happened = tokio::select! {
                happened = sender.next() => player.is_none().then_some(happened),
                happened = plays => Some(happened),
                () = tokio::time::sleep(left) => None,
            };
            if let Some(Happened::Media(data)) = happened
                && data.mid == got
            {
                return data.data.to_vec();
            }
        }
    }
}

#[tokio::test]
async fn sound_and_picture_come_back() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut end = End::new().await;
    let (offer, pending, (audio, video)) = offer(&mut end, Direction::SendRecv);
    let (answer, _) = call(&client, "", &offer).await;
    end.accept(pending, &answer);
    let sound = arrives(&mut end, None, (audio, audio), Codec::Opus, &SOUND).await;
    assert_eq!(sound, SOUND);
    let shown = arrives(&mut end, None, (video, video), Codec::Vp8, &picture()).await;
    assert_eq!(shown, picture());
    let mut writer = end.rtc.writer(video).unwrap();
    writer
        .request_keyframe(None, KeyframeRequestKind::Pli)
        .unwrap();
    loop {
        if let Happened::Keyframe(mid) = end.next().await {
            assert_eq!(mid, video);
            break;
        }
    }
}

#[tokio::test]
async fn the_peer_offers_tracks() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let path = client.path("/call?channels=0&media=audio,video");
    let offer = ask(client.http, "POST", &path).await.text();
    let sections: Vec<_> = offer
        .lines()
        .filter(|line| line.starts_with("m="))
        .collect();
    assert_eq!(sections.len(), 2);
    assert!(sections[0].starts_with("m=audio") && sections[1].starts_with("m=video"));
    assert_eq!(offer.matches("a=sendrecv").count(), 2);
}

/// A client that sends.
async fn sends(client: &TestClient) -> (End, (Mid, Mid)) {
    let mut sender = End::new().await;
    let (offer, pending, mids) = offer(&mut sender, Direction::SendRecv);
    let (answer, _) = call(client, "", &offer).await;
    sender.accept(pending, &answer);
    (sender, mids)
}

/// Hands a player's offer in.
async fn whep(client: &TestClient, query: &str, offer: &str) -> Answer {
    let path = client.path(&format!("/whep{query}"));
    send(client.http, "POST", &path, SDP, offer.as_bytes()).await
}

#[tokio::test]
async fn a_player_gets_what_the_client_sends() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let (mut sender, (audio, video)) = sends(&client).await;
    let mut player = End::new().await;
    let (offer, pending, (sound, shown)) = offer(&mut player, Direction::RecvOnly);
    let made = whep(&client, "", &offer).await;
    assert_eq!(made.status, 201);
    let session = made.header("location").unwrap();
    let answer = made.text();
    assert_eq!(answer.matches("a=sendonly").count(), 2);
    player.accept(pending, &answer);

    let player = &mut player;
    let came = arrives(
        &mut sender,
        Some(player),
        (audio, sound),
        Codec::Opus,
        &SOUND,
    )
    .await;
    assert_eq!(came, SOUND);
    let came = arrives(
        &mut sender,
        Some(player),
        (video, shown),
        Codec::Vp8,
        &picture(),
    )
    .await;
    assert_eq!(came, picture());
    assert_eq!(ask(client.http, "DELETE", &session).await.status, 200);
    assert_eq!(ask(client.http, "DELETE", &session).await.status, 404);

    // A player that receives nothing is none.
    let offer = offer.replace("a=recvonly", "a=sendonly");
    assert_eq!(whep(&client, "", &offer).await.status, 400);
    let asked = ask(client.http, "OPTIONS", &client.path("/whep")).await;
    assert_eq!(asked.header("accept-post").as_deref(), Some(SDP));
}

#[tokio::test]
async fn a_player_trickles_and_restarts_ice_by_fragments() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let (mut sender, (audio, _)) = sends(&client).await;
    let mut player = End::new().await;
    let (full, pending, (sound, _)) = offer(&mut player, Direction::RecvOnly);
    let line = full.lines().find(|line| line.starts_with("a=candidate:"));
    let offer = sdp::without_candidates(&full);
    let made = whep(&client, "?candidates=none", &offer).await;
    assert_eq!(made.header("accept-patch").as_deref(), Some(FRAGMENT));
    let (session, tag) = (
        made.header("location").unwrap(),
        made.header("etag").unwrap(),
    );
    player.accept(pending, &made.text());
    let patch = async |tag: &str, body: &str| {
        send_if(
            client.http,
            "PATCH",
            &session,
            FRAGMENT,
            tag,
            body.as_bytes(),
        )
        .await
    };

    // Neither side knows where the other is until the player says it.
    let candidate = format!("a=mid:0\r\n{}\r\n", line.unwrap());
    assert_eq!(patch("\"other\"", &candidate).await.status, 412);
    assert_eq!(patch(&tag, &candidate).await.status, 204);
    let player = &mut player;
    let came = arrives(
        &mut sender,
        Some(player),
        (audio, sound),
        Codec::Opus,
        &SOUND,
    )
    .await;
    assert_eq!(came, SOUND);
    let told = client.observations("trickle-candidate").await;
    assert_eq!(told[0]["port"], player.local.port());

    let mut change = player.rtc.sdp_api();
    change.ice_restart(true);
    let (offer, pending) = change.apply().unwrap();
    let own = patch("*", &sdp::fragment(&offer.to_sdp_string())).await;
    assert_eq!(own.status, 200);
    assert_eq!(own.header("content-type").as_deref(), Some(FRAGMENT));
    let renewed = own.header("etag").unwrap();
    assert_ne!(renewed, tag);
    assert_eq!(
        patch(&tag, &candidate).await.status,
        412,
        "that session is over"
    );
    let answer = sdp::restarted(&made.text(), &own.text()).unwrap();
    player.accept(pending, &answer);
    assert_eq!(patch(&renewed, &candidate).await.status, 204);
    let later = [0xf8, 3, 4];
    // What was sent before may still be on its way.
    while arrives(
        &mut sender,
        Some(player),
        (audio, sound),
        Codec::Opus,
        &later,
    )
    .await
        != later
    {}
}
