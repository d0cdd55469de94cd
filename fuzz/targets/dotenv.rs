//! Any text as an env file, in both formats.
#![no_main]

use libfuzzer_sys::fuzz_target;
use planner::compose::dotenv::{self, Assignment};
use planner::source::Sources;

fuzz_target!(|text: &str| {
    let mut sources = Sources::new();
    let file = sources.add(".env", text);
    let mut findings = Vec::new();
    let outer = |name: &str| (name == "OUTER").then(|| "outer$OUTER".to_owned());
    let read = dotenv::parse(file, text, &outer, &mut findings);
    planner_fuzz::assert_findings(&findings, &sources);
    assert_in_order(&read, &sources);
    assert_in_order(&dotenv::parse_raw(file, text, &mut findings), &sources);
});

/// Assignments stand one behind the other.
fn assert_in_order(assignments: &[Assignment], sources: &Sources) {
    assignments.iter().for_each(|assignment| planner_fuzz::assert_span(assignment.span, sources));
    assert!(assignments.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
}
