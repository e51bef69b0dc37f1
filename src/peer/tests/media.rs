//! Sound and picture: what is sent comes back, and requests for keyframes arrive.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use support::end::{End, Happened, call};
use support::{TestClient, ask, peer};

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
