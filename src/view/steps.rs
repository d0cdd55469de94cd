//! The steps of a plan, each with what it waits for: as a list, and as a tree.

use crate::plan::{Plan, Step};
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

/// The order as a tree: each step below the last one that it waits for; what it waits for besides stands behind it.
pub fn tree(plan: &Plan, style: Style) -> String {
    if plan.steps.is_empty() {
        return String::new();
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); plan.steps.len()];
    let mut roots = Vec::new();
    for step in &plan.steps {
        match parent(step) {
            Some(parent) => children[parent].push(step.id),
            None => roots.push(step.id),
        }
    }
    let mut text = String::from("\n");
    let (last, through, down) = if style.unicode { ("└─ ", "├─ ", "│  ") } else { ("`- ", "|- ", "|  ") };
    // A chain of steps can be longer than a stack is deep.
    let mut left: Vec<(usize, String, bool)> = roots.iter().rev().map(|root| (*root, String::new(), true)).collect();
    while let Some((id, indent, is_last)) = left.pop() {
        let step = &plan.steps[id];
        let is_root = parent(step).is_none();
        let branch = match (is_root, is_last) {
            (true, _) => "",
            (false, true) => last,
            (false, false) => through,
        };
        let also: Vec<String> =
            before(step).filter(|it| Some(*it) != parent(step)).map(|it| (it + 1).to_string()).collect();
        let also = if also.is_empty() { String::new() } else { format!("  (also after {})", also.join(", ")) };
        text.push_str(&format!(" {indent}{branch}{} {}: {}{also}\n", id + 1, step.machine, tame(&doing(step))));
        let deeper = match (is_root, is_last) {
            (true, _) => indent,
            (false, true) => format!("{indent}   "),
            (false, false) => format!("{indent}{down}"),
        };
        let below = children[id].iter().enumerate().rev();
        left.extend(below.map(|(place, child)| (*child, deeper.clone(), place + 1 == children[id].len())));
    }
    text
}

/// The last step that it waits for: steps stand behind all that they wait for.
fn parent(step: &Step) -> Option<usize> {
    before(step).max()
}

/// The steps that it waits for, and those whose end it waits for.
fn before(step: &Step) -> impl Iterator<Item = usize> {
    step.waits_for.iter().chain(&step.after).copied()
}
