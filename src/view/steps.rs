//! The steps of a plan, each with what it waits for.

use crate::plan::Plan;
use crate::text::tame;

use super::events::doing;
use super::style::{Style, cell, lines};

/// One row for each step, in the order of the plan; steps of different machines go on side by side.
pub fn steps(plan: &Plan, style: Style) -> String {
    if plan.steps.is_empty() {
        return String::new();
    }
    let mut table = style.table();
    table.set_header([" step", "machine", "what", "after"]);
    for step in &plan.steps {
        let after: Vec<String> = step.waits_for.iter().map(|id| (id + 1).to_string()).collect();
        table.add_row(vec![
            cell(format!(" {}", step.id + 1)),
            cell(&step.machine),
            cell(tame(&doing(step))),
            cell(after.join(", ")),
        ]);
    }
    format!("\n{}", lines(&table))
}
