//! Machines that would hold more than they are best used up to (`target` in the inventory).

use crate::diagnostic::Diagnostic;
use crate::stack::Stack;

use super::model::Plan;

/// One warning for all machines that a plan leaves above their targets.
pub fn above_target(stack: &Stack, plan: &Plan) -> Option<Diagnostic> {
    if plan.is_empty() {
        return None;
    }
    let mut finding = Diagnostic::warning("M336", "machines are used above their targets");
    for machine in &stack.machines {
        let Some(target) = machine.target else { continue };
        let Some(used) = plan.machines.iter().find(|it| it.machine == machine.name) else { continue };
        let above = used.after.iter().filter_map(|(resource, amount)| {
            let share = amount as f64 / used.capacity.get(resource).max(1) as f64;
            (used.capacity.get(resource) > 0 && share > target + EVEN)
                .then(|| format!("{resource} {:.0} %", share * 100.0))
        });
        let above: Vec<String> = above.collect();
        if !above.is_empty() {
            let target = target * 100.0;
            finding = finding.note(format!("{}: {}, of a target of {target:.0} %", machine.name, above.join(", ")));
        }
    }
    if finding.notes.is_empty() {
        return None;
    }
    Some(
        finding.help(
            "add machines, or raise the target; no placement was found that moves as little and is less above them",
        ),
    )
}

/// What is a share only by its rounding.
const EVEN: f64 = 1e-9;
