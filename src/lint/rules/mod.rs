//! The rules, one file each, and the list of them. A new one is a file, its name here, and its example in
//! `testdata/lint/`; the tests say what is missing.

use std::sync::LazyLock;

use super::elsewhere;
use super::rule::Rule;

/// Declares the modules of the rules, and lists them.
macro_rules! rules {
    ($($module:ident,)*) => {
        $(mod $module;)*

        static OWN: &[&Rule] = &[$(&$module::RULE),*];

        #[cfg(test)]
        static MODULES: &[&str] = &[$(stringify!($module)),*];
    };
}

rules! {
    altered_scalar,
    bind_mount_needs_host_path,
    build_without_image,
    cap_drop_missing,
    colocation_forced,
    completed_but_restarting,
    container_mode_unresolvable,
    cpus_exceed_machine,
    daemon_api_tcp,
    dangerous_capability,
    database_port_public,
    default_never_used,
    depends_on_across_machines,
    deprecated_key,
    device_or_gpu_unavailable,
    docker_socket_mount,
    dollar_meant_for_container,
    duplicate_env_entry,
    duplicate_mount_target,
    even_quorum,
    healthcheck_missing,
    healthcheck_timing,
    healthy_without_healthcheck,
    host_device_or_raw_disk,
    host_namespace,
    host_port_reserved,
    host_port_with_replicas,
    image_latest,
    image_no_digest,
    inconsistent_default,
    insecure_registry_or_http,
    limit_below_engine_minimum,
    literal_secret,
    local_volume_pins_service,
    localhost_reference,
    localhost_registry,
    missing_cpu_limit,
    missing_memory_limit,
    missing_referenced_file,
    mount_propagation_shared,
    mutually_exclusive,
    network_mode_host_port_clash,
    no_new_privileges_missing,
    no_project_name,
    override_without_effect,
    pids_limit_missing,
    platform_mismatch,
    port_all_interfaces,
    privileged,
    published_with_replicas_without_healthcheck,
    quorum_not_spread,
    reservation_exceeds_limit,
    runs_as_root,
    same_host_port,
    sensitive_host_path,
    service_not_a_mapping,
    shared_volume_across_machines,
    single_replica_restart_no,
    spread_impossible,
    stop_grace_too_short,
    suspicious_unit,
    swap_limit_ignored,
    unconfined_profile,
    unknown_yaml_tag,
    unused_anchor,
    unused_declaration,
    unused_env_entry,
    update_order_impossible,
    variable_in_key,
    version_obsolete,
    writable_rootfs,
    wrong_type,
}

/// Every code that the program can say, in order.
static ALL: LazyLock<Vec<&'static Rule>> = LazyLock::new(|| {
    let mut rules: Vec<&Rule> = OWN.iter().copied().chain(elsewhere::all()).collect();
    rules.sort_by_key(|rule| rule.code);
    rules
});

/// All rules, in the order of their codes.
pub fn all() -> impl Iterator<Item = &'static Rule> + Clone {
    ALL.iter().copied()
}

/// The rule of this code or name.
pub fn find(name: &str) -> Option<&'static Rule> {
    let code = name.len() == 4 && name.bytes().skip(1).all(|byte| byte.is_ascii_digit());
    if code {
        let at = ALL.binary_search_by(|rule| rule.code.cmp(&name.to_ascii_uppercase())).ok()?;
        return ALL.get(at).copied();
    }
    all().find(|rule| rule.name == name)
}

/// The checker's own, in the order of their codes.
const fn own(index: usize) -> &'static Rule {
    &elsewhere::checker::RULES[index]
}

/// P901.
pub(super) static RULE_UNUSED: &Rule = own(0);
/// P902.
pub(super) static RULE_NO_REASON: &Rule = own(1);
/// P903.
pub(super) static RULE_UNKNOWN: &Rule = own(2);
/// P904.
pub(super) static RULE_NOT_CHECKED: &Rule = own(3);
/// P905.
pub(super) static RULE_SETTING: &Rule = own(4);
/// P906.
pub(super) static RULE_BASELINE: &Rule = own(5);

#[cfg(test)]
#[path = "list_tests.rs"]
mod tests;
