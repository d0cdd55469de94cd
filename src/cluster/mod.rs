//! The live machines: seeing them, and doing one step on one of them. The only room that talks to engines.

use std::future::Future;

use crate::observed::MachineState;
use crate::plan::Operation;

/// The machines as `apply` and `observe` see them. Real ones are [`docker`]'s; tests have their own.
pub trait Cluster {
    /// What is on a machine now.
    ///
    /// # Errors
    /// When the machine cannot be reached or its engine does not answer: never an empty state.
    fn observe(&self, machine: &str) -> impl Future<Output = Result<MachineState, ClusterError>>;

    /// Does one operation on a machine. `progress` is told of long steps, in a few words.
    ///
    /// # Errors
    /// When the engine refuses, or the machine cannot be reached; then it may or may not have been done.
    fn perform(
        &self,
        machine: &str,
        operation: &Operation,
        progress: &dyn Fn(&str),
    ) -> impl Future<Output = Result<(), ClusterError>>;
}

/// What went wrong with a machine, why as far as is known, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{machine}: {message}")]
pub struct ClusterError {
    /// The machine's name.
    pub machine: String,
    /// What went wrong, in words that name the endpoint, image, port or container.
    pub message: String,
    /// What the engine or ssh itself said, where that adds something.
    pub detail: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
}
