//! Values as people and machines read them: text for terminals, versioned JSON. Nothing here decides anything.

mod capacity;
mod config;
mod events;
mod findings;
mod lock;
mod machines;
mod matrix;
mod origin;
mod plan;
mod ports;
mod refusal;
mod report;
mod rules;
mod run;
mod status;
mod steps;
mod style;
mod variables;
mod why;

pub use capacity::{capacity, capacity_json};
pub use config::{ModelFormat, model, write_model};
pub use events::{Progress, outcome};
pub use findings::findings;
pub use lock::holder;
pub use origin::{origin, origin_json};
pub use plan::{objective, plan};
pub use ports::{ports, ports_json};
pub use refusal::{Refused, refusal, refused};
pub use report::{Format, report};
pub use rules::rules;
pub use run::{began_json, ended_json, event_json};
pub use status::{status, status_json};
pub use steps::steps;
pub use style::{Style, count};
pub use variables::variables;
pub use why::{Asked, why, why_json};
