//! Refusals against brute force: a conflict cannot hold and each of its parts is needed, a way out is one and none is
//! cheaper, and what was broken on purpose is what is named.

use std::collections::BTreeSet;

use planner::placement::refusal::{Change, Statement, Statements, Wish, explain};
use planner::placement::{Limits, Outcome, Policy, Problem, Running, place};
use planner::source::{FileId, Span};
use planner::stack::{By, Constraint, Replicas, Spread, Stack, TakenPort};
use planner::units::{Cpu, PortRange, Resource};
use proptest::prelude::*;

use crate::placement::{Case, any_case, layouts};
use crate::stacks::{machine, nowhere, service, spanned};

/// Gives every statement a place of its own, as in files.
fn placed(mut stack: Stack) -> Stack {
    let mut next = 0;
    let mut place = || {
        next += 10;
        Span { file: FileId(0), start: next, end: next + 5 }
    };
    for service in &mut stack.services {
        service.span = place();
        service.replicas.span = place();
        service.ports.iter_mut().for_each(|it| it.span = place());
        service.constraints.iter_mut().for_each(|it| it.span = place());
        service.together_with.iter_mut().for_each(|it| it.span = place());
        service.max_per_machine.iter_mut().for_each(|it| it.span = place());
        service.wishes.spread.iter_mut().for_each(|it| it.span = place());
        service.wishes.near.iter_mut().for_each(|it| it.service.span = place());
        service.wishes.apart.iter_mut().for_each(|it| it.service.span = place());
        service.wishes.survive.iter_mut().for_each(|it| it.span = place());
        if service.demand.cpu().0 > 0 {
            service.demand_spans.insert(Resource::cpus(), place());
        }
    }
    stack.machines.iter_mut().for_each(|machine| machine.span = Some(place()));
    stack
}

fn fits(stack: &Stack, running: &[Running]) -> bool {
    !layouts(&Problem::new(stack, running.to_vec(), Policy::Spread)).is_empty()
}

/// Every change there is, by what it is about and in ever larger steps, written without a look at how they are searched.
fn changes(stack: &Stack) -> Vec<Vec<Change>> {
    let mut all = Vec::new();
    for service in &stack.services {
        let name = || service.name.clone();
        if let Replicas::Count(from) = service.replicas.value {
            all.push((1..from).rev().map(|to| Change::Replicas { service: name(), from, to }).collect());
        }
        let counted = service.replicas.value != Replicas::Global;
        for (index, it) in service.constraints.iter().enumerate().filter(|_| counted) {
            let text = format!("{} {} {}", it.value.key, if it.value.equal { "==" } else { "!=" }, it.value.value);
            all.push(vec![Change::Constraint { service: name(), index, text }]);
        }
        let wishes = &service.wishes;
        let counts = [
            (wishes.spread.len(), Wish::Spread),
            (wishes.near.len(), Wish::Near),
            (wishes.apart.len(), Wish::Apart),
            (wishes.survive.len(), Wish::Survive),
        ];
        let single = counts.into_iter().filter(|(count, _)| *count == 1);
        all.extend(single.map(|(_, key)| vec![Change::Wish { service: name(), key, text: String::new() }]));
        if let Some(most) = &service.max_per_machine {
            let from = most.value;
            all.push((1..=3).map(|more| Change::MaxPerMachine { service: name(), from, to: from + more }).collect());
        }
        for (index, port) in service.ports.iter().enumerate() {
            if let Some(from) = port.host {
                let to = |more| PortRange { first: from.first, last: from.last + more };
                all.push((1..=6).map(|more| Change::Port { service: name(), index, from, to: to(more) }).collect());
            }
        }
    }
    for machine in &stack.machines {
        all.push((1..=2).map(|count| Change::Machines { like: machine.name.clone(), count }).collect());
    }
    all
}

/// The least price of changes, at most so many kinds of them together, that make the stack fit; below a limit.
fn cheaper_than(stack: &Stack, running: &[Running], limit: u32) -> Option<Vec<Change>> {
    fn extend(
        kinds: &[Vec<Change>],
        chosen: &mut Vec<Change>,
        left: u32,
        fits: &mut dyn FnMut(&[Change]) -> bool,
    ) -> Option<Vec<Change>> {
        if !chosen.is_empty() && fits(chosen) {
            return Some(chosen.clone());
        }
        if chosen.len() == 3 {
            return None;
        }
        for (index, kind) in kinds.iter().enumerate() {
            for change in kind.iter().filter(|change| change.price() <= left) {
                chosen.push(change.clone());
                let found = extend(&kinds[index + 1..], chosen, left - change.price(), fits);
                chosen.pop();
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
    let mut tries = |changes: &[Change]| {
        let mut changed = stack.clone();
        changes.iter().rev().for_each(|change| change.apply(&mut changed));
        fits(&changed, running)
    };
    extend(&changes(stack), &mut Vec::new(), limit.checked_sub(1)?, &mut tries)
}

/// Time enough on a busy machine: what is compared is what is found, not how soon.
fn patient() -> Limits {
    Limits { time: std::time::Duration::from_secs(120), ..Limits::default() }
}

fn check(case: &Case) -> Result<(), TestCaseError> {
    let stack = placed(case.stack.clone());
    let problem = Problem::new(&stack, case.running.clone(), case.policy);
    if place(&problem, &Limits::default()) != Outcome::Refused {
        return Ok(());
    }
    let refusal = explain(&problem, &patient());
    prop_assert!(!refusal.findings.is_empty());
    let statements = Statements::of(&stack);
    for conflict in &refusal.conflicts {
        prop_assert!(conflict.minimal, "{conflict:?}");
        let all: BTreeSet<&Statement> = conflict.statements.iter().collect();
        prop_assert!(!fits(&statements.only(&all), &case.running), "it holds: {all:?}");
        for one in &conflict.statements {
            let others: BTreeSet<&Statement> = conflict.statements.iter().filter(|it| *it != one).collect();
            prop_assert!(fits(&statements.only(&others), &case.running), "{one:?} is not needed in {all:?}");
        }
    }
    for way in &refusal.ways_out {
        prop_assert_eq!(way.price, way.changes.iter().map(Change::price).sum::<u32>());
        let mut changed = stack.clone();
        way.changes.iter().rev().for_each(|change| change.apply(&mut changed));
        prop_assert!(fits(&changed, &case.running), "no way out: {:?}", way.changes);
    }
    let cheapest = refusal.ways_out.first().map_or(6, |way| way.price.min(6));
    let found = cheaper_than(&stack, &case.running, cheapest);
    prop_assert!(found.is_none(), "{:?} is cheaper than {:?}", found, refusal.ways_out);
    Ok(())
}

/// What is done to a stack that fits, so that it no longer does: the change, and the place of what was said anew.
fn break_it(stack: &mut Stack, service: usize, how: usize) -> Span {
    let machines = stack.machines.len() as u32;
    let service = &mut stack.services[service];
    match how {
        0 => {
            service.demand.set(Resource::cpus(), Cpu(50_000).0);
            *service.demand_spans.entry(Resource::cpus()).or_insert(Span { file: FileId(9), start: 1, end: 2 })
        }
        1 => {
            let span = Span { file: FileId(9), start: 3, end: 4 };
            let value = Constraint { key: "node.labels.zone".to_owned(), equal: true, value: "nowhere".to_owned() };
            service.constraints.push(planner::source::Spanned::new(value, span));
            span
        }
        2 => {
            let span = Span { file: FileId(9), start: 5, end: 6 };
            service.max_per_machine = Some(planner::source::Spanned::new(1, span));
            service.replicas.value = Replicas::Count(machines + 1);
            span
        }
        _ => {
            let mut port = crate::stacks::port(Some((99, 99)), None);
            port.span = Span { file: FileId(9), start: 7, end: 8 };
            service.replicas.value = Replicas::Count(machines + 1);
            service.ports.push(port);
            Span { file: FileId(9), start: 7, end: 8 }
        }
    }
}

/// Brute force takes its time: few cases, unless more are asked for.
fn refusals() -> u32 {
    match ProptestConfig::default().cases {
        256 => 60,
        asked => asked,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: refusals(), ..ProptestConfig::default() })]

    #[test]
    fn agree_with_brute_force(case in any_case()) {
        check(&case)?;
    }

    #[test]
    fn name_what_was_broken(case in any_case(), which in 0usize..3, how in 0usize..4) {
        let mut stack = placed(case.stack.clone());
        let which = which % stack.services.len();
        if !fits(&stack, &case.running) || stack.services[which].replicas.value == Replicas::Global {
            return Ok(());
        }
        let broken = break_it(&mut stack, which, how);
        let replicas = stack.services[which].replicas.span;
        let problem = Problem::new(&stack, case.running.clone(), case.policy);
        prop_assert_eq!(place(&problem, &Limits::default()), Outcome::Refused);
        let refusal = explain(&problem, &Limits::default());
        let named = refusal.findings.iter().any(|finding| {
            finding.labels.iter().any(|label| label.span == broken || (how > 1 && label.span == replicas))
        });
        prop_assert!(named, "{:?}", refusal.findings);
    }
}

/// What a spread is even over depends on the constraints beside it: a cause told without them would hide the cheapest way
/// out, which is to let `s1` into the other zone and to have one `s2` fewer.
#[test]
fn a_spread_is_over_what_the_constraints_leave() {
    let zone = || Constraint { key: "node.labels.zone".to_owned(), equal: true, value: "a".to_owned() };
    let spread = |over| Spread { over, skew: Some(1), at_least: None, among: None, span: nowhere() };
    let mut services = vec![service("s0", 1, 3), service("s1", 1, 2), service("s2", 3, 1)];
    services[1].constraints.push(spanned(zone()));
    services[1].wishes.spread.push(spread(By::Machine));
    services[2].constraints.push(spanned(zone()));
    services[2].wishes.spread.push(spread(By::Attribute(zone().key)));
    let mut machines = vec![machine("m0", 2), machine("m1", 5)];
    for (machine, zone) in machines.iter_mut().zip(["b", "a"]) {
        machine.attributes.insert("node.labels.zone".to_owned(), zone.to_owned());
    }
    let stack = placed(crate::stacks::stack(services, machines));
    let refusal = explain(&Problem::new(&stack, Vec::new(), Policy::Spread), &Limits::default());
    let way = refusal.ways_out.first().map(|way| way.changes.iter().map(Change::describe).collect::<Vec<_>>());
    assert_eq!(way.unwrap(), ["`s1`: without the constraint `node.labels.zone == a`", "`s2`: replicas 3 → 2"]);
}

/// In so many zones at least: what could be changed of a constraint and a port is told apart from what would not help.
#[test]
fn a_way_out_of_three_changes_is_found_among_very_many() {
    let mut web = service("web", 3, 3);
    web.ports = [80, 81].map(|port| crate::stacks::port(Some((port, port)), None)).to_vec();
    let zone = "node.labels.zone".to_owned();
    web.constraints.push(spanned(Constraint { key: zone.clone(), equal: true, value: "a".to_owned() }));
    let over = By::Attribute(zone.clone());
    web.wishes.spread.push(Spread { over, skew: None, at_least: Some(2), among: None, span: nowhere() });
    let mut machines = vec![machine("m0", 3), machine("m1", 3)];
    for (machine, value) in machines.iter_mut().zip(["a", "b"]) {
        machine.attributes.insert(zone.clone(), value.to_owned());
    }
    let (host_ip, ports, protocol) = (None, PortRange { first: 80, last: 80 }, None);
    machines[0].taken_ports.push(TakenPort { host_ip, ports, protocol, holder: "others".to_owned() });
    let stack = placed(crate::stacks::stack(vec![web], machines));
    let refusal = explain(&Problem::new(&stack, Vec::new(), Policy::Spread), &patient());
    assert_eq!(refusal.ways_out.first().map(|way| way.price), Some(5), "{:?}", refusal.ways_out);
}

/// Two causes that have nothing to do with each other are both told.
#[test]
fn nothing_stops_at_the_first() {
    let mut services = vec![service("a", 1, 5), service("b", 3, 0), service("c", 1, 1)];
    services[1].max_per_machine = Some(spanned(1));
    let machines = vec![machine("m1", 4), machine("m2", 4)];
    let stack = placed(crate::stacks::stack(services, machines));
    let problem = Problem::new(&stack, Vec::new(), Policy::Spread);
    let refusal = explain(&problem, &Limits::default());
    let codes: Vec<&str> = refusal.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["R402", "M318"]);
    let homeless: Vec<(&str, u32, u32)> =
        refusal.homeless.iter().map(|it| (it.service.as_str(), it.placed, it.wanted)).collect();
    assert_eq!(homeless, [("a", 0, 1), ("b", 2, 3)]);
}

/// Each way out that is offered for the shipped stacks, made in copies of their files, makes them fit.
#[test]
fn ways_out_lead_out() {
    let mut tried = 0;
    let stacks = [
        ("refusals", "five.yaml", "inventory.yaml"),
        ("refusals", "large.yaml", "inventory.yaml"),
        ("refusals", "zone.yaml", "inventory.yaml"),
        ("refusals", "pieces.yaml", "inventory.yaml"),
        ("refusals", "alone.yaml", "inventory.yaml"),
        ("refusals", "held.yaml", "inventory.yaml"),
        ("refusals", "held.yaml", "hundreds.yaml"),
        ("refusals", "more.yaml", "inventory.yaml"),
        ("refusals", "more.yaml", "drained.yaml"),
        ("examples/website/wishes", "impossible.yaml", "inventory.yaml"),
        ("examples/website", "naive.yaml", "inventory.yaml"),
    ];
    for (folder, stack, inventory) in stacks {
        let source = crate::cli::root().join("testdata").join(folder);
        let command = format!("check --format json -i {inventory} {stack}");
        let (text, exit) = crate::cli::planner(&command, &format!("testdata/{folder}"));
        assert_eq!(exit, planner::cli::Exit::DoesNotFit, "{stack}: {text}");
        let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
        let ways = answer["refused"][0]["ways_out"].as_array().unwrap();
        assert!(!ways.is_empty(), "{stack} on {inventory}");
        for way in ways {
            let folder = std::env::temp_dir().join(format!("planner-way-{}-{tried}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            for file in [stack, inventory] {
                let mut text = std::fs::read_to_string(source.join(file)).unwrap();
                let mut edits: Vec<_> =
                    way["edits"].as_array().unwrap().iter().filter(|it| it["file"] == file).collect();
                edits.sort_by_key(|edit| std::cmp::Reverse(edit["line"].as_u64().unwrap()));
                for edit in edits {
                    let at = |line: &str, column: &str| {
                        let (line, column) = (edit[line].as_u64().unwrap(), edit[column].as_u64().unwrap());
                        let start: usize = text.split_inclusive('\n').take(line as usize - 1).map(str::len).sum();
                        start
                            + text[start..]
                                .char_indices()
                                .nth(column as usize - 1)
                                .map_or(text.len() - start, |it| it.0)
                    };
                    let range = at("line", "column")..at("end_line", "end_column");
                    text.replace_range(range, edit["text"].as_str().unwrap());
                }
                std::fs::write(folder.join(file), text).unwrap();
            }
            assert!(!way["edits"].as_array().unwrap().is_empty(), "{way}");
            let (text, exit) = crate::cli::planner(&format!("check -i {inventory} {stack}"), &folder.to_string_lossy());
            std::fs::remove_dir_all(&folder).unwrap();
            assert_eq!(exit, planner::cli::Exit::Fine, "{stack} on {inventory}, {way}: {text}");
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
}
