//! The keys of a compose file, and of what it declares beside services.

use super::service::{JOB, SERVICE};
use super::shape::{
    ANYTHING, BOOLEAN, Fields, OPTIONS, PAIRS, Scalar, Shape, TEXT, TEXT_OR_TEXTS, TEXTS, Table, list, map, names,
    object, scalar,
};

/// A compose file.
pub(in crate::compose) const FILE: Shape = object(&[
    ("configs", names(&object(CONFIG))),
    ("include", list(&TEXT.or_object(INCLUDE))),
    ("jobs", names(&JOB)),
    ("models", map(&object(MODEL).requiring(&["model"]))),
    ("name", TEXT),
    ("networks", map(&object(NETWORK).or_null())),
    ("secrets", names(&object(SECRET))),
    ("services", names(&SERVICE)),
    ("version", ANYTHING),
    ("volumes", names(&object(VOLUME).or_null())),
]);

/// What the entries of a section look like.
pub(in crate::compose) fn entries_of(section: &Shape) -> Option<&'static Shape> {
    match section.fields? {
        Fields::Map(entry) | Fields::Names(entry) => Some(entry),
        Fields::Keys(..) | Fields::ExactKeys(_) => None,
    }
}

const INCLUDE: Table = &[("env_file", TEXT_OR_TEXTS), ("path", TEXT_OR_TEXTS), ("project_directory", TEXT)];

const EXTERNAL: Shape = BOOLEAN.or_object(&[("name", TEXT)]);

const NETWORK: Table = &[
    ("attachable", BOOLEAN),
    ("driver", TEXT),
    ("driver_opts", OPTIONS),
    ("enable_ipv4", BOOLEAN.kept()),
    ("enable_ipv6", BOOLEAN.kept()),
    ("external", EXTERNAL),
    ("internal", BOOLEAN),
    ("ipam", object(&[("config", list(&object(POOL))), ("driver", TEXT), ("options", map(&TEXT))])),
    ("labels", PAIRS),
    ("name", TEXT),
];

const POOL: Table = &[("aux_addresses", map(&TEXT)), ("gateway", TEXT), ("ip_range", TEXT), ("subnet", TEXT)];

const VOLUME: Table =
    &[("driver", TEXT), ("driver_opts", OPTIONS), ("external", EXTERNAL), ("labels", PAIRS), ("name", TEXT)];

/// What lies below is not looked at, as docker compose has it.
const EXTERNAL_FILE: Shape = Shape { fields: map(&ANYTHING).fields, ..BOOLEAN };

const CONFIG: Table = &[
    ("content", TEXT),
    ("environment", TEXT),
    ("external", EXTERNAL_FILE),
    ("file", TEXT),
    ("labels", PAIRS),
    ("name", TEXT),
    ("template_driver", TEXT),
];

const SECRET: Table = &[
    ("driver", TEXT),
    ("driver_opts", OPTIONS),
    ("environment", TEXT),
    ("external", EXTERNAL_FILE),
    ("file", TEXT),
    ("labels", PAIRS),
    ("name", TEXT),
    ("template_driver", TEXT),
];

const MODEL: Table =
    &[("context_size", scalar(Scalar::Integer)), ("model", TEXT), ("name", TEXT), ("runtime_flags", TEXTS)];
