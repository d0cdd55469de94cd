//! The keys of a service: see the Compose Specification, "Services top-level elements".

use super::deploy::{DEPLOY, DEVICE_REQUESTS};
use super::shape::{
    BOOLEAN, CPUS, DURATION, INTEGER, NATURAL, NUMBER, OPTIONS, PAIRS, SIZE, SIZE_INTEGER, Scalar, Shape, TEXT,
    TEXT_OR_TEXTS, TEXTS, Table, VARIABLES, exact, list, map, object, objects, one_of, scalar,
};

/// A service.
pub(in crate::compose) const SERVICE: Shape = objects(OWN, CONTAINER);

const OWN: Table = &[
    ("attach", BOOLEAN.kept()),
    ("build", TEXT.or_object(BUILD)),
    ("container_name", scalar(Scalar::ContainerName)),
    ("depends_on", DEPENDS_ON),
    ("deploy", DEPLOY),
    ("develop", object(&[("watch", list(&object(WATCH).requiring(&["path", "action"])))]).or_null()),
    ("expose", EXPOSE),
    ("extends", TEXT.or_object(&[("service", TEXT), ("file", TEXT)])),
    ("external_links", TEXTS.unique()),
    ("healthcheck", object(HEALTHCHECK)),
    ("links", TEXTS),
    ("ports", PORTS),
    ("post_start", HOOKS),
    ("pre_start", list(&PRE_START)),
    ("pre_stop", HOOKS),
    ("profiles", TEXTS),
    (
        "provider",
        object(&[("type", TEXT), ("options", map(&scalar(Scalar::Option).or_list(&scalar(Scalar::Any))))])
            .requiring(&["type"]),
    ),
    ("restart", TEXT),
    ("scale", NATURAL.kept()),
    ("stdin_open", BOOLEAN),
    ("tty", BOOLEAN),
];

/// The keys that say what a container is like; those of `pre_start`, whose containers are like the service's, as well.
const CONTAINER: Table = &[
    ("annotations", PAIRS),
    ("blkio_config", BLKIO),
    ("cap_add", TEXTS),
    ("cap_drop", TEXTS),
    ("cgroup", one_of(&["host", "private"])),
    ("cgroup_parent", TEXT),
    ("command", COMMAND),
    ("configs", REFERENCES),
    ("cpu_count", scalar(Scalar::Within(0, i64::MAX))),
    ("cpu_percent", scalar(Scalar::Within(0, 100))),
    ("cpu_period", NUMBER),
    ("cpu_quota", NUMBER),
    ("cpu_rt_period", NUMBER),
    ("cpu_rt_runtime", NUMBER),
    ("cpu_shares", NUMBER),
    ("cpus", CPUS),
    ("cpuset", TEXT),
    ("credential_spec", object(&[("config", TEXT), ("file", TEXT), ("registry", TEXT)])),
    ("device_cgroup_rules", TEXTS.unique()),
    (
        "devices",
        list(
            &TEXT
                .or_object(&[("source", TEXT), ("target", TEXT), ("permissions", TEXT)])
                .requiring(&["source", "target"]),
        ),
    ),
    ("dns", TEXT_OR_TEXTS),
    ("dns_opt", TEXTS),
    ("dns_search", TEXT_OR_TEXTS),
    ("domainname", TEXT),
    ("entrypoint", COMMAND),
    (
        "env_file",
        TEXT.or_list(
            &TEXT
                .or_object(&[("path", TEXT), ("format", TEXT), ("required", scalar(Scalar::OptOut))])
                .requiring(&["path"]),
        ),
    ),
    ("environment", VARIABLES),
    ("extra_hosts", EXTRA_HOSTS),
    ("gpus", one_of(&["all"]).or_list(&object(DEVICE_REQUESTS))),
    ("group_add", list(&scalar(Scalar::TextOrInteger)).unique()),
    ("hostname", TEXT),
    ("image", TEXT),
    ("init", BOOLEAN.kept()),
    ("ipc", TEXT),
    ("isolation", TEXT),
    ("label_file", TEXT_OR_TEXTS),
    ("labels", PAIRS),
    ("logging", object(&[("driver", TEXT), ("options", map(&scalar(Scalar::TextOrNumber).or_null()))])),
    ("mac_address", TEXT),
    ("mem_limit", SIZE),
    ("mem_reservation", SIZE_INTEGER),
    ("mem_swappiness", SIZE_INTEGER),
    ("memswap_limit", SIZE),
    ("models", TEXTS.unique().or_names(&object(&[("endpoint_var", TEXT), ("model_var", TEXT)]).or_null())),
    ("network_mode", TEXT),
    ("networks", TEXTS.unique().or_names(&object(ATTACHMENT).or_null())),
    ("oom_kill_disable", BOOLEAN),
    ("oom_score_adj", scalar(Scalar::Within(-1000, 1000))),
    ("pid", TEXT.or_null()),
    ("pids_limit", NUMBER),
    ("platform", TEXT),
    ("privileged", BOOLEAN),
    ("pull_policy", scalar(Scalar::PullPolicy)),
    ("pull_refresh_after", TEXT),
    ("read_only", BOOLEAN),
    ("runtime", TEXT),
    ("secrets", REFERENCES),
    ("security_opt", TEXTS.unique()),
    ("shm_size", SIZE),
    ("stop_grace_period", DURATION.kept()),
    ("stop_signal", TEXT),
    ("storage_opt", map(&scalar(Scalar::Any).or_null())),
    ("sysctls", PAIRS),
    ("tmpfs", TEXT_OR_TEXTS),
    ("ulimits", ULIMITS),
    ("use_api_socket", scalar(Scalar::StrictBoolean)),
    ("user", TEXT),
    ("userns_mode", TEXT),
    ("uts", TEXT),
    ("volumes", list(&TEXT.or_object(VOLUME))),
    ("volumes_from", TEXTS.unique()),
    ("working_dir", TEXT),
];

/// A container that is run before the service's own.
const PRE_START: Shape = objects(&[("per_replica", BOOLEAN)], CONTAINER);

const BUILD: Table = &[
    ("additional_contexts", PAIRS),
    ("args", PAIRS),
    ("cache_from", TEXTS),
    ("cache_to", TEXTS),
    ("context", TEXT),
    ("dockerfile", TEXT),
    ("dockerfile_inline", TEXT),
    ("entitlements", TEXTS),
    ("extra_hosts", EXTRA_HOSTS),
    ("isolation", TEXT),
    ("labels", PAIRS),
    ("network", TEXT),
    ("no_cache", BOOLEAN),
    ("no_cache_filter", TEXT.or_list(&TEXT).unique()),
    ("platforms", TEXTS),
    ("privileged", BOOLEAN),
    ("provenance", scalar(Scalar::TextOrBoolean)),
    ("pull", BOOLEAN),
    ("sbom", scalar(Scalar::TextOrBoolean)),
    ("secrets", REFERENCES),
    ("shm_size", SIZE_INTEGER),
    ("ssh", PAIRS.unique()),
    ("tags", TEXTS),
    ("target", TEXT),
    ("ulimits", BUILD_ULIMITS),
];

const COMMAND: Shape = scalar(Scalar::Command).or_list(&TEXT).or_null().kept();
const EXTRA_HOSTS: Shape = map(&TEXT_OR_TEXTS).or_list(&TEXT).unique();
const REFERENCES: Shape = list(
    &TEXT
        .or_object(&[
            ("source", TEXT),
            ("target", TEXT),
            ("uid", TEXT),
            ("gid", TEXT),
            ("mode", scalar(Scalar::Mode).kept()),
        ])
        .requiring(&["source"]),
);
/// As the engine has them, without casts.
const BUILD_ULIMITS: Shape = map(&ULIMIT.or_object(&[("hard", ULIMIT), ("soft", ULIMIT)]).requiring(&["soft", "hard"]));
const ULIMIT: Shape = scalar(Scalar::Strictly(i64::MIN, i64::MAX));
const ULIMITS: Shape = map(&INTEGER.or_object(&[("hard", INTEGER), ("soft", INTEGER)]).requiring(&["soft", "hard"]));

const RATES: Shape = list(&exact(&[("path", TEXT.kept()), ("rate", SIZE_INTEGER.kept())]));
const WEIGHT: Shape = scalar(Scalar::Strictly(0, 65535));
const BLKIO: Shape = exact(&[
    ("device_read_bps", RATES),
    ("device_read_iops", RATES),
    ("device_write_bps", RATES),
    ("device_write_iops", RATES),
    ("weight", WEIGHT),
    ("weight_device", list(&exact(&[("path", TEXT.kept()), ("weight", WEIGHT.kept())]))),
]);

const DEPENDENCY: Table = &[
    ("condition", one_of(&["service_started", "service_healthy", "service_completed_successfully"])),
    ("required", BOOLEAN.kept()),
    ("restart", BOOLEAN),
];

const WATCH: Table = &[
    ("action", one_of(&["rebuild", "sync", "restart", "sync+restart", "sync+exec"])),
    ("exec", object(HOOK)),
    ("ignore", TEXT_OR_TEXTS),
    ("include", TEXT_OR_TEXTS),
    ("initial_sync", scalar(Scalar::StrictBoolean)),
    ("path", TEXT),
    ("target", TEXT),
];

const HOOKS: Shape = list(&object(HOOK).requiring(&["command"]));
const HOOK: Table =
    &[("command", COMMAND), ("environment", VARIABLES), ("privileged", BOOLEAN), ("user", TEXT), ("working_dir", TEXT)];

const HEALTHCHECK: Table = &[
    ("disable", BOOLEAN),
    ("interval", DURATION.kept()),
    ("retries", scalar(Scalar::Number(0)).kept()),
    ("start_interval", DURATION.kept()),
    ("start_period", DURATION.kept()),
    ("test", scalar(Scalar::Test).or_list(&TEXT)),
    ("timeout", DURATION.kept()),
];

const ATTACHMENT: Table = &[
    ("aliases", TEXTS),
    ("driver_opts", OPTIONS),
    ("gw_priority", scalar(Scalar::StrictNumber)),
    ("interface_name", TEXT),
    ("ipv4_address", TEXT),
    ("ipv6_address", TEXT),
    ("link_local_ips", TEXTS),
    ("mac_address", TEXT),
    ("priority", scalar(Scalar::StrictNumber)),
];

/// A container that runs to its end when it is asked for, or at times.
pub(in crate::compose) const JOB: Shape = objects(
    &[
        ("build", TEXT.or_object(BUILD)),
        ("depends_on", DEPENDS_ON),
        ("expose", EXPOSE),
        ("healthcheck", object(HEALTHCHECK)),
        ("ports", PORTS),
        ("profiles", TEXTS),
        ("stdin_open", BOOLEAN),
        ("triggers", object(TRIGGERS)),
        ("tty", BOOLEAN),
    ],
    CONTAINER,
)
.requiring(&["triggers"]);

const TRIGGERS: Table = &[
    ("manual", BOOLEAN),
    (
        "schedule",
        list(
            &TEXT
                .or_object(&[
                    ("concurrency", one_of(&["forbid", "queue"])),
                    ("cron", TEXT),
                    ("missed_fires", one_of(&["one", "skip"])),
                    ("timezone", TEXT),
                ])
                .requiring(&["cron"]),
        ),
    ),
];

const DEPENDS_ON: Shape = TEXTS.unique().or_names(&object(DEPENDENCY).requiring(&["condition"]));
const EXPOSE: Shape = list(&scalar(Scalar::TextOrInteger));
const PORTS: Shape = list(&scalar(Scalar::TextOrInteger).or_object(PORT));

/// A published port.
pub(in crate::compose) const PORT_ENTRY: Shape = object(PORT);

const PORT: Table = &[
    ("app_protocol", TEXT),
    ("host_ip", TEXT),
    ("mode", TEXT),
    ("name", TEXT),
    ("protocol", TEXT),
    ("published", scalar(Scalar::TextOrInteger)),
    ("target", INTEGER),
];

const VOLUME: Table = &[
    (
        "bind",
        object(&[
            ("create_host_path", scalar(Scalar::OptOut)),
            ("propagation", TEXT),
            ("recursive", one_of(&["enabled", "disabled", "writable", "readonly"])),
            ("selinux", one_of(&["z", "Z"])),
        ]),
    ),
    ("consistency", TEXT),
    ("image", object(&[("subpath", TEXT)])),
    ("read_only", BOOLEAN),
    ("source", TEXT),
    ("target", TEXT),
    ("tmpfs", object(&[("mode", scalar(Scalar::ModeNumber)), ("size", SIZE_INTEGER)])),
    ("type", one_of(&["bind", "volume", "tmpfs", "cluster", "npipe", "image"])),
    ("volume", object(&[("labels", PAIRS), ("nocopy", BOOLEAN), ("subpath", TEXT)])),
];
