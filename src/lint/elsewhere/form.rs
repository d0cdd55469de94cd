//! The form of compose files. Found elsewhere, registered here.

use crate::diagnostic::Severity;
use crate::lint::rule::example;
use crate::lint::{Finder, Group, Needs, Rule};

/// See each one's `summary`.
pub(in crate::lint) static RULES: [Rule; 4] = [
    Rule {
        code: "C103",
        name: "unknown-key",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A key that Compose does not know.",
        why: "docker compose refuses the file: \"additional properties not allowed\". Keys of one's own begin with `x-`.",
        ignore: "",
        example: example!("unknown_key"),
        finder: Finder::Room("checking the form of the file"),
    },
    Rule {
        code: "C106",
        name: "bad-duration",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A span of time that cannot be read.",
        why: "Numbers need a unit, without a space: `90s`, `1m30s`, `500ms`.",
        ignore: "",
        example: example!("bad_duration"),
        finder: Finder::Room("checking the form of the file"),
    },
    Rule {
        code: "C107",
        name: "bad-byte-size",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A size that cannot be read.",
        why: "Units are b, k, m, g, t and p, in steps of 1024: `512m`, `1.5gb`.",
        ignore: "",
        example: example!("bad_byte_size"),
        finder: Finder::Room("checking the form of the file"),
    },
    Rule {
        code: "C108",
        name: "bad-port",
        severity: Severity::Error,
        group: Group::Default,
        needs: Needs::Project,
        summary: "A port that cannot be read.",
        why: "Ports are from 1 to 65535; two ranges beside each other must have the same length; an address before them must be one.",
        ignore: "",
        example: example!("bad_port"),
        finder: Finder::Room("loading"),
    },
];
