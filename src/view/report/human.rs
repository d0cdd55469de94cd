//! For people: alike findings told once.

use crate::lint::{Report, fold};
use crate::source::Sources;
use crate::view::{Refused, Style, findings, refusal};

/// So many of the services that a finding speaks of as well are named.
const NAMED: usize = 8;

pub(super) fn write(report: &Report, refused: &[Refused], sources: &Sources, style: Style) -> String {
    let shown = fold(report).into_iter().map(|fold| {
        let finding = fold.finding.diagnostic.clone();
        let names: Vec<&str> = fold.others.iter().filter_map(|other| other.service.as_deref()).collect();
        match names.len() {
            0 => finding,
            count => {
                let more = if count > NAMED { ", …" } else { "" };
                let first = names[..count.min(NAMED)].join(", ");
                finding.note(format!("the same in {count} more services: {first}{more}"))
            }
        }
    });
    let text = findings(&shown.collect::<Vec<_>>(), sources, style);
    refused.iter().fold(text, |text, refused| text + &refusal(refused, style))
}
