//! One file for each command: load, call, show.

pub(super) mod apply;
pub(super) mod build;
pub(super) mod buying;
pub(super) mod capacity;
pub(super) mod check;
pub(super) mod config;
pub(super) mod diff;
pub(super) mod down;
pub(super) mod explain;
pub(super) mod export;
pub(super) mod inventory;
pub(super) mod lock;
pub(super) mod observe;
pub(super) mod plan;
pub(super) mod rollback;
pub(super) mod rules;
pub(super) mod show;
pub(super) mod solve;
pub(super) mod status;
pub(super) mod why;
