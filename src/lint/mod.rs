//! Findings about the project: every fault that can be seen before anything runs.
//!
//! A rule is one file in `rules/`: static data and a function over a [`Context`]. It returns findings; it never prints,
//! sorts or reads settings. What other rooms find is registered beside them (`elsewhere/`), so that every code that the
//! program can say is explained, selected and ignored alike.

mod baseline;
mod context;
mod docs;
mod elsewhere;
mod fix;
mod fold;
mod host_path;
mod image;
mod place;
mod report;
mod rule;
mod rules;
mod secrets;
mod settings;
mod suppress;
mod variables;

pub use baseline::{Baseline, FORMAT_VERSION as BASELINE_VERSION, Known};
pub use context::{Context, Input};
pub use docs::{book, page};
pub use fix::{Mended, mend};
pub use fold::{Fold, fold};
pub use report::{Finding, Report, Suppressed};
pub use rule::{Example, Finder, Group, Needs, Rule};
pub use rules::{all, find};
pub use settings::{Exception, Selector, Settings, severity};

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;

/// Checks a project. `found` is what was found on the way here: by loading, by building the stack, by placing.
pub fn check(input: Input<'_>, settings: &Settings, found: Vec<Diagnostic>) -> Report {
    let context = Context::new(input, settings);
    let mut findings = found;
    for rule in rules::all().filter(|rule| settings.is_on(rule)) {
        if let Finder::Rule(check) = rule.finder {
            check(&context, &mut findings);
        }
    }
    input.loaded.origins.annotate(&mut findings);
    forget_blanks(&mut findings, settings);
    forget_consequences(&mut findings);
    let told = findings.iter().any(|it| it.is_error() && matches!(it.code, "C123" | "I110"));
    if !context.complete && !told {
        findings.push(not_checked());
    }
    let (mut suppressions, about) = suppress::read(&context);
    findings.extend(about);
    let places = place::Places::new(context.written);
    let mut kept: Vec<Finding> = Vec::new();
    for diagnostic in findings {
        let mut finding = report::finding(diagnostic, &places, context.sources);
        if judge(&context, &mut finding, &mut suppressions) {
            kept.push(finding);
        }
    }
    for diagnostic in suppressions.iter().flat_map(|it| it.unused(&context)) {
        let mut finding = report::finding(diagnostic, &places, context.sources);
        if judge(&context, &mut finding, &mut []) {
            kept.push(finding);
        }
    }
    let mut report = Report { findings: kept };
    report.extend(Report::default());
    report
}

/// Gives a finding its severity, and the reason why it does not count; false where its rule is off.
fn judge(context: &Context<'_>, finding: &mut Finding, suppressions: &mut [suppress::Suppression]) -> bool {
    let Some(rule) = finding.rule else { return true };
    let settings = context.settings;
    finding.diagnostic.severity = settings.severity(rule, finding.diagnostic.severity);
    if rule.must_be_mended(finding.diagnostic.severity) {
        return true;
    }
    let reason = suppressions.iter_mut().find_map(|it| it.applies(&finding.diagnostic).map(str::to_owned));
    let file = finding.diagnostic.span().map(|span| context.sources.get(span.file).name.as_str());
    let excepted = settings.excepted(rule, finding.service.as_deref(), file.unwrap_or_default());
    finding.suppressed = match (reason, excepted) {
        (Some(reason), _) => Some(Suppressed::InSource(reason)),
        (None, Some(reason)) => Some(Suppressed::InSettings(reason.to_owned())),
        (None, None) => None,
    };
    settings.is_on(rule)
}

/// What is better said of a variable than that it is not set: that its dollar sign was meant for the container, or that
/// it is promised to be set.
fn forget_blanks(findings: &mut Vec<Diagnostic>, settings: &Settings) {
    let better: Vec<_> = findings.iter().filter(|it| it.code == "V202").filter_map(Diagnostic::span).collect();
    findings.retain(|finding| {
        let promised = || settings.variables.iter().any(|name| finding.message.contains(&format!("`{name}`")));
        finding.code != "V201" || !finding.span().is_some_and(|span| better.contains(&span)) && !promised()
    });
}

fn not_checked() -> Diagnostic {
    rules::RULE_NOT_CHECKED
        .finding("a part of the project could not be checked")
        .help("make it readable here, or accept it: `--allow-partial`")
}

/// Nobody need be told that a service does not exist that is only misshapen, which is told.
fn forget_consequences(findings: &mut Vec<Diagnostic>) {
    let quoted = |message: &str| message.split('`').nth(1).map(str::to_owned);
    let misshapen: HashSet<String> =
        findings.iter().filter(|it| it.code == "C105").filter_map(|it| quoted(&it.message)).collect();
    let absent = |message: &str| {
        let named = message.strip_suffix("`, which does not exist").and_then(|before| before.rsplit_once('`'));
        named.is_some_and(|(_, name)| misshapen.contains(name))
    };
    findings.retain(|finding| !matches!(finding.code, "C111" | "C115") || !absent(&finding.message));
}
