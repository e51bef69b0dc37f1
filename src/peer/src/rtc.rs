//! The WebRTC end: it answers an offer or makes one, and sends back what it gets on every channel and track.

mod bulk;
mod echo;
mod run;
mod stage;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaKind};
use str0m::{Candidate, Rtc};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use crate::observations::{How, Observations};
use crate::sdp;
use crate::task::Task;
pub use stage::{Part, Stage};

/// Trickled candidates and offers that may wait for a session at one time.
const WAITING_COMMANDS: usize = 64;
/// Remote candidates that are tried, of one description or fragment.
const MAX_CANDIDATES: usize = 64;
/// Sent but not yet acknowledged bytes on data channels. Also the longest message there can be.
const MAX_BUFFERED: usize = 1 << 20;

/// Why an offer or a candidate couldn't be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum SessionError {
    /// The description can't be read, or asks for what isn't there.
    Description,
    /// The session is over.
    Over,
    /// The session has more waiting than it may.
    Busy,
    /// No socket for it.
    Socket(std::io::Error),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The library's own words could quote the description, and so an address.
            Self::Description => f.write_str("the description can't be used"),
            Self::Over => f.write_str("the session is over"),
            Self::Busy => f.write_str("too much is waiting for the session; try again"),
            Self::Socket(error) => write!(f, "no socket for the session: {}", error.kind()),
        }
    }
}

impl std::error::Error for SessionError {}

/// How a session behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionOptions {
    /// The addresses its candidates are on.
    pub listen: Vec<IpAddr>,
    /// Whether its description names its candidates. Without them only the other side's own
    /// candidates can lead to a connection.
    pub candidates: bool,
}

/// What the peer's own offer holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Data channels, at most [`MAX_CHANNELS`].
    pub channels: u16,
    /// Tracks that go both ways.
    pub media: Vec<MediaKind>,
}

/// Data channels in one offer of the peer's.
pub const MAX_CHANNELS: u16 = 64;

/// The label of the first data channel that the peer opens where it offers.
const CHANNEL_LABEL: &str = "iceveil";

type Sockets = Vec<(SocketAddr, Arc<UdpSocket>)>;

/// What a running session is told.
enum Command {
    Candidates(Vec<Candidate>),
    Offer(SdpOffer, oneshot::Sender<Option<String>>),
    Restart(oneshot::Sender<Option<String>>),
    Answer(SdpAnswer, oneshot::Sender<bool>),
}

/// What the session's ICE stands on at present.
#[derive(Default)]
struct Negotiated {
    /// The other side's last offer.
    offer: Option<String>,
    /// The peer's own user name fragment.
    ufrag: String,
}

impl Negotiated {
    fn new(offer: Option<&str>, own: &str) -> Self {
        Self {
            offer: offer.map(ToOwned::to_owned),
            ufrag: sdp::ufrag(own).unwrap_or_default().to_owned(),
        }
    }
}

/// A running session; it ends when the last of these is dropped.
#[derive(Clone)]
pub struct Session {
    commands: mpsc::Sender<Command>,
    observations: Arc<Observations>,
    candidates: bool,
    negotiated: Arc<Mutex<Negotiated>>,
    _task: Arc<Task>,
}

impl Session {
    /// Answers an offer, and starts the session. Gives the answer.
    ///
    /// What the offer tells of its sender goes into `observations`; `part` says whether it sends to
    /// its client's stage (WHIP) or receives what is there (WHEP).
    ///
    /// # Errors
    /// When the offer can't be used, or there is no socket.
    pub async fn answer(
        offer: &str,
        options: &SessionOptions,
        part: Part,
        observations: Arc<Observations>,
    ) -> Result<(Self, String), SessionError> {
        let read = read_offer(offer, &observations)?;
        let mut rtc = new_rtc();
        let sockets = candidate_sockets(&mut rtc, &options.listen).await?;
        let answer = rtc
            .sdp_api()
            .accept_offer(read)
            .map_err(|_| SessionError::Description)?;
        let answer = told(&answer.to_sdp_string(), options.candidates);
        let session = Self::start(rtc, sockets, None, options, part, observations);
        *session.negotiated() = Negotiated::new(Some(offer), &answer);
        Ok((session, answer))
    }

    /// Makes an offer with what is wanted, and starts the session. Gives the offer, which waits for
    /// [`Session::accept`].
    ///
    /// # Errors
    /// When there is no socket, or nothing is wanted.
    pub async fn offer(
        wanted: &Wanted,
        options: &SessionOptions,
        part: Part,
        observations: Arc<Observations>,
    ) -> Result<(Self, String), SessionError> {
        let mut rtc = new_rtc();
        let sockets = candidate_sockets(&mut rtc, &options.listen).await?;
        let mut change = rtc.sdp_api();
        for number in 1..=wanted.channels.min(MAX_CHANNELS) {
            change.add_channel(match number {
                1 => CHANNEL_LABEL.to_owned(),
                more => format!("{CHANNEL_LABEL}-{more}"),
            });
        }
        for kind in &wanted.media {
            change.add_media(*kind, Direction::SendRecv, None, None, None);
        }
        let (offer, pending) = change.apply().ok_or(SessionError::Description)?;
        let offer = told(&offer.to_sdp_string(), options.candidates);
        let session = Self::start(rtc, sockets, Some(pending), options, part, observations);
        *session.negotiated() = Negotiated::new(None, &offer);
        Ok((session, offer))
    }

    fn start(
        rtc: Rtc,
        sockets: Sockets,
        pending: Option<SdpPendingOffer>,
        options: &SessionOptions,
        part: Part,
        observations: Arc<Observations>,
    ) -> Self {
        let (commands, waiting) = mpsc::channel(WAITING_COMMANDS);
        let run = run::run(
            rtc,
            sockets,
            pending,
            waiting,
            part,
            Arc::clone(&observations),
        );
        Self {
            commands,
            observations,
            candidates: options.candidates,
            negotiated: Arc::default(),
            _task: Arc::new(Task::start(run)),
        }
    }

    /// Takes the answer to the session's own offer.
    ///
    /// # Errors
    /// When it can't be used, nothing was offered, or the session is over or busy.
    pub async fn accept(&self, answer: &str) -> Result<(), SessionError> {
        let usable = self.note(answer);
        let answer = SdpAnswer::from_sdp_string(&usable).map_err(|_| SessionError::Description)?;
        let (reply, taken) = oneshot::channel();
        self.tell(Command::Answer(answer, reply))?;
        match taken.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SessionError::Description),
            Err(_) => Err(SessionError::Over),
        }
    }

    fn note(&self, description: &str) -> String {
        note(description, &self.observations)
    }

    /// Takes a later offer for the same session: new tracks, an ICE restart. Gives the answer.
    ///
    /// # Errors
    /// When the offer can't be used, or the session is over or busy.
    pub async fn answer_again(&self, offer: &str) -> Result<String, SessionError> {
        let read = read_offer(offer, &self.observations)?;
        let (reply, answer) = oneshot::channel();
        self.tell(Command::Offer(read, reply))?;
        let answer = answer.await.map_err(|_| SessionError::Over)?;
        let answer = answer.ok_or(SessionError::Description)?;
        *self.negotiated() = Negotiated::new(Some(offer), &answer);
        Ok(told(&answer, self.candidates))
    }

    /// Restarts ICE with the credentials and candidates of a fragment (RFC 9725, section 4.3.3).
    /// Gives the peer's own as a fragment.
    ///
    /// # Errors
    /// When the fragment has no credentials, the other side never offered, or the session is over or busy.
    pub async fn restart_with(&self, fragment: &str) -> Result<String, SessionError> {
        let last = self.negotiated().offer.clone();
        let offer = last.and_then(|offer| sdp::restarted(&offer, fragment));
        let answer = self
            .answer_again(&offer.ok_or(SessionError::Description)?)
            .await?;
        self.add_candidates(fragment)?;
        Ok(sdp::fragment(&answer))
    }

    /// The entity tag of its ICE session (RFC 9725, section 4.3.1), with the quotes.
    pub fn tag(&self) -> String {
        format!("\"{}\"", self.negotiated().ufrag)
    }

    fn negotiated(&self) -> MutexGuard<'_, Negotiated> {
        self.negotiated
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an offer that restarts ICE. It waits for [`Session::accept`].
    ///
    /// # Errors
    /// When the session is over or busy.
    pub async fn restart(&self) -> Result<String, SessionError> {
        let (reply, offer) = oneshot::channel();
        self.tell(Command::Restart(reply))?;
        let offer = offer.await.map_err(|_| SessionError::Over)?;
        let offer = offer.ok_or(SessionError::Description)?;
        self.negotiated().ufrag = sdp::ufrag(&offer).unwrap_or_default().to_owned();
        Ok(told(&offer, self.candidates))
    }

    /// Takes the candidates of a trickle fragment (RFC 8840).
    ///
    /// # Errors
    /// When the session is over or busy.
    pub fn add_candidates(&self, fragment: &str) -> Result<(), SessionError> {
        for seen in sdp::addresses(fragment, How::TrickleCandidate) {
            self.observations.add(seen);
        }
        let fragment = sdp::without_unusable_candidates(fragment);
        let lines = fragment.lines().filter_map(|line| line.strip_prefix("a="));
        let candidates = lines.filter_map(|line| Candidate::from_sdp_string(line.trim_end()).ok());
        self.tell(Command::Candidates(
            candidates.take(MAX_CANDIDATES).collect(),
        ))
    }

    /// Whether it has ended by itself.
    pub fn is_over(&self) -> bool {
        self.commands.is_closed()
    }

    fn tell(&self, command: Command) -> Result<(), SessionError> {
        self.commands
            .try_send(command)
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => SessionError::Busy,
                mpsc::error::TrySendError::Closed(_) => SessionError::Over,
            })
    }
}

fn new_rtc() -> Rtc {
    Rtc::builder()
        .set_sctp_max_buffered_amount(MAX_BUFFERED)
        .build(Instant::now())
}

fn read_offer(offer: &str, observations: &Observations) -> Result<SdpOffer, SessionError> {
    SdpOffer::from_sdp_string(&note(offer, observations)).map_err(|_| SessionError::Description)
}

/// Notes what a description tells of its sender. Gives the part of it that can be used.
fn note(description: &str, observations: &Observations) -> String {
    for seen in sdp::addresses(description, How::SdpCandidate) {
        observations.add(seen);
    }
    sdp::without_unusable_candidates(description)
}

fn told(description: &str, candidates: bool) -> String {
    if candidates {
        description.to_owned()
    } else {
        sdp::without_candidates(description)
    }
}

async fn candidate_sockets(rtc: &mut Rtc, listen: &[IpAddr]) -> Result<Sockets, SessionError> {
    let mut sockets = Vec::new();
    for ip in listen {
        let socket = UdpSocket::bind((*ip, 0))
            .await
            .map_err(SessionError::Socket)?;
        let local = socket.local_addr().map_err(SessionError::Socket)?;
        if let Ok(candidate) = Candidate::host(local, "udp") {
            rtc.add_local_candidate(candidate);
            sockets.push((local, Arc::new(socket)));
        }
    }
    Ok(sockets)
}
