//! The short form of volumes: `[SOURCE:]TARGET[:OPTIONS]`.

use std::ops::Range;

/// The parts of a short form; ranges are in bytes of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ShortVolume {
    /// A path or a volume's name.
    pub source: Option<Range<usize>>,
    /// The path in the container.
    pub target: Range<usize>,
    /// Comma-separated options.
    pub options: Option<Range<usize>>,
}

/// Splits a short form at its colons; those of Windows drives don't count. The error says what is wrong.
pub(super) fn parse(text: &str) -> Result<ShortVolume, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    // docker compose takes so short a text for a path, whatever it looks like.
    if text.len() <= 2 {
        return Ok(ShortVolume { target: 0..text.len(), ..ShortVolume::default() });
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, byte) in text.bytes().enumerate() {
        let drive = at == start + 1 && text.as_bytes()[start].is_ascii_alphabetic();
        if byte == b':' && !drive {
            parts.push(start..at);
            start = at + 1;
        }
    }
    parts.push(start..text.len());
    if parts.iter().any(Range::is_empty) {
        return Err("a part between its colons is empty");
    }
    let (source, target, options) = match parts.as_slice() {
        [target] => (None, target, None),
        [source, target] => (Some(source), target, None),
        [source, target, options] => (Some(source), target, Some(options)),
        _ => return Err("it has too many colons"),
    };
    Ok(ShortVolume { source: source.cloned(), target: target.clone(), options: options.cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Result<(Option<&str>, &str, Option<&str>), &'static str> {
        let volume = parse(text)?;
        let slice = |range: Range<usize>| &text[range];
        Ok((volume.source.map(slice), &text[volume.target.clone()], volume.options.map(slice)))
    }

    #[test]
    fn parts_are_told_apart() {
        assert_eq!(parts("/data"), Ok((None, "/data", None)));
        assert_eq!(parts("db:/data"), Ok((Some("db"), "/data", None)));
        assert_eq!(parts("./a:/b:ro,z"), Ok((Some("./a"), "/b", Some("ro,z"))));
        assert_eq!(parts("C:\\a:/b:ro"), Ok((Some("C:\\a"), "/b", Some("ro"))));
        assert_eq!(parts("v:/a"), Ok((None, "v:/a", None)), "as docker compose has it");
        for text in ["", ":/a", "aa::b", "aa:/b:ro:x", "aa:"] {
            assert!(parts(text).is_err(), "{text}");
        }
    }
}
