//! A line for each finding, for `grep`, editors and problem matchers.

use super::place;
use crate::lint::{Report, fold};
use crate::source::Sources;
use crate::view::style::safe;

pub(super) fn write(report: &Report, sources: &Sources) -> String {
    let mut text = String::new();
    for fold in fold(report) {
        let finding = &fold.finding.diagnostic;
        let at = place(finding.span(), sources)
            .map_or_else(String::new, |at| format!("{}:{}:{}: ", at.file, at.start.line, at.start.column));
        let more = match fold.others.len() {
            0 => String::new(),
            count => format!(" (and {count} more services)"),
        };
        let message = safe(&finding.message).replace('\n', " ");
        text.push_str(&format!("{at}{}[{}] {message}{more}\n", finding.severity.word(), finding.code));
    }
    text
}
