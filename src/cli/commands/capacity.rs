//! `planner capacity`: what is used and free, what still fits, and what a loss would do.

use futures_util::stream::{StreamExt, iter};

use crate::capacity::{self, Factor, MachineUse, Question, Sample};
use crate::cli::args::{CapacityArgs, WrittenArgs};
use crate::cli::deploy::{connect, machines, read, runtime, seen, tell_cluster_error, tell_refused};
use crate::cli::project::Project;
use crate::cli::{Exit, Io};
use crate::diagnostic::Diagnostic;
use crate::observed::Observed;
use crate::placement::{self, Outcome, Problem};
use crate::source::Span;
use crate::stack::{By, Replicas, Stack};
use crate::view::CsvFile;
use crate::{plan, stack, view};

/// Of so many services it is told by itself how many more fit; of more, only of the largest.
const MOST_SERVICES: usize = 12;
/// So many machines are asked at once what is used there.
const SIDE_BY_SIDE: usize = 32;
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
    let held = grow(args, io, &mut stack)?;
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
    if !stack.has_domains(&losses) {
        io.no_such_loss(&losses);
        return Err(Exit::Error);
    }
    let mut samples = samples(args, io, &mut project)?;
    let used = match &observed {
        Some(observed) if args.usage => Some(used(io, &project, observed)?),
        _ => None,
    };
    if let Some(used) = &used {
        let own = capacity::samples_of(&stack.project, used);
        samples.get_or_insert_default().extend(own);
    }
    let question = Question {
        services: services(args, io, &stack)?,
        with_moves: stack.services.len() <= MOST_WITH_MOVES,
        losses,
        pairs: args.pairs,
        drains: args.drains,
        growth: args.growth.then_some(held),
        samples,
        used,
        limits: placement::Limits { time: limits.time / 5, ..limits },
    };
    let report = capacity::report(&stack, &solution, &question);
    give(args, io, &stack.project, &report)?;
    Ok(Exit::Fine)
}

/// Prints the report, and writes it where that was asked as well.
fn give(args: &CapacityArgs, io: &mut Io, project: &str, report: &capacity::Report) -> Result<(), Exit> {
    let is_seen = args.live || args.observed.is_some();
    let style = if args.markdown { view::Style::MARKDOWN } else { io.style };
    io.print(&if args.json {
        view::capacity_json(project, report)
    } else {
        view::capacity(project, report, is_seen, args.matrix, style)
    });
    let html = || view::capacity_html(project, report, is_seen);
    write(&args.written, io, html, || view::capacity_csv(report))
}

/// Writes what is to be written as well: a page, and a folder of tables.
pub(super) fn write(
    args: &WrittenArgs,
    io: &mut Io,
    html: impl FnOnce() -> String,
    csv: impl FnOnce() -> Vec<CsvFile>,
) -> Result<(), Exit> {
    if let Some(file) = &args.html {
        io.write_file(file, &html())?;
    }
    if let Some(folder) = &args.csv {
        io.make_folder(folder)?;
        csv().iter().try_for_each(|(name, text)| io.write_file(&folder.join(name), text))?;
    }
    Ok(())
}

/// What runs on the machines uses so much now. A machine that does not tell is told, and left out.
fn used(io: &mut Io, project: &Project, observed: &Observed) -> Result<Vec<MachineUse>, Exit> {
    let machines = machines(project.inventory.as_ref());
    let cluster = connect(io, &machines);
    let asked = observed.machines.iter().map(|(machine, state)| {
        let running = state.containers.iter().filter(|container| container.state == "running");
        (machine, running.map(|container| container.name.clone()).collect::<Vec<_>>())
    });
    let asked: Vec<_> = asked.collect();
    let looks = iter(&asked).map(|(machine, containers)| cluster.usage(machine, containers));
    let answers: Vec<_> = runtime(io)?.block_on(looks.buffered(SIDE_BY_SIDE).collect());
    let mut found = Vec::new();
    for ((machine, running), answer) in asked.into_iter().zip(answers) {
        match answer {
            Ok(used) => found.push(MachineUse {
                machine: machine.clone(),
                running: running.len(),
                containers: used.into_iter().map(|it| Sample::of_container(it.container, it.cpu, it.memory)).collect(),
            }),
            Err(error) => tell_cluster_error(io, &error),
        }
    }
    Ok(found)
}

/// What containers used; the first thing that cannot be read is told where it stands.
fn samples(args: &CapacityArgs, io: &mut Io, project: &mut Project) -> Result<Option<Vec<Sample>>, Exit> {
    let Some(path) = &args.samples else { return Ok(None) };
    let text = read(io, path)?;
    capacity::samples(&text).map(Some).map_err(|mistake| {
        let file = project.sources.add(path.display().to_string(), text.as_str());
        let finding = Diagnostic::error("P910", mistake.message).label(Span::new(file, mistake.range), "here");
        io.tell_findings(&mut vec![finding.help(mistake.help)], &project.sources);
        Exit::Error
    })
}

/// `1.5`: as if the files said so of every service. The services that do not grow.
fn grow(args: &CapacityArgs, io: &mut Io, stack: &mut Stack) -> Result<Vec<usize>, Exit> {
    let held: Vec<usize> = args.hold.iter().map(|name| index(io, stack, name)).collect::<Result<_, _>>()?;
    if let Some(text) = &args.factor {
        let Some(factor) = Factor::parse(text) else {
            let help = "a number above 0, at most 1000, such as --factor 1.5";
            io.refuse(&format!("`{text}` is no number of times"), Some(help));
            return Err(Exit::Error);
        };
        *stack = capacity::grown(stack, factor, &held);
    }
    Ok(held)
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
