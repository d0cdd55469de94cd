//! CPU time, in thousandths of one core.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{UnitError, zero_or_negative};

/// An amount of CPU in thousandths of a core: exact sums, and the finest grain that matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cpu(pub u64);

impl Cpu {
    /// No CPU at all.
    pub const ZERO: Cpu = Cpu(0);
    const EXPECTED: &'static str = "a number of CPUs, such as 2, 0.5 or 500m";

    /// Reads `2`, `0.5`, `.25` (cores), or `500m` (thousandths).
    ///
    /// What is finer than a thousandth is rounded up, so that demand is never understated.
    ///
    /// # Errors
    /// Anything else, a negative number, or more than a million million cores.
    pub fn parse(text: &str) -> Result<Cpu, UnitError> {
        let text = text.trim();
        let syntax = || UnitError::Syntax { text: text.to_owned(), expected: Self::EXPECTED };
        if let Some(rest) = text.strip_prefix('-') {
            let number = rest.strip_suffix('m').unwrap_or(rest);
            return zero_or_negative(number, text, syntax).map(Cpu);
        }
        if let Some(milli) = text.strip_suffix('m') {
            return milli.parse().map(Cpu).map_err(|_| syntax());
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
            return Err(syntax());
        }
        let too_large = || UnitError::TooLarge(text.to_owned());
        let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| too_large())? };
        let shown: String = fraction.chars().chain("000".chars()).take(3).collect();
        let finer = fraction.bytes().skip(3).any(|byte| byte != b'0');
        let milli = shown.parse::<u64>().map_err(|_| syntax())? + u64::from(finer);
        if whole > 1_000_000_000_000 {
            return Err(too_large());
        }
        Ok(Cpu(whole * 1000 + milli))
    }

    /// The sum, or the largest amount where it overflows.
    #[must_use]
    pub fn saturating_add(self, other: Cpu) -> Cpu {
        Cpu(self.0.saturating_add(other.0))
    }

    /// The difference, or zero.
    #[must_use]
    pub fn saturating_sub(self, other: Cpu) -> Cpu {
        Cpu(self.0.saturating_sub(other.0))
    }

    /// `count` times as much, or the largest amount where it overflows.
    #[must_use]
    pub fn times(self, count: u64) -> Cpu {
        Cpu(self.0.saturating_mul(count))
    }

    /// In the engine's unit, thousand millionths of a core.
    pub fn nano(self) -> i64 {
        i64::try_from(self.0.saturating_mul(1_000_000)).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self.0 % 1000 {
            0 => format!("{}", self.0 / 1000),
            part => format!("{}.{part:03}", self.0 / 1000).trim_end_matches('0').to_owned(),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_cores_and_thousandths() {
        for (text, milli) in [("2", 2000), ("0.5", 500), (".25", 250), ("1.", 1000), ("500m", 500), ("0.0001", 1)] {
            assert_eq!(Cpu::parse(text), Ok(Cpu(milli)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in ["", ".", "two", "1e3", "1,5", "99999999999999999999", "-1", "-x", "0.5 cpus"] {
            assert!(Cpu::parse(text).is_err(), "{text}");
        }
        assert_eq!(Cpu::parse("-0.0"), Ok(Cpu(0)));
        assert_eq!(Cpu::parse("-1"), Err(UnitError::Negative("-1".into())));
    }

    #[test]
    fn is_shown_in_cores() {
        assert_eq!([Cpu(2000), Cpu(500), Cpu(1250), Cpu(1)].map(|cpu| cpu.to_string()), ["2", "0.5", "1.25", "0.001"]);
    }
}
