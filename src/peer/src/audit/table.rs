//! The audit's table, for people.

use std::fmt::Write as _;

use super::Verdict;
use super::judge::{Findings, Judgement, Row};

const NAME: usize = 32;
const CELL: usize = 40;

/// The whole table as text.
pub(super) fn print(
    judgement: &Judgement,
    browser: &str,
    page: &str,
    findings: &Findings,
) -> String {
    let mut out = format!("{browser} on {page}\n");
    if let Some(simulated) = findings.simulated() {
        // Writing to a String can't fail, here and below.
        let _ = writeln!(
            out,
            "Simulated: {simulated} stands for the public address that a NAT would show."
        );
    }
    head(&mut out, "What the page could read");
    judgement
        .rows
        .iter()
        .for_each(|row| line(&mut out, row, "nothing"));
    head(&mut out, "What the peer saw on the wire");
    judgement
        .wire
        .iter()
        .for_each(|row| line(&mut out, row, "none"));
    rule(&mut out, '═');
    let leaked = Row {
        surface: "Given away".to_owned(),
        without: judgement.leaked_without.clone(),
        with: judgement.leaked_with.clone(),
    };
    line(&mut out, &leaked, "nothing");
    let words = match judgement.verdict {
        Verdict::Clean => "Nothing leaked with Iceveil.",
        Verdict::Leak => "LEAK: with Iceveil something was given away.",
        Verdict::Unjudged => {
            "Not judged: the page could not make its checks, or nothing leaked either way."
        }
    };
    let _ = writeln!(out, "\n{words}");
    out
}

fn head(out: &mut String, title: &str) {
    rule(out, '═');
    let (without, with) = ("without Iceveil", "with Iceveil");
    let _ = writeln!(out, "{title:<NAME$} │ {without:<CELL$} │ {with}");
    rule(out, '─');
}

fn rule(out: &mut String, character: char) {
    let _ = writeln!(out, "{}", character.to_string().repeat(NAME + 2 * CELL + 6));
}

/// One row, over as many lines as its longest cell has entries.
fn line(out: &mut String, row: &Row, empty: &str) {
    let without = cell(&row.without, empty);
    let with = cell(&row.with, empty);
    let names = wrapped(&row.surface, NAME);
    for at in 0..without.len().max(with.len()).max(names.len()) {
        let text = |cells: &[String]| cells.get(at).cloned().unwrap_or_default();
        let (name, without, with) = (text(&names), text(&without), text(&with));
        let _ = writeln!(
            out,
            "{}",
            format!("{name:<NAME$} │ {without:<CELL$} │ {with}").trim_end()
        );
    }
}

/// Entries of a cell as lines: the first few, and how many more there are.
fn cell(entries: &[String], empty: &str) -> Vec<String> {
    const SHOWN: usize = 8;
    if entries.is_empty() {
        return vec![empty.to_owned()];
    }
    let mut lines: Vec<String> = entries
        .iter()
        .take(SHOWN)
        .flat_map(|entry| wrapped(entry, CELL))
        .collect();
    if entries.len() > SHOWN {
        lines.push(format!("and {} more", entries.len() - SHOWN));
    }
    lines
}

/// Text in lines of at most `width` characters, broken at spaces where there are some.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        for part in word.chars().collect::<Vec<_>>().chunks(width) {
            let part: String = part.iter().collect();
            match lines.last_mut() {
                Some(line) if line.is_empty() => *line = part,
                Some(line) if line.chars().count() + 1 + part.chars().count() <= width => {
                    line.push(' ');
                    line.push_str(&part);
                }
                _ => lines.push(part),
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_wrapped_and_nothing_is_lost() {
        let text = "one two 2001:db8:1111:2222:3333:4444:5555:6666 three";
        let lines = wrapped(text, 10);
        assert!(lines.iter().all(|line| line.chars().count() <= 10));
        let joined: String = lines.concat();
        assert_eq!(joined.replace(' ', ""), text.replace(' ', ""));
    }

    #[test]
    fn rows_line_up() {
        let row = Row {
            surface: "candidate".into(),
            without: vec!["192.0.2.1".into(), "192.0.2.2".into()],
            with: vec![],
        };
        let mut out = String::new();
        line(&mut out, &row, "nothing");
        let lines: Vec<_> = out.lines().collect();
        assert_eq!(lines.len(), 2);
        let bars = |line: &str| line.chars().position(|c| c == '│');
        assert!(lines.iter().all(|line| bars(line) == Some(NAME + 1)));
        assert!(out.contains("nothing"));
    }
}
