//! A way out as edits of the files.

use crate::diagnostic::Edit;
use crate::source::{Sources, Span};
use crate::stack::{Machine, Service, Stack};
use crate::units::Resource;

use super::change::{Change, WayOut, Wish};

/// The edits that a way out asks for; none where some of it is not written in a form that can be edited alone.
pub fn edits(way: &WayOut, stack: &Stack, sources: &Sources) -> Option<Vec<Edit>> {
    way.changes.iter().map(|change| edit(change, stack, sources)).collect()
}

fn edit(change: &Change, stack: &Stack, sources: &Sources) -> Option<Edit> {
    let service = |name: &str| stack.service(name);
    let replaced = |span: Span, text: String| Some(Edit { span, text: like(sources.slice(span), text) });
    match change {
        Change::Replicas { service: name, to, .. } => replaced(service(name)?.replicas.span, to.to_string()),
        Change::Constraint { service: name, index, .. } => {
            without_item(sources, service(name)?.constraints.get(*index)?.span)
        }
        Change::Wish { service: name, key, .. } => {
            let wishes = &service(name)?.wishes;
            let item = match key {
                Wish::Spread => wishes.spread.first()?.span,
                Wish::Near => wishes.near.first()?.service.span,
                Wish::Apart => wishes.apart.first()?.service.span,
                Wish::Survive => wishes.survive.first()?.span,
            };
            without_value(sources, item)
        }
        Change::MaxPerMachine { service: name, to, .. } => {
            replaced(service(name)?.max_per_machine.as_ref()?.span, to.to_string())
        }
        Change::Port { service: name, index, to, .. } => {
            let span = service(name)?.ports.get(*index)?.span;
            let written = sources.slice(span);
            // Only a port by itself: of a whole entry, or of a variable, more would have to be said.
            let bare = written.trim_matches(['"', '\'']).chars().all(|it| it.is_ascii_digit() || it == '-');
            replaced(span, to.to_string()).filter(|_| bare)
        }
        Change::Demand { service: name, resource, to, .. } => {
            let service: &Service = service(name)?;
            replaced(*service.demand_spans.get(resource)?, written(resource, *to))
        }
        Change::Active { machine } => {
            let machine = stack.machines.iter().find(|it| it.name == *machine)?;
            let span = own(machine, machine.places.availability?, sources)?;
            replaced(span, "active".to_owned())
        }
        Change::Machines { like, count } => more_machines(stack, sources, like, *count),
    }
}

/// A new value, in the quotes that the old one has.
fn like(old: &str, new: String) -> String {
    match old.chars().next() {
        Some(quote @ ('"' | '\'')) if old.ends_with(quote) && old.len() > 1 => format!("{quote}{new}{quote}"),
        _ => new,
    }
}

/// An amount as compose files write it.
fn written(resource: &Resource, amount: u64) -> String {
    if *resource == Resource::cpus() {
        return crate::units::Cpu(amount).to_string();
    }
    if *resource != Resource::memory() && *resource != Resource::disk() {
        return amount.to_string();
    }
    let units = [(1 << 30, "g"), (1 << 20, "m"), (1 << 10, "k")];
    let unit = units.into_iter().find(|(unit, _)| amount.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{amount}b"), |(unit, word)| format!("{}{word}", amount / unit))
}

/// A place within a machine's own entry, where that stands for no other machine.
fn own(machine: &Machine, span: Span, sources: &Sources) -> Option<Span> {
    let entry = machine.places.entry?;
    let within = entry.file == span.file && entry.start <= span.start && span.end <= entry.end;
    let alone = machine.span.is_none_or(|name| !sources.slice(name).contains("{"));
    (within && alone).then_some(span)
}

/// A key of which this is all that it says, with an empty list in its place.
fn without_value(sources: &Sources, value: Span) -> Option<Edit> {
    let text = &*sources.get(value.file).text;
    let before = text[..value.range().start].trim_end_matches(' ');
    // In a mapping within another it is no value by itself: of `near: {service: db}` only the name is known here.
    let key = before.strip_suffix(':')?;
    let word = key.rsplit(|it: char| !it.is_alphanumeric() && it != '_').next()?;
    let is_wish = matches!(word, "spread" | "near" | "apart" | "survive");
    is_wish.then(|| Edit { span: value, text: "[]".to_owned() })
}

/// A list without one of its items.
fn without_item(sources: &Sources, item: Span) -> Option<Edit> {
    let text = &*sources.get(item.file).text;
    let (start, end) = (item.range().start, item.range().end);
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..start].trim();
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    let rest = text[end..line_end].trim();
    if before == "-" && (rest.is_empty() || rest.starts_with('#')) {
        let indent = &text[line..start];
        let is_item = |other: &str| other.len() > indent.len() && other.starts_with(indent);
        let above = text[..line].trim_end_matches('\n').rsplit('\n').next().unwrap_or("");
        let below = text.get(line_end + 1..).and_then(|below| below.lines().next()).unwrap_or("");
        if is_item(above) || is_item(below) {
            let from = if line_end < text.len() { line } else { line.saturating_sub(1) };
            let to = (line_end + 1).min(text.len());
            return Some(Edit { span: Span::new(item.file, from..to), text: String::new() });
        }
        // The only one: the list stays, and is empty.
        let key = text[..line].trim_end();
        return key.ends_with(':').then(|| Edit { span: Span::new(item.file, key.len()..end), text: " []".to_owned() });
    }
    // Within brackets.
    let comma_before = text[..start].trim_end().ends_with(',');
    let from = if comma_before { text[..start].trim_end().len() - 1 } else { start };
    let mut to = end;
    if !comma_before && text[end..].trim_start().starts_with(',') {
        to = text.len() - text[end..].trim_start()[1..].trim_start().len();
    }
    let opened = text[line..from].contains('[');
    opened.then(|| Edit { span: Span::new(item.file, from..to), text: String::new() })
}

/// Copies of a machine's entry behind it, under names that are free.
fn more_machines(stack: &Stack, sources: &Sources, like: &str, count: u32) -> Option<Edit> {
    let machine = stack.machines.iter().find(|machine| machine.name == like)?;
    let (entry, name) = (machine.places.entry?, machine.span?);
    let text = &*sources.get(entry.file).text;
    let (start, end) = (entry.range().start, entry.range().end);
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let prefix = &text[line..start];
    if prefix.trim() != "-" || name.file != entry.file || name.start < entry.start || name.end > entry.end {
        return None;
    }
    let written = sources.slice(name).trim_matches(['"', '\'']);
    let block = text[start..end].trim_end();
    let copies = (0..count as usize).map(|number| {
        let copy = block.replacen(written, &free_name(stack, like, number), 1);
        // What bears the machine's name, as an endpoint does, is to bear the new one.
        let copy = if written == like { copy.replace(written, &free_name(stack, like, number)) } else { copy };
        format!("\n{prefix}{copy}")
    });
    let end = start + block.len();
    Some(Edit { span: Span::new(entry.file, end..end), text: copies.collect() })
}

/// A name like this one that no machine has: the next number.
fn free_name(stack: &Stack, like: &str, number: usize) -> String {
    let stem = like.trim_end_matches(|it: char| it.is_ascii_digit());
    let taken = |name: &String| stack.machines.iter().any(|machine| machine.name == *name);
    let separator = if stem == like { "-" } else { "" };
    let names = (1..).map(|number: usize| format!("{stem}{separator}{number}")).filter(|name| !taken(name));
    names.into_iter().nth(number).unwrap_or_default()
}
