//! What a rule is: static data, and at most one function.

use super::Context;
use crate::diagnostic::{Diagnostic, Severity};

/// One thing that can be found, with everything that is said about it in general.
#[derive(Debug)]
pub struct Rule {
    /// Such as `M302`; never given a second time.
    pub code: &'static str,
    /// The name for people, in words joined by `-`.
    pub name: &'static str,
    /// How grave its findings are, if a finding does not say otherwise.
    pub severity: Severity,
    /// Whether it is on by itself.
    pub group: Group,
    /// What it needs to see.
    pub needs: Needs,
    /// One line: what it finds.
    pub summary: &'static str,
    /// Why that fails, and when.
    pub why: &'static str,
    /// When to ignore it; known false positives. Empty: never.
    pub ignore: &'static str,
    /// A faulty file, what is said of it, and the same file mended.
    pub example: Option<Example>,
    /// Who finds it.
    pub finder: Finder,
}

/// Which rules are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Always, unless ignored.
    Default,
    /// With `--select hardening`: what benchmarks of security ask for, and most files lack.
    Hardening,
    /// With `--select style`: how a file is written.
    Style,
    /// With `--select capacity`: figures and checks that good plans and restarts want.
    Capacity,
}

impl Group {
    /// All of them.
    pub const ALL: [Group; 4] = [Group::Default, Group::Hardening, Group::Style, Group::Capacity];

    /// The word by which it is selected.
    pub fn word(self) -> &'static str {
        match self {
            Group::Default => "default",
            Group::Hardening => "hardening",
            Group::Style => "style",
            Group::Capacity => "capacity",
        }
    }
}

/// What a rule must see to say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The project's files.
    Project,
    /// The inventory as well.
    Inventory,
    /// The machines themselves, as `planner plan` sees them.
    Machines,
}

/// Who makes a rule's findings.
#[derive(Clone, Copy)]
pub enum Finder {
    /// This function.
    Rule(fn(&Context<'_>, &mut Vec<Diagnostic>)),
    /// Another room, for reasons of its own: named for people who look for it.
    Room(&'static str),
}

impl std::fmt::Debug for Finder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Finder::Rule(_) => f.write_str("a function"),
            Finder::Room(room) => f.write_str(room),
        }
    }
}

/// A faulty file, what is said of it, and the same file mended. A line `# --- NAME ---` begins a further file.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The faulty one.
    pub bad: &'static str,
    /// What is said of it: `file:line:column: severity[code] message`, and the help.
    pub out: &'static str,
    /// The mended one.
    pub good: &'static str,
}

/// The example in `testdata/lint/<folder>`, where a test holds it to what it says.
macro_rules! example {
    ($folder:literal) => {
        Some($crate::lint::Example {
            bad: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lint/", $folder, "/bad.yaml")),
            out: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lint/", $folder, "/bad.out")),
            good: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/lint/", $folder, "/good.yaml")),
        })
    };
}
pub(super) use example;

impl Rule {
    /// A finding of this rule, with its severity and no place yet.
    pub fn finding(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.code, self.severity, message)
    }

    /// Whether a finding of this severity can only be mended, never ignored: the file is refused, or cannot run.
    pub fn must_be_mended(&self, severity: Severity) -> bool {
        let proof = matches!(self.code, "R402" | "R403" | "M301" | "M315") || self.code.starts_with("C1");
        proof && severity == Severity::Error
    }

    /// The folder of its example: the name, as a module's.
    pub fn module(&self) -> String {
        self.name.replace('-', "_")
    }
}
