//! Ranges of ports, and how people write them.

use std::fmt;

use super::UnitError;

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port; not below `first`.
    pub last: u16,
}

impl PortRange {
    /// What ports are assigned from where the inventory is silent: clear of the ephemeral range.
    pub const DEFAULT: PortRange = PortRange { first: 20000, last: 29999 };
    const EXPECTED: &'static str = "a port from 1 to 65535, or a range such as 8000-8010";

    /// The range of one port.
    pub fn one(port: u16) -> Self {
        PortRange { first: port, last: port }
    }

    /// Reads `80` or `8000-8010`.
    ///
    /// # Errors
    /// Anything else: no number, a port outside 1 to 65535, or a range whose end lies before its start.
    pub fn parse(text: &str) -> Result<PortRange, UnitError> {
        let syntax = || UnitError::Syntax { text: text.to_owned(), expected: Self::EXPECTED };
        let port = |part: &str| {
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|port| digits && *port > 0).ok_or_else(syntax)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let range = PortRange { first: port(first)?, last: port(last)? };
        if range.first <= range.last { Ok(range) } else { Err(syntax()) }
    }

    /// How many ports there are; never zero.
    pub fn count(self) -> u32 {
        u32::from(self.last) - u32::from(self.first) + 1
    }

    /// Whether `port` is one of them.
    pub fn contains(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count() {
            1 => f.pad(&self.first.to_string()),
            _ => f.pad(&format!("{}-{}", self.first, self.last)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ports_and_ranges() {
        assert_eq!(PortRange::parse("80"), Ok(PortRange::one(80)));
        assert_eq!(PortRange::parse("8000-8010"), Ok(PortRange { first: 8000, last: 8010 }));
        assert_eq!(PortRange { first: 8000, last: 8010 }.to_string(), "8000-8010");
        assert_eq!(PortRange { first: 1, last: u16::MAX }.count(), 65535);
        for text in ["", "0", "65536", "9-8", "-1", "a", "1-", "+1"] {
            assert!(PortRange::parse(text).is_err(), "{text}");
        }
    }
}
