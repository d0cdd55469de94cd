//! The live machines: seeing them, and doing one step on one of them. The only room that talks to engines.
//!
//! Every kind of connection (a socket here, ssh, TCP with TLS) ends in one byte stream that `dial` opens; on it speaks
//! one HTTP client (`client`) with a settled API version. What engines and ssh say in their own words becomes a
//! [`ClusterError`] with a cause and a remedy (`fault`, `ssh_fault`).

mod body;
mod build;
mod client;
mod copy;
mod credentials;
mod deliver;
mod dial;
mod docker;
mod endpoint;
mod exec;
mod fault;
mod layers;
mod listeners;
mod network;
mod observe;
mod pull;
mod reload;
mod run;
mod send;
mod settings;
mod ssh;
mod ssh_fault;
mod start;
mod this_process;
mod tls;
mod tokens;
mod unreachable;
mod usage;
mod wait;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use futures_util::stream::{StreamExt, iter};

use crate::observed::{FORMAT_VERSION, MachineState, Observed};
use crate::plan::Operation;

pub use dial::STEPS_AT_ONCE;
pub use docker::DockerCluster;
pub use settings::Settings;
pub use this_process::{Process, this_process};
pub use usage::ContainerUse;

/// The machines as `apply` and `observe` see them. The real ones are a [`DockerCluster`]; tests have their own.
pub trait Cluster {
    /// What is on a machine now.
    ///
    /// # Errors
    /// When the machine cannot be reached or its engine does not answer: never an empty state.
    fn observe(&self, machine: &str) -> impl Future<Output = Result<MachineState, ClusterError>>;

    /// Does one operation on a machine. `progress` is told of long steps, in a few words. What is done already
    /// (removed, started, renamed before) is done.
    ///
    /// # Errors
    /// When the engine refuses, or the machine cannot be reached; then it may or may not have been done.
    fn perform(
        &self,
        machine: &str,
        operation: &Operation,
        progress: &dyn Fn(&str),
    ) -> impl Future<Output = Result<(), ClusterError>>;

    /// The tokens of a project on a machine.
    ///
    /// # Errors
    /// When the machine cannot be reached or its engine does not answer.
    fn tokens(&self, machine: &str, project: &str) -> impl Future<Output = Result<Tokens, ClusterError>>;

    /// Puts a token on a machine, and returns the labels of the one that is there then: of several that put one of the
    /// same name, one alone finds its own labels.
    ///
    /// # Errors
    /// When the engine refuses, or the machine cannot be reached; then it may or may not be there.
    fn put_token(
        &self,
        machine: &str,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<BTreeMap<String, String>, ClusterError>>;

    /// Takes a token off a machine. One that is not there is taken off.
    ///
    /// # Errors
    /// When the machine cannot be reached or its engine does not answer.
    fn take_token(&self, machine: &str, name: &str) -> impl Future<Output = Result<(), ClusterError>>;

    /// Lets time go by.
    fn pause(&self, time: Duration) -> impl Future<Output = ()>;
}

/// What marks runs on a machine: something with a name and labels, which never change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The machine's own clock, in seconds; 0 where there are no tokens.
    pub now: i64,
    /// Those that there are.
    pub tokens: Vec<Token>,
}

/// One of [`Tokens`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// When it was put there, by the machine's clock, in seconds.
    pub made: i64,
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

/// Machines looked at side by side: each costs some processes of ssh here.
const SIDE_BY_SIDE: usize = 32;

/// Sees all `machines`, many at once. Those that could not be seen are errors, in the order of `machines`, and are
/// missing in the [`Observed`].
pub async fn observe_all<C: Cluster>(cluster: &C, machines: &[String]) -> (Observed, Vec<ClusterError>) {
    let looks = iter(machines).map(|machine| cluster.observe(machine));
    let states: Vec<_> = looks.buffered(SIDE_BY_SIDE).collect().await;
    let mut observed = Observed { format_version: FORMAT_VERSION.to_owned(), ..Observed::default() };
    let mut errors = Vec::new();
    for (machine, state) in machines.iter().zip(states) {
        match state {
            Ok(state) => drop(observed.machines.insert(machine.clone(), state)),
            Err(error) => errors.push(error),
        }
    }
    (observed, errors)
}
