//! A plan as a diff that people like to read.

use std::collections::{BTreeMap, BTreeSet};

use anstyle::AnsiColor;
use comfy_table::Color;

use crate::plan::{Action, AttributeChange, Change, Operation, Plan, Quality, TierQuality};
use crate::stack::{OnFailure, PullPolicy};
use crate::text::tame;
use crate::units::Bytes;

use super::backups::backups;
use super::drift::rows;
use super::machines::machines;
use super::ports::planned_ports;
use super::style::{Style, cell, count, lines, safe};

/// Of a change so many details are shown, unless all are asked for.
const MOST_DETAILS: usize = 4;

/// The whole plan: what changes and why, the machines before and after, and the sums; with `verbose` every detail.
pub fn plan(plan: &Plan, verbose: bool, style: Style) -> String {
    let mut text = String::new();
    let only = match plan.targets.as_slice() {
        [] => String::new(),
        targets => format!(", only {} and what they need", safe(&targets.join(", "))),
    };
    let quality = if plan.is_placed() { format!(" ({})", quality(&plan.quality)) } else { String::new() };
    // There may be something to wait for all the same.
    if plan.changes.is_empty() {
        text.push_str(&style.paint(AnsiColor::Green, "Nothing to do."));
        if plan.is_placed() {
            text.push_str(&format!(" {} is as the files say{quality}{only}.", plan.project));
        }
        text.push_str("\n\n");
        text.push_str(&drifted(plan, style));
        text.push_str(&machines(&plan.machines, style));
        return text;
    }
    let title = format!("{} on {}", style.bold(&plan.project), count(plan.machines.len(), "machine"));
    text.push_str(&format!("{title}{quality}{only}\n\n"));
    text.push_str(&drifted(plan, style));
    text.push_str(&changes(plan, verbose, style));
    text.push_str(&gains(plan));
    text.push_str(&downtime(plan));
    text.push_str(&ways(plan));
    text.push_str(&pulls(plan));
    text.push_str(&rollouts(plan));
    text.push('\n');
    text.push_str(&machines(&plan.machines, style));
    text.push_str(&planned_ports(plan, style));
    text.push_str(&backups(&plan.backups, style));
    text.push_str(&format!("\n{}\n", sums(plan, style)));
    text
}

/// `spread, proven optimal`.
fn quality(quality: &Quality) -> String {
    if quality.proven {
        format!("{}, proven optimal", quality.policy)
    } else {
        let limit = if quality.ended == "time" { " when the time limit ended the search" } else { "" };
        format!("{}, within {:.1} % of the best possible{limit}", quality.policy, (quality.gap * 100.0).max(0.1))
    }
}

/// The tiers of the objective, each with its value, the bound that no placement is below, and the gap between them.
pub fn objective(quality: &Quality, style: Style) -> String {
    let mut table = style.table();
    let heads = ["tier", "value", "bound", "how good"];
    table.add_row(heads.map(|head| cell(format!(" {head}"))));
    for tier in &quality.tiers {
        let gap = match tier.gap {
            0.0 => "proven optimal".to_owned(),
            gap => format!("within {:.3} %", gap * 100.0),
        };
        let number = |value: f64| if value.fract() == 0.0 { format!(" {value:.0}") } else { format!(" {value:.4}") };
        table.add_row(vec![
            cell(format!(" {}", tier.name)),
            cell(number(tier.value)),
            cell(number(tier.bound)),
            cell(format!(" {gap}")),
        ]);
    }
    format!("\n{}", lines(&table))
}

/// One row for each thing that changes; a thing that changes alike on several machines is one row.
fn changes(plan: &Plan, verbose: bool, style: Style) -> String {
    let mut table = style.table();
    let mut shown: Vec<&str> = Vec::new();
    for change in &plan.changes {
        let (kind, name) = kind_and_name(change);
        let alike: Vec<&Change> = plan
            .changes
            .iter()
            .filter(|other| kind_and_name(other) == (kind, name.clone()) && other.actions == change.actions)
            .collect();
        if kind != "container" {
            if shown.contains(&alike[0].address.as_str()) {
                continue;
            }
            shown.push(&alike[0].address);
        }
        let places = match (&change.moved_from, kind) {
            (Some(from), _) => {
                let through = change.by_way_of.as_deref().map(|machine| format!("{machine} → ")).unwrap_or_default();
                format!("{from} → {through}{}", change.machine)
            }
            (None, "container") => change.machine.clone(),
            _ => alike.iter().map(|change| change.machine.as_str()).collect::<Vec<_>>().join(", "),
        };
        let (sign, word, color) = mark(change);
        let why =
            if kind == "container" || change.moved_from.is_some() { reasons(change, verbose) } else { String::new() };
        table.add_row(vec![
            cell(format!(" {sign} {word}")).fg(color),
            cell(format!("{kind} {name}")),
            cell(places),
            cell(&why),
        ]);
    }
    lines(&table)
}

/// What was changed by others since it was made.
fn drifted(plan: &Plan, style: Style) -> String {
    match plan.drift.as_slice() {
        [] => String::new(),
        drift => format!("changed since it was made:\n{}\n", rows(drift, style)),
    }
}

/// What moving for the policy's sake gains.
fn gains(plan: &Plan) -> String {
    let gain = |tier: &TierQuality| {
        let unmoved = tier.unmoved.filter(|unmoved| *unmoved > tier.value)?;
        Some(format!("{} {unmoved:.2} → {:.2}", tier.name, tier.value))
    };
    let gains: Vec<String> = plan.quality.tiers.iter().filter_map(gain).collect();
    if gains.is_empty() { String::new() } else { format!("\n  rebalanced: {}\n", gains.join(", ")) }
}

/// The services that do not run for a while.
fn downtime(plan: &Plan) -> String {
    let told = plan.downtime.iter().map(|it| {
        let grace = count(usize::try_from(it.stopping_seconds).unwrap_or(usize::MAX), "second");
        format!("`{}` (up to {grace} to stop, then until it has started)", it.service)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("\n  does not run meanwhile: {}\n", safe(&told.join(", "))) }
}

/// How names reach other machines.
fn ways(plan: &Plan) -> String {
    let mut networks: BTreeMap<(&str, Option<&str>), Vec<&str>> = BTreeMap::new();
    for it in &plan.discovery {
        networks.entry((&it.way, it.why.as_deref())).or_default().push(&it.network);
    }
    let line = |((way, why), networks): ((&str, Option<&str>), Vec<&str>)| {
        let by = match way {
            "overlay" => "one network for all machines (overlay)",
            "proxy" => "proxies reach other machines",
            _ => "containers are told where others are (hosts)",
        };
        let why = why.map(|why| format!(", since {why}")).unwrap_or_default();
        let word = if networks.len() == 1 { "network" } else { "networks" };
        format!("\n  {word} {}: {by}{why}\n", safe(&networks.join(", ")))
    };
    networks.into_iter().map(line).collect()
}

/// The images to be fetched, which ones, where, and how much that is.
fn pulls(plan: &Plan) -> String {
    let (mut pulled, mut sent, mut built) = (Fetched::new(), Fetched::new(), Fetched::new());
    for step in &plan.steps {
        if let Operation::Pull { image, policy, digest, id, from, bytes, here, .. } = &step.operation {
            let is_sent = !policy.asks_registries() || id.is_some() && (*here || !from.is_empty());
            let which = digest.as_deref().map(|digest| format!(" ({})", short(digest))).unwrap_or_default();
            let from = match (here, from.first()) {
                (true, _) => " (built here)".to_owned(),
                (false, Some(from)) if is_sent => format!(" from {from}"),
                _ => String::new(),
            };
            let all = match (policy, id) {
                (PullPolicy::Built, None) => &mut built,
                _ if is_sent => &mut sent,
                _ => &mut pulled,
            };
            let fetched = all.entry(format!("{image}{which}{from}")).or_default();
            fetched.0.insert(&step.machine);
            fetched.1 = bytes.unwrap_or(0);
        }
    }
    fetched("to be pulled", "on", &pulled)
        + &fetched("to be sent", "to", &sent)
        + &fetched("yet to be built, then sent", "to", &built)
}

/// By image: the machines that get it, and its size where that is known.
type Fetched<'p> = BTreeMap<String, (BTreeSet<&'p str>, u64)>;

fn fetched(words: &str, to: &str, images: &Fetched<'_>) -> String {
    if images.is_empty() {
        return String::new();
    }
    let told = images.iter().map(|(image, (machines, bytes))| {
        let names = machines.iter().copied().collect::<Vec<_>>().join(", ");
        let size = match (bytes, machines.len()) {
            (0, _) => String::new(),
            (bytes, 1) => format!(", {}", Bytes(*bytes)),
            (bytes, many) => format!(", {many} × {}", Bytes(*bytes)),
        };
        format!("{image} {to} {names}{size}")
    });
    format!("\n  {words}: {}\n", safe(&told.collect::<Vec<_>>().join("; ")))
}

/// `sha256:1a2b3c4d5e6f`.
pub(super) fn short(digest: &str) -> String {
    digest.chars().take("sha256:".len() + 12).collect()
}

/// How services are replaced that can go back, and what stays for that.
fn rollouts(plan: &Plan) -> String {
    let back = plan.rollouts.iter().filter(|it| it.on_failure == OnFailure::Rollback);
    let back: Vec<String> = back.map(|it| format!("`{}`", it.service)).collect();
    let aside = plan.changes.iter().filter(|change| change.actions.contains(&Action::SetAside)).count();
    let mut text = String::new();
    if !back.is_empty() {
        text.push_str(&format!("\n  should it fail, what runs now comes back: {}\n", safe(&back.join(", "))));
    }
    if aside > 0 {
        let kept = count(aside, "container");
        text.push_str(&format!("\n  set aside, to go back to (`planner rollback`): {kept}\n"));
    }
    text
}

/// (`container`, `web.1`), (`network`, `front`).
fn kind_and_name(change: &Change) -> (&str, String) {
    let (kind, rest) = change.address.split_once(':').unwrap_or(("", &change.address));
    let name = rest.split('@').next().unwrap_or(rest);
    (kind, tame(&name.replace(':', ".")))
}

/// Why, and the details: behind it for something new, else each on a line of its own with what it was before.
fn reasons(change: &Change, verbose: bool) -> String {
    let reasons = change.reasons.join("; ");
    let new: Vec<&str> = change
        .attributes
        .iter()
        .filter(|attribute| attribute.before.is_none())
        .filter_map(|attribute| attribute.after.as_deref())
        .collect();
    if change.actions == [Action::Create] {
        return [vec![reasons.as_str()], new].concat().join(", ");
    }
    let mut text = vec![reasons];
    let most = if verbose { usize::MAX } else { MOST_DETAILS };
    // What is not shown is told in the reasons already.
    let told = |it: &&AttributeChange| verbose || !(is_withheld(&it.before) || is_withheld(&it.after));
    let details: Vec<&AttributeChange> = change.attributes.iter().filter(told).collect();
    for attribute in details.iter().take(most) {
        let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        text.push(format!("{}: {} → {}", attribute.name, side(&attribute.before), side(&attribute.after)));
    }
    if details.len() > most {
        text.push(format!("… and {} (--verbose)", count(details.len() - most, "more detail")));
    }
    text.join("\n")
}

fn is_withheld(value: &Option<String>) -> bool {
    value.as_deref() == Some(AttributeChange::WITHHELD)
}

/// A change on one line: `~ replace container web.1 on m1: image changed`.
pub(super) fn summary(change: &Change) -> String {
    let (_, word, _) = mark(change);
    let (kind, name) = kind_and_name(change);
    let place = match &change.moved_from {
        Some(from) => format!("{from} → {}", change.machine),
        None => format!("on {}", change.machine),
    };
    safe(&format!("{word} {kind} {name} {place}: {}", change.reasons.join("; ")))
}

fn mark(change: &Change) -> (&'static str, &'static str, Color) {
    match (change.moved_from.is_some(), change.actions.as_slice()) {
        (true, _) => (">", "move", Color::Cyan),
        (false, [Action::Create]) => ("+", "create", Color::Green),
        (false, [Action::Delete]) => ("-", "delete", Color::Red),
        (false, [Action::Delete | Action::SetAside, Action::Create]) => ("~", "replace", Color::Yellow),
        (false, [.., Action::Restore]) => ("~", "bring back", Color::Yellow),
        (false, [Action::Reload, ..]) => ("~", "reload", Color::Yellow),
        (false, [Action::Update, ..]) => ("~", "update", Color::Yellow),
        (false, [Action::Start]) => ("~", "start", Color::Yellow),
        (false, _) => ("~", "tidy up", Color::Yellow),
    }
}

fn sums(plan: &Plan, style: Style) -> String {
    let counts = plan.counts();
    let parts = [
        (counts.create, "to create", AnsiColor::Green),
        (counts.update, "to change", AnsiColor::Yellow),
        (counts.moved, "to move", AnsiColor::Cyan),
        (counts.delete, "to delete", AnsiColor::Red),
    ];
    let shown = parts.map(|(number, word, color)| {
        let text = format!("{number} {word}");
        if number > 0 { style.paint(color, &text) } else { text }
    });
    format!("{} {}.", style.bold("Plan:"), shown.join(", "))
}
