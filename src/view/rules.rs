//! The list of rules.

use crate::lint;

use super::style::{Style, lines};

/// A line for each rule: code, name, severity, group, what it finds.
pub fn rules(style: Style) -> String {
    let mut table = style.table();
    for rule in lint::all() {
        table.add_row([rule.code, rule.name, rule.severity.word(), rule.group.word(), rule.summary]);
    }
    lines(&table)
}
