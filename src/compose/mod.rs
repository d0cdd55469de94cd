//! The project: compose files and their environment, read into [`Compose`].

pub mod model;

pub use model::Compose;
