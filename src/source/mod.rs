//! Source texts and places in them: the ground that every finding stands on.
//!
//! A [`Span`] is a byte range in one file of a [`Sources`]. Whatever is read from a file keeps its span, through
//! merging and interpolation, so that even a solver's refusal can underline what the user wrote.

mod files;
mod span;

pub use files::{Files, MemoryFiles};
pub use span::{FileId, Position, SourceFile, Sources, Span, Spanned, Text, word};
