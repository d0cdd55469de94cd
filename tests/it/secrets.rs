//! No secret is in anything that is shown or written, whatever is asked for and however it goes.

use crate::cli::planner;
use crate::rules::spread_out;

const CANARY: &str = "canary-in-the-coal-mine";

const FILES: &str = "name: vault
x-planner: {discovery: proxy, ingress: true}
services:
  web:
    image: web:1
    ports: ['80:80']
    secrets: [from_file, from_variable]
    depends_on: [db]
    deploy: {replicas: 2, resources: {reservations: {cpus: '1', memory: 1g}}}
  db:
    image: db:1
    expose: ['5432']
    secrets: [{source: from_file, target: /etc/password, mode: 0400}]
    deploy: {resources: {reservations: {cpus: '1', memory: 1g}}}
secrets:
  from_file: {file: ./password}
  from_variable: {environment: PASSWORD}
# --- large.yaml ---
services:
  db: {deploy: {resources: {reservations: {cpus: '9'}}}}
# --- inventory.yaml ---
machines:
  - {name: m1, endpoint: 'ssh://m1', address: 10.0.0.1, cpus: 2, memory: 4g}
  - {name: m2, endpoint: 'ssh://m2', address: 10.0.0.2, cpus: 2, memory: 4g}
# --- snapshot.json ---
{\"format_version\": \"1.0\", \"machines\": {
  \"m1\": {\"engine\": {\"id\": \"1\", \"hostname\": \"m1\", \"version\": \"28\", \"os\": \"linux\", \"architecture\": \"amd64\", \"capacity\": {}, \"labels\": {}}, \"containers\": [], \"networks\": [], \"volumes\": [], \"images\": []},
  \"m2\": {\"engine\": {\"id\": \"2\", \"hostname\": \"m2\", \"version\": \"28\", \"os\": \"linux\", \"architecture\": \"amd64\", \"capacity\": {}, \"labels\": {}}, \"containers\": [], \"networks\": [], \"volumes\": [], \"images\": []}}}
";

/// What can be asked without an engine; `expect` is in what comes of it, so that each is known to have done its work.
const LINES: [(&str, &str); 27] = [
    ("config", "from_file"),
    ("config --format json", "from_variable"),
    ("config --no-interpolate", "from_file"),
    ("config --variables", ""),
    ("config --origin services.web.secrets", "compose.yaml"),
    ("check", ""),
    ("check --select ALL", ""),
    ("check --format json --select ALL", "format_version"),
    ("check --format sarif --select ALL", "version"),
    ("check -f compose.yaml -f large.yaml", "db"),
    ("plan --observed snapshot.json", "web.1"),
    ("plan --observed snapshot.json --objective", "tier"),
    ("plan --observed snapshot.json --json", "vault"),
    ("plan --observed snapshot.json -o plan.json", "web.1"),
    ("plan --observed snapshot.json -f compose.yaml -f large.yaml", "db"),
    ("plan --observed snapshot.json --json -f compose.yaml -f large.yaml", "db"),
    ("show plan.json", "web.1"),
    ("show --steps plan.json", "vault-web-1"),
    ("status --observed snapshot.json", "web"),
    ("status --observed snapshot.json --json", "web"),
    ("why web --observed snapshot.json", "m1"),
    ("capacity", "m1"),
    ("capacity --json", "m1"),
    ("ports --fresh --json", "web"),
    ("export compose --fresh --machine m1", "vault"),
    ("export haproxy --fresh", "vault"),
    ("export dot --fresh", "web"),
];

#[test]
fn no_secret_is_in_anything_that_is_shown() {
    let folder = spread_out(FILES, "secrets");
    std::fs::write(folder.join("password"), format!("{CANARY}\n")).unwrap();
    std::fs::write(folder.join(".env"), format!("PASSWORD={CANARY}\n")).unwrap();
    let at = folder.to_string_lossy().into_owned();
    for (line, expected) in LINES {
        let (shown, _) = planner(line, &at);
        assert!(shown.contains(expected), "planner {line}: {shown}");
        assert!(!shown.contains(CANARY), "planner {line} shows it: {shown}");
    }
    for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let written = std::fs::read_to_string(&entry).unwrap();
        let is_source = entry.ends_with("password") || entry.ends_with(".env");
        assert!(is_source || !written.contains(CANARY), "{} holds it", entry.display());
    }
    assert!(folder.join("plan.json").exists());
    std::fs::remove_dir_all(&folder).unwrap();
}
