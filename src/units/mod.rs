//! Amounts with checked arithmetic: [`Cpu`] and [`Bytes`], and how people write them.

mod amounts;
mod bytes;
mod cpu;
mod ports;

pub use amounts::{Amounts, Resource};
pub use bytes::Bytes;
pub use cpu::Cpu;
pub use ports::PortRange;

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Not a number with a known unit.
    #[error("`{text}` is not {expected}")]
    Syntax {
        /// What was written.
        text: String,
        /// What is expected, as a noun phrase with examples.
        expected: &'static str,
    },
    /// A number below zero.
    #[error("`{0}` is negative")]
    Negative(String),
    /// More than can be counted.
    #[error("`{0}` is too large")]
    TooLarge(String),
}

/// What a number with a minus before it comes to, its unit taken off: nothing where it is a zero, else a fault.
fn zero_or_negative(number: &str, text: &str, syntax: impl FnOnce() -> UnitError) -> Result<u64, UnitError> {
    match number.parse::<f64>() {
        Ok(0.0) => Ok(0),
        Ok(_) => Err(UnitError::Negative(text.to_owned())),
        Err(_) => Err(syntax()),
    }
}
