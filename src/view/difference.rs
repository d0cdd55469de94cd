//! Two plans beside each other.

use anstyle::AnsiColor;

use crate::plan::{Change, Differences};
use crate::text::tame;

use super::plan::summary;
use super::style::{Style, cell, lines, safe};

/// What differs: changes, places, and what the objective came to.
pub fn differences(differences: &Differences<'_>, style: Style) -> String {
    if differences.is_empty() {
        return "Both plans do the same.\n".to_owned();
    }
    let mut text = String::new();
    if !differences.same_state {
        text.push_str("The machines were in another state when the second plan was made.\n\n");
    }
    for (before, after) in &differences.changes {
        let side = |sign: &str, color: AnsiColor, change: &Option<&Change>| {
            change.map(|it| style.paint(color, &format!("{sign} {}", summary(it))) + "\n").unwrap_or_default()
        };
        text.push_str(&side("-", AnsiColor::Red, before));
        text.push_str(&side("+", AnsiColor::Green, after));
    }
    if !differences.places.is_empty() {
        let mut table = style.table();
        for (name, before, after) in &differences.places {
            let place = |machine: &Option<&str>| machine.unwrap_or("nowhere").to_owned();
            table.add_row(vec![
                cell(format!("  {}", tame(name))),
                cell(format!("{} → {}", place(before), place(after))),
            ]);
        }
        text.push_str(&format!("\nends elsewhere:\n{}", lines(&table)));
    }
    for (name, before, after) in &differences.tiers {
        text.push_str(&safe(&format!("\n{name}: {before:.4} → {after:.4}")));
    }
    if !differences.tiers.is_empty() {
        text.push('\n');
    }
    text
}
