//! Variables. Found elsewhere, registered here.

use crate::diagnostic::Severity;
use crate::lint::rule::example;
use crate::lint::{Finder, Group, Needs, Rule};

/// See each one's `summary`.
pub(in crate::lint) static RULES: [Rule; 3] = [
    Rule {
        code: "V201",
        name: "undefined-variable",
        severity: Severity::Warning,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A variable that is not set.",
        why: "docker compose puts nothing in its place and says so in passing. Variables that are set where the project is run can be named in `variables` of the settings.",
        ignore: "",
        example: example!("undefined_variable"),
        finder: Finder::Room("loading"),
    },
    Rule {
        code: "V203",
        name: "required-variable-missing",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A variable that the file calls required is not set.",
        why: "`${NAME:?message}` makes docker compose stop with the message.",
        ignore: "",
        example: example!("required_variable_missing"),
        finder: Finder::Room("loading"),
    },
    Rule {
        code: "V204",
        name: "bad-interpolation-syntax",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A `$` that begins no valid expression.",
        why: "docker compose refuses the file. `$$` stands for a dollar sign.",
        ignore: "",
        example: example!("bad_interpolation_syntax"),
        finder: Finder::Room("loading"),
    },
];
