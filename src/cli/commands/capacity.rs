//! `planner capacity`: what is used and free, what still fits, and what a loss would do.

use crate::capacity::{self, Question};
use crate::cli::args::CapacityArgs;
use crate::cli::deploy::{seen, tell_refused};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::diagnostic::Diagnostic;
use crate::placement::{self, Outcome, Problem};
use crate::stack::{By, Replicas, Stack};
use crate::{plan, stack, view};

/// Of so many services it is told by itself how many more fit; of more, only of the largest.
const MOST_SERVICES: usize = 12;
/// In larger stacks it is not looked for how many fit when others move.
const MOST_WITH_MOVES: usize = 60;

pub(in crate::cli) fn run(args: &CapacityArgs, io: &mut Io) -> Exit {
    tell(args, io).unwrap_or_else(|exit| exit)
}

fn tell(args: &CapacityArgs, io: &mut Io) -> Result<Exit, Exit> {
    let mut project = Project::load(io, &args.project, &args.machines);
    if let Some(exit) = project.exit() {
        io.tell_findings(&mut project.findings, &project.sources);
        return Err(exit);
    }
    project.set_aside(io, &args.situation)?;
    project.for_programs = args.json;
    if let Some(catalogue) = &args.buying.catalogue {
        return super::buying::tell(args, catalogue, &mut project, io);
    }
    let is_seen = args.live || args.observed.is_some();
    let observed = match is_seen {
        true => Some(seen(io, &project, args.observed.as_deref(), &args.situation)?),
        false => None,
    };
    let (mut stack, mut findings) = stack::build(&project.compose, project.inventory.as_ref(), observed.as_ref());
    if findings.iter().any(Diagnostic::is_error) {
        io.tell_findings(&mut findings, &project.sources);
        return Err(Exit::Error);
    }
    scale(args, io, &mut stack)?;
    let running = observed.as_ref().map(|observed| plan::running(&stack, observed)).unwrap_or_default();
    let problem = Problem::new(&stack, running, args.policy.into());
    let limits = args.limits.within();
    let solution = match placement::place(&problem, &limits) {
        Outcome::Placed(solution) => solution,
        Outcome::Refused => {
            tell_refused(io, &mut project, &problem, &limits);
            project.print_refusal(io);
            return Err(Exit::DoesNotFit);
        }
        Outcome::Undecided(why) => {
            io.refuse(&format!("whether the stack fits is not decided: {why}"), None);
            return Err(Exit::Incomplete);
        }
    };
    let losses = By::parse(&args.loss);
    if let By::Attribute(key) = &losses
        && !stack.machines.iter().any(|machine| machine.attributes.contains_key(key))
    {
        io.no_such_loss(&losses);
        return Err(Exit::Error);
    }
    let question = Question {
        services: services(args, io, &stack)?,
        with_moves: stack.services.len() <= MOST_WITH_MOVES,
        losses,
        limits: placement::Limits { time: limits.time / 5, ..limits },
    };
    let report = capacity::report(&stack, &solution, &question);
    let style = if args.markdown { view::Style::MARKDOWN } else { io.style };
    io.print(&if args.json {
        view::capacity_json(&stack.project, &report)
    } else {
        view::capacity(&stack.project, &report, is_seen, style)
    });
    Ok(Exit::Fine)
}

/// `web=12`: as if the files said so.
fn scale(args: &CapacityArgs, io: &mut Io, stack: &mut Stack) -> Result<(), Exit> {
    for (name, count) in scales(args, io, stack)? {
        let service = index(io, stack, &name)?;
        stack.services[service].replicas.value = Replicas::Count(count);
    }
    Ok(())
}

/// The services, each with how many it is to have, that are scaled.
pub(super) fn scales(args: &CapacityArgs, io: &mut Io, stack: &Stack) -> Result<Vec<(String, u32)>, Exit> {
    let mut scales = Vec::new();
    for text in &args.scale {
        let Some((name, Ok(count))) = text.split_once('=').map(|(name, count)| (name, count.parse::<u32>())) else {
            io.refuse(&format!("`{text}` is no service and number"), Some("for example --scale web=12"));
            return Err(Exit::Error);
        };
        index(io, stack, name)?;
        scales.push((name.to_owned(), count));
    }
    Ok(scales)
}

/// Those that are asked for; else all, or the largest.
fn services(args: &CapacityArgs, io: &mut Io, stack: &Stack) -> Result<Vec<usize>, Exit> {
    if !args.service.is_empty() {
        return args.service.iter().map(|name| index(io, stack, name)).collect();
    }
    let size = |service: &usize| {
        let demand = &stack.services[*service].demand;
        (demand.cpu(), demand.memory())
    };
    let mut all: Vec<usize> = (0..stack.services.len()).collect();
    if all.len() > MOST_SERVICES {
        all.sort_by_key(|service| std::cmp::Reverse(size(service)));
        all.truncate(MOST_SERVICES);
        all.sort_unstable();
    }
    Ok(all)
}

fn index(io: &mut Io, stack: &Stack, name: &str) -> Result<usize, Exit> {
    let names = || stack.services.iter().map(|service| service.name.as_str());
    names().position(|known| known == name).ok_or_else(|| io.unknown("service", name, &names().collect::<Vec<_>>()))
}
