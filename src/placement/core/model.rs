//! The integer program of a problem, or of a neighbourhood of an answer: some machines are free, all else stays.
//!
//! For each group and machine that may go together there is one variable, the number of the group's containers there:
//! counts, not one variable for each container, which solvers find far harder.

use std::collections::BTreeMap;

use super::instance::Instance;
use super::program::{Program, Terms, Variable};
use super::rules;
use super::state::State;

/// What is free.
#[derive(Debug)]
pub struct Scope<'s, 'a> {
    /// The answer around it.
    pub state: &'s State<'a>,
    /// The machines whose content is free, ascending.
    pub machines: Vec<usize>,
    /// The groups that may be put on them, ascending: all that are there, and what has no place yet.
    pub groups: Vec<usize>,
    /// The groups, ascending, whose containers without a place may be put here.
    pub granted: Vec<usize>,
    /// Whether containers may be left without a place, at a price.
    pub open: bool,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// All machines and all groups.
    pub fn whole(state: &'s State<'a>, open: bool) -> Self {
        let machines = (0..state.instance.machines.len()).collect();
        let groups: Vec<usize> = (0..state.instance.groups.len()).collect();
        Scope { state, machines, granted: groups.clone(), groups, open }
    }

    /// Some machines, all that is on them, and what has no place of the groups `granted`.
    pub fn around(state: &'s State<'a>, mut machines: Vec<usize>, mut granted: Vec<usize>, open: bool) -> Self {
        granted.sort_unstable();
        machines.sort_unstable();
        machines.dedup();
        let there = machines.iter().flat_map(|machine| state.on(*machine)).map(|(group, _)| *group as usize);
        let mut groups: Vec<usize> = there.chain(granted.iter().copied()).collect();
        groups.sort_unstable();
        groups.dedup();
        Scope { state, machines, groups, granted, open }
    }

    /// The group's containers without a place that may be put here.
    pub fn granted(&self, group: usize) -> u32 {
        if self.granted.binary_search(&group).is_ok() { self.state.left(group) } else { 0 }
    }

    /// How many of the group are to be on these machines.
    pub fn wanted(&self, group: usize) -> u32 {
        let here: u32 = self.machines.iter().map(|machine| self.state.count(group, *machine)).sum();
        here + self.granted(group)
    }
}

/// A program in the making.
#[derive(Debug)]
pub struct Model<'s, 'a> {
    /// What is free.
    pub scope: Scope<'s, 'a>,
    /// Variables and rows.
    pub program: Program,
    /// By the group's and the machine's place in the scope.
    counts: Vec<Vec<Option<Variable>>>,
    /// Containers without a place, by the group's place in the scope.
    unplaced: Vec<Option<Variable>>,
    gone: BTreeMap<(usize, usize), Variable>,
    services: BTreeMap<usize, Vec<usize>>,
}

impl<'s, 'a> Model<'s, 'a> {
    /// Variables, and the rows of all rules.
    pub fn new(scope: Scope<'s, 'a>) -> Self {
        let instance = scope.state.instance;
        let mut program = Program::default();
        let (mut counts, mut unplaced) = (Vec::new(), Vec::new());
        let mut services: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (place, group) in scope.groups.iter().enumerate() {
            let wanted = scope.wanted(*group);
            let row = scope.machines.iter().map(|machine| match instance.most(*group, *machine).min(wanted) {
                0 => None,
                most => Some(program.variable(0.0, f64::from(most), true)),
            });
            let row: Vec<Option<Variable>> = row.collect();
            let mut terms: Terms = row.iter().flatten().map(|it| (*it, 1.0)).collect();
            let open = scope.open.then(|| program.variable(0.0, f64::from(wanted), true));
            terms.extend(open.map(|it| (it, 1.0)));
            program.equal(terms, f64::from(wanted));
            counts.push(row);
            unplaced.push(open);
            services.entry(instance.groups[*group].service).or_default().push(place);
        }
        let mut model = Model { scope, program, counts, unplaced, gone: BTreeMap::new(), services };
        for rule in rules::ALL {
            rule.rows(&mut model);
        }
        model
    }

    /// The problem.
    pub fn instance(&self) -> &'a Instance {
        self.scope.state.instance
    }

    /// The services in scope.
    pub fn services(&self) -> Vec<usize> {
        self.services.keys().copied().collect()
    }

    /// Whether a service has groups in scope.
    pub fn has(&self, service: usize) -> bool {
        self.services.contains_key(&service)
    }

    /// The place of a group in the scope.
    pub fn place(&self, group: usize) -> Option<usize> {
        self.scope.groups.binary_search(&group).ok()
    }

    /// The number of a group's containers on a machine, both by their places in the scope.
    pub fn count(&self, place: usize, slot: usize) -> Option<Variable> {
        self.counts[place][slot]
    }

    /// The number of the service's containers on a machine of the scope.
    pub fn service_terms(&self, service: usize, slot: usize) -> Terms {
        let places = self.services.get(&service).into_iter().flatten();
        places.filter_map(|place| Some((self.counts[*place][slot]?, 1.0))).collect()
    }

    /// The number of the service's containers on the scope's machines of a domain.
    pub fn domain_terms(&self, service: usize, topology: usize, domain: u32) -> Terms {
        let of = &self.instance().topologies[topology].of;
        let slots = (0..self.scope.machines.len()).filter(|slot| of[self.scope.machines[*slot]] == domain);
        slots.flat_map(|slot| self.service_terms(service, slot)).collect()
    }

    /// The service's containers in a domain that are on machines outside of the scope.
    pub fn outside(&self, service: usize, topology: usize, domain: u32) -> u32 {
        let of = &self.instance().topologies[topology].of;
        let here = self.scope.machines.iter().filter(|machine| of[**machine] == domain);
        let here: u32 = here.map(|machine| self.scope.state.service_on(service, *machine)).sum();
        self.scope.state.in_domain(service, topology, domain) - here
    }

    /// The domains of a topology that the scope's machines are in, ascending.
    pub fn domains(&self, topology: usize) -> Vec<u32> {
        let of = &self.instance().topologies[topology].of;
        let mut domains: Vec<u32> = self.scope.machines.iter().map(|machine| of[*machine]).collect();
        domains.sort_unstable();
        domains.dedup();
        domains
    }

    /// What the containers on a machine use of a resource.
    pub fn load_terms(&self, slot: usize, resource: usize) -> Terms {
        let groups = &self.instance().groups;
        let demand = |place: usize| groups[self.scope.groups[place]].demand[resource];
        let places = (0..self.counts.len()).filter(|place| demand(*place) != 0);
        places.filter_map(|place| Some((self.counts[place][slot]?, demand(place) as f64))).collect()
    }

    /// How many of the group leave the machine: a variable, or, where there is no choice, the number.
    pub fn gone(&mut self, group: usize, slot: usize) -> (Option<Variable>, u32) {
        let machine = self.scope.machines[slot];
        let current = self.instance().current(group, machine);
        let count = self.place(group).and_then(|place| self.counts[place][slot]);
        let Some(count) = count.filter(|_| current > 0) else { return (None, current) };
        if let Some(known) = self.gone.get(&(group, slot)) {
            return (Some(*known), 0);
        }
        let gone = self.program.variable(0.0, f64::from(current), false);
        self.program.at_least(vec![(gone, 1.0), (count, 1.0)], f64::from(current));
        self.gone.insert((group, slot), gone);
        (Some(gone), 0)
    }

    /// The service's containers that will have no place: those of this scope, and how many others.
    pub fn unplaced_of(&self, service: usize) -> (Terms, u32) {
        let places = self.services.get(&service).into_iter().flatten();
        let terms = places.clone().filter_map(|place| Some((self.unplaced[*place]?, 1.0))).collect();
        let granted: u32 = places.map(|place| self.scope.granted(self.scope.groups[*place])).sum();
        (terms, self.scope.state.left_of(service) - granted)
    }

    /// What containers without a place cost.
    pub fn unplaced_terms(&self, price: impl Fn(usize) -> f64) -> Terms {
        let open = self.unplaced.iter().zip(&self.scope.groups);
        open.filter_map(|(open, group)| Some(((*open)?, price(*group)))).collect()
    }

    /// A full assignment of the variables that says what the state says; those that are not counts have the value
    /// that a solver is to find.
    pub fn start(&self) -> Vec<(Variable, f64)> {
        let mut start = Vec::new();
        for (place, group) in self.scope.groups.iter().enumerate() {
            for (slot, machine) in self.scope.machines.iter().enumerate() {
                let count = f64::from(self.scope.state.count(*group, *machine));
                start.extend(self.counts[place][slot].map(|it| (it, count)));
            }
            start.extend(self.unplaced[place].map(|it| (it, f64::from(self.scope.granted(*group)))));
        }
        start
    }

    /// What an assignment of the variables says: group, machine, count.
    pub fn read(&self, values: &[f64]) -> Vec<(usize, usize, u32)> {
        let mut found = Vec::new();
        for (place, group) in self.scope.groups.iter().enumerate() {
            for (slot, machine) in self.scope.machines.iter().enumerate() {
                if let Some(variable) = self.counts[place][slot] {
                    let count = values[variable.0].round().max(0.0) as u32;
                    if count > 0 {
                        found.push((*group, *machine, count));
                    }
                }
            }
        }
        found
    }
}
