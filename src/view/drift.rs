//! What is no more as it was made.

use anstyle::AnsiColor;
use serde_json::json;

use crate::plan::Drift;

use super::style::{Style, cell, count, lines};

/// The version of the form of [`drift_json`].
const FORMAT_VERSION: &str = "1.0";

/// A row for each thing that drifted.
pub(super) fn rows(drift: &[Drift], style: Style) -> String {
    let mut table = style.table();
    for it in drift {
        let name = it.address.trim_start_matches("container:").replace(':', ".");
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        let how = match (it.what.strip_prefix("network "), it.found.is_some()) {
            (Some(network), true) => format!("was put into network {network}"),
            (Some(network), false) => format!("was taken out of network {network}"),
            (None, _) => format!("{}: {} → {}", it.what, side(&it.made), side(&it.found)),
        };
        table.add_row(vec![cell(format!("   {name}")), cell(format!("on {}", it.machine)), cell(how)]);
    }
    lines(&table)
}

/// What has drifted, by itself.
pub fn drift(project: &str, drift: &[Drift], style: Style) -> String {
    if drift.is_empty() {
        let fine = style.paint(AnsiColor::Green, "nothing has changed since it was made");
        return format!("{}: {fine}\n", style.bold(project));
    }
    let title = format!("{}: {} since it was made", style.bold(project), count(drift.len(), "change"));
    format!("{title}\n\n{}\n`planner plan` says what would be done about it.\n", rows(drift, style))
}

/// The same for programs.
pub fn drift_json(project: &str, drift: &[Drift]) -> String {
    let value = json!({ "format_version": FORMAT_VERSION, "project": project, "drift": drift });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
