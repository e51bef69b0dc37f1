//! One connection of a page: its policy, and what must be remembered to filter it.
//!
//! A [`Connection`] keeps the policy it was created with. It remembers the foundations it
//! replaced and the candidate lines it gave out, both bounded, so that one original always looks
//! the same and a line that the page hands back can be turned into the original again.

mod judges;

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use self::judges::{Passing, Reading, Restoring};
use crate::address::Address;
use crate::candidate::{Candidate, CandidateType, is_unspecified, unspecified_like};
use crate::description::{self, Extent};
use crate::foundation::Tokens;
use crate::policy::{PageHost, Policy};
use crate::servers::{ServerUrl, may_be_stun};
use crate::stats::{Entry, Side, Values, View};
use crate::tally::{Attempt, Outcome, Surface, Tally};
use crate::text::Lines;

/// How many candidate lines that were given out are remembered, to be put back.
pub const MOST_ISSUED: usize = 1024;

/// Longer lines than this aren't remembered; in bytes.
pub const MOST_ISSUED_BYTES: usize = 1024;

/// A candidate that can't be read by any browser: what is passed on for one that can't be read
/// here.
const UNREADABLE: &str = "candidate:-";

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Connection {
    policy: Policy,
    page: PageHost,
    /// Tokens of local and of remote foundations. They are apart, so that a page can't compare a
    /// hidden foundation with one that it plants in a remote candidate.
    local: Tokens,
    remote: Tokens,
    issued: Vec<Issued>,
}

/// A candidate line that the page was given, from `candidate:` to its end.
#[derive(Debug)]
struct Issued {
    original: String,
    shown: String,
}

impl Connection {
    /// The state of a new connection under `policy`, in a page loaded from `page`.
    #[must_use]
    pub fn new(policy: Policy, page: PageHost) -> Self {
        Self {
            policy,
            page,
            ..Self::default()
        }
    }

    /// The policy, which stays the same for the life of a connection.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Replaces policy and page, for the state that frames share where no connection is known.
    pub fn set_policy(&mut self, policy: Policy, page: PageHost) {
        self.policy = policy;
        self.page = page;
    }

    /// Whether the browser may be given this ICE server.
    pub fn keeps_server(&self, url: &str, tally: &mut Tally) -> bool {
        let keep = !(self.policy.removes_stun() && may_be_stun(url));
        tally.count(Attempt {
            surface: Surface::Server,
            kind: None,
            class: ServerUrl::parse(url).ok().map(|url| url.class()),
            outcome: if keep {
                Outcome::Shown
            } else {
                Outcome::Removed
            },
            detail: url,
        });
        keep
    }

    /// How one candidate, as it stands in `RTCIceCandidate.candidate`, looks to the page. An
    /// empty one ends a generation (RFC 8838, section 8.2) and is shown.
    pub fn candidate(
        &mut self,
        side: Side,
        surface: Surface,
        text: &str,
        tally: &mut Tally,
    ) -> View {
        if text.is_empty() {
            return View::AsIs;
        }
        let Ok(candidate) = Candidate::parse(text) else {
            let shown = self.policy == Policy::Allow;
            tally.count(unread(surface, shown));
            return if shown {
                View::AsIs
            } else {
                View::Hidden(unread_values())
            };
        };
        let shown = self.judge(surface, &candidate, tally);
        if self.policy == Policy::Allow {
            return View::AsIs;
        }
        let foundation =
            tokens(&mut self.local, &mut self.remote, side).token(candidate.foundation());
        let foundation = foundation.to_owned();
        if shown {
            let mut line = String::with_capacity(text.len() + 8);
            candidate.push_shown(&foundation, &mut line);
            if line == text {
                return View::AsIs;
            }
            self.remember(side, text, &line);
            View::Changed(shown_values(&candidate, foundation, line))
        } else {
            let mut line = String::with_capacity(text.len());
            candidate.push_redacted(&foundation, &mut line);
            View::Hidden(Values {
                candidate: line,
                foundation: Some(foundation),
                ..Values::default()
            })
        }
    }

    /// What the page reads of a description; `None` where nothing changes.
    pub fn description(&mut self, side: Side, sdp: &str, tally: &mut Tally) -> Option<String> {
        let extent = match self.policy {
            Policy::Allow => Extent::Candidates,
            _ => Extent::Everything,
        };
        description::filter(
            sdp,
            extent,
            &mut Reading {
                connection: self,
                side,
                tally,
            },
        )
    }

    /// What the browser is given for a description that the page hands to
    /// `setLocalDescription`: candidates that this connection gave out are the originals again,
    /// all others go, for a page must not plant guesses. `None` where nothing changes.
    ///
    /// A carriage return alone ends no line for a browser, and a candidate put back after one would
    /// become part of another attribute, which may be read where nothing is filtered: then all go.
    #[must_use]
    pub fn local_description(&self, sdp: &str) -> Option<String> {
        if self.policy == Policy::Allow {
            return None;
        }
        let nothing = Self::default();
        let torn = Lines::new(sdp).any(|line| sdp.as_bytes().get(line.next - 1) == Some(&b'\r'));
        let connection = if torn { &nothing } else { self };
        description::filter(sdp, Extent::Candidates, &mut Restoring { connection })
    }

    /// What the browser is given for a remote description: candidates that may not be passed on
    /// are left out. `None` where nothing changes.
    pub fn remote_description(&self, sdp: &str, tally: &mut Tally) -> Option<String> {
        description::filter(
            sdp,
            Extent::Candidates,
            &mut Passing {
                connection: self,
                tally,
            },
        )
    }

    /// What the browser is given for a remote candidate; `None` where that is the candidate
    /// itself. One that may not be passed on is replaced with one that nobody connects to, so
    /// that the page is answered as if it had been.
    ///
    /// What has no colon isn't a candidate for any browser (RFC 8839, section 5.1), which says so.
    pub fn remote_candidate(&self, text: &str, tally: &mut Tally) -> Option<String> {
        if !text.contains(':') || self.passes(text, tally) {
            return None;
        }
        let mut inert = String::with_capacity(text.len());
        match Candidate::parse(text) {
            Ok(candidate) => candidate.push_inert(&mut inert),
            Err(_) if text == UNREADABLE => return None,
            Err(_) => inert.push_str(UNREADABLE),
        }
        Some(inert)
    }

    /// How an entry of `getStats()` looks to the page.
    pub fn statistics(&mut self, entry: &Entry<'_>, tally: &mut Tally) -> View {
        let view = entry.view(
            self.policy,
            tokens(&mut self.local, &mut self.remote, entry.side),
        );
        let hidden = matches!(view, View::Hidden(_));
        let changed = matches!(view, View::Changed(_));
        tally.count(Attempt {
            surface: Surface::Statistics,
            kind: entry.kind.map(CandidateType::parse),
            class: entry.class(),
            outcome: if hidden {
                Outcome::Hidden
            } else if changed {
                Outcome::Changed
            } else {
                Outcome::Shown
            },
            detail: entry.address.unwrap_or(""),
        });
        view
    }

    /// Whether an `icecandidateerror` may carry its local address (W3C webrtc-pc, section
    /// 4.8.2): that of a host candidate, which may be partly blanked.
    pub fn shows_error(&self, address: &str, host_candidate: &str, tally: &mut Tally) -> bool {
        if address.is_empty() && host_candidate.is_empty() {
            return true;
        }
        let detail = if address.is_empty() {
            host_candidate
        } else {
            address
        };
        let class = Address::parse(detail).class();
        let shown = self.policy == Policy::Allow;
        tally.count(Attempt {
            surface: Surface::Error,
            kind: Some(CandidateType::Host),
            class: Some(class),
            outcome: if shown {
                Outcome::Shown
            } else {
                Outcome::Hidden
            },
            detail,
        });
        shown
    }

    /// Whether a candidate is shown, which is counted.
    fn judge(&self, surface: Surface, candidate: &Candidate<'_>, tally: &mut Tally) -> bool {
        let (kind, class) = (candidate.kind(), candidate.class());
        let shown = self.policy.shows(kind, class);
        tally.count(Attempt {
            surface,
            kind: Some(kind),
            class: Some(class),
            outcome: match shown {
                false => Outcome::Hidden,
                true if self.policy == Policy::Allow => Outcome::Shown,
                true if candidate
                    .related_address()
                    .is_some_and(|related| !is_unspecified(related)) =>
                {
                    Outcome::Changed
                }
                true => Outcome::Shown,
            },
            detail: candidate.address(),
        });
        shown
    }

    fn passes(&self, line: &str, tally: &mut Tally) -> bool {
        let Ok(candidate) = Candidate::parse(line) else {
            return self.policy == Policy::Allow;
        };
        if candidate.is_inert() {
            return true;
        }
        let class = candidate.class();
        let pass = self.policy.passes_remote(class, self.page);
        tally.count(Attempt {
            surface: Surface::Remote,
            kind: Some(candidate.kind()),
            class: Some(class),
            outcome: if pass {
                Outcome::Shown
            } else {
                Outcome::NotPassed
            },
            detail: candidate.address(),
        });
        pass
    }

    fn remember(&mut self, side: Side, original: &str, shown: &str) {
        let (original, shown) = (line_key(original), line_key(shown));
        let fits = original.len() <= MOST_ISSUED_BYTES && self.issued.len() < MOST_ISSUED;
        if side == Side::Local
            && fits
            && !self.issued.iter().any(|issued| issued.original == original)
        {
            self.issued.push(Issued {
                original: original.into(),
                shown: shown.into(),
            });
        }
    }
}

fn tokens<'a>(local: &'a mut Tokens, remote: &'a mut Tokens, side: Side) -> &'a mut Tokens {
    match side {
        Side::Local => local,
        Side::Remote => remote,
    }
}

/// A line as it is remembered: without `a=` and blanks at its ends.
fn line_key(line: &str) -> &str {
    let line = line.trim_matches([' ', '\t', '\r', '\n']);
    line.strip_prefix("a=").unwrap_or(line)
}

fn unread(surface: Surface, shown: bool) -> Attempt<'static> {
    let outcome = if shown {
        Outcome::Shown
    } else {
        Outcome::Hidden
    };
    Attempt {
        surface,
        kind: None,
        class: None,
        outcome,
        detail: "",
    }
}

fn unread_values() -> Values {
    Values {
        candidate: "candidate:0 1 udp 0 0.0.0.0 9 typ host".into(),
        ..Values::default()
    }
}

fn shown_values(candidate: &Candidate<'_>, foundation: String, line: String) -> Values {
    Values {
        candidate: line,
        address: Some(candidate.address().into()),
        port: Some(candidate.port().into()),
        related_address: candidate
            .related_address()
            .map(|_| unspecified_like(candidate.address()).into()),
        related_port: candidate.related_port().map(|_| "0".into()),
        foundation: Some(foundation),
    }
}

#[cfg(test)]
mod tests;
