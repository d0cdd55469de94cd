//! The keys of `deploy`: see the Compose Deploy Specification.

use super::shape::{
    CPUS, DURATION, INTEGER, NATURAL, NUMBER, PAIRS, SIZE_TEXT, Scalar, Shape, TEXT, TEXTS, Table, list, object,
    one_of, scalar,
};

/// The `deploy` section.
pub(in crate::compose) const DEPLOY: Shape = object(&[
    ("endpoint_mode", TEXT),
    ("labels", PAIRS),
    ("mode", TEXT),
    ("placement", PLACEMENT),
    ("replicas", NATURAL.kept()),
    ("resources", object(&[("limits", object(LIMITS)), ("reservations", object(RESERVATIONS))])),
    ("restart_policy", object(RESTART_POLICY)),
    ("rollback_config", object(UPDATE)),
    ("update_config", object(UPDATE)),
])
.or_null();

const LIMITS: Table = &[("cpus", CPUS), ("memory", SIZE_TEXT), ("pids", INTEGER)];

const RESERVATIONS: Table = &[
    ("cpus", CPUS),
    ("devices", list(&object(DEVICE_REQUESTS).requiring(&["capabilities"]))),
    ("generic_resources", list(&object(&[("discrete_resource_spec", object(DISCRETE))]))),
    ("memory", SIZE_TEXT),
];

const DISCRETE: Table = &[("kind", TEXT.kept()), ("value", NUMBER.kept())];

/// An entry of `reservations.devices` or of `gpus`.
pub(in crate::compose) const DEVICE_REQUESTS: Table = &[
    ("capabilities", TEXTS.unique()),
    ("count", scalar(Scalar::Count)),
    ("device_ids", TEXTS.unique()),
    ("driver", TEXT),
    ("options", PAIRS.unique()),
];

const PLACEMENT: Shape = object(&[
    ("constraints", TEXTS),
    ("max_replicas_per_node", NATURAL),
    ("preferences", list(&object(&[("spread", TEXT)]))),
]);

const RESTART_POLICY: Table =
    &[("condition", TEXT), ("delay", DURATION.kept()), ("max_attempts", INTEGER.kept()), ("window", DURATION.kept())];

const UPDATE: Table = &[
    ("delay", DURATION),
    ("failure_action", TEXT),
    ("max_failure_ratio", scalar(Scalar::Decimal)),
    ("monitor", DURATION),
    ("order", one_of(&["start-first", "stop-first"])),
    ("parallelism", NATURAL.kept()),
];
