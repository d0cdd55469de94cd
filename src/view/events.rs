//! What `apply` does while it does it, and what came of it.

use anstyle::AnsiColor;

use crate::apply::{Event, Outcome};
use crate::plan::{Operation, Plan, Step, Until};

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
                takes_long(&step.operation).then(|| format!("        {}: {} …\n", step.machine, doing(step)))
            }
            Event::Progress(step, text) => {
                Some(format!("        {}: {} {}\n", step.machine, subject(step), safe(text)))
            }
            Event::Done(step, took) => {
                self.done += 1;
                let sum = self.style.paint(AnsiColor::Green, &format!("{:>3}/{}", self.done, self.plan.steps.len()));
                let took = if took.as_secs() > 0 { format!(" ({} s)", took.as_secs()) } else { String::new() };
                Some(format!("{sum} {}: {}{took}\n", step.machine, did(step)))
            }
            Event::Failed(step, error) => {
                let word = self.style.paint(AnsiColor::Red, " failed");
                Some(format!("{word} {}: {}: {}\n", step.machine, subject(step), safe(&error.message)))
            }
            Event::Skipped(..) => None,
            Event::Stopping(0) => Some("\nStopping.\n".to_owned()),
            Event::Stopping(running) => {
                let running = count(running, "running step");
                Some(format!("\nStopping: finishing {running}. Once more leaves at once.\n"))
            }
        }
    }
}

fn subject(step: &Step) -> &str {
    step.address.split('@').next().unwrap_or(&step.address)
}

/// Whether a reader wants to know of its beginning already.
fn takes_long(operation: &Operation) -> bool {
    matches!(operation, Operation::Pull { .. } | Operation::Await { .. } | Operation::Stop { .. })
}

/// A step in words while it goes on.
pub(super) fn doing(step: &Step) -> String {
    match &step.operation {
        Operation::Pull { image, .. } => format!("pulling {image}"),
        Operation::CreateNetwork(network) => format!("making network {}", network.name),
        Operation::CreateVolume(volume) => format!("making volume {}", volume.name),
        Operation::CreateContainer(new) if new.name != new.final_name => {
            format!("making container {} (as {})", new.final_name, new.name)
        }
        Operation::CreateContainer(new) => format!("making container {}", new.name),
        Operation::Start { name } => format!("starting {name}"),
        Operation::Await { name, until: Until::Healthy } => format!("waiting for {name} to be healthy"),
        Operation::Await { name, until: Until::Completed } => format!("waiting for {name} to end"),
        Operation::Stop { name, .. } => format!("stopping {name}"),
        Operation::Remove { name, .. } => format!("removing {name}"),
        Operation::Rename { from, to } => format!("naming {from} {to}"),
        Operation::RemoveNetwork { name } => format!("removing network {name}"),
    }
}

fn did(step: &Step) -> String {
    match &step.operation {
        Operation::Pull { image, .. } => format!("pulled {image}"),
        Operation::CreateNetwork(network) => format!("made network {}", network.name),
        Operation::CreateVolume(volume) => format!("made volume {}", volume.name),
        Operation::CreateContainer(new) => format!("made container {}", new.final_name),
        Operation::Start { name } => format!("started {name}"),
        Operation::Await { name, until: Until::Healthy } => format!("{name} is healthy"),
        Operation::Await { name, until: Until::Completed } => format!("{name} has ended well"),
        Operation::Stop { name, .. } => format!("stopped {name}"),
        Operation::Remove { name, .. } => format!("removed {name}"),
        Operation::Rename { to, .. } => format!("named {to}"),
        Operation::RemoveNetwork { name } => format!("removed network {name}"),
    }
}

/// What was done and what was not, and how to go on.
pub fn outcome(plan: &Plan, outcome: &Outcome, style: Style) -> String {
    let total = plan.steps.len();
    if outcome.is_complete() {
        let done = style.paint(AnsiColor::Green, "Applied.");
        return format!("\n{done} {} done; {} is as the files say.\n", count(total, "step"), plan.project);
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
    let not_begun = outcome.skipped.iter().map(|(step, _)| step).chain(&outcome.cancelled);
    let mut left: Vec<&str> = not_begun.filter_map(|step| plan.steps.get(*step)).map(subject).collect();
    if !left.is_empty() {
        left.sort_unstable();
        left.dedup();
        text.push_str(&format!("\n  Not begun: {}\n", left.join(", ")));
    }
    let done = outcome.done.len();
    text.push_str(&format!(
        "\n{done} of {} done. Run `planner apply` again to go on from here.\n",
        count(total, "step")
    ));
    text
}
