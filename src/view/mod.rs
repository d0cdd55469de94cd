//! Values as people and machines read them: text for terminals, versioned JSON. Nothing here decides anything.

mod config;
mod events;
mod findings;
mod findings_json;
mod machines;
mod origin;
mod plan;
mod style;
mod variables;

pub use config::{ModelFormat, model};
pub use events::{Progress, outcome};
pub use findings::findings;
pub use findings_json::findings_json;
pub use origin::{origin, origin_json};
pub use plan::plan;
pub use style::{Style, count};
pub use variables::variables;
