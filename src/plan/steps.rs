//! The steps of every container's work, and what they wait for.

use std::collections::BTreeMap;

use crate::labels;
use crate::observed::{ContainerState, Observed};
use crate::stack::{Condition, OnFailure, Stack};

use super::container::Origin;
use super::current::{Own, name_aside};
use super::graph::{Graph, Node};
use super::model::{NewContainer, Operation, Until, When};
use super::order::Order;
use super::rollout::milliseconds;
use super::surroundings::Surroundings;
use super::work::{Removal, Work, hosts_named, previous_address};

/// Makes all container steps. Returns the steps after which containers have gone from each machine.
pub(super) struct Steps<'p, 'a> {
    pub stack: &'a Stack,
    pub origin: &'p Origin,
    pub works: &'p [Work<'a>],
    pub removals: &'p [Removal<'a>],
    pub order: &'p Order<'a>,
    pub graph: Graph,
    /// The steps that make a new container, or stop, start and await one, by index of its work.
    pub replaced: BTreeMap<usize, Replaced>,
    /// These start a container, by index of its work.
    pub(super) starts: BTreeMap<usize, Node>,
    /// After these, it has been started, and what is to be run in it then has ended; by index of its work.
    pub(super) started: BTreeMap<usize, Node>,
    /// After these, containers have left a machine.
    pub gone: BTreeMap<usize, Vec<Node>>,
    /// The running containers that leave a machine: whatever needs their room there starts after they have stopped.
    pub(super) leaving: BTreeMap<usize, Vec<Leaving>>,
    /// What passes through another machine, by index of its work.
    pub(super) passing: BTreeMap<usize, Passing>,
    /// After these, a container knows other versions of its files, by index of its work.
    reloaded: BTreeMap<usize, Node>,
    /// With these, what goes for good begins to, by the container's id.
    removals_begin: BTreeMap<String, Node>,
    /// These remove what was set aside before, by the address of what takes its place.
    removed: BTreeMap<String, Vec<Node>>,
    /// Waiting for a container's condition, by index of its work.
    awaited: BTreeMap<(usize, Until), Node>,
    /// After these, a container has its proper name, by index of its work.
    named: BTreeMap<usize, Node>,
}

/// A running container that leaves a machine.
#[derive(Clone, Copy)]
pub(super) struct Leaving {
    /// The first step of that.
    pub begin: Node,
    /// Stops it.
    pub stop: Node,
    /// The work that it is an old one of, by index.
    pub of: Option<usize>,
    /// Index of its service, where the files know it.
    pub service: Option<usize>,
}

/// The steps of a container that is on another machine meanwhile.
pub(super) struct Passing {
    /// Starts it there.
    pub start: Node,
    /// After this, it serves there.
    pub serves: Node,
    /// Stops it there.
    pub stop: Node,
    /// Removes it.
    pub gone: Node,
}

/// The steps in which a container goes.
pub(super) struct TakenAway {
    /// The first: what is to be run before it stops, or the stop.
    begin: Node,
    /// Stops it; none where it does not run.
    stop: Option<Node>,
    /// Removes it, or gives it the name under which it is set aside.
    pub last: Node,
}

/// The steps in which one container takes another's place.
pub(super) struct Replaced {
    /// Makes it; none for one that comes back.
    pub made: Option<Node>,
    /// The first ones that others notice: the old one stops, or the new one starts beside it.
    pub begins: Vec<Node>,
    /// After this, it is well.
    pub well: Node,
}

impl<'p, 'a> Steps<'p, 'a> {
    pub(super) fn new(
        stack: &'a Stack,
        origin: &'p Origin,
        works: &'p [Work<'a>],
        removals: &'p [Removal<'a>],
        order: &'p Order<'a>,
        graph: Graph,
    ) -> Self {
        Steps {
            stack,
            origin,
            works,
            removals,
            order,
            graph,
            replaced: BTreeMap::new(),
            starts: BTreeMap::new(),
            started: BTreeMap::new(),
            gone: BTreeMap::new(),
            leaving: BTreeMap::new(),
            passing: BTreeMap::new(),
            removed: BTreeMap::new(),
            removals_begin: BTreeMap::new(),
            reloaded: BTreeMap::new(),
            awaited: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// All of it.
    pub(super) fn plan(&mut self, surroundings: &Surroundings, observed: &Observed) {
        self.remove();
        for (index, work) in self.works.iter().enumerate() {
            if work.replaces() {
                self.replace(index, work, surroundings);
            } else {
                self.remove_previous(work, &[]);
                self.keep(index, work);
            }
        }
        self.wait_for_hosts();
        self.wait_for_leaving();
        self.copy_volumes(surroundings, observed);
        self.wait_for_what_may_return();
        self.stop_when_there_is_room();
        self.wait_for_dependencies();
        self.in_groups();
        self.wait_for_proxies();
    }

    /// What goes for good: what depends on another goes before it, as the containers themselves say.
    fn remove(&mut self) {
        let mut gone: Vec<(&Own<'_>, TakenAway)> = Vec::new();
        for removal in self.removals {
            let taken = self.take_away(&removal.address(self.stack), &removal.own, &[], None);
            self.removals_begin.insert(removal.own.state.id.clone(), taken.begin);
            gone.push((&removal.own, taken));
        }
        for (dependent, removed) in &gone {
            for on in depends_on(dependent.state) {
                for (_, taken) in gone.iter().filter(|(other, taken)| other.service == on && taken.stop.is_some()) {
                    self.graph.wait_if_possible(taken.begin, removed.last);
                }
            }
        }
    }

    /// The step that starts a container, by the index of its work.
    pub(super) fn start_of(&self, index: usize) -> Option<Node> {
        self.starts.get(&index).copied()
    }

    pub(super) fn machine(&self, index: usize) -> &'a str {
        &self.stack.machines[index].name
    }

    /// Stops a container if it runs, and removes it; the one that a work sets aside gets another name instead.
    pub(super) fn take_away(
        &mut self,
        address: &str,
        own: &Own<'_>,
        before: &[Node],
        index: Option<usize>,
    ) -> TakenAway {
        let (id, name) = (own.state.id.clone(), own.state.name.clone());
        let machine = self.machine(own.machine);
        let (mut before, mut begin) = (before.to_vec(), None);
        let hooks = self.stack.pre_stop.get(own.service).into_iter().flatten().filter(|_| own.state.is_up());
        for hook in hooks {
            let exec = Operation::Exec { name: name.clone(), hook: hook.clone(), at: When::Stopping };
            before = vec![self.graph.add(address, machine, exec, &before)];
            begin = begin.or(before.first().copied());
        }
        let before = before.as_slice();
        let stop = own
            .state
            .is_up()
            .then(|| self.graph.add(address, machine, Operation::Stop { id: id.clone(), name: name.clone() }, before));
        let aside = index.map(|index| &self.works[index]).filter(|work| work.aside == Some(&own.state.id));
        let last = match aside {
            Some(work) => Operation::Rename { from: name, to: name_aside(&work.name, own) },
            None => Operation::Remove { id, name },
        };
        let before = if stop.is_some() { stop.as_slice() } else { before };
        let last = self.graph.add(address, machine, last, before);
        for removed in self.removed.get(address).into_iter().flatten().filter(|_| aside.is_some()) {
            self.graph.wait(last, *removed);
        }
        if aside.is_none() {
            self.gone.entry(own.machine).or_default().push(last);
        }
        let begin = begin.or(stop).unwrap_or(last);
        let service = self.stack.services.iter().position(|service| service.name == own.service);
        let leaving = |stop| Leaving { begin, stop, of: index, service };
        self.leaving.entry(own.machine).or_default().extend(stop.map(leaving));
        TakenAway { begin, stop, last }
    }

    /// A container that is as it shall be: leftovers go, it gets its name, it is started.
    fn keep(&mut self, index: usize, work: &Work<'_>) {
        let Some(kept) = work.kept else { return };
        let address = work.address();
        let mut before: Vec<Node> =
            work.old.iter().map(|old| self.take_away(&address, old, &[], Some(index)).last).collect();
        let machine = self.machine(work.machine);
        if work.reloads() {
            let files = &work.spec().files;
            let files = files.iter().filter(|file| file.reload.is_some()).cloned().collect();
            let reload = Operation::Reload { name: kept.state.name.clone(), files };
            let reload = self.graph.add(&address, machine, reload, &before);
            self.reloaded.insert(index, reload);
            before = vec![reload];
        }
        if work.renames_kept() {
            let rename = Operation::Rename { from: kept.state.name.clone(), to: work.name.clone() };
            let rename = self.graph.add(&address, machine, rename, &before);
            self.named.insert(index, rename);
            before = vec![rename];
        }
        if let Some(settings) = &work.restores {
            let update = Operation::Update { name: work.name.clone(), settings: settings.clone() };
            before = vec![self.graph.add(&address, machine, update, &before)];
        }
        if work.starts_kept(self.completes(work)) {
            let (_, started) = self.start(index, work, &work.name, &before);
            self.started.insert(index, started);
        }
    }

    /// What was set aside before goes before another is, so that there is never more than one.
    fn remove_previous(&mut self, work: &Work<'_>, before: &[Node]) {
        for own in &work.previous {
            let (id, name) = (own.state.id.clone(), own.state.name.clone());
            let address = previous_address(self.stack, own);
            let remove = self.graph.add(&address, self.machine(own.machine), Operation::Remove { id, name }, before);
            self.gone.entry(own.machine).or_default().push(remove);
            self.removed.entry(work.address()).or_default().push(remove);
        }
    }

    /// Another container, new or one that was set aside. In place of one: made under a temporary name, so that a bad image
    /// or setting shows before the old one stops. From another machine: the old one goes only when the new one has started.
    fn replace(&mut self, index: usize, work: &Work<'_>, surroundings: &Surroundings) {
        let (made, name) = match work.kept {
            Some(kept) => (None, kept.state.name.clone()),
            None => {
                let new = Box::new(self.new_container(work));
                let name = new.name.clone();
                let (address, machine) = (work.address(), self.machine(work.machine));
                let create = Operation::CreateContainer(new);
                (Some(self.graph.add(&address, machine, create, &surroundings.of(work))), name)
            }
        };
        self.remove_previous(work, made.as_slice());
        let (begins, well) = if let Some(passing) = self.order.passing.get(&index) {
            self.pass_through((index, work), passing, name, (made, surroundings))
        } else if self.order.is_start_first(index) {
            self.start_first(index, work, name, made)
        } else {
            self.stop_first(index, work, name, made)
        };
        self.replaced.insert(index, Replaced { made, begins, well });
    }

    fn stop_first(&mut self, index: usize, work: &Work<'_>, name: String, made: Option<Node>) -> (Vec<Node>, Node) {
        let (address, machine) = (work.address(), self.machine(work.machine));
        let mut before: Vec<Node> = made.into_iter().collect();
        let (mut begins, mut away) = (Vec::new(), Vec::new());
        for old in &work.old {
            let taken = self.take_away(&address, old, made.as_slice(), Some(index));
            begins.push(taken.begin);
            before.extend(taken.stop);
            if old.machine == work.machine {
                before.push(taken.last);
            } else {
                away.push(taken.last);
            }
        }
        if name != work.name {
            let rename = Operation::Rename { from: name, to: work.name.clone() };
            before = vec![self.graph.add(&address, machine, rename, &before)];
        }
        let (_, started) = self.start(index, work, &work.name, &before);
        for gone in away {
            self.graph.wait(gone, started);
        }
        self.started.insert(index, started);
        let well = if self.awaits_well(work) { self.well(index, work, &work.name, started) } else { started };
        (begins, well)
    }

    /// The new one serves before the old one stops.
    fn start_first(&mut self, index: usize, work: &Work<'_>, name: String, made: Option<Node>) -> (Vec<Node>, Node) {
        let (address, machine) = (work.address(), self.machine(work.machine));
        let (start, started) = self.start(index, work, &name, made.as_slice());
        self.started.insert(index, started);
        let serves = self.well(index, work, &name, started);
        let mut gone = Vec::new();
        for old in &work.old {
            gone.push(self.take_away(&address, old, &[serves], Some(index)).last);
        }
        if name != work.name {
            let rename = Operation::Rename { from: name, to: work.name.clone() };
            self.named.insert(index, self.graph.add(&address, machine, rename, &gone));
        }
        (vec![start], serves)
    }

    /// Starts a container, and runs in it what is to be run then. Returns the start, and the step after which all is done.
    pub(super) fn start(&mut self, index: usize, work: &Work<'_>, name: &str, before: &[Node]) -> (Node, Node) {
        let (address, machine) = (work.address(), self.machine(work.machine));
        // One that is there by this name is not made by this plan.
        let new = || Box::new(NewContainer { name: name.to_owned(), ..self.new_container(work) });
        let anew = work.kept.filter(|kept| !kept.is_set_aside()).map(|_| new());
        let start = self.graph.add(&address, machine, Operation::Start { name: name.to_owned(), anew }, before);
        self.starts.insert(index, start);
        let mut last = start;
        for hook in &work.service.post_start {
            let exec = Operation::Exec { name: name.to_owned(), hook: hook.clone(), at: When::Started };
            last = self.graph.add(&address, machine, exec, &[last]);
        }
        (start, last)
    }

    /// Whether others look at how a container is that takes another's place: its service's next ones, or who takes it back.
    fn awaits_well(&self, work: &Work<'_>) -> bool {
        let update = &work.service.update;
        let several = self.works.iter().filter(|it| it.index == work.index && it.replaces()).count() > 1;
        work.replaces_running()
            && !self.completes(work)
            && (several || !update.monitor.is_zero() || update.on_failure == OnFailure::Rollback)
    }

    /// The step after which a container that was started is well: healthy, where its health is tested, and after that as
    /// long as it is to be looked at.
    pub(super) fn well(&mut self, index: usize, work: &Work<'_>, name: &str, start: Node) -> Node {
        let (address, machine) = (work.address(), self.machine(work.machine));
        let tested = work.creates() && work.spec().tests_health();
        let until = if tested { Until::Healthy } else { Until::Ready };
        let wait = Operation::Await { name: name.to_owned(), until };
        let wait = self.graph.add(&address, machine, wait, &[start]);
        self.awaited.insert((index, until), wait);
        let milliseconds = milliseconds(work.service.update.monitor);
        if milliseconds == 0 {
            return wait;
        }
        self.graph.add(&address, machine, Operation::Watch { name: name.to_owned(), milliseconds }, &[wait])
    }

    /// What lives with another container names it when it is made: that one must have its name by then.
    fn wait_for_hosts(&mut self) {
        for (index, replaced) in &self.replaced {
            let work = &self.works[*index];
            let hosts = hosts_named(work.service);
            let starts = self.starts.iter().filter(|(other, _)| {
                let other = &self.works[**other];
                other.machine == work.machine && hosts.contains(&other.service.name.as_str())
            });
            for (made, (_, start)) in replaced.made.iter().flat_map(|made| starts.clone().map(move |it| (made, it))) {
                self.graph.wait_if_possible(*made, *start);
            }
        }
    }

    /// What proxies know of stops only when they know what takes its place.
    fn wait_for_proxies(&mut self) {
        let wells = self.replaced.iter().map(|(index, replaced)| (*index, replaced.well));
        let wells: Vec<(usize, Node)> =
            wells.chain(self.reloaded.iter().map(|(index, node)| (*index, *node))).collect();
        let works = self.works;
        for (index, well) in wells.into_iter().filter(|(index, _)| !works[*index].service.forwards_to.is_empty()) {
            let known = |service: &str| works[index].service.forwards_to.iter().any(|it| it == service);
            let mut stops: Vec<Node> = Vec::new();
            for Leaving { begin, of, .. } in self.leaving.values().flatten() {
                let elsewhere = |of: &Work<'_>, old: &Own<'_>| old.machine != of.machine || !old.has_ports(&of.ports);
                let moves = |of: &Work<'_>| known(&of.service.name) && of.old.iter().any(|old| elsewhere(of, old));
                stops.extend(of.filter(|of| moves(&works[*of])).map(|_| *begin));
            }
            for removal in self.removals.iter().filter(|it| known(it.own.service)) {
                stops.extend(self.removals_begin.get(&removal.own.state.id).copied());
            }
            stops.into_iter().for_each(|stop| self.graph.wait_if_possible(stop, well));
        }
    }

    /// A start waits for what the service depends on, as far as that is started by this plan, or is not healthy yet.
    fn wait_for_dependencies(&mut self) {
        let starts = self.starts.iter().chain(&self.reloaded);
        let starts: Vec<(usize, Node)> = starts.map(|(index, node)| (*index, *node)).collect();
        for (index, start) in starts {
            for dependency in &self.works[index].service.depends_on {
                for other in 0..self.works.len() {
                    if self.works[other].service.name != dependency.service {
                        continue;
                    }
                    if let Some(ready) = self.ready(other, dependency.condition) {
                        self.graph.wait_if_possible(start, ready);
                    }
                }
            }
        }
    }

    /// The step after which a container is as its dependents want it; none when it is already.
    fn ready(&mut self, index: usize, condition: Condition) -> Option<Node> {
        let work = &self.works[index];
        let started = self.started.get(&index).copied();
        let until = match condition {
            Condition::Started => return started,
            Condition::Healthy => Until::Healthy,
            Condition::Completed => Until::Completed,
        };
        let healthy = |state: &ContainerState| state.health.as_deref() == Some("healthy");
        if started.is_none() && until == Until::Healthy && work.kept.is_some_and(|own| healthy(own.state)) {
            return None;
        }
        if let Some(node) = self.awaited.get(&(index, until)) {
            return Some(*node);
        }
        let operation = Operation::Await { name: work.name.clone(), until };
        let before: Vec<Node> = started.into_iter().chain(self.named.get(&index).copied()).collect();
        let node = self.graph.add(&work.address(), self.machine(work.machine), operation, &before);
        self.awaited.insert((index, until), node);
        Some(node)
    }

    /// Whether others wait for this service's containers to run to their end.
    pub(super) fn completes(&self, work: &Work<'_>) -> bool {
        completes(self.stack, &work.service.name)
    }
}

/// The services that a container was made to depend on: `db:service_healthy:false,kv:service_started:true`.
fn depends_on(container: &ContainerState) -> impl Iterator<Item = &str> {
    let all = container.label(labels::DEPENDS_ON).unwrap_or_default().split(',');
    all.filter_map(|one| one.split(':').next()).filter(|name| !name.is_empty())
}

/// Whether some service waits for this one to run to its end: then having ended is as good as running.
pub(super) fn completes(stack: &Stack, service: &str) -> bool {
    let waits = |it: &crate::stack::Dependency| it.service == service && it.condition == Condition::Completed;
    stack.services.iter().any(|other| other.depends_on.iter().any(waits))
}
