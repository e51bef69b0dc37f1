//! Small readers of text that never fail and never allocate.

use alloc::string::String;

use memchr::memchr2;

/// A piece of a text and where it starts in it, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a str,
}

impl Piece<'_> {
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// The parts of `text` between spaces and tabs, from byte `at` on.
pub(crate) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let start = self.at + rest.iter().position(|byte| !is_blank(*byte))?;
        let rest = self.text.as_bytes().get(start..)?;
        let end = rest
            .iter()
            .position(|byte| is_blank(*byte))
            .map_or(self.text.len(), |n| start + n);
        self.at = end;
        Some(Piece {
            start,
            text: self.text.get(start..end)?,
        })
    }
}

/// One line: where it starts, its text, and where the next one starts.
pub(crate) struct Line<'a> {
    pub(crate) start: usize,
    pub(crate) text: &'a str,
    pub(crate) next: usize,
}

/// The lines of a text, ended by CR LF, LF, CR or the end of the text.
pub(crate) struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let start = self.at;
        let rest = self
            .text
            .as_bytes()
            .get(start..)
            .filter(|rest| !rest.is_empty())?;
        let length = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let ending = match (rest.get(length), rest.get(length + 1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(_), _) => 1,
            (None, _) => 0,
        };
        let end = start + length;
        self.at = end + ending;
        Some(Line {
            start,
            text: self.text.get(start..end)?,
            next: self.at,
        })
    }
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(crate) fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    if head.eq_ignore_ascii_case(prefix) {
        text.get(prefix.len()..)
    } else {
        None
    }
}

/// A number of at most ten decimal digits that fits into 32 bits.
pub(crate) fn parse_u32(text: &str) -> Option<u32> {
    if text.is_empty() || text.len() > 10 {
        return None;
    }
    let mut value: u32 = 0;
    for byte in text.bytes() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // A checked product takes 64 bits, which the twin has to put together from pieces.
        if value > u32::MAX / 10 {
            return None;
        }
        value = (value * 10).checked_add(u32::from(digit))?;
    }
    Some(value)
}

/// Writes a number in decimal, without the weight of `core::fmt`.
pub(crate) fn push_u32(out: &mut String, value: u32) {
    if value >= 10 {
        push_u32(out, value / 10);
    }
    out.push(char::from(b'0' + (value % 10) as u8));
}

/// The longest start of `text` that takes at most `most` bytes.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    if text.len() <= most {
        return text;
    }
    (0..=most)
        .rev()
        .find_map(|end| text.get(..end))
        .unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::{Lines, Words, cut, parse_u32, push_u32};

    #[test]
    fn lines_cover_the_text_whatever_ends_them() {
        let text = "a\r\nb\nc\rd\n\r\n\r\re";
        let lines: Vec<_> = Lines::new(text).collect();
        let texts: Vec<_> = lines.iter().map(|line| line.text).collect();
        assert_eq!(texts, ["a", "b", "c", "d", "", "", "", "e"]);
        assert_eq!(lines.last().map(|line| line.next), Some(text.len()));
        assert!(
            lines
                .windows(2)
                .all(|pair| matches!(pair, [a, b] if a.next == b.start))
        );
        assert_eq!(Lines::new("").count(), 0);
    }

    #[test]
    fn words_know_where_they_start() {
        let words: Vec<_> = Words::new("  one\ttwo  ", 0)
            .map(|word| (word.start, word.text))
            .collect();
        assert_eq!(words, [(2, "one"), (6, "two")]);
        assert_eq!(Words::new("x", 9).next(), None);
    }

    #[test]
    fn numbers_go_both_ways() {
        for value in [0, 9, 10, 4_294_967_295] {
            let mut text = String::new();
            push_u32(&mut text, value);
            assert_eq!(text, value.to_string());
            assert_eq!(parse_u32(&text), Some(value));
        }
        for text in ["", "4294967296", "-1", "+1", "1 ", "00000000001"] {
            assert_eq!(parse_u32(text), None, "{text}");
        }
    }

    #[test]
    fn a_cut_falls_between_characters() {
        assert_eq!(cut("aé", 2), "a");
        assert_eq!(cut("aé", 3), "aé");
    }
}
