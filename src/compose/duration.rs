//! Durations as Go writes them: `1h30m`, `10s`, `1.5s`, `500ms`.

use std::time::Duration;

/// Reads a duration; see the Compose Specification, "Specifying durations". `None` for what is none, for a negative
/// one, and for one of more than 292 years.
pub(super) fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds = 0.0_f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|length| *length > 0)?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        nanoseconds += number * unit(&rest[..letters])?;
        rest = &rest[letters..];
    }
    (nanoseconds < i64::MAX as f64).then(|| Duration::from_nanos(nanoseconds as u64))
}

/// The nanoseconds of a unit.
fn unit(name: &str) -> Option<f64> {
    Some(match name {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        "d" => 86400e9,
        "w" => 604_800e9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads() {
        let cases = [("10s", 10_000), ("1m30s", 90_000), ("1.5s", 1500), ("500ms", 500), ("0", 0), (".5s", 500)];
        for (text, milliseconds) in cases {
            assert_eq!(parse(text), Some(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in ["", "10", "10 seconds", "s", "1s2", "-1s", "..s", "9999999h9999999h", "1x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
