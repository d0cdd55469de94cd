//! Values as people and machines read them: text for terminals, versioned JSON. Nothing here decides anything.

mod events;
mod findings;
mod findings_json;
mod machines;
mod plan;
mod style;

pub use events::{Progress, outcome};
pub use findings::findings;
pub use findings_json::findings_json;
pub use plan::plan;
pub use style::{Style, count};
