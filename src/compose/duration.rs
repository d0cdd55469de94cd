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

/// A duration as Go prints it: `1h30m0s`, `1.5s`, `500ms`.
pub(super) fn in_go(duration: Duration) -> String {
    let nanoseconds = duration.as_nanos() as f64;
    // Shortest decimals: `1.5`, `2`.
    let decimal = |unit: f64| (nanoseconds / unit).to_string();
    match nanoseconds {
        0.0 => "0s".to_owned(),
        ..1e3 => format!("{}ns", decimal(1.0)),
        ..1e6 => format!("{}µs", decimal(1e3)),
        ..1e9 => format!("{}ms", decimal(1e6)),
        _ => {
            let (minutes, seconds) = (duration.as_secs() / 60, duration.as_secs() % 60);
            let seconds = match duration.subsec_nanos() {
                0 => seconds.to_string(),
                nanos => format!("{seconds}.{}", format!("{nanos:09}").trim_end_matches('0')),
            };
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, minutes) => format!("{minutes}m{seconds}s"),
                (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_go_prints() {
        let cases = [
            ("90s", "1m30s"),
            ("1h", "1h0m0s"),
            ("1d", "24h0m0s"),
            ("1.5s", "1.5s"),
            ("1500us", "1.5ms"),
            ("1ns", "1ns"),
            ("1500ns", "1.5µs"),
            ("0", "0s"),
        ];
        for (text, printed) in cases {
            assert_eq!(in_go(parse(text).unwrap()), printed);
        }
    }

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
