//! The steps of a plan, each with what it waits for.

use comfy_table::Cell;

use crate::plan::Plan;

use super::events::doing;
use super::style::{Style, lines, safe};

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
            Cell::new(format!(" {}", step.id + 1)),
            Cell::new(&step.machine),
            Cell::new(safe(&doing(step))),
            Cell::new(after.join(", ")),
        ]);
    }
    format!("\n{}", lines(&table))
}
