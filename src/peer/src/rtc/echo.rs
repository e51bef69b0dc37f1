//! What came in goes out again: messages on their channel, media on their track.

use std::collections::VecDeque;

use str0m::Rtc;
use str0m::channel::{ChannelData, ChannelId};
use str0m::media::{KeyframeRequest, MediaData, Mid, Rid};

/// Bytes of messages that may wait until the other side reads. Beyond that it isn't reading.
const MAX_WAITING: usize = 32 << 20;
/// Media sections whose simulcast layer is remembered.
const MAX_MEDIA: usize = 64;

/// The other side sends and never reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotReading;

/// Messages on their way back.
#[derive(Default)]
pub(super) struct Echo {
    waiting: VecDeque<ChannelData>,
    waiting_bytes: usize,
    layers: Vec<(Mid, Option<Rid>)>,
}

impl Echo {
    /// Sends a message back, at once or as soon as there is room.
    pub(super) fn message(&mut self, rtc: &mut Rtc, data: ChannelData) -> Result<(), NotReading> {
        if self.waiting.is_empty() && send(rtc, &data) {
            return Ok(());
        }
        // An empty message takes room, too.
        self.waiting_bytes += data.data.len() + size_of::<ChannelData>();
        self.waiting.push_back(data);
        if self.waiting_bytes > MAX_WAITING {
            Err(NotReading)
        } else {
            Ok(())
        }
    }

    /// Sends what waits, as far as there is room. True if something was sent.
    pub(super) fn send_waiting(&mut self, rtc: &mut Rtc) -> bool {
        let before = self.waiting.len();
        while let Some(data) = self.waiting.front() {
            if !send(rtc, data) {
                break;
            }
            self.waiting_bytes -= data.data.len() + size_of::<ChannelData>();
            self.waiting.pop_front();
        }
        before != self.waiting.len()
    }

    /// Forgets what waits for a channel that closed.
    pub(super) fn channel_closed(&mut self, channel: ChannelId) {
        self.waiting.retain(|data| data.id != channel);
        self.waiting_bytes = self
            .waiting
            .iter()
            .map(|data| data.data.len() + size_of::<ChannelData>())
            .sum();
    }

    /// Sends a frame of sound or picture back on its own track. Of simulcast layers, the first.
    pub(super) fn media(&mut self, rtc: &mut Rtc, data: &MediaData) {
        match self.layers.iter().find(|(mid, _)| *mid == data.mid) {
            Some((_, layer)) if *layer != data.rid => return,
            Some(_) => {}
            None if self.layers.len() >= MAX_MEDIA => return,
            None => self.layers.push((data.mid, data.rid)),
        }
        let Some(writer) = rtc.writer(data.mid) else {
            return;
        };
        let Some(payload_type) = writer.match_params(data.params) else {
            return;
        };
        // It fails while the track isn't connected: then the frame is lost, as on a network.
        let _ = writer.write(
            payload_type,
            data.network_time,
            data.time,
            data.data.clone(),
        );
    }

    /// Passes on to the sender that its receiver needs a whole picture: they are the same one.
    pub(super) fn keyframe(&self, rtc: &mut Rtc, request: KeyframeRequest) {
        let layer = self.layers.iter().find(|(mid, _)| *mid == request.mid);
        if let (Some((mid, layer)), Some(mut writer)) = (layer, rtc.writer(request.mid)) {
            debug_assert_eq!(*mid, request.mid);
            let _ = writer.request_keyframe(*layer, request.kind);
        }
    }
}

/// False if there is no room yet.
fn send(rtc: &mut Rtc, data: &ChannelData) -> bool {
    match rtc.channel(data.id) {
        // An error means that the channel is closing: nobody waits for the message.
        Some(mut channel) => channel.write(data.binary, &data.data).unwrap_or(true),
        None => true,
    }
}
