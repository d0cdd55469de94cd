//! Mending texts: the edits of findings, put into the files byte by byte. Nothing is written anew that was not at fault.

use std::collections::BTreeMap;

use super::report::Report;
use crate::diagnostic::Edit;
use crate::source::{FileId, Sources};

/// The mended texts of the files that change, and how many findings are mended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// The new texts.
    pub texts: BTreeMap<FileId, String>,
    /// How many findings are mended.
    pub count: usize,
}

/// Mends what can be mended; only with `risky` what may change how the stack behaves. Of edits that overlap the first
/// is made: a further run makes the next.
pub fn mend(report: &Report, sources: &Sources, risky: bool) -> Mended {
    let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut count = 0;
    let fixes = report.active().filter_map(|finding| finding.diagnostic.fix.as_ref());
    for fix in fixes.filter(|fix| fix.safe || risky) {
        let free =
            |edit: &Edit| taken.get(&edit.span.file).is_none_or(|others| others.iter().all(|other| apart(edit, other)));
        if !fix.edits.is_empty() && fix.edits.iter().all(free) {
            count += 1;
            fix.edits.iter().for_each(|edit| taken.entry(edit.span.file).or_default().push(edit));
        }
    }
    let mut mended = Mended { count, ..Mended::default() };
    for (file, mut edits) in taken {
        let mut text = sources.get(file).text.to_string();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            text.replace_range(edit.span.range(), &edit.text);
        }
        mended.texts.insert(file, text);
    }
    mended
}

/// Whether two edits leave each other alone. Two insertions at one place would be in no order.
fn apart(a: &Edit, b: &Edit) -> bool {
    a.span != b.span && (a.span.end <= b.span.start || b.span.end <= a.span.start)
}
