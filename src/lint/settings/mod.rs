//! What the user has settled: which rules are on, how grave their findings are, what is excepted and why.

mod file;
mod toml;

use std::collections::BTreeMap;

pub use file::read;

use super::rule::{Group, Rule};
use super::rules;
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::source::{Files, Sources, Spanned};
use crate::yaml::Node;
use std::path::Path;

/// Settings of a run.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What is switched on and off, from the weakest word to the strongest: a later entry wins over an earlier one that
    /// names as much.
    pub switches: Vec<(Selector, bool)>,
    /// Severities in place of the rules' own, by code.
    pub severities: BTreeMap<&'static str, Severity>,
    /// What is excepted.
    pub exceptions: Vec<Exception>,
    /// Variables that will be set where the project is run, though they are not here.
    pub variables: Vec<String>,
    /// Paths of hosts that are on every machine.
    pub host_paths: Vec<String>,
    /// From which severity on a run fails; errors where it is not said.
    pub fail_on: Option<Severity>,
}

/// Which rules are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Every rule.
    All,
    /// Those of a group.
    Group(Group),
    /// Those whose codes begin so: `S`, `S6`.
    Prefix(String),
    /// One, by its code.
    Code(&'static str),
}

/// Findings that are ignored, and why.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Which rules.
    pub rules: Vec<Selector>,
    /// In which services; empty: in all.
    pub services: Vec<String>,
    /// In which files; empty: in all.
    pub files: Vec<glob::Pattern>,
    /// Why.
    pub reason: String,
}

impl Selector {
    /// Reads `S601`, `docker-socket-mount`, `S`, `hardening` or `all`.
    ///
    /// # Errors
    /// A text that names no rule; with the name that is most like it, if one is.
    pub fn parse(text: &str) -> Result<Selector, Option<&'static str>> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("all") {
            return Ok(Selector::All);
        }
        if let Some(group) = Group::ALL.into_iter().find(|group| group.word() == text) {
            return Ok(Selector::Group(group));
        }
        if let Some(rule) = rules::find(text) {
            return Ok(Selector::Code(rule.code));
        }
        let prefix = text.to_ascii_uppercase();
        if !prefix.is_empty() && rules::all().any(|rule| rule.code.starts_with(&prefix)) {
            return Ok(Selector::Prefix(prefix));
        }
        let known = rules::all().flat_map(|rule| [rule.code, rule.name]).chain(Group::ALL.map(Group::word));
        Err(nearest(&prefix, known.clone()).or_else(|| nearest(text, known)))
    }

    /// How closely it names this rule; none if it does not.
    fn names(&self, rule: &Rule) -> Option<usize> {
        match self {
            Selector::All => Some(0),
            Selector::Group(group) => (*group == rule.group).then_some(1),
            Selector::Prefix(prefix) => rule.code.starts_with(prefix.as_str()).then_some(1 + prefix.len()),
            Selector::Code(code) => (*code == rule.code).then_some(9),
        }
    }
}

impl Settings {
    /// Whether a rule is on: what names it most closely decides, of several such the last; else its group.
    pub fn is_on(&self, rule: &Rule) -> bool {
        let meant = self.switches.iter().filter_map(|(selector, on)| Some((selector.names(rule)?, *on)));
        let decided = meant.max_by_key(|(closeness, _)| *closeness);
        decided.map_or(rule.group == Group::Default, |(_, on)| on)
    }

    /// The severity of a finding of this rule.
    pub fn severity(&self, rule: &Rule, own: Severity) -> Severity {
        self.severities.get(rule.code).copied().unwrap_or(own)
    }

    /// Why a finding of this rule, in this service and file, is excepted.
    pub fn excepted(&self, rule: &Rule, service: Option<&str>, file: &str) -> Option<&str> {
        let applies = |exception: &&Exception| {
            let named = exception.rules.iter().any(|selector| selector.names(rule).is_some());
            let service = exception.services.is_empty()
                || service.is_some_and(|service| exception.services.iter().any(|known| known == service));
            let path = Path::new(file);
            named && service && (exception.files.is_empty() || exception.files.iter().any(|it| it.matches_path(path)))
        };
        self.exceptions.iter().find(applies).map(|exception| &*exception.reason)
    }

    /// Takes up the settings of a file in TOML: `planner.toml`.
    pub fn take_file(&mut self, files: &dyn Files, path: &Path, name: &str, sources: &mut Sources) -> Vec<Diagnostic> {
        let text = match files.read(path) {
            Ok(text) => text,
            Err(error) => {
                return vec![rules::RULE_SETTING.finding(format!("the settings `{name}` cannot be read: {error}"))];
            }
        };
        let file = sources.add(name, text.clone());
        let (root, mut findings) = toml::parse(file, &text);
        findings.extend(read(&root, "a settings file", self));
        findings
    }

    /// Takes up what the project itself settles, under `x-planner: check:`.
    pub fn take_extension(&mut self, extension: Option<&Node>) -> Vec<Diagnostic> {
        extension.and_then(|node| node.get("check")).map_or_else(Vec::new, |node| read(node, "`x-planner.check`", self))
    }

    /// Takes up a list of selectors as typed.
    ///
    /// # Errors
    /// What is no selector, with what is most like it.
    pub fn switch(&mut self, names: &[String], on: bool) -> Result<(), (String, Option<&'static str>)> {
        for name in names.iter().flat_map(|names| names.split(',')).filter(|name| !name.trim().is_empty()) {
            let selector = Selector::parse(name).map_err(|like| (name.trim().to_owned(), like))?;
            self.switches.push((selector, on));
        }
        Ok(())
    }
}

/// A severity by the words that people use.
pub fn severity(word: &str) -> Option<Severity> {
    match word {
        "error" => Some(Severity::Error),
        "warn" | "warning" => Some(Severity::Warning),
        "info" => Some(Severity::Info),
        _ => None,
    }
}

/// A finding about a setting.
fn mistake(node_text: &str, place: &Spanned<()>) -> Diagnostic {
    rules::RULE_SETTING.finding(node_text.to_owned()).label(place.span, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_rule_most_closely_decides() {
        let on = |select: &[&str], ignore: &[&str], code: &str| {
            let mut settings = Settings::default();
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            settings.switch(&words(select), true).unwrap();
            settings.switch(&words(ignore), false).unwrap();
            settings.is_on(rules::find(code).unwrap())
        };
        assert!(on(&[], &[], "S601") && !on(&[], &[], "S609"));
        assert!(on(&["hardening"], &[], "S609") && on(&["hardening"], &[], "S601"));
        assert!(!on(&["S601"], &["docker-socket-mount"], "S601"));
        assert!(on(&["S601"], &["all"], "S601") && !on(&["S601"], &["all"], "S602"));
        assert!(!on(&["hardening"], &["S"], "S609"));
        assert_eq!(Selector::parse("s6"), Ok(Selector::Prefix("S6".to_owned())));
        assert_eq!(Selector::parse("hardning"), Err(Some("hardening")));
    }
}
