//! The integration tests: one binary, so that it is linked once.

mod corpus;
mod disk;
