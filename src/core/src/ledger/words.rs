//! Enums written as their stable words; what isn't there as `-`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

use crate::address::AddressClass;
use crate::candidate::CandidateType;
use crate::tally::{Outcome, Surface};

/// Something that has a stable word.
pub(super) trait Word: Sized {
    fn word(&self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

impl Word for Surface {
    fn word(&self) -> &'static str {
        self.as_str()
    }

    fn from_word(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

impl Word for Outcome {
    fn word(&self) -> &'static str {
        self.as_str()
    }

    fn from_word(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

impl Word for Option<CandidateType> {
    fn word(&self) -> &'static str {
        self.map_or("-", CandidateType::as_str)
    }

    fn from_word(word: &str) -> Option<Self> {
        let kind = CandidateType::parse(word);
        Some((kind != CandidateType::Other).then_some(kind))
    }
}

impl Word for Option<AddressClass> {
    fn word(&self) -> &'static str {
        self.map_or("-", AddressClass::as_str)
    }

    fn from_word(word: &str) -> Option<Self> {
        Some(AddressClass::from_word(word))
    }
}

pub(super) fn serialize<T: Word, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(value.word())
}

pub(super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let word = std::borrow::Cow::<str>::deserialize(from)?;
    T::from_word(&word).ok_or_else(|| D::Error::custom("a word that isn't known"))
}
