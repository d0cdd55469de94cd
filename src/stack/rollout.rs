//! How a service's containers are replaced: `update_config` and `rollback_config` of the Compose Deploy Specification.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::compose::model::{Deploy, Order, UpdateConfig};
use crate::diagnostic::{self, Diagnostic};

/// How containers are replaced, one group after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Rollout {
    /// Whether a replacement starts before the old one stops.
    pub start_first: bool,
    /// How many at a time; none for all at once.
    pub parallelism: Option<usize>,
    /// Between a group that is well and the next one.
    pub delay: Duration,
    /// How long a new container must run on, once it has started (and is healthy), to count as well.
    pub monitor: Duration,
    /// What happens when more fail than may.
    pub on_failure: OnFailure,
    /// Which part of them may fail, as a fraction.
    pub max_failure_ratio: f64,
}

/// What a replacement that fails leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnFailure {
    /// The rest of the service is left as it is.
    Pause,
    /// The rest is replaced all the same.
    Continue,
    /// What was replaced goes back to what it was before.
    Rollback,
}

impl Default for Rollout {
    /// One at a time, the old one stops first, and a failure ends it: as Docker has it where nothing is said.
    fn default() -> Self {
        Rollout {
            start_first: false,
            parallelism: Some(1),
            delay: Duration::ZERO,
            monitor: Duration::ZERO,
            on_failure: OnFailure::Pause,
            max_failure_ratio: 0.0,
        }
    }
}

/// How a service is updated, and how that is taken back; the second only where the files say it.
pub(super) fn rollouts(
    service: &str,
    deploy: Option<&Deploy>,
    findings: &mut Vec<Diagnostic>,
) -> (Rollout, Option<Rollout>) {
    let Some(deploy) = deploy else { return (Rollout::default(), None) };
    let update = deploy.update_config.as_deref().map(|config| rollout(service, config, &UPDATE, findings));
    let rollback = deploy.rollback_config.as_deref().map(|config| rollout(service, config, &ROLLBACK, findings));
    (update.unwrap_or_default(), rollback)
}

const UPDATE: [(&str, OnFailure); 3] =
    [("pause", OnFailure::Pause), ("continue", OnFailure::Continue), ("rollback", OnFailure::Rollback)];
/// Nothing takes back what takes something back.
const ROLLBACK: [(&str, OnFailure); 2] = [("pause", OnFailure::Pause), ("continue", OnFailure::Continue)];

fn rollout(
    service: &str,
    config: &UpdateConfig,
    actions: &[(&str, OnFailure)],
    findings: &mut Vec<Diagnostic>,
) -> Rollout {
    let default = Rollout::default();
    let on_failure = config.failure_action.as_ref().map(|word| {
        let known = actions.iter().find(|(name, _)| *name == &*word.value);
        let names = || actions.iter().map(|(name, _)| *name);
        if known.is_none() {
            let message = format!("`{service}`: `{}` is no failure action", word.value);
            let help = match diagnostic::nearest(&word.value, names()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("one of: {}", names().collect::<Vec<_>>().join(", ")),
            };
            findings.push(Diagnostic::error("C104", message).label(word.span, "not understood").help(help));
        }
        known.map_or(default.on_failure, |(_, action)| *action)
    });
    if let Some(ratio) = config.max_failure_ratio.as_ref().filter(|ratio| !(0.0..=1.0).contains(&ratio.value)) {
        let message = format!("`{service}`: a failure ratio is a fraction, from 0 to 1");
        findings.push(Diagnostic::error("C104", message).label(ratio.span, "not between 0 and 1"));
    }
    Rollout {
        start_first: config.order.as_ref().is_some_and(|order| order.value == Order::StartFirst),
        parallelism: match &config.parallelism {
            Some(number) => Some(number.value as usize).filter(|number| *number > 0),
            None => default.parallelism,
        },
        delay: config.delay.as_ref().map_or(default.delay, |delay| delay.value),
        monitor: config.monitor.as_ref().map_or(default.monitor, |monitor| monitor.value),
        on_failure: on_failure.unwrap_or(default.on_failure),
        max_failure_ratio: config.max_failure_ratio.as_ref().map_or(default.max_failure_ratio, |ratio| ratio.value),
    }
}
