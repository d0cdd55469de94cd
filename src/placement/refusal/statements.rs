//! What the user stated, piece by piece, so that pieces can be left out to see what stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostic;
use crate::inventory::Availability;
use crate::placement::constraints;
use crate::placement::problem::{Policy, Problem};
use crate::source::{Span, Spanned};
use crate::stack::{ContainerSpec, Replicas, Service, Spread, Stack};
use crate::units::{Amounts, Resource};

/// So much of a resource that nothing is limited by it.
const PLENTY: u64 = u64::MAX / 4;

/// One thing that the user said. Services go by their index in the stack, what they list by its index in the list, machines
/// by the kind that they are alike with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Statement {
    /// So many containers of the service.
    Replicas(usize),
    /// A host port.
    Port(usize, usize),
    /// A placement constraint.
    Constraint(usize, usize),
    /// At most so many on one machine.
    MaxPerMachine(usize),
    /// It runs where another does.
    Together(usize, usize),
    /// It stays where its volume is.
    Volume(usize, usize),
    /// `x-planner: spread`.
    Spread(usize, usize),
    /// `x-planner: near`.
    Near(usize, usize),
    /// `x-planner: apart`.
    Apart(usize, usize),
    /// `x-planner: survive`.
    Survive(usize, usize),
    /// What one container counts for.
    Demand(usize, Resource),
    /// Machines of a kind take nothing.
    Availability(usize),
    /// Ports of machines of a kind are held by others.
    Taken(usize),
    /// What machines of a kind have room for.
    Room(usize, Resource),
}

impl Statement {
    /// The service that it is about, if it is about one.
    pub fn service(&self) -> Option<usize> {
        use Statement as S;
        match self {
            S::Replicas(service) | S::MaxPerMachine(service) | S::Demand(service, _) => Some(*service),
            S::Port(service, _) | S::Constraint(service, _) | S::Together(service, _) | S::Volume(service, _) => {
                Some(*service)
            }
            S::Spread(service, _) | S::Near(service, _) | S::Apart(service, _) | S::Survive(service, _) => {
                Some(*service)
            }
            S::Availability(_) | S::Taken(_) | S::Room(..) => None,
        }
    }
}

/// All statements of a stack.
#[derive(Debug)]
pub struct Statements {
    /// In the order in which they are preferred to be kept in an explanation.
    pub all: Vec<Statement>,
    /// Machines that are alike in everything but their names: by kind, their indexes.
    pub kinds: Vec<Vec<usize>>,
    /// The stack without what does not matter for placing.
    pub lean: Stack,
    /// By service and spread, the domains that an even one counts in the whole stack.
    counted: Vec<Vec<Option<BTreeSet<String>>>>,
}

impl Statements {
    /// The statements of a stack.
    pub fn of(stack: &Stack) -> Self {
        let mut lean = stack.clone();
        lean.networks.clear();
        lean.services.iter_mut().for_each(|service| service.container = ContainerSpec::default());
        let kinds = stack.kinds();
        let mut all = Vec::new();
        for (index, service) in stack.services.iter().enumerate() {
            let mut list = |count: usize, make: fn(usize, usize) -> Statement| {
                all.extend((0..count).map(|item| make(index, item)));
            };
            list(service.ports.len(), Statement::Port);
            // Of a global service constraints say how many there are: without them there would be more, not less, to place.
            if service.replicas.value != Replicas::Global {
                list(service.constraints.len(), Statement::Constraint);
            }
            list(service.together_with.len(), Statement::Together);
            list(service.local_volumes.len(), Statement::Volume);
            list(service.wishes.spread.len(), Statement::Spread);
            list(service.wishes.near.len(), Statement::Near);
            list(service.wishes.apart.len(), Statement::Apart);
            list(service.wishes.survive.len(), Statement::Survive);
            all.extend(service.max_per_machine.as_ref().map(|_| Statement::MaxPerMachine(index)));
            let asked = service.demand.iter().filter(|(_, amount)| *amount > 0);
            all.extend(asked.map(|(resource, _)| Statement::Demand(index, resource.clone())));
            all.push(Statement::Replicas(index));
        }
        let wanted: BTreeSet<&Resource> = stack
            .services
            .iter()
            .flat_map(|service| service.demand.iter().filter(|(_, amount)| *amount > 0).map(|(resource, _)| resource))
            .collect();
        for (kind, machines) in kinds.iter().enumerate() {
            let machine = &stack.machines[machines[0]];
            if machine.availability != Availability::Active {
                all.push(Statement::Availability(kind));
            }
            if !machine.taken_ports.is_empty() {
                all.push(Statement::Taken(kind));
            }
            let limited = |resource: &&&Resource| machine.room.named(resource).is_some() || !resource.is_implicit();
            all.extend(wanted.iter().filter(limited).map(|resource| Statement::Room(kind, (*resource).clone())));
        }
        let counted = counted(&lean);
        Statements { all, kinds, lean, counted }
    }

    /// The stack in which only these statements are made. An even spread counts the domains that it counts in the whole stack,
    /// whatever else is left out: with a constraint less there would be more to be even over, which is not less to ask.
    pub fn only(&self, kept: &BTreeSet<&Statement>) -> Stack {
        let has = |statement: Statement| kept.contains(&statement);
        let lean = &self.lean;
        let is_silent = |service: usize| !has(Statement::Replicas(service));
        // Most are silent in most of what is tried: of those only the name is copied.
        let services = lean.services.iter().enumerate();
        let services = services.map(|(index, it)| if is_silent(index) { nothing_of(it) } else { it.clone() }).collect();
        let mut stack = lean.with_services(services);
        let silent: BTreeSet<&str> = (0..lean.services.len())
            .filter(|service| is_silent(*service))
            .map(|service| lean.services[service].name.as_str())
            .collect();
        for (index, service) in stack.services.iter_mut().enumerate() {
            if is_silent(index) {
                continue;
            }
            // What is not asked for may be anywhere: nobody has to follow it, or to keep away from it.
            let with = |name: &str| !silent.contains(name);
            retain(&mut service.ports, |item, _| has(Statement::Port(index, item)));
            if service.replicas.value != Replicas::Global {
                retain(&mut service.constraints, |item, _| has(Statement::Constraint(index, item)));
            }
            retain(&mut service.together_with, |item, it| has(Statement::Together(index, item)) && with(&it.value));
            retain(&mut service.local_volumes, |item, _| has(Statement::Volume(index, item)));
            let wishes = &mut service.wishes;
            for (spread, counted) in wishes.spread.iter_mut().zip(&self.counted[index]) {
                spread.among = counted.clone();
            }
            retain(&mut wishes.spread, |item, _| has(Statement::Spread(index, item)));
            retain(&mut wishes.near, |item, it| has(Statement::Near(index, item)) && with(&it.service.value));
            retain(&mut wishes.apart, |item, it| has(Statement::Apart(index, item)) && with(&it.service.value));
            retain(&mut wishes.survive, |item, _| has(Statement::Survive(index, item)));
            if !has(Statement::MaxPerMachine(index)) {
                service.max_per_machine = None;
            }
            let demand =
                service.demand.iter().filter(|(resource, _)| has(Statement::Demand(index, (*resource).clone())));
            service.demand =
                demand.fold(Amounts::new(), |demand, (resource, amount)| demand.with(resource.clone(), amount));
        }
        for (kind, machines) in self.kinds.iter().enumerate() {
            for machine in machines {
                let machine = &mut stack.machines[*machine];
                if !has(Statement::Availability(kind)) {
                    machine.availability = Availability::Active;
                }
                if !has(Statement::Taken(kind)) {
                    machine.taken_ports.clear();
                }
            }
        }
        let rooms = self.all.iter().filter(|it| !kept.contains(it));
        for statement in rooms {
            if let Statement::Room(kind, resource) = statement {
                self.kinds[*kind].iter().for_each(|it| stack.machines[*it].room.set(resource.clone(), PLENTY));
            }
        }
        stack
    }

    /// Where a statement was made, and what it says, for people; none where no text says it.
    pub fn label(&self, stack: &Stack, statement: &Statement) -> (Option<Span>, String) {
        use Statement as S;
        let name = |service: &usize| &stack.services[*service].name;
        match statement {
            S::Replicas(service) => {
                let it = &stack.services[*service].replicas;
                let text = match it.value {
                    Replicas::Count(count) => format!("`{}`: {count} {}", name(service), containers(count)),
                    Replicas::Global => format!("`{}`: one on every machine", name(service)),
                };
                (Some(it.span), text)
            }
            S::Port(service, item) => {
                let port = &stack.services[*service].ports[*item];
                let which = port.host.map_or("a host port".to_owned(), |range| format!("host port {range}"));
                (Some(port.span), format!("each of `{}` takes {which}/{}", name(service), port.protocol))
            }
            S::Constraint(service, item) => {
                let it = &stack.services[*service].constraints[*item];
                (Some(it.span), format!("`{}` only where this is so", name(service)))
            }
            S::MaxPerMachine(service) => {
                let it = stack.services[*service].max_per_machine.as_ref();
                let most = it.map_or(0, |it| it.value);
                (it.map(|it| it.span), format!("at most {most} of `{}` on a machine", name(service)))
            }
            S::Together(service, item) => {
                let it = &stack.services[*service].together_with[*item];
                (Some(it.span), format!("`{}` only where `{}` is", name(service), it.value))
            }
            S::Volume(service, item) => {
                let it = &stack.services[*service].local_volumes[*item];
                (Some(it.span), format!("`{}` stays with its volume `{}`", name(service), it.value))
            }
            S::Spread(service, item) | S::Near(service, item) | S::Apart(service, item) | S::Survive(service, item) => {
                label_of_wish(&stack.services[*service], *item, statement)
            }
            S::Demand(service, resource) => {
                let service = &stack.services[*service];
                let amount = resource.show(service.demand.get(resource));
                let text = format!("each of `{}` wants {amount} of {resource}", service.name);
                (service.demand_spans.get(resource).copied(), text)
            }
            S::Availability(_) | S::Taken(_) | S::Room(..) => self.label_of_machines(stack, statement),
        }
    }

    fn label_of_machines(&self, stack: &Stack, statement: &Statement) -> (Option<Span>, String) {
        use Statement as S;
        let (S::Availability(kind) | S::Taken(kind) | S::Room(kind, _)) = statement else {
            return (None, String::new());
        };
        let (kind, machines) = (&self.kinds[*kind], names(stack, &self.kinds[*kind]));
        let first = &stack.machines[kind[0]];
        let text = match statement {
            S::Taken(_) => {
                let taken = first.taken_ports.iter().map(|it| format!("{} by {}", it.ports, it.holder));
                format!("ports held on {machines}: {}", taken.collect::<Vec<_>>().join(", "))
            }
            S::Room(_, resource) => {
                let each = if kind.len() > 1 { " each" } else { "" };
                format!("{machines}: room for {} of {resource}{each}", resource.show(first.room.get(resource)))
            }
            _ => format!("{machines} {}: `{}`", aside(kind), first.availability.word()),
        };
        (first.span, text)
    }

    /// The services whose statements findings point at.
    pub fn services_in(&self, stack: &Stack, findings: &[Diagnostic]) -> BTreeSet<usize> {
        let mut by_place: BTreeMap<Span, BTreeSet<usize>> = BTreeMap::new();
        for statement in &self.all {
            if let (Some(service), (Some(span), _)) = (statement.service(), self.label(stack, statement)) {
                by_place.entry(span).or_default().insert(service);
            }
        }
        for (index, service) in stack.services.iter().enumerate() {
            by_place.entry(service.span).or_default().insert(index);
        }
        let places = findings.iter().flat_map(|finding| &finding.labels).map(|label| label.span);
        places.filter_map(|place| by_place.get(&place)).flatten().copied().collect()
    }
}

/// A service of which there is nothing.
fn nothing_of(service: &Service) -> Service {
    let replicas = Spanned::new(Replicas::Count(0), service.replicas.span);
    Service { replicas, ..Service::bare(service.name.clone(), service.span) }
}

/// By service and spread, the domains that it counts, where it is to be even over them.
fn counted(stack: &Stack) -> Vec<Vec<Option<BTreeSet<String>>>> {
    if stack.services.iter().all(|service| service.wishes.spread.is_empty()) {
        return vec![Vec::new(); stack.services.len()];
    }
    let problem = Problem::new(stack, Vec::new(), Policy::default());
    let of_service = |(index, service): (usize, &Service)| {
        let among = |spread: &Spread| {
            let all = || constraints::among(&problem, spread, index).into_iter().map(str::to_owned).collect();
            spread.skew.map(|_| all())
        };
        service.wishes.spread.iter().map(among).collect()
    };
    stack.services.iter().enumerate().map(of_service).collect()
}

fn label_of_wish(service: &Service, item: usize, statement: &Statement) -> (Option<Span>, String) {
    let (wishes, name) = (&service.wishes, &service.name);
    match statement {
        Statement::Spread(..) => {
            let it = &wishes.spread[item];
            (Some(it.span), format!("`{name}` is spread over {}", it.over.word()))
        }
        Statement::Near(..) => {
            let it = &wishes.near[item];
            (Some(it.service.span), format!("`{name}` near `{}`", it.service.value))
        }
        Statement::Apart(..) => {
            let it = &wishes.apart[item];
            (Some(it.service.span), format!("`{name}` apart from `{}`", it.service.value))
        }
        _ => {
            let it = &wishes.survive[item];
            (Some(it.span), format!("{} of `{name}` survive the loss of a {}", it.keep, it.loss.word()))
        }
    }
}

fn retain<T>(list: &mut Vec<T>, keep: impl Fn(usize, &T) -> bool) {
    let mut index = 0;
    list.retain(|item| {
        index += 1;
        keep(index - 1, item)
    });
}

fn containers(count: u32) -> &'static str {
    if count == 1 { "container" } else { "containers" }
}

fn aside(machines: &[usize]) -> &'static str {
    if machines.len() == 1 { "takes nothing" } else { "take nothing" }
}

/// "m1, m2 and m3"; of many the first, the last and how many there are.
pub(super) fn names(stack: &Stack, machines: &[usize]) -> String {
    let name = |at: usize| stack.machines[machines[at]].name.as_str();
    match machines.len() {
        0 => String::new(),
        1..=4 => (0..machines.len()).map(name).collect::<Vec<_>>().join(", "),
        count => format!("{} … {} ({count} machines)", name(0), name(count - 1)),
    }
}
