//! Amounts of memory and disk.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{UnitError, zero_or_negative};

/// An amount of memory or disk in bytes. Written units are powers of 1024, as the Compose Specification has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl Bytes {
    /// Nothing.
    pub const ZERO: Bytes = Bytes(0);
    const EXPECTED: &'static str = "a size, such as 512m, 1.5gb or 2GiB (units b, k, m, g, t, p)";

    /// Reads a size as the Compose Specification writes it ("Specifying byte values"): a number, decimals allowed,
    /// then `b`, `k`, `m`, `g`, `t` or `p`, each also with `b` or `ib` behind it, in any case. Without a unit: bytes.
    ///
    /// # Errors
    /// Anything else, a negative number, or more than 2^63 bytes.
    pub fn parse(text: &str) -> Result<Bytes, UnitError> {
        let text = text.trim();
        let syntax = || UnitError::Syntax { text: text.to_owned(), expected: Self::EXPECTED };
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let shift = shift_of(unit.trim_start()).ok_or_else(syntax)?;
        if number.is_empty() || number.len() > 40 {
            return Err(syntax());
        }
        if number.starts_with('-') {
            return zero_or_negative(number, text, syntax).map(Bytes);
        }
        let too_large = || UnitError::TooLarge(text.to_owned());
        let value = if let Ok(whole) = number.parse::<u64>() {
            whole.checked_mul(1 << shift).ok_or_else(too_large)?
        } else {
            let value = number.parse::<f64>().map_err(|_| syntax())? * (1u64 << shift) as f64;
            if value >= i64::MAX as f64 {
                return Err(too_large());
            }
            value as u64
        };
        if value > i64::MAX as u64 { Err(too_large()) } else { Ok(Bytes(value)) }
    }

    /// The sum, or the largest amount where it overflows.
    #[must_use]
    pub fn saturating_add(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    #[must_use]
    pub fn saturating_sub(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_sub(other.0))
    }

    /// `count` times as much, or the largest amount where it overflows.
    #[must_use]
    pub fn times(self, count: u64) -> Bytes {
        Bytes(self.0.saturating_mul(count))
    }

    /// As the engine's API takes it.
    pub fn as_i64(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

/// By how many bits a unit shifts: 0 for bytes, 10 for kibibytes and so on.
fn shift_of(unit: &str) -> Option<u32> {
    let unit = unit.to_ascii_lowercase();
    let rest = |prefix: char| unit.strip_prefix(prefix).is_some_and(|rest| matches!(rest, "" | "b" | "ib"));
    match unit.as_str() {
        "" | "b" => Some(0),
        _ => "kmgtp".chars().position(rest).map(|index| (index as u32 + 1) * 10),
    }
}

impl fmt::Display for Bytes {
    /// `512 MiB`, `1.5 GiB`, `1000 B`: at most two decimals; exact when that is enough.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let power = (0..UNITS.len()).rev().find(|power| self.0 >> (10 * power) > 0).unwrap_or(0);
        let text = format!("{:.2}", self.0 as f64 / (1u64 << (10 * power)) as f64);
        f.pad(&format!("{} {}", text.trim_end_matches('0').trim_end_matches('.'), UNITS[power]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_sizes_as_compose_does() {
        let cases = [("512m", 512 << 20), ("1.5gb", 3 << 29), ("2GiB", 2 << 30), ("10", 10), ("10b", 10), ("1k", 1024)];
        for (text, bytes) in cases {
            assert_eq!(Bytes::parse(text), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_size() {
        for text in ["", "m", "256megs", "1..5g", "-1m", "9999999p", "1e3", "--3"] {
            assert!(Bytes::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn is_shown_in_the_largest_unit() {
        let shown = [Bytes(0), Bytes(1000), Bytes(512 << 20), Bytes(3 << 29)].map(|bytes| bytes.to_string());
        assert_eq!(shown, ["0 B", "1000 B", "512 MiB", "1.5 GiB"]);
    }
}
