//! What `apply` does while it does it, and what came of it.

use anstyle::AnsiColor;

use crate::apply::{Event, GoneBack, Outcome};
use crate::plan::{Operation, Plan, Step, Until};
use crate::stack::OnFailure;
use crate::text::tame;

use super::style::{Style, count, safe};

/// Turns events into lines, one for each that a reader wants to see.
#[derive(Debug)]
pub struct Progress<'p> {
    plan: &'p Plan,
    style: Style,
    done: usize,
}

impl<'p> Progress<'p> {
    /// For the steps of a plan.
    pub fn new(plan: &'p Plan, style: Style) -> Self {
        Progress { plan, style, done: 0 }
    }

    /// The line for an event, if it has one.
    pub fn line(&mut self, event: Event<'_>) -> Option<String> {
        match event {
            Event::Started(step) => {
                takes_long(&step.operation).then(|| format!("        {}: {} …\n", step.machine, tame(&doing(step))))
            }
            Event::Progress(step, text) => {
                Some(format!("        {}: {} {}\n", step.machine, subject(step), safe(text)))
            }
            Event::Done(step, took) => {
                let sum = if step.id < self.plan.steps.len() {
                    self.done += 1;
                    self.style.paint(AnsiColor::Green, &format!("{:>3}/{}", self.done, self.plan.steps.len()))
                } else {
                    self.style.paint(AnsiColor::Yellow, "   back")
                };
                let took = if took.as_secs() > 0 { format!(" ({} s)", took.as_secs()) } else { String::new() };
                Some(format!("{sum} {}: {}{took}\n", step.machine, tame(&did(step))))
            }
            Event::Failed(step, error) => {
                let word = self.style.paint(AnsiColor::Red, " failed");
                Some(format!("{word} {}: {}: {}\n", step.machine, subject(step), safe(&error.message)))
            }
            Event::Skipped(..) => None,
            Event::Halted(rollout, failed) => {
                let (failed, all) = (failed, count(rollout.containers, "container"));
                let then = match rollout.on_failure {
                    OnFailure::Rollback => "it goes back to what ran before",
                    OnFailure::Pause | OnFailure::Continue => "the others are left as they are",
                };
                Some(format!("        `{}`: {failed} of {all} could not be replaced: {then}\n", rollout.service))
            }
            Event::GoingBack(_) => None,
            Event::Stopping(0) => Some("\nStopping.\n".to_owned()),
            Event::Stopping(running) => {
                let running = count(running, "running step");
                Some(format!("\nStopping: finishing {running}. Once more leaves at once.\n"))
            }
        }
    }
}

fn subject(step: &Step) -> String {
    tame(step.address.split('@').next().unwrap_or(&step.address))
}

/// Whether a reader wants to know of its beginning already.
fn takes_long(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Pull { .. }
            | Operation::CopyVolume(_)
            | Operation::Await { .. }
            | Operation::Watch { .. }
            | Operation::Pause { .. }
            | Operation::Stop { .. }
    )
}

/// Whether an image comes from where it is, and from no registry.
fn is_sent(operation: &Operation) -> bool {
    matches!(operation, Operation::Pull { policy, id, .. } if !policy.asks_registries() || id.is_some())
}

/// A step in words while it goes on.
pub(super) fn doing(step: &Step) -> String {
    match &step.operation {
        Operation::Pull { image, .. } if is_sent(&step.operation) => format!("having {image} sent"),
        Operation::Pull { image, .. } => format!("pulling {image}"),
        Operation::CreateNetwork(network) => format!("making network {}", network.name),
        Operation::CreateVolume(volume) => format!("making volume {}", volume.name),
        Operation::CopyVolume(what) => format!("copying volume {} from {}", what.volume, what.from),
        Operation::CreateContainer(new) if new.name != new.final_name => {
            format!("making container {} (as {})", new.final_name, new.name)
        }
        Operation::CreateContainer(new) => format!("making container {}", new.name),
        Operation::Start { name, .. } => format!("starting {name}"),
        Operation::Await { name, until: Until::Healthy } => format!("waiting for {name} to be healthy"),
        Operation::Await { name, until: Until::Completed } => format!("waiting for {name} to end"),
        Operation::Await { name, until: Until::Ready } => format!("waiting for {name} to serve"),
        Operation::Exec { name, hook, .. } => format!("running `{}` in {name}", hook.command.join(" ")),
        Operation::Reload { name, .. } => format!("telling {name} of other addresses"),
        Operation::Update { name, .. } => format!("giving {name} its limits back"),
        Operation::Watch { name, milliseconds } => format!("watching {name} for {}", time(*milliseconds)),
        Operation::Pause { milliseconds } => format!("waiting {} before the next", time(*milliseconds)),
        Operation::Stop { name, .. } => format!("stopping {name}"),
        Operation::Remove { name, .. } => format!("removing {name}"),
        Operation::Rename { from, to } => format!("naming {from} {to}"),
        Operation::RemoveNetwork { name } => format!("removing network {name}"),
    }
}

/// A time as people say it: `10 s`, `1.5 s`.
fn time(milliseconds: u64) -> String {
    format!("{} s", milliseconds as f64 / 1000.0)
}

fn did(step: &Step) -> String {
    match &step.operation {
        Operation::Pull { image, .. } if is_sent(&step.operation) => format!("got {image}"),
        Operation::Pull { image, .. } => format!("pulled {image}"),
        Operation::CreateNetwork(network) => format!("made network {}", network.name),
        Operation::CreateVolume(volume) => format!("made volume {}", volume.name),
        Operation::CopyVolume(what) => format!("copied volume {} from {}, and compared it", what.volume, what.from),
        Operation::CreateContainer(new) => format!("made container {}", new.final_name),
        Operation::Start { name, .. } => format!("started {name}"),
        Operation::Await { name, until: Until::Healthy } => format!("{name} is healthy"),
        Operation::Await { name, until: Until::Completed } => format!("{name} has ended well"),
        Operation::Await { name, until: Until::Ready } => format!("{name} serves"),
        Operation::Exec { name, hook, .. } => format!("ran `{}` in {name}", hook.command.join(" ")),
        Operation::Reload { name, .. } => format!("{name} knows of other addresses"),
        Operation::Update { name, .. } => format!("{name} has its limits back"),
        Operation::Watch { name, milliseconds } => format!("{name} was well for {}", time(*milliseconds)),
        Operation::Pause { milliseconds } => format!("waited {}", time(*milliseconds)),
        Operation::Stop { name, .. } => format!("stopped {name}"),
        Operation::Remove { name, .. } => format!("removed {name}"),
        Operation::Rename { to, .. } => format!("named {to}"),
        Operation::RemoveNetwork { name } => format!("removed network {name}"),
    }
}

/// How it went to go back.
fn gone_back(back: &GoneBack) -> String {
    let service = safe(&back.service);
    if back.whole {
        return format!("\n  `{service}` went back to what ran before.\n");
    }
    let mut text = format!("\n  `{service}` could not go back as a whole to what ran before:\n");
    if back.failed.is_empty() {
        text.push_str("    it was stopped meanwhile\n");
    }
    for error in &back.failed {
        text.push_str(&format!("    {}: {}\n", error.machine, safe(&error.message)));
    }
    text
}

/// What was done and what was not, and how to go on.
pub fn outcome(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    let total = plan.steps.len();
    if outcome.is_complete() {
        let done = style.paint(AnsiColor::Green, "Applied.");
        let what = if plan.is_placed() { format!("; {} is as the files say", plan.project) } else { String::new() };
        return format!("\n{done} {} done{what}.\n", count(total, "step"));
    }
    let mut text = match outcome.failed.is_empty() {
        true => format!("\n{}\n", style.paint(AnsiColor::Yellow, "Stopped.")),
        false => format!("\n{}\n", style.paint(AnsiColor::Red, "Not everything could be done.")),
    };
    for (step, error) in &outcome.failed {
        let Some(step) = plan.steps.get(*step) else { continue };
        text.push_str(&format!("\n  {} ({}): {}\n", subject(step), step.machine, safe(&error.message)));
        for detail in error.detail.iter() {
            text.push_str(&format!("    it said: {}\n", safe(detail).replace('\n', "\n             ")));
        }
        for help in error.help.iter() {
            text.push_str(&format!("    mend: {}\n", safe(help)));
        }
    }
    for back in &outcome.gone_back {
        text.push_str(&gone_back(back));
    }
    let not_begun = outcome.skipped.iter().map(|(step, _)| step).chain(&outcome.cancelled);
    let mut left: Vec<String> = not_begun.filter_map(|step| plan.steps.get(*step)).map(subject).collect();
    if !left.is_empty() {
        left.sort_unstable();
        left.dedup();
        text.push_str(&format!("\n  Not begun: {}\n", left.join(", ")));
    }
    let done = outcome.done.len();
    text.push_str(&format!(
        "\n{done} of {} done. {}\n",
        count(total, "step"),
        match outcome.gone_back.is_empty() {
            true => "Run `planner apply` again to go on from here.",
            false => "When the cause is mended, `planner apply` tries again what the files say.",
        }
    ));
    text
}
