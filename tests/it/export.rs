//! What is exported is taken by the programs that it is for.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::{planner, root};

/// Runs a program on an exported text. None where the program is not here: CI has them all.
fn taken(format: &str, program: &str, arguments: &[&str]) -> Option<(bool, String)> {
    let (text, _) = planner(&format!("export {format} --fresh"), "testdata/exports");
    let path = std::env::temp_dir().join(format!("planner-export-{}-{format}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let arguments = arguments.iter().map(|it| if *it == "FILE" { path.to_str().unwrap() } else { it });
    let mut child = Command::new(program);
    let child = child.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        assert!(std::env::var_os("CI").is_none(), "{program} is not here");
        return None;
    };
    child.stdin.take().unwrap().write_all(b"").unwrap();
    let output = child.wait_with_output().unwrap();
    std::fs::remove_file(&path).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some((output.status.success(), said))
}

#[test]
#[ignore = "needs haproxy, graphviz, promtool and mermaid"]
fn its_reader_takes_each_format() {
    let mermaid = root().join("tests/mermaid.mjs").display().to_string();
    let readers: [(&str, &str, &[&str]); 4] = [
        ("haproxy", "haproxy", &["-c", "-f", "FILE"]),
        ("dot", "dot", &["-Tsvg", "-o", "/dev/null", "FILE"]),
        ("mermaid", "node", &[&mermaid, "FILE"]),
        ("prometheus", "sh", &["-c", PROMTOOL, "sh", "FILE"]),
    ];
    for (format, program, arguments) in readers {
        if let Some((good, said)) = taken(format, program, arguments) {
            assert!(good, "{format}: {said}");
        }
    }
}

/// Prometheus looks at a file of targets where a configuration names it, and takes it by its ending.
const PROMTOOL: &str = r#"
    set -e
    cp "$1" "$1.json"; trap 'rm -f "$1.json" "$1.yml"' EXIT
    echo "scrape_configs: [{job_name: all, file_sd_configs: [{files: ['$1.json']}]}]" >"$1.yml"
    promtool check config "$1.yml" 1>&2
"#;

/// What Traefik's file provider takes of TCP, as its reference tells.
#[test]
fn traefik_knows_every_word() {
    let names = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    let only = |properties: Value, required: Value| json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
    let each = |of: Value| json!({ "type": "object", "additionalProperties": of, "minProperties": 1 });
    let router = only(
        json!({ "entryPoints": names, "rule": { "type": "string" }, "service": { "type": "string" } }),
        json!(["rule", "service"]),
    );
    let server = only(json!({ "address": { "type": "string", "pattern": ":[0-9]+$" } }), json!(["address"]));
    let balancer = only(json!({ "servers": { "type": "array", "items": server, "minItems": 1 } }), json!(["servers"]));
    let service = only(json!({ "loadBalancer": balancer }), json!(["loadBalancer"]));
    let tcp = only(json!({ "routers": each(router), "services": each(service) }), json!(["routers", "services"]));
    let schema = jsonschema::validator_for(&only(json!({ "tcp": tcp }), json!(["tcp"]))).unwrap();
    let (text, _) = planner("export traefik --fresh", "testdata/exports");
    let document: Value = serde_json::from_str(&text).unwrap();
    let faults: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert_eq!(faults, Vec::<String>::new());
    for router in document["tcp"]["routers"].as_object().unwrap().values() {
        assert!(document["tcp"]["services"][router["service"].as_str().unwrap()].is_object(), "{text}");
    }
}
