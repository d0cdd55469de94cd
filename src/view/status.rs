//! What runs, where, and what is missing.

use anstyle::AnsiColor;
use comfy_table::Color;

use crate::plan::{ReplicaStatus, ServiceStatus, Status};
use crate::text::tame;

use super::style::{Style, cell, count, lines, safe};

/// The version of the form of [`status_json`].
const FORMAT_VERSION: &str = "1.0";

/// A row for each service, a line for each container that is not as it should be, and the sums.
pub fn status(status: &Status, style: Style) -> String {
    let mut table = style.table();
    table.set_header([" service", "wanted", "running", "healthy", "where", "since"]);
    for service in &status.services {
        let enough = |number: u32| if number >= service.wanted { Color::Green } else { Color::Red };
        let healthy = match service.healthy {
            Some(healthy) => cell(healthy).fg(enough(healthy)),
            None => cell("–"),
        };
        table.add_row(vec![
            cell(format!(" {}", service.service)),
            cell(service.wanted),
            cell(service.running).fg(enough(service.running)),
            healthy,
            cell(places(service)),
            cell(since(service)),
        ]);
    }
    let mut text = format!("{}\n\n{}", style.bold(&status.project), lines(&table));
    let notes: Vec<String> = status.services.iter().flat_map(notes).collect();
    if !notes.is_empty() {
        text.push_str(&format!("\n{}\n", notes.join("\n")));
    }
    text.push_str(&format!("\n{}\n", sums(status, style)));
    text
}

/// "2026-11-26 17:04 UTC": since when all that run of it have run without a break.
fn since(service: &ServiceStatus) -> String {
    // Engines write their times alike, in UTC: the latest is the last in the order of letters.
    let latest = service.replicas.iter().filter_map(|replica| replica.since.as_deref()).max();
    let told = latest.and_then(|time| Some((time.get(..10)?, time.get(11..16)?)));
    told.map_or_else(|| "–".to_owned(), |(day, minute)| format!("{day} {minute} UTC"))
}

/// "m1, m2 (2)": where its containers are.
fn places(service: &ServiceStatus) -> String {
    let mut machines: Vec<(&str, usize)> = Vec::new();
    for replica in &service.replicas {
        match machines.iter_mut().find(|(machine, _)| *machine == replica.machine) {
            Some((_, count)) => *count += 1,
            None => machines.push((&replica.machine, 1)),
        }
    }
    machines.sort_unstable();
    let show = |(machine, count): &(&str, usize)| match count {
        1 => (*machine).to_owned(),
        count => format!("{machine} ({count})"),
    };
    machines.iter().map(show).collect::<Vec<_>>().join(", ")
}

/// What is not as it should be, container by container.
fn notes(service: &ServiceStatus) -> Vec<String> {
    let name =
        |replica: &ReplicaStatus| format!("{}.{} on {}", tame(&service.service), replica.number, replica.machine);
    let mut notes = Vec::new();
    for replica in &service.replicas {
        let mut what = Vec::new();
        let ended_well = replica.state == "exited" && replica.exit_code == Some(0) && service.running >= service.wanted;
        if replica.state != "running" && !ended_well {
            let code = replica.exit_code.filter(|_| replica.state == "exited");
            what.push(safe(&replica.state) + &code.map(|code| format!(" with {code}")).unwrap_or_default());
        }
        what.extend(replica.health.as_deref().filter(|health| *health != "healthy").map(safe));
        if service.wanted == 0 {
            what.push("not in the files any more".to_owned());
        } else if !replica.is_current {
            what.push("made from an earlier configuration".to_owned());
        }
        if !what.is_empty() {
            notes.push(format!("  {}: {}", name(replica), what.join("; ")));
        }
    }
    notes
}

fn sums(status: &Status, style: Style) -> String {
    if !status.unseen.is_empty() {
        let text = format!("Not seen: {}.", status.unseen.join(", "));
        return format!("{} What runs there is not known.", style.paint(AnsiColor::Red, &text));
    }
    let missing: u32 = status.services.iter().map(|it| it.wanted.saturating_sub(it.running)).sum();
    let unhealthy = |it: &ServiceStatus| it.healthy.map_or(0, |healthy| it.running.saturating_sub(healthy));
    let unhealthy: u32 = status.services.iter().map(unhealthy).sum();
    match (missing, unhealthy) {
        (0, 0) => format!("{} runs.", style.paint(AnsiColor::Green, "Everything that is wanted")),
        (missing, unhealthy) => {
            let not = |number: u32, word: &str| {
                (number > 0).then(|| format!("{} {word}", count(number as usize, "container")))
            };
            let parts = [not(missing, "missing"), not(unhealthy, "not healthy")];
            let text = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
            format!("{}. `planner plan` says what would be done.", style.paint(AnsiColor::Red, &text))
        }
    }
}

/// The same for programs.
pub fn status_json(status: &Status) -> String {
    let mut value = serde_json::json!({ "format_version": FORMAT_VERSION, "whole": status.is_whole() });
    if let (Some(all), Ok(serde_json::Value::Object(rest))) = (value.as_object_mut(), serde_json::to_value(status)) {
        all.extend(rest);
    }
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}
