//! `planner capacity --catalogue`: the cheapest machines to buy.

use std::path::Path;

use crate::capacity::buying::{self, Answer, Headroom, Question, Report};
use crate::cli::args::{BuyingArgs, CapacityArgs};
use crate::cli::deploy::seen;
use crate::cli::disk::Disk;
use crate::cli::project::Project;
use crate::cli::sizes::wanted;
use crate::cli::{Exit, Io};
use crate::diagnostic::Diagnostic;
use crate::inventory::{self, Catalogue, Inventory};
use crate::observed::Observed;
use crate::stack::{self, By, Replicas, Stack};
use crate::view;

/// Tells what to buy for the project, which was loaded without a fault.
pub(in crate::cli) fn tell(args: &CapacityArgs, file: &Path, project: &mut Project, io: &mut Io) -> Result<Exit, Exit> {
    let catalogue = load(file, project, io)?;
    let own = match &project.inventory {
        Some(inventory) if !args.buying.from_nothing => inventory.clone(),
        inventory => Inventory {
            machines: Vec::new(),
            unsized_demand: inventory.as_ref().map(|it| it.unsized_demand.clone()).unwrap_or_default(),
        },
    };
    let observed = match args.live || args.observed.is_some() {
        true => Some(seen(io, project, args.observed.as_deref(), &args.situation)?),
        false => None,
    };
    let plain = stack_on(project, &own, observed.as_ref(), io)?;
    let counts = super::capacity::scales(args, io, &plain)?;
    let survive = survive(&args.buying, &own, &catalogue, io)?;
    let question = Question {
        catalogue: &catalogue,
        survive,
        headroom: headroom(&args.buying, &plain, io)?,
        steps: args.buying.steps,
        limits: args.limits.within(),
        own,
    };
    let compose = &project.compose;
    let build = |inventory: &Inventory| {
        let (mut stack, _) = stack::build(compose, Some(inventory), observed.as_ref());
        for (name, count) in &counts {
            if let Some(service) = stack.services.iter_mut().find(|service| service.name == *name) {
                service.replicas.value = Replicas::Count(*count);
            }
        }
        stack
    };
    let report = buying::buy(&build, &question);
    let mut impossible = report.impossible.clone();
    io.tell_findings(&mut impossible, &project.sources);
    if !report.impossible.is_empty() {
        if args.json {
            io.print(&view::buying_json(&plain.project, &report));
        }
        return Err(Exit::DoesNotFit);
    }
    let style = if args.markdown { view::Style::MARKDOWN } else { io.style };
    io.print(&if args.json {
        view::buying_json(&plain.project, &report)
    } else {
        view::buying(&plain.project, &report, style)
    });
    let html = || view::buying_html(&plain.project, &report);
    super::capacity::write(&args.written, io, html, || view::buying_csv(&report))?;
    Ok(exit(&report))
}

fn exit(report: &Report) -> Exit {
    match report.steps.get(report.asked) {
        Some(Answer::Fleet(_)) => Exit::Fine,
        Some(Answer::Unknown(_)) => Exit::Incomplete,
        Some(Answer::Nothing) | None => Exit::DoesNotFit,
    }
}

fn load(file: &Path, project: &mut Project, io: &mut Io) -> Result<Catalogue, Exit> {
    let path = io.absolute(file);
    let name = path.strip_prefix(&io.directory).unwrap_or(&path).display().to_string();
    let mut loaded = inventory::load_catalogue(&Disk, &path, &name, &mut project.sources);
    let is_wrong = loaded.diagnostics.iter().any(Diagnostic::is_error);
    io.tell_findings(&mut loaded.diagnostics, &project.sources);
    match (loaded.complete, is_wrong) {
        (false, _) => Err(Exit::Incomplete),
        (true, true) => Err(Exit::Error),
        (true, false) => Ok(loaded.catalogue),
    }
}

/// The stack on the machines there are; its faults are told.
fn stack_on(project: &Project, own: &Inventory, observed: Option<&Observed>, io: &mut Io) -> Result<Stack, Exit> {
    let (stack, mut findings) = stack::build(&project.compose, Some(own), observed);
    if findings.iter().any(Diagnostic::is_error) {
        io.tell_findings(&mut findings, &project.sources);
        return Err(Exit::Error);
    }
    if stack.services.is_empty() {
        io.refuse("the project has no services to buy machines for", None);
        return Err(Exit::Error);
    }
    Ok(stack)
}

fn survive(args: &BuyingArgs, own: &Inventory, catalogue: &Catalogue, io: &mut Io) -> Result<Vec<By>, Exit> {
    let mut survive: Vec<By> = Vec::new();
    for text in &args.survive {
        let by = By::parse(text);
        let known = match &by {
            By::Machine => true,
            By::Attribute(key) => match key.strip_prefix("node.labels.") {
                Some(label) => {
                    catalogue.offers.iter().any(|offer| offer.labels.contains_key(label))
                        || own.machines.iter().any(|machine| machine.labels.contains_key(label))
                }
                None => catalogue.offers.iter().any(|offer| offer.platform.is_some()),
            },
        };
        if !known {
            let help = format!("give the types of the catalogue `labels: {{{}: [a, b]}}`", by.word());
            io.refuse(&format!("no machine has a `{}` to be lost", by.word()), Some(&help));
            return Err(Exit::Error);
        }
        if !survive.contains(&by) {
            survive.push(by);
        }
    }
    Ok(survive)
}

/// `4`, `2:8g`, `web`, each with `=3` for three.
fn headroom(args: &BuyingArgs, stack: &Stack, io: &mut Io) -> Result<Vec<Headroom>, Exit> {
    let mut headroom = Vec::new();
    for text in &args.headroom {
        let (what, count) = match text.split_once('=') {
            Some((what, count)) => (what, count.parse::<u32>().ok().filter(|count| *count > 0)),
            None => (text.as_str(), Some(1)),
        };
        let Some(count) = count else {
            let help = format!("a whole number from 1, for example --headroom {what}=3");
            io.refuse(&format!("`{text}` does not say for how many"), Some(&help));
            return Err(Exit::Error);
        };
        let what = wanted(what, stack, io)?;
        headroom.push(Headroom { what, count });
    }
    Ok(headroom)
}
