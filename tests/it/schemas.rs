//! What machines read keeps to the schema that is promised for it, and a published schema takes what the program takes.

use std::fs;

use jsonschema::{Validator, validator_for};
use planner::cli::Exit;
use planner::lint;
use planner::source::FileId;
use planner::yaml::{self, Kind, Node};
use serde_json::{Value, json};

use crate::cli::{planner, root};
use crate::rules::spread_out;

fn schema(path: &str) -> Validator {
    let text = fs::read_to_string(root().join(path)).unwrap();
    // SARIF's as published has a bracket too many in the pattern of a language, which no result here names.
    let text = text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}?$");
    validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

/// What is wrong with it, with where.
fn faults(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The findings of a check as SARIF.
fn sarif(line: &str, folder: &str) -> Value {
    let (shown, _) = planner(&format!("check --format sarif {line}"), folder);
    serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{line}: {error}: {shown}"))
}

#[test]
fn sarif_keeps_to_its_standard() {
    // The schema of OASIS: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
    let schema = schema("testdata/schemas/sarif-2.1.0.json");
    let (mut wrong, mut results) = (Vec::new(), 0);
    let mut check = |name: &str, document: &Value| {
        results += document["runs"][0]["results"].as_array().unwrap().len();
        wrong.extend(faults(&schema, document).into_iter().map(|fault| format!("{name}: {fault}")));
    };
    for rule in lint::all() {
        let Some(example) = &rule.example else { continue };
        for (name, text) in [("bad", example.bad), ("good", example.good)] {
            let folder = spread_out(text, &format!("sarif-{}", rule.code));
            check(
                &format!("{} {name}", rule.code),
                &sarif(&format!("--select {}", rule.code), &folder.to_string_lossy()),
            );
            fs::remove_dir_all(&folder).unwrap();
        }
    }
    for line in ["five.yaml", "large.yaml", "zone.yaml", "pieces.yaml", "held.yaml", "-i drained.yaml more.yaml"] {
        let document = sarif(line, "testdata/refusals");
        assert!(document["runs"][0]["properties"]["refused"].is_array(), "{line}");
        check(line, &document);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(results > 200, "only {results} results");
}

/// A tree as JSON has it. `None` where that knows no such value.
fn as_json(node: &Node) -> Option<Value> {
    Some(match &node.value {
        yaml::Value::Null => Value::Null,
        yaml::Value::Scalar(scalar) => match scalar.kind() {
            Kind::Bool(value) => json!(value),
            Kind::Int(value) => json!(value),
            Kind::Float(value) => json!(value),
            Kind::Text | Kind::Timestamp => json!(scalar.canonical()),
        },
        yaml::Value::Sequence(items) => Value::Array(items.iter().map(as_json).collect::<Option<_>>()?),
        yaml::Value::Mapping(entries) => {
            let pairs = entries.iter().map(|(key, entry)| Some((key.to_string(), as_json(&entry.value)?)));
            Value::Object(pairs.collect::<Option<_>>()?)
        }
    })
}

#[test]
fn the_inventorys_schema_takes_what_the_program_takes() {
    let schema = schema("docs/inventory.schema.json");
    let folder = root().join("testdata");
    let mut files = Vec::new();
    let mut folders = vec![folder.join("inventory"), folder.join("refusals"), folder.join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml") {
                files.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    for rule in lint::all() {
        for (name, text) in rule.example.iter().flat_map(|example| [("bad", example.bad), ("good", example.good)]) {
            let part =
                text.split_once("# --- inventory.yaml ---\n").map(|(_, rest)| rest.split("# --- ").next().unwrap());
            files.extend(part.map(|text| (format!("{} {name}", rule.code), text.to_owned())));
        }
    }
    let (mut taken, mut refused) = (0, 0);
    let scratch = spread_out("", "inventories");
    for (name, text) in files {
        let documents = yaml::parse(FileId(0), &text).documents.unwrap_or_default();
        let Some(node) = documents.first().filter(|root| root.get("machines").is_some()) else { continue };
        let Some(value) = as_json(node) else { continue };
        fs::write(scratch.join("inventory.yaml"), &text).unwrap();
        let (shown, exit) = planner("inventory check", &scratch.to_string_lossy());
        let faults = faults(&schema, &value);
        if exit == Exit::Fine {
            assert!(faults.is_empty(), "{name} is taken, and not by the schema: {faults:?}\n{text}");
            taken += 1;
        } else if shown.contains("[I10") && !faults.is_empty() {
            refused += 1;
        }
    }
    fs::remove_dir_all(scratch).unwrap();
    assert!(taken > 10 && refused > 2, "{taken} taken, {refused} refused");
}

#[test]
fn plans_keep_to_their_schema() {
    let schema = schema("docs/plan.schema.json");
    let mut operations = std::collections::BTreeSet::new();
    let mut check = |plan: &planner::plan::Plan| {
        let document = serde_json::to_value(plan).unwrap();
        assert_eq!(faults(&schema, &document), Vec::<String>::new(), "{document:#}");
        let steps = document["steps"].as_array().unwrap().iter();
        operations.extend(steps.map(|step| step["operation"]["op"].as_str().unwrap().to_owned()));
    };
    for line in [
        "-f shop.yaml -f ingress.yaml --observed apart.json",
        "-f shop.yaml -f ingress.yaml --observed swarm.json",
        "-f shop.yaml -f hosts.yaml --observed apart.json",
    ] {
        let (shown, _) = planner(&format!("plan --json {line}"), "testdata/examples/wired");
        check(&serde_json::from_str(&shown[shown.find("{\n").unwrap()..shown.rfind('}').unwrap() + 1]).unwrap());
    }
    crate::discovery::plans_of_a_move().iter().for_each(&mut check);
    crate::rollout::plans_of_an_update().iter().for_each(&mut check);
    let known = ["create-container", "create-network", "reload", "remove", "rename", "start", "stop"];
    assert!(known.iter().all(|it| operations.contains(*it)), "{operations:?}");
}

#[test]
fn the_catalogues_schema_takes_what_the_program_takes() {
    let schema = schema("docs/catalogue.schema.json");
    let names = ["catalogues/small.yaml", "catalogues/aws-us-east-1.yaml", "cli/files/buying/good.yaml"];
    for name in names {
        let text = fs::read_to_string(root().join("testdata").join(name)).unwrap();
        let parsed = yaml::parse(FileId(0), &text);
        let value = as_json(&parsed.documents.unwrap()[0]).unwrap();
        assert_eq!(faults(&schema, &value), [""; 0], "{name}");
    }
    // What the program refuses for its form is refused by the schema too.
    for wrong in [json!({}), json!({ "types": [] }), json!({ "types": [{ "name": "a", "atmost": 1 }] })] {
        assert!(!faults(&schema, &wrong).is_empty(), "{wrong}");
    }
}
