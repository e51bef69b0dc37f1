//! Sound and picture: what is sent comes back, and requests for keyframes arrive.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use support::end::{End, Happened, call};
use support::{TestClient, ask, peer, send};

/// Sends frames of a codec, a new one for each event, until one comes back.
async fn back(end: &mut End, mid: Mid, codec: Codec, frame: &[u8]) -> Vec<u8> {
    let mut at = Duration::ZERO;
    loop {
        let writer = end.rtc.writer(mid).unwrap();
        let params = writer.payload_params().find(|p| p.spec().codec == codec);
        let kind = params.unwrap().pt();
        let time = MediaTime::from(at);
        writer
            .write(kind, Instant::now(), time, frame.to_vec())
            .unwrap();
        at += Duration::from_millis(20);
        let waited = tokio::time::timeout(Duration::from_millis(20), end.next()).await;
        if let Ok(Happened::Media(data)) = waited
            && data.mid == mid
        {
            return data.data.to_vec();
        }
    }
}

#[tokio::test]
async fn sound_and_picture_come_back() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut end = End::new().await;
    let (offer, pending, (audio, video)) = end.offer_of(|change| {
        let mut add = |kind| change.add_media(kind, Direction::SendRecv, None, None, None);
        (add(MediaKind::Audio), add(MediaKind::Video))
    });
    let (answer, _) = call(&client, "", &offer).await;
    end.accept(pending, &answer);
    assert_eq!(
        back(&mut end, audio, Codec::Opus, &[0xf8, 1, 2]).await,
        [0xf8, 1, 2]
    );
    // The lowest bit of a VP8 frame is 0 for a keyframe. It takes several packets.
    let mut picture = vec![7; 5000];
    picture[0] = 0x10;
    assert_eq!(back(&mut end, video, Codec::Vp8, &picture).await, picture);
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

/// Sends frames until one came to the player.
async fn played(
    sender: &mut End,
    player: &mut End,
    mid: Mid,
    codec: Codec,
    frame: &[u8],
) -> Vec<u8> {
    let mut at = Duration::ZERO;
    loop {
        let writer = sender.rtc.writer(mid).unwrap();
        let params = writer.payload_params().find(|p| p.spec().codec == codec);
        let kind = params.unwrap().pt();
        let time = MediaTime::from(at);
        writer
            .write(kind, Instant::now(), time, frame.to_vec())
            .unwrap();
        at += Duration::from_millis(20);
        let soon = Instant::now() + Duration::from_millis(20);
        while let Some(left) = soon.checked_duration_since(Instant::now()) {
            tokio::select! {
                _ = sender.next() => {}
                happened = player.next() => if let Happened::Media(data) = happened {
                    return data.data.to_vec();
                },
                () = tokio::time::sleep(left) => {}
            }
        }
    }
}

#[tokio::test]
async fn a_player_gets_what_the_client_sends() {
    let peer = peer().await;
    let client = TestClient::new(&peer).await;
    let mut sender = End::new().await;
    let (offer, pending, (audio, video)) = sender.offer_of(|change| {
        let mut add = |kind| change.add_media(kind, Direction::SendRecv, None, None, None);
        (add(MediaKind::Audio), add(MediaKind::Video))
    });
    let (answer, _) = call(&client, "", &offer).await;
    sender.accept(pending, &answer);

    let mut player = End::new().await;
    let (offer, pending, ()) = player.offer_of(|change| {
        for kind in [MediaKind::Audio, MediaKind::Video] {
            change.add_media(kind, Direction::RecvOnly, None, None, None);
        }
    });
    let whep = client.path("/whep");
    let made = send(
        client.http,
        "POST",
        &whep,
        "application/sdp",
        offer.as_bytes(),
    )
    .await;
    assert_eq!(made.status, 201);
    let session = made.header("location").unwrap();
    let answer = made.text();
    assert_eq!(answer.matches("a=sendonly").count(), 2);
    player.accept(pending, &answer);

    let sound = [0xf8, 1, 2];
    let came = played(&mut sender, &mut player, audio, Codec::Opus, &sound);
    assert_eq!(came.await, sound);
    let mut picture = vec![7; 5000];
    picture[0] = 0x10;
    // Sound may still be on its way.
    while played(&mut sender, &mut player, video, Codec::Vp8, &picture).await != picture {}
    assert_eq!(ask(client.http, "DELETE", &session).await.status, 200);
    assert_eq!(ask(client.http, "DELETE", &session).await.status, 404);

    // A player that receives nothing is none.
    let offer = offer.replace("a=recvonly", "a=sendonly");
    let refused = send(
        client.http,
        "POST",
        &whep,
        "application/sdp",
        offer.as_bytes(),
    )
    .await;
    assert_eq!(refused.status, 400);
    let asked = ask(client.http, "OPTIONS", &whep).await;
    assert_eq!(
        asked.header("accept-post").as_deref(),
        Some("application/sdp")
    );
}
