//! The text itself. Found elsewhere, registered here.

use crate::diagnostic::Severity;
use crate::lint::rule::example;
use crate::lint::{Finder, Group, Needs, Rule};

/// See each one's `summary`.
pub(in crate::lint) static RULES: [Rule; 3] = [
    Rule {
        code: "C101",
        name: "yaml-syntax",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "The text is no YAML.",
        why: "docker compose refuses the file at the first such place. Nothing else can be said of a file that cannot be read; other files of the project are still checked.",
        ignore: "",
        example: example!("yaml_syntax"),
        finder: Finder::Room("reading the text"),
    },
    Rule {
        code: "C102",
        name: "duplicate-key",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A key is given twice in one mapping.",
        why: "docker compose refuses the file: which of the two was meant is not to be known.",
        ignore: "",
        example: example!("duplicate_key"),
        finder: Finder::Room("reading the text"),
    },
    Rule {
        code: "C129",
        name: "merge-key-or-anchor-error",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "An alias without its anchor, a merge key that is given no mapping, or aliases that stand for too much.",
        why: "docker compose refuses the file. An anchor must stand before the alias, in the same document; `<<` takes a mapping or a list of them.",
        ignore: "",
        example: example!("merge_key_or_anchor_error"),
        finder: Finder::Room("reading the text"),
    },
];
