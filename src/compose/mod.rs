//! The project: compose files and their environment, read into [`Compose`].

pub mod dotenv;
mod duration;
mod environment;
mod interpolate;
pub mod model;
mod schema;
mod template;

pub use environment::{Environment, Variable};
pub use interpolate::interpolate;
pub use model::Compose;
