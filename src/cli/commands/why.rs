//! `planner why`: every machine against every requirement of a service.

use crate::cli::args::{ProjectArgs, WhyArgs};
use crate::cli::deploy::{machines, read_observed};
use crate::cli::project::Project;
use crate::cli::sizes::keep_room;
use crate::cli::{Exit, Io};
use crate::placement::{self, Layout, Outcome, Placed, Problem, refusal};
use crate::{plan, stack, view};

pub(in crate::cli) fn run(args: &WhyArgs, io: &mut Io) -> Exit {
    match answer(args, io) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn answer(args: &WhyArgs, io: &mut Io) -> Result<Exit, Exit> {
    let wanted = ProjectArgs::from(&args.project);
    let mut project = Project::load(io, &wanted, &args.machines);
    if let Some(exit) = project.exit() {
        io.tell_findings(&mut project.findings, &project.sources);
        return Err(exit);
    }
    let observed = match &args.observed {
        Some(path) => Some(read_observed(io, path, &machines(project.inventory.as_ref()))?),
        None => None,
    };
    let (stack, mut findings) = stack::build(&project.compose, project.inventory.as_ref(), observed.as_ref());
    if findings.iter().any(crate::diagnostic::Diagnostic::is_error) {
        io.tell_findings(&mut findings, &project.sources);
        return Err(Exit::Error);
    }
    let (name, number) = match args.service.rsplit_once('.').map(|(name, number)| (name, number.parse::<u32>())) {
        Some((name, Ok(number))) if stack.service(name).is_some() => (name, Some(number)),
        _ => (args.service.as_str(), None),
    };
    let names = || stack.services.iter().map(|service| service.name.as_str());
    let Some(service) = names().position(|known| known == name) else {
        return Err(io.unknown("service", name, &names().collect::<Vec<_>>()));
    };
    let single = matches!(stack.services[service].replicas.value, stack::Replicas::Count(1));
    let number = number.or(single.then_some(1));
    let machine = match &args.machine {
        Some(name) => {
            let names: Vec<&str> = stack.machines.iter().map(|machine| machine.name.as_str()).collect();
            let Some(machine) = names.iter().position(|known| known == name) else {
                return Err(io.unknown("machine", name, &names));
            };
            Some(machine)
        }
        None => None,
    };
    let running = observed.as_ref().map(|observed| plan::running(&stack, observed)).unwrap_or_default();
    let placement = &args.placement;
    let mut problem = Problem::new(&stack, running, placement.policy.into());
    keep_room(io, &mut problem, placement.headroom.as_deref())?;
    let limits = args.placement.limits.within();
    let placed = match placement::place(&problem, &limits) {
        Outcome::Placed(solution) => Some(solution.replicas),
        Outcome::Refused | Outcome::Undecided(_) => None,
    };
    let layout = match &placed {
        Some(placed) => Layout::of(&problem, placed),
        None => refusal::most(&problem, &limits),
    };
    let is_asked = |it: &&Placed| it.replica.service == service && Some(it.replica.number) == number;
    let home = placed.as_ref().and_then(|placed| placed.iter().find(is_asked)).map(|it| it.replica.machine);
    if number.is_some_and(|number| number == 0 || number > problem.replicas[service].max(1)) {
        let count = problem.replicas[service];
        io.refuse(&format!("`{name}` has {count} containers: there is no `{}`", args.service), None);
        return Err(Exit::Error);
    }
    let asked = view::Asked { problem: &problem, service, number, machine, layout, home, fits: placed.is_some() };
    io.print(&if args.json { view::why_json(&asked) } else { view::why(&asked, io.style) });
    Ok(Exit::Fine)
}
