//! What people use instead: each parses a description, takes out what Relay only hides, and writes
//! the rest. `false` where it refuses the text.

use std::hint::black_box;
use std::io::Cursor;

use webrtc_sdp::attribute_type::{SdpAttribute, SdpAttributeCandidateType, SdpAttributeType};

/// Parses, filters and writes one description.
pub type Peer = fn(&str) -> bool;

/// Name and function of each.
pub const ALL: [(&str, Peer); 3] = [
    ("webrtc-sdp", webrtc_sdp),
    ("sdp", sdp),
    ("sdp-types", sdp_types),
];

/// Reads one candidate and writes it, as `webrtc-sdp` does.
pub fn candidate(text: &str) -> Option<String> {
    text.parse::<SdpAttribute>().ok().map(|one| one.to_string())
}

fn webrtc_sdp(text: &str) -> bool {
    let Ok(mut session) = webrtc_sdp::parse_sdp(text, false) else {
        return false;
    };
    for media in &mut session.media {
        let kept: Vec<SdpAttribute> = media
            .get_attributes_of_type(SdpAttributeType::Candidate)
            .into_iter()
            .filter(|one| matches!(one, SdpAttribute::Candidate(it) if it.c_type == SdpAttributeCandidateType::Relay))
            .cloned()
            .collect();
        media.remove_attribute(SdpAttributeType::Candidate);
        for one in kept {
            // Refused nowhere that it stood before.
            let _ = media.add_attribute(one);
        }
    }
    black_box(session.to_string());
    true
}

fn is_shown(key: &str, value: Option<&str>) -> bool {
    key != "candidate" || value.is_some_and(|value| value.contains(" typ relay "))
}

fn sdp(text: &str) -> bool {
    let Ok(mut session) = sdp::SessionDescription::unmarshal(&mut Cursor::new(text)) else {
        return false;
    };
    for media in &mut session.media_descriptions {
        media
            .attributes
            .retain(|one| is_shown(&one.key, one.value.as_deref()));
    }
    black_box(session.marshal());
    true
}

fn sdp_types(text: &str) -> bool {
    let Ok(mut session) = sdp_types::Session::parse(text.as_bytes()) else {
        return false;
    };
    for media in &mut session.medias {
        media
            .attributes
            .retain(|one| is_shown(&one.attribute, one.value.as_deref()));
    }
    let mut out = Vec::new();
    if session.write(&mut out).is_err() {
        return false;
    }
    black_box(out);
    true
}
