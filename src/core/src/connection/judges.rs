//! What becomes of the candidate lines of a description, by whose hands it goes through.

use alloc::string::String;

use super::{Connection, line_key, tokens, unread};
use crate::candidate::Candidate;
use crate::description::{Fate, Judge};
use crate::policy::Policy;
use crate::stats::Side;
use crate::tally::{Surface, Tally};

/// A page reads a description.
pub(super) struct Reading<'a> {
    pub(super) connection: &'a mut Connection,
    pub(super) side: Side,
    pub(super) tally: &'a mut Tally,
}

impl Judge for Reading<'_> {
    fn candidate(&mut self, line: &str, out: &mut String) -> Fate {
        let connection = &mut *self.connection;
        let Ok(candidate) = Candidate::parse(line) else {
            let shown = connection.policy == Policy::Allow;
            self.tally.count(unread(Surface::Description, shown));
            return if shown { Fate::Keep } else { Fate::Remove };
        };
        let shown = connection.judge(Surface::Description, &candidate, self.tally);
        if connection.policy == Policy::Allow {
            return Fate::Keep;
        }
        if !shown {
            return Fate::Remove;
        }
        let before = out.len();
        let tokens = tokens(&mut connection.local, &mut connection.remote, self.side);
        candidate.push_shown(tokens.token(candidate.foundation()), out);
        let shown = out.get(before..).unwrap_or("");
        if shown == line {
            return Fate::Keep;
        }
        connection.remember(self.side, line, shown);
        Fate::Replace
    }
}

/// A page gives a local description.
pub(super) struct Restoring<'a> {
    pub(super) connection: &'a Connection,
}

impl Judge for Restoring<'_> {
    fn candidate(&mut self, line: &str, out: &mut String) -> Fate {
        let key = line_key(line);
        match self
            .connection
            .issued
            .iter()
            .find(|issued| issued.shown == key)
        {
            Some(issued) => {
                out.push_str(&issued.original);
                Fate::Replace
            }
            // Not even the original itself: keeping it would tell that a guess was right.
            None => Fate::Remove,
        }
    }
}

/// A page gives a remote description.
pub(super) struct Passing<'a> {
    pub(super) connection: &'a Connection,
    pub(super) tally: &'a mut Tally,
}

impl Judge for Passing<'_> {
    fn candidate(&mut self, line: &str, _: &mut String) -> Fate {
        if self.connection.passes(line, self.tally) {
            Fate::Keep
        } else {
            Fate::Remove
        }
    }
}
