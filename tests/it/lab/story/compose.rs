//! What planner makes is what docker compose makes: for the same file on one engine, and for exported files on several.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::{Map, Value};

use super::{Site, address};
use crate::lab::Lab;

/// The lab's image with a client that looks names up.
const IMAGE: &str = "planner-lab-curl:1";

/// Many of the keys that an engine knows.
const SERVICES: &str = "
services:
  web:
    image: IMAGE
    command: [serve]
    stop_signal: SIGKILL
    environment: {PORT: '80', DOLLAR: 'a$$b', EMPTY: ''}
    ports: ['80']
    labels: {team: a}
    networks: [front, back]
    configs: [{source: conf, target: /etc/conf, mode: 0440, uid: '12'}]
    tmpfs: ['/run:noexec']
    healthcheck: {test: [CMD, wget, -qO-, 'http://127.0.0.1:80/'], interval: 1s, retries: 20}
    deploy: {REPLICAS resources: {limits: {cpus: '0.5', memory: 64m, pids: 50}, reservations: {memory: 32m}}}
  db:
    image: IMAGE
    command: [serve]
    entrypoint: []
    stop_grace_period: 1s
    environment: {PORT: '5432'}
    expose: ['5432']
    init: true
    read_only: true
    cap_add: [NET_ADMIN]
    cap_drop: [CHOWN]
    ulimits: {nofile: {soft: 100, hard: 200}}
    sysctls: {net.core.somaxconn: 256}
    extra_hosts: ['some.where=10.1.2.3']
    dns: [10.77.0.1]
    restart: on-failure:3
    logging: {driver: json-file, options: {max-size: 1m}}
    hostname: thedb
    user: '0:0'
    working_dir: /tmp
    shm_size: 32m
    oom_score_adj: 10
    cpu_shares: 100
    cpu_period: 50000
    cpu_quota: 20000
    device_cgroup_rules: ['c 1:3 rw']
    volumes: [data:/data, {type: tmpfs, target: /www, tmpfs: {size: 1m}}, /tmp:/hosttmp:ro, '/tmp:/labelled:z', {type: bind, source: /tmp, target: /flat, bind: {recursive: disabled}}]
    networks: {back: {aliases: [data]}}
  side:
    image: IMAGE
    command: [sleep, '1000']
    network_mode: 'service:db'
    pid: 'service:db'
    depends_on: [db]
    stop_signal: SIGKILL
volumes: {data: {labels: {x: y}}}
networks: {front: {}, back: {labels: {z: '1'}}}
configs: {conf: {content: 'a $${x} b'}}
";

fn services(replicas: &str) -> String {
    SERVICES.replace("IMAGE", IMAGE).replace("REPLICAS", replicas)
}

/// `docker compose` on a host.
fn compose(site: &Site<'_>, host: &str, arguments: &[&str]) {
    let socket = site.lab.file(host).join("docker.sock");
    let mut command = Command::new("docker");
    command
        .arg("compose")
        .args(arguments)
        .current_dir(&site.folder)
        .env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let output = command.output().expect("docker compose");
    assert!(output.status.success(), "{host} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Every container of the project as its engine describes it, by host and name.
fn inspected(site: &Site<'_>) -> BTreeMap<(String, String), Value> {
    let mut all = BTreeMap::new();
    for host in site.hosts {
        let filter = format!("label=com.docker.compose.project={}", site.project);
        let ids = site.docker(host, &["ps", "-aq", "--filter", &filter]);
        let ids: Vec<&str> = ids.lines().collect();
        if ids.is_empty() {
            continue;
        }
        let text = site.docker(host, &[&["inspect"], &ids[..]].concat());
        let containers: Vec<Value> = serde_json::from_str(&text).unwrap();
        for container in containers {
            let name = container["Name"].as_str().unwrap().to_owned();
            all.insert(((*host).to_owned(), name), told(&container));
        }
    }
    all
}

/// What counts of an engine's description. What is left out is another word for the same, or who made it:
/// - labels of docker compose and of planner;
/// - aliases that the engine knows by themselves (the container's name and id) or that name the service of the file that it
///   was made from: an exported file has one for each container;
/// - nothing, said in several ways (`null`, `[]`, `{}`, `false`);
/// - `CAP_` before the name of a capability;
/// - mounts as they were asked for (in two forms) beside those that there are;
/// - whether the program that made it was attached to its output; by which id another container is named.
fn told(container: &Value) -> Value {
    let config = &container["Config"];
    let id = container["Id"].as_str().unwrap();
    let service = config["Labels"]["com.docker.compose.service"].as_str().unwrap();
    let name = container["Name"].as_str().unwrap().trim_start_matches('/');
    let mut told = Map::new();
    for (key, value) in config.as_object().unwrap() {
        let value = match key.as_str() {
            "AttachStdout" | "AttachStderr" => continue,
            "Hostname" if id.starts_with(value.as_str().unwrap()) => continue,
            "Labels" => {
                let labels = value.as_object().unwrap().iter();
                let of_others = |key: &str| !key.starts_with("com.docker.compose.") && !key.starts_with("planner.");
                labels.filter(|(key, _)| of_others(key)).map(|(key, value)| (key.clone(), value.clone())).collect()
            }
            "Env" => sorted(value),
            _ => value.clone(),
        };
        told.insert(format!("Config.{key}"), value);
    }
    for (key, value) in container["HostConfig"].as_object().unwrap() {
        let text = value.as_str().unwrap_or_default();
        let value = match key.as_str() {
            "Binds" | "Mounts" => continue,
            "CapAdd" | "CapDrop" => sorted(&serde_json::from_str(&value.to_string().replace("CAP_", "")).unwrap()),
            _ if text.starts_with("container:") => "container:".into(),
            _ => value.clone(),
        };
        told.insert(format!("HostConfig.{key}"), value);
    }
    let mounts = container["Mounts"].as_array().unwrap().iter().map(|mount| {
        let mut mount = mount.as_object().unwrap().clone();
        mount.remove("Mode");
        (mount["Destination"].as_str().unwrap().to_owned(), Value::Object(mount))
    });
    told.insert("Mounts".to_owned(), mounts.collect::<BTreeMap<_, _>>().into_values().collect());
    for (network, joined) in container["NetworkSettings"]["Networks"].as_object().unwrap() {
        let known = |alias: &str| alias == name || id.starts_with(alias) || alias == service && alias.contains('-');
        let aliases = joined["Aliases"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let aliases: BTreeSet<&str> = aliases.filter(|alias| !known(alias)).collect();
        told.insert(format!("Networks.{network}"), aliases.into_iter().collect());
    }
    told.retain(|_, value| !matches!(value.to_string().as_str(), "null" | "[]" | "{}" | "false" | "\"\""));
    Value::Object(told)
}

fn sorted(list: &Value) -> Value {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What differs, line by line.
fn differences(theirs: &BTreeMap<(String, String), Value>, ours: &BTreeMap<(String, String), Value>) -> Vec<String> {
    let (names, our_names): (Vec<_>, Vec<_>) = (theirs.keys().collect(), ours.keys().collect());
    assert_eq!(names, our_names);
    let mut differences = Vec::new();
    for (name, theirs) in theirs {
        let ours = ours[name].as_object().unwrap();
        let theirs = theirs.as_object().unwrap();
        for key in theirs.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
            if theirs.get(key) != ours.get(key) {
                differences.push(format!("{name:?} {key}: {:?} and {:?}", theirs.get(key), ours.get(key)));
            }
        }
    }
    differences
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn one_engine_gets_the_containers_that_docker_compose_makes() {
    let lab = Lab::up();
    lab.run(&["program", IMAGE, "curl", "h1", "h2", "h3"]);
    let site = Site::new(&lab, "alike", &["h2"]);
    site.compose(&services("").replace("ports: ['80']", "ports: ['7190:80']"));
    compose(&site, "h2", &["up", "-d", "--wait"]);
    let theirs = inspected(&site);
    compose(&site, "h2", &["down", "-v"]);
    site.expect(0, "apply --yes");
    assert_eq!(differences(&theirs, &inspected(&site)), Vec::<String>::new());
    assert_eq!(theirs.len(), 3);
    site.expect(0, "down --yes");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn docker_compose_makes_of_exported_files_what_is_applied() {
    const PROXY: &str = "planner-lab-haproxy:1";
    let lab = Lab::up();
    lab.run(&["program", PROXY, "haproxy", "h1", "h2", "h3"]);
    lab.run(&["program", IMAGE, "curl", "h1", "h2", "h3"]);
    let site = Site::new(&lab, "exported", &["h1", "h2", "h3"]);
    let machine = |host: &&str| {
        let (address, more) = (address(host), "ports: 25000-25999, cpus: 6, memory: 16g");
        format!("  - {{name: {host}, endpoint: 'ssh://{host}', address: {address}, {more}}}\n")
    };
    site.write("inventory.yaml", &format!("machines:\n{}", site.hosts.iter().map(machine).collect::<String>()));
    let words = format!("x-planner: {{discovery: {{way: proxy, image: '{PROXY}'}}}}");
    site.compose(&format!("{words}{}", services("replicas: 4, ")));
    site.expect(0, "apply --yes");
    let ours = inspected(&site);
    std::fs::create_dir(site.folder.join("out")).unwrap();
    site.expect(0, "export compose -o out");
    site.expect(0, "down --yes");
    let files: Vec<(&str, String)> = site.hosts.iter().map(|host| (*host, format!("out/{host}.yaml"))).collect();
    for (host, file) in &files {
        compose(&site, host, &["-f", file, "up", "-d", "--wait"]);
    }
    let theirs = inspected(&site);
    // They find each other: the db on one machine, asked for on the others.
    for number in 1..=4 {
        let name = format!("exported-web-{number}");
        let host =
            theirs.keys().find(|(_, it)| it.trim_start_matches('/') == name).map(|(host, _)| host.clone()).unwrap();
        let answer = site.docker(&host, &["exec", &name, "curl", "-s", "-m", "3", "http://data:5432/"]);
        assert_eq!(answer, "thedb");
    }
    for (host, file) in &files {
        compose(&site, host, &["-f", file, "down", "-v"]);
    }
    assert_eq!(differences(&theirs, &ours), Vec::<String>::new());
    assert!(theirs.len() > 6);
}
