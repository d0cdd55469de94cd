//! `planner`: static analysis and placement planning for Docker Compose over several machines.
//!
//! The flow is one way: texts become trees with spans, a project and an inventory become a [`stack`], a stack
//! is placed, a placement and what was [`observed`] become a [`plan`], and a plan is applied. `docs/architecture.md`
//! draws it, and says who may use whom.

pub mod apply;
pub mod capacity;
pub mod cli;
pub mod cluster;
pub mod compose;
pub mod diagnostic;
pub mod digest;
pub mod discovery;
pub mod export;
pub mod inventory;
pub mod labels;
pub mod lint;
pub mod map;
pub mod observed;
pub mod placement;
pub mod plan;
pub mod reference;
pub mod source;
pub mod stack;
pub mod text;
pub mod units;
pub mod view;
pub mod yaml;
