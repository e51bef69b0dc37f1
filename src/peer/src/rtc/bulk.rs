//! Bulk transfer: on channels labelled `bulk` data isn't sent back, but made and counted.

use std::collections::VecDeque;
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;
use str0m::Rtc;
use str0m::channel::{ChannelData, ChannelId};

/// The label that asks for it.
pub(super) const LABEL: &str = "bulk";
/// Bulk channels of one session at one time; others echo.
const MAX_CHANNELS: usize = 64;
/// Most that one request may ask for.
const MAX_BYTES: u64 = 1 << 30;
/// Longest message, and how long one is if nobody says.
const MAX_SIZE: usize = 256 << 10;
const SIZE: usize = 16 << 10;
/// Answers that may wait for room; whoever asks more isn't reading.
const MAX_REPLIES: usize = 64;

/// What a text message on the channel may say.
#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(untagged, deny_unknown_fields)]
enum Request {
    Send { send: u64, size: Option<usize> },
    Count { count: bool },
}

/// One such channel.
struct Channel {
    id: ChannelId,
    asked: u64,
    left: u64,
    size: usize,
    since: Instant,
    received: u64,
    messages: u64,
    first: Option<Instant>,
    last: Option<Instant>,
    replies: VecDeque<String>,
}

/// The bulk channels of a session.
#[derive(Default)]
pub(super) struct Bulk {
    channels: Vec<Channel>,
    zeros: Vec<u8>,
}

impl Bulk {
    /// Takes a channel that opened.
    pub(super) fn open(&mut self, id: ChannelId) {
        if self.channels.len() < MAX_CHANNELS {
            self.channels.push(Channel {
                id,
                asked: 0,
                left: 0,
                size: SIZE,
                since: Instant::now(),
                received: 0,
                messages: 0,
                first: None,
                last: None,
                replies: VecDeque::new(),
            });
        }
    }

    /// Forgets a channel that closed.
    pub(super) fn close(&mut self, id: ChannelId) {
        self.channels.retain(|channel| channel.id != id);
    }

    /// Takes a message. False if it isn't for a bulk channel.
    pub(super) fn message(&mut self, data: &ChannelData) -> bool {
        let mut channels = self.channels.iter_mut();
        let Some(channel) = channels.find(|channel| channel.id == data.id) else {
            return false;
        };
        if data.binary {
            channel.count(data.data.len());
        } else if channel.replies.len() < MAX_REPLIES {
            channel.ask(&data.data);
        }
        true
    }

    /// Sends what there is to send, as far as there is room. True if something was sent.
    pub(super) fn send(&mut self, rtc: &mut Rtc) -> bool {
        let mut sent = false;
        for channel in &mut self.channels {
            self.zeros.resize(self.zeros.len().max(channel.size), 0);
            sent |= channel.send(rtc, &self.zeros);
        }
        sent
    }
}

impl Channel {
    fn count(&mut self, bytes: usize) {
        let now = Instant::now();
        self.received = self.received.saturating_add(bytes as u64);
        self.messages = self.messages.saturating_add(1);
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    fn ask(&mut self, text: &[u8]) {
        match serde_json::from_slice(text) {
            Ok(Request::Send { send, size }) => {
                let size = size.unwrap_or(SIZE);
                if self.left > 0 || send > MAX_BYTES || !(1..=MAX_SIZE).contains(&size) {
                    let words = format!(
                        "at most {MAX_BYTES} bytes in messages of at most {MAX_SIZE}, one request at a time"
                    );
                    self.reply(&json!({ "error": words }));
                    return;
                }
                self.asked = send;
                self.left = send;
                self.size = size;
                self.since = Instant::now();
                if send == 0 {
                    self.done();
                }
            }
            Ok(Request::Count { count: true }) => {
                let time = self.first.zip(self.last).map(|(first, last)| last - first);
                let seconds = time.unwrap_or_default().as_secs_f64();
                let rate = (seconds > 0.0).then(|| self.received as f64 / seconds);
                self.reply(&json!({
                    "received": self.received,
                    "messages": self.messages,
                    "ms": seconds * 1000.0,
                    "bytesPerSecond": rate,
                }));
                (self.received, self.messages) = (0, 0);
                (self.first, self.last) = (None, None);
            }
            Ok(Request::Count { count: false }) | Err(_) => {
                let words = "ask {\"send\": BYTES, \"size\": BYTES} or {\"count\": true}";
                self.reply(&json!({ "error": words }));
            }
        }
    }

    fn reply(&mut self, reply: &serde_json::Value) {
        self.replies.push_back(reply.to_string());
    }

    fn done(&mut self) {
        let ms = self.since.elapsed().as_secs_f64() * 1000.0;
        self.reply(&json!({ "sent": self.asked, "ms": ms }));
    }

    fn send(&mut self, rtc: &mut Rtc, zeros: &[u8]) -> bool {
        let Some(mut channel) = rtc.channel(self.id) else {
            return false;
        };
        let mut sent = false;
        // Answers go between the messages of a transfer; its own comes after all of them.
        while let Some(reply) = self.replies.front() {
            match channel.write(false, reply.as_bytes()) {
                Ok(false) => return sent,
                Ok(true) => sent = true,
                // The channel is closing: nobody waits for it.
                Err(_) => {}
            }
            self.replies.pop_front();
        }
        while self.left > 0 {
            let size = usize::try_from(self.left).map_or(self.size, |left| left.min(self.size));
            let message = zeros.get(..size).unwrap_or_default();
            match channel.write(true, message) {
                Ok(false) => return sent,
                Ok(true) => sent = true,
                Err(_) => {
                    self.left = 0;
                    return sent;
                }
            }
            self.left -= size as u64;
            if self.left == 0 {
                self.done();
                // Told in the next round.
                return true;
            }
        }
        sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_strictly() {
        let read = |text: &str| serde_json::from_str::<Request>(text).ok();
        assert_eq!(
            read(r#"{"send":5}"#),
            Some(Request::Send {
                send: 5,
                size: None
            })
        );
        assert_eq!(
            read(r#"{"count":true}"#),
            Some(Request::Count { count: true })
        );
        for wrong in [
            "",
            "{}",
            "5",
            r#"{"send":-1}"#,
            r#"{"send":1,"count":true}"#,
            r#"{"send":1e99}"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
