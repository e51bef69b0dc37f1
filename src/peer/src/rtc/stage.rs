//! What a client's sessions send, for those of its sessions that only receive (WHEP).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use str0m::Rtc;
use str0m::format::PayloadParams;
use str0m::media::{KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid};
use tokio::sync::{broadcast, watch};

/// Frames that wait for a receiver; one that is slower misses some, as on a network.
const WAITING_FRAMES: usize = 64;

/// A frame of sound or picture.
#[derive(Debug)]
pub(super) struct Frame {
    params: PayloadParams,
    time: MediaTime,
    data: Arc<[u8]>,
}

/// Where the newest sender of a client meets its receivers.
#[derive(Debug)]
pub struct Stage {
    frames: broadcast::Sender<Arc<Frame>>,
    keyframes: watch::Sender<()>,
    senders: AtomicU64,
}

impl Default for Stage {
    fn default() -> Self {
        Self {
            frames: broadcast::Sender::new(WAITING_FRAMES),
            keyframes: watch::Sender::new(()),
            senders: AtomicU64::new(0),
        }
    }
}

/// What a session has to do with its client's stage.
#[derive(Debug, Clone)]
pub enum Part {
    /// What it gets is shown there.
    Sends(Arc<Stage>),
    /// It gets what is shown there.
    Receives(Arc<Stage>),
}

/// A session's end of it.
pub(super) struct Seat {
    stage: Arc<Stage>,
    /// The sender's number; the one with the highest is heard.
    number: u64,
    frames: Option<broadcast::Receiver<Arc<Frame>>>,
    keyframes: watch::Receiver<()>,
    sections: Vec<(Mid, MediaKind)>,
}

/// What a session does next for its stage.
pub(super) enum Cue {
    /// Sends this.
    Frame(Arc<Frame>),
    /// Asks its other side for whole pictures.
    Keyframe,
}

impl Seat {
    pub(super) fn new(part: Part) -> Self {
        let (stage, receives) = match part {
            Part::Sends(stage) => (stage, false),
            Part::Receives(stage) => (stage, true),
        };
        let number = match receives {
            true => 0,
            false => stage.senders.fetch_add(1, Ordering::Relaxed) + 1,
        };
        Self {
            number,
            frames: receives.then(|| stage.frames.subscribe()),
            keyframes: stage.keyframes.subscribe(),
            stage,
            sections: Vec::new(),
        }
    }

    pub(super) fn receives(&self) -> bool {
        self.frames.is_some()
    }

    /// Notes a section of the session's description.
    pub(super) fn section(&mut self, mid: Mid, kind: MediaKind) {
        self.sections.push((mid, kind));
    }

    fn sections(&self, kind: MediaKind) -> impl Iterator<Item = Mid> {
        let fitting = move |(mid, own): &(Mid, MediaKind)| (*own == kind).then_some(*mid);
        self.sections.iter().filter_map(fitting)
    }

    /// Waits until there is something to do.
    pub(super) async fn cue(&mut self) -> Cue {
        let Some(frames) = &mut self.frames else {
            // The stage is held here, so that it can't close.
            let _ = self.keyframes.changed().await;
            return Cue::Keyframe;
        };
        loop {
            match frames.recv().await {
                Ok(frame) => return Cue::Frame(frame),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Shows a frame that the session got, if somebody watches and no newer session sends.
    pub(super) fn show(&self, data: &MediaData) {
        if self.receives()
            || self.stage.frames.receiver_count() == 0
            || self.stage.senders.load(Ordering::Relaxed) != self.number
        {
            return;
        }
        // Nobody may be left to receive it.
        let _ = self.stage.frames.send(Arc::new(Frame {
            params: data.params,
            time: data.time,
            data: Arc::clone(&data.data),
        }));
    }

    /// Asks whoever sends for whole pictures.
    pub(super) fn want_keyframe(&self) {
        self.stage.keyframes.send_replace(());
    }

    pub(super) fn take(&self, cue: &Cue, rtc: &mut Rtc) {
        match cue {
            Cue::Frame(frame) => {
                // Payload types are the session's, not the section's: the kind must fit, too.
                for mid in self.sections(frame.params.spec().codec.kind()) {
                    let Some(writer) = rtc.writer(mid) else {
                        continue;
                    };
                    let Some(payload_type) = writer.match_params(frame.params) else {
                        continue;
                    };
                    // It fails while the track isn't connected: then the frame is lost.
                    let now = std::time::Instant::now();
                    let _ = writer.write(payload_type, now, frame.time, Arc::clone(&frame.data));
                    return;
                }
            }
            Cue::Keyframe => {
                for mid in self.sections(MediaKind::Video) {
                    if let Some(mut writer) = rtc.writer(mid) {
                        let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
                    }
                }
            }
        }
    }
}
