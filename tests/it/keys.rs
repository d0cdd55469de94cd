//! No key of a service is passed over: each does something, or is told of, or has its reason in the table of `docs/deploying.md`.

use std::collections::BTreeSet;
use std::fmt::Write;

use planner::compose::{self, Compose, LoadOptions, service_keys};
use planner::diagnostic::Diagnostic;
use planner::source::{MemoryFiles, Sources};
use planner::stack;

use crate::cli::root;

/// What becomes of a key.
enum Becomes {
    /// Containers are made, placed or started in another way.
    Applied,
    /// A finding of this code tells that it is not done.
    Told(&'static str),
    /// Nothing, and the table says why.
    Nothing,
}

use Becomes::{Applied, Nothing, Told};

/// Every key of a service, with a value that asks for something; and keys below them.
const KEYS: [(&str, &str, Becomes); 130] = [
    ("annotations", "{a: b}", Applied),
    ("attach", "false", Nothing),
    ("blkio_config", "{weight: 300}", Applied),
    ("build", "{isolation: hyperv}", Told("M310")),
    ("cap_add", "[NET_ADMIN]", Applied),
    ("cap_drop", "[ALL]", Applied),
    ("cgroup", "host", Applied),
    ("cgroup_parent", "m", Applied),
    ("command", "run", Applied),
    ("configs", "[conf]", Applied),
    ("container_name", "one", Applied),
    ("cpu_count", "2", Applied),
    ("cpu_percent", "50", Applied),
    ("cpu_period", "1000", Applied),
    ("cpu_quota", "1000", Applied),
    ("cpu_rt_period", "1000", Applied),
    ("cpu_rt_runtime", "1000", Applied),
    ("cpu_shares", "10", Applied),
    ("cpus", "1.5", Applied),
    ("cpuset", "'0'", Applied),
    ("credential_spec", "{file: a.json}", Applied),
    ("credential_spec", "{registry: a}", Applied),
    ("credential_spec", "{config: conf}", Told("M310")),
    ("depends_on", "[db]", Applied),
    ("depends_on", "{db: {condition: service_healthy, restart: true}}", Applied),
    ("deploy", "{endpoint_mode: dnsrr}", Nothing),
    ("deploy", "{labels: {a: b}}", Nothing),
    ("deploy", "{mode: global}", Applied),
    ("deploy", "{replicas: 3}", Applied),
    ("deploy", "{placement: {constraints: [node.labels.a == b]}}", Applied),
    ("deploy", "{placement: {max_replicas_per_node: 1}}", Applied),
    ("deploy", "{placement: {preferences: [{spread: node.labels.a}]}}", Applied),
    ("deploy", "{resources: {limits: {cpus: '1'}}}", Applied),
    ("deploy", "{resources: {limits: {memory: 1g}}}", Applied),
    ("deploy", "{resources: {limits: {pids: 9}}}", Applied),
    ("deploy", "{resources: {reservations: {cpus: '1'}}}", Applied),
    ("deploy", "{resources: {reservations: {memory: 1g}}}", Applied),
    ("deploy", "{resources: {reservations: {devices: [{capabilities: [gpu]}]}}}", Applied),
    (
        "deploy",
        "{resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: 1}}]}}}",
        Applied,
    ),
    ("deploy", "{restart_policy: {condition: any}}", Applied),
    ("deploy", "{restart_policy: {condition: on-failure, max_attempts: 3}}", Applied),
    ("deploy", "{update_config: {parallelism: 2}}", Applied),
    ("deploy", "{update_config: {delay: 3s}}", Applied),
    ("deploy", "{update_config: {failure_action: rollback}}", Applied),
    ("deploy", "{update_config: {max_failure_ratio: 0.5}}", Applied),
    ("deploy", "{update_config: {monitor: 3s}}", Applied),
    ("deploy", "{update_config: {order: start-first}}", Applied),
    ("deploy", "{rollback_config: {parallelism: 2}}", Applied),
    ("develop", "{watch: [{path: ., action: rebuild}]}", Nothing),
    ("device_cgroup_rules", "[c 1:3 rw]", Applied),
    ("devices", "[/dev/null]", Applied),
    ("dns", "10.0.0.1", Applied),
    ("dns_opt", "[use-vc]", Applied),
    ("dns_search", "a.example", Applied),
    ("domainname", "a.example", Applied),
    ("entrypoint", "run", Applied),
    ("env_file", "web.env", Applied),
    ("environment", "{A: b}", Applied),
    ("expose", "['80']", Applied),
    ("extends", "{service: db}", Applied),
    ("external_links", "[other]", Applied),
    ("extra_hosts", "['a=10.0.0.1']", Applied),
    ("gpus", "all", Applied),
    ("group_add", "['5']", Applied),
    ("healthcheck", "{test: [CMD, a]}", Applied),
    ("healthcheck", "{interval: 3s}", Applied),
    ("healthcheck", "{timeout: 3s}", Applied),
    ("healthcheck", "{retries: 3}", Applied),
    ("healthcheck", "{start_period: 3s}", Applied),
    ("healthcheck", "{start_interval: 3s}", Applied),
    ("healthcheck", "{disable: true}", Applied),
    ("hostname", "a", Applied),
    ("image", "other:2", Applied),
    ("init", "true", Applied),
    ("ipc", "host", Applied),
    ("isolation", "hyperv", Applied),
    ("label_file", "web.env", Applied),
    ("labels", "{a: b}", Applied),
    ("links", "[db]", Applied),
    ("links", "['db:database']", Applied),
    ("logging", "{driver: none}", Applied),
    ("logging", "{options: {a: b}}", Applied),
    ("mac_address", "'02:00:00:00:00:01'", Applied),
    ("mem_limit", "1g", Applied),
    ("mem_reservation", "1g", Applied),
    ("mem_swappiness", "10", Applied),
    ("memswap_limit", "1g", Applied),
    ("models", "[llm]", Told("M310")),
    ("network_mode", "host", Applied),
    ("networks", "[net]", Applied),
    ("networks", "{net: {aliases: [a]}}", Applied),
    ("networks", "{net: {driver_opts: {a: b}}}", Applied),
    ("networks", "{net: {gw_priority: 3}}", Applied),
    ("networks", "{net: {interface_name: eth7}}", Applied),
    ("networks", "{net: {ipv4_address: 10.0.0.9}}", Applied),
    ("networks", "{net: {ipv6_address: 'fd00::9'}}", Applied),
    ("networks", "{net: {link_local_ips: [169.254.0.9]}}", Applied),
    ("networks", "{net: {mac_address: '02:00:00:00:00:01'}}", Applied),
    ("oom_kill_disable", "true", Applied),
    ("oom_score_adj", "5", Applied),
    ("pid", "host", Applied),
    ("pids_limit", "5", Applied),
    ("platform", "linux/arm64", Applied),
    ("ports", "['8080:80']", Applied),
    ("post_start", "[{command: a}]", Applied),
    ("pre_start", "[{command: a}]", Told("M310")),
    ("pre_stop", "[{command: a}]", Applied),
    ("privileged", "true", Applied),
    ("profiles", "[none]", Applied),
    ("provider", "{type: other}", Told("M310")),
    ("pull_policy", "always", Applied),
    ("pull_policy", "daily", Told("M310")),
    ("pull_refresh_after", "3h", Told("M310")),
    ("read_only", "true", Applied),
    ("restart", "always", Applied),
    ("runtime", "other", Applied),
    ("scale", "2", Applied),
    ("secrets", "[key]", Applied),
    ("security_opt", "['no-new-privileges:true']", Applied),
    ("shm_size", "1g", Applied),
    ("stdin_open", "true", Applied),
    ("stop_grace_period", "3s", Applied),
    ("stop_signal", "SIGINT", Applied),
    ("storage_opt", "{size: 1g}", Applied),
    ("sysctls", "{net.core.somaxconn: 9}", Applied),
    ("tmpfs", "['/run:noexec']", Applied),
    ("tty", "true", Applied),
    ("ulimits", "{nproc: 9}", Applied),
    ("use_api_socket", "true", Told("M310")),
    ("user", "a", Applied),
];

/// The rest of them.
const MORE: [(&str, &str, Becomes); 25] = [
    ("userns_mode", "host", Applied),
    ("uts", "host", Applied),
    ("volumes", "['vol:/a']", Applied),
    ("volumes", "[/here:/a]", Applied),
    ("volumes", "[{type: bind, source: /here, target: /a}]", Applied),
    ("volumes", "[{type: volume, source: vol, target: /a, volume: {nocopy: true}}]", Applied),
    ("volumes", "[{type: npipe, source: x, target: y}]", Told("M310")),
    ("volumes", "[{type: image, source: x, target: /y}]", Told("M310")),
    ("volumes", "[{type: cluster, source: vol, target: /y}]", Told("M310")),
    ("volumes_from", "[db]", Applied),
    ("working_dir", "/a", Applied),
    // Beside a plain one of the same kind, so that it is the key below that counts.
    ("ports", "[{target: 80, mode: host}] / [{target: 80}]", Nothing),
    ("ports", "[{target: 80, name: a}] / [{target: 80}]", Nothing),
    ("ports", "[{target: 80, app_protocol: http}] / [{target: 80}]", Nothing),
    ("ports", "[{target: 80, host_ip: 127.0.0.1}] / [{target: 80}]", Applied),
    ("ports", "[{target: 80, protocol: udp}] / [{target: 80}]", Applied),
    ("volumes", "['/here:/a:z'] / [/here:/a]", Applied),
    ("volumes", "['/here:/a:ro'] / [/here:/a]", Applied),
    ("volumes", "[{type: bind, source: /h, target: /a, bind: {recursive: disabled}}] / ['/h:/a']", Applied),
    ("volumes", "[{type: bind, source: /h, target: /a, bind: {propagation: shared}}] / ['/h:/a']", Applied),
    ("volumes", "[{type: volume, target: /a, volume: {labels: {a: b}}}] / [/a]", Applied),
    ("volumes", "[{type: volume, source: vol, target: /a, volume: {subpath: b}}] / ['vol:/a']", Applied),
    ("volumes", "[{type: volume, source: vol, target: /a, consistency: cached}] / ['vol:/a']", Nothing),
    ("deploy", "{restart_policy: {condition: any, delay: 3s}} / {restart_policy: {condition: any}}", Nothing),
    ("deploy", "{restart_policy: {condition: any, window: 3s}} / {restart_policy: {condition: any}}", Nothing),
];

fn load(key: &str, value: Option<&str>) -> Compose {
    let said = value.map(|value| format!("    {key}: {value}\n")).unwrap_or_default();
    let image = if key == "image" && value.is_some() { "" } else { "    image: web:1\n" };
    let text = format!(
        "services:\n  web:\n{image}{said}  db:\n    image: db:1\n    command: db\n\
         networks: {{net: {{}}}}\nvolumes: {{vol: {{}}}}\nconfigs: {{conf: {{content: a}}}}\nsecrets: {{key: {{file: /k}}}}\n\
         models: {{llm: {{model: a}}}}\n"
    );
    let files = MemoryFiles::new().with("/p/compose.yaml", &text).with("/p/web.env", "A=b");
    let options =
        LoadOptions { files: vec!["/p/compose.yaml".into()], working_directory: "/p".into(), ..LoadOptions::default() };
    let loaded = compose::load(&files, &options, &mut Sources::new());
    let faults: Vec<&Diagnostic> = loaded.diagnostics.iter().filter(|it| it.is_error()).collect();
    assert!(faults.is_empty() && loaded.complete, "{key}: {faults:?}");
    loaded.compose
}

/// All that follows from the project, without the places where it is written.
fn meant(compose: &Compose) -> String {
    let (stack, _) = stack::build(compose, None, None);
    let mut all = format!("{:?} {:?}", stack.pre_stop, stack.inactive);
    for service in &stack.services {
        let container = serde_json::to_string(&service.container).unwrap();
        let values =
            |list: &[planner::source::Spanned<String>]| list.iter().map(|it| it.value.clone()).collect::<Vec<_>>();
        let ports = service.ports.iter().map(|it| (it.host_ip, it.host, it.container, it.protocol.clone()));
        let _ = write!(
            all,
            "{} {container} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            service.name,
            service.replicas.value,
            service.demand,
            ports.collect::<Vec<_>>(),
            service.constraints.iter().map(|it| it.value.clone()).collect::<Vec<_>>(),
            service.max_per_machine.as_ref().map(|it| it.value),
            values(&service.together_with),
            &service.wishes.preferences,
            service.depends_on,
            service.update,
            service.rollback,
            service.post_start,
        );
    }
    all
}

#[test]
fn every_key_of_a_service_does_something_or_is_told_of() {
    let mut wrong = Vec::new();
    for (key, values, becomes) in KEYS.iter().chain(&MORE) {
        let (value, plain) = values.split_once(" / ").map_or((*values, None), |(value, plain)| (value, Some(plain)));
        let (with, without) = (load(key, Some(value)), load(key, plain));
        let told =
            |compose: &Compose| stack::unsupported(compose).iter().map(|finding| finding.code).collect::<Vec<_>>();
        let differs = meant(&with) != meant(&without);
        let right = match becomes {
            Applied => differs && told(&with).is_empty(),
            Told(code) => told(&with).contains(code),
            Nothing => !differs && told(&with).is_empty(),
        };
        if !right {
            wrong.push(format!("{key}: {value}: differs: {differs}, told: {:?}", told(&with)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_key_of_a_service_is_forgotten() {
    let listed: BTreeSet<&str> = KEYS.iter().chain(&MORE).map(|(key, ..)| *key).collect();
    let known: BTreeSet<&str> = service_keys().into_iter().collect();
    assert_eq!(listed, known);
}

/// The table of what is not applied names what this test knows to be told, or to do nothing.
#[test]
fn the_table_of_what_is_not_applied_is_complete() {
    let page = std::fs::read_to_string(root().join("docs/deploying.md")).unwrap();
    let table = page.split("## What of a service is not applied").nth(1).expect("the table");
    for (key, value, becomes) in KEYS.iter().chain(&MORE) {
        if !matches!(becomes, Applied) {
            let value = value.split(" / ").next().unwrap();
            let words = value.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').chain([*key]);
            let named = words.filter(|it| !it.is_empty()).any(|it| {
                [format!("`{it}`"), format!(".{it}`"), format!("`{it}: ")].iter().any(|it| table.contains(it))
            });
            assert!(named, "{key}: {value} is not in the table");
        }
    }
}
