//! The canonical model is the one that docker compose prints, and what it refuses is refused.
//!
//! See `corpus` on where the projects come from. Whatever differs is in `docs/compose-conformance.md`.

use planner::compose::ENGINE_REFUSES;
use planner::view::{ModelFormat, model};
use serde_json::{Map, Value};

use crate::corpus::{HOME, answer, cases, load_case};

/// All groups; `$PLANNER_CORPUS_GROUPS` names fewer.
const GROUPS: &str = "real,spec,upstream,upstream-files,micro,grid";

/// Projects of which we make something else than docker compose, and why.
const EXCEPTIONS: &[(&str, &str)] =
    &[("upstream/loader.loader.TestXService.1", "docker compose takes a service `x-…` for an extension, half-way")];

#[test]
#[ignore = "needs a corpus of projects beside the clone: PLANNER_SHARED, or ../shared"]
fn models_are_those_of_docker_compose() {
    let (mut wrong, mut equal) = (Vec::new(), 0);
    for case in cases(GROUPS) {
        if EXCEPTIONS.iter().any(|(id, _)| *id == case.id) {
            continue;
        }
        let expected = answer(&case.path);
        let (_, loaded) = load_case(&case.path);
        let error = loaded.diagnostics.iter().find(|it| it.is_error() && it.code != ENGINE_REFUSES);
        match (expected["rc"] == 0, error) {
            (false, Some(_)) => equal += 1,
            (false, None) => wrong.push(format!("{}: not refused, {}", case.id, expected["err_class"])),
            (true, Some(error)) => wrong.push(format!("{}: refused, {}", case.id, error.message)),
            (true, None) => {
                let root = case.path.canonicalize().unwrap().display().to_string();
                let text = model(&loaded.model().unwrap(), ModelFormat::Json, false);
                let text = text.replace(&root, &format!("@ROOT@/{}", case.id)).replace(HOME, "@ROOT@/home");
                let ours = normal(serde_json::from_str(&text).unwrap());
                match difference(&normal(expected["model"].clone()), &ours, "") {
                    None => equal += 1,
                    Some(found) => wrong.push(format!("{}{found}", case.id)),
                }
            }
        }
    }
    eprintln!("{equal} projects are as docker compose has them");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Keys below which other keys are the user's own.
const DATA: [&str; 8] =
    ["labels", "environment", "args", "annotations", "sysctls", "driver_opts", "options", "additional_contexts"];

/// A model without what means nothing.
fn normal(model: Value) -> Value {
    let mut model = walk(model, &mut Vec::new());
    // Its JSON has no models.
    if let Some(model) = model.as_object_mut() {
        model.remove("models");
    }
    model
}

fn walk(value: Value, path: &mut Vec<String>) -> Value {
    match value {
        Value::Object(entries) => {
            let mut kept = Map::new();
            for (key, value) in entries {
                path.push(key.clone());
                let value = walk(value, path);
                path.pop();
                let empty = value.is_null() || value.as_object().is_some_and(Map::is_empty);
                // What Go's structs print where nothing was said.
                let nothing = value.is_null() && matches!(&*key, "command" | "entrypoint")
                    || empty
                        && matches!(
                            &*key,
                            "ipam"
                                | "placement"
                                | "resources"
                                | "limits"
                                | "reservations"
                                | "bind"
                                | "volume"
                                | "tmpfs"
                                | "image"
                                | "exec"
                        );
                // Its JSON drops extensions within services.
                let dropped =
                    key.starts_with("x-") && path.len() > 1 && !path.iter().any(|step| DATA.contains(&step.as_str()));
                let default = key == "create_host_path" && value == Value::Bool(true);
                if nothing || dropped || default {
                    continue;
                }
                // Networks and volumes of which nothing is said.
                let unsaid = empty && path.last().is_some_and(|last| matches!(&**last, "networks" | "volumes"));
                // Fields for which Go has no JSON names.
                let key = if matches!(&*key, "Path" | "Rate" | "Weight") { key.to_lowercase() } else { key };
                kept.insert(key, if unsaid { Value::Null } else { value });
            }
            Value::Object(kept)
        }
        Value::Array(items) => {
            let mut items: Vec<Value> = items.into_iter().map(|item| walk(item, path)).collect();
            if path.last().is_some_and(|key| key == "extra_hosts") {
                items.sort_by_key(ToString::to_string);
            }
            Value::Array(items)
        }
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 9e15 => Value::from(whole as i64),
            _ => Value::Number(number),
        },
        other => other,
    }
}

/// The first place where two models differ.
fn difference(theirs: &Value, ours: &Value, path: &str) -> Option<String> {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let unknown = b.keys().find(|key| !a.contains_key(*key)).map(|key| format!(" {path}.{key}: not theirs"));
            let of = |(key, value): (&String, &Value)| match b.get(key) {
                None => Some(format!(" {path}.{key}: missing, {value}")),
                Some(own) => difference(value, own, &format!("{path}.{key}")),
            };
            a.iter().find_map(of).or(unknown)
        }
        (a, b) if a == b => None,
        (a, b) => Some(format!(" {path}: theirs {a}, ours {b}")),
    }
}
