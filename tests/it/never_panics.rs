//! Whatever the input, loading reports and does not panic.

use std::path::Path;

use planner::compose::{self, LoadOptions};
use planner::lint::{self, Input, Settings};
use planner::source::{FileId, MemoryFiles, Sources};
use planner::view::{self, Format, Style};
use planner::{inventory, yaml};
use proptest::prelude::*;

/// A file with something of everything, to be mutated.
const SEED: &str = "name: ${NAME:-x}
x-base: &base
  image: nginx:${TAG:?set it}
services:
  web:
    <<: *base
    ports: [\"127.0.0.1:80-81:80-81/tcp\", \"[::1]:1:1\", {target: 80, published: \"8-9\"}]
    volumes: [./a:/b:ro, 'c:/d', {type: tmpfs, target: /t, tmpfs: {size: 1g}}]
    environment: {A: 010, B: null}
    env_file: [{path: .env, required: false}]
    depends_on: {db: {condition: service_healthy}}
    healthcheck: {test: [CMD, x], interval: 1m30s}
    deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 1g}}}
  db:
    extends: {service: web}
    command: sh -c \"x 'y' $HOME\" # planner: ignore[V202, S6] why
    labels: [a=1, a=2, '${X:-1}=2']
    security_opt: [seccomp:unconfined, label:disable]
volumes: {c: }
include: [other.yaml]
";

const INVENTORY: &str = "defaults: {memory: 1g, labels: [a=b]}
machines:
  - {name: 'n-{01..03}', endpoint: 'ssh://a@{name}:22', cpus: 2, ports: 1-2, reserve: {cpus: 1}}
  - {name: b, endpoint: tcp://h:1, tls: {ca: a, cert: b, key: c}, reserved_ports: [22, '1-2']}
";

fn load_project(text: &str, env: &str) {
    let files = MemoryFiles::new().with("/p/compose.yaml", text).with("/p/.env", env).with("/p/other.yaml", text);
    let options = LoadOptions { working_directory: "/p".into(), ..LoadOptions::default() };
    let mut sources = Sources::new();
    let mut loaded = compose::load(&files, &options, &mut sources);
    let found = std::mem::take(&mut loaded.diagnostics);
    let mut settings = Settings::default();
    settings.switch(&["all".to_owned()], true).unwrap();
    let input = Input { loaded: &loaded, inventory: None, stack: None, sources: &sources, files: &files };
    let report = lint::check(input, &settings, found);
    lint::mend(&report, &sources, true);
    for format in [Format::Concise, Format::Sarif, Format::Junit, Format::Github] {
        view::report(&report, &[], &sources, format, Style::PLAIN);
    }
}

fn load_inventory(text: &str) {
    let files = MemoryFiles::new().with("/i.yaml", text);
    inventory::load(&files, Path::new("/i.yaml"), "i.yaml", &mut Sources::new());
}

/// `text` with a piece of it replaced, or moved to another place.
fn mutated(text: &'static str) -> impl Strategy<Value = String> {
    let length = text.len();
    let piece = prop_oneof![
        "[ -~\\n\\t]{0,6}",
        prop::sample::select(vec![
            "- ", ": ", "{", "}", "[", "]", "*base", "&base ", "!reset ", "${", "$", "\"", "'", "|\n", "\u{e9}", "0",
            "-1"
        ])
        .prop_map(str::to_owned),
        (0..length, 1..60usize).prop_map(move |(at, size)| text.chars().skip(at).take(size).collect()),
    ];
    (0..=length, 0..12usize, piece).prop_map(move |(at, removed, piece)| {
        let before: String = text.chars().take(at).collect();
        let after: String = text.chars().skip(at + removed).collect();
        format!("{before}{piece}{after}")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn on_arbitrary_texts(text in "\\PC{0,200}|[ -~\\n]{0,200}") {
        yaml::parse(FileId(0), &text);
        load_project(&text, &text);
        load_inventory(&text);
    }

    #[test]
    fn on_mutated_projects(text in mutated(SEED), env in "([A-Z]=[ -~]{0,20}\\n){0,3}") {
        load_project(&text, &env);
    }

    #[test]
    fn on_mutated_inventories(text in mutated(INVENTORY)) {
        load_inventory(&text);
    }
}
