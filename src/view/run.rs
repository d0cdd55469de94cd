//! A run as lines of JSON, one for each event: for programs that follow it, and for logs.

use serde_json::{Map, Value, json};

use crate::apply::{Event, Outcome};
use crate::cluster::ClusterError;
use crate::plan::{Plan, Step};

use super::events::doing;

/// The version of the lines' form. Minor numbers add fields.
const FORMAT_VERSION: &str = "1.0";

/// The first line: what is to be done. Times are in seconds since 1970, by the clock here.
pub fn began_json(plan: &Plan, at: f64) -> String {
    let counts = plan.counts();
    line(
        at,
        "began",
        json!({
            "format_version": FORMAT_VERSION,
            "project": plan.project,
            "steps": plan.steps.len(),
            "create": counts.create, "change": counts.update, "move": counts.moved, "delete": counts.delete,
        }),
    )
}

/// The line of an event.
pub fn event_json(plan: &Plan, event: Event<'_>, at: f64) -> String {
    match event {
        Event::Started(it) => line(at, "started", step(plan, it)),
        Event::Progress(it, text) => line(at, "progress", with(step(plan, it), "text", json!(text))),
        Event::Done(it, took) => line(at, "done", with(step(plan, it), "seconds", json!(took.as_secs_f64()))),
        Event::Failed(it, error) => line(at, "failed", with(step(plan, it), "error", fault(error))),
        Event::Skipped(it, because) => line(at, "skipped", with(step(plan, it), "because", json!(because))),
        Event::Halted(rollout, failed) => line(
            at,
            "halted",
            json!({ "service": rollout.service, "failed": failed, "of": rollout.containers, "then": rollout.on_failure }),
        ),
        Event::GoingBack(rollout) => line(at, "going-back", json!({ "service": rollout.service })),
        Event::Stopping(running) => line(at, "stopping", json!({ "running": running })),
    }
}

/// The last line: what came of it. Without an outcome it was left, and nobody knows.
pub fn ended_json(outcome: Option<&Outcome>, at: f64) -> String {
    let what = outcome.map(|it| {
        let back = it.gone_back.iter().map(|back| json!({ "service": back.service, "whole": back.whole }));
        json!({
            "complete": it.is_complete(),
            "done": it.done.len(), "failed": it.failed.len(),
            "skipped": it.skipped.len(), "cancelled": it.cancelled.len(),
            "gone_back": back.collect::<Vec<Value>>(),
        })
    });
    line(at, "ended", what.unwrap_or_else(|| json!({ "complete": false })))
}

fn line(at: f64, event: &str, rest: Value) -> String {
    let mut fields = Map::from_iter([("time".to_owned(), json!(at)), ("event".to_owned(), json!(event))]);
    if let Value::Object(rest) = rest {
        fields.extend(rest);
    }
    format!("{}\n", Value::Object(fields))
}

/// A step that takes something back has no number in the plan.
fn step(plan: &Plan, step: &Step) -> Value {
    let id = Some(step.id).filter(|id| *id < plan.steps.len());
    json!({ "step": id, "address": step.address, "machine": step.machine, "what": doing(step) })
}

fn with(mut value: Value, key: &str, more: Value) -> Value {
    value[key] = more;
    value
}

fn fault(error: &ClusterError) -> Value {
    json!({ "message": error.message, "detail": error.detail, "help": error.help })
}
