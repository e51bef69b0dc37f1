//! Questions read and answers written.

use alloc::string::String;
use alloc::vec::Vec;

use iceveil_core::connection::Connection;
use iceveil_core::policy::{PageHost, Policy};
use iceveil_core::stats::{Entry, Side, Values, View};
use iceveil_core::tally::{Attempt, Outcome, Surface, Tally};

/// The answer to what is no question.
pub(crate) const UNKNOWN: &str = "!";

/// The answer that changes nothing.
const AS_IS: &str = "=";

/// A value that isn't there.
const ABSENT: &str = "\0";

/// How many connections have a state of their own; browsers allow about 500 in a page. Past
/// that, connections use the state that the frame shares.
const MOST_CONNECTIONS: usize = 512;

/// The state of one frame.
#[derive(Default)]
pub(crate) struct Frame {
    policy: Policy,
    page: PageHost,
    connections: Vec<(u32, Connection)>,
    shared: Connection,
    tally: Tally,
}

impl Frame {
    pub(crate) fn set_policy(&mut self, policy: &str, page_host: &str) {
        self.policy = policy.parse().unwrap_or_default();
        self.page = PageHost::parse(page_host);
        self.shared.set_policy(self.policy, self.page);
    }

    pub(crate) fn drain(&mut self) -> String {
        self.tally.drain()
    }

    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.answer(request).unwrap_or_else(|| UNKNOWN.into())
    }

    fn answer(&mut self, request: &str) -> Option<String> {
        let (head, payload) = request.split_once('\n').unwrap_or((request, ""));
        let (letter, number) = head.split_once(' ')?;
        let number = number.parse().ok()?;
        match letter {
            "o" => return Some(self.open(number)),
            "x" => {
                self.connections.retain(|(known, _)| *known != number);
                return Some(AS_IS.into());
            }
            "n" => return self.note(payload),
            _ => {}
        }
        let own = self
            .connections
            .iter_mut()
            .find(|(known, _)| *known == number);
        let connection = own.map_or(&mut self.shared, |(_, connection)| connection);
        let tally = &mut self.tally;
        Some(match letter {
            "s" => servers(connection, payload, tally),
            "c" => candidate(connection, Side::Local, payload, tally)?,
            "k" => candidate(connection, Side::Remote, payload, tally)?,
            "d" => instead(connection.description(Side::Local, payload, tally)),
            "m" => instead(connection.description(Side::Remote, payload, tally)),
            "l" => instead(connection.local_description(payload)),
            "r" => instead(connection.remote_description(payload, tally)),
            "a" => instead(connection.remote_candidate(payload, tally)),
            "t" => statistics(connection, payload, tally)?,
            "e" => error(connection, payload, tally)?,
            _ => return None,
        })
    }

    fn open(&mut self, number: u32) -> String {
        let known = self.connections.iter().any(|(known, _)| *known == number);
        if number != 0 && !known && self.connections.len() < MOST_CONNECTIONS {
            self.connections
                .push((number, Connection::new(self.policy, self.page)));
        }
        let refused = self.policy == Policy::Block;
        self.tally.count(Attempt {
            surface: Surface::Connection,
            kind: None,
            class: None,
            outcome: if refused {
                Outcome::Refused
            } else {
                Outcome::Shown
            },
            detail: "",
        });
        let mut answer = String::from(AS_IS);
        answer.push_str(self.policy.as_str());
        answer
    }

    fn note(&mut self, payload: &str) -> Option<String> {
        let (surface, outcome) = payload.split_once('\n')?;
        self.tally.count(Attempt {
            surface: surface.parse().ok()?,
            kind: None,
            class: None,
            outcome: outcome.parse().ok()?,
            detail: "",
        });
        Some(AS_IS.into())
    }
}

fn servers(connection: &Connection, payload: &str, tally: &mut Tally) -> String {
    let mut answer = String::from("~");
    if !payload.is_empty() {
        for url in payload.split('\n') {
            answer.push(if connection.keeps_server(url, tally) {
                '1'
            } else {
                '0'
            });
        }
    }
    if answer.contains('0') {
        answer
    } else {
        AS_IS.into()
    }
}

fn candidate(
    connection: &mut Connection,
    side: Side,
    payload: &str,
    tally: &mut Tally,
) -> Option<String> {
    let (surface, text) = payload.split_once('\n')?;
    Some(record(connection.candidate(
        side,
        surface.parse().ok()?,
        text,
        tally,
    )))
}

fn statistics(connection: &mut Connection, payload: &str, tally: &mut Tally) -> Option<String> {
    let mut lines = payload.split('\n');
    let side = match lines.next()? {
        "local" => Side::Local,
        "remote" => Side::Remote,
        _ => return None,
    };
    let mut value = || lines.next().map(|line| (line != ABSENT).then_some(line));
    let entry = Entry {
        side,
        kind: value()?,
        address: value()?,
        port: value()?,
        related_address: value()?,
        related_port: value()?,
        foundation: value()?,
    };
    Some(record(connection.statistics(&entry, tally)))
}

fn error(connection: &Connection, payload: &str, tally: &mut Tally) -> Option<String> {
    let mut lines = payload
        .split('\n')
        .map(|line| if line == ABSENT { "" } else { line });
    let (address, _port, host_candidate) = (lines.next()?, lines.next()?, lines.next()?);
    let shown = connection.shows_error(address, host_candidate, tally);
    Some(if shown { AS_IS } else { "-" }.into())
}

fn instead(text: Option<String>) -> String {
    match text {
        None => AS_IS.into(),
        Some(mut text) => {
            text.insert(0, '~');
            text
        }
    }
}

fn record(view: View) -> String {
    let (status, values) = match view {
        View::AsIs => return AS_IS.into(),
        View::Changed(values) => ('~', values),
        View::Hidden(values) => ('-', values),
    };
    let Values {
        candidate,
        address,
        port,
        related_address,
        related_port,
        foundation,
    } = values;
    let mut answer = String::with_capacity(candidate.len() + 96);
    answer.push(status);
    answer.push_str(&candidate);
    for value in [address, port, related_address, related_port, foundation] {
        answer.push('\n');
        answer.push_str(value.as_deref().unwrap_or(ABSENT));
    }
    answer
}

#[cfg(test)]
mod tests;
