//! The steps of every container's work, and what they wait for.

use std::collections::BTreeMap;

use crate::labels;
use crate::observed::ContainerState;
use crate::stack::{Condition, ContainerSpec, Mount, Stack};

use super::current::Own;
use super::graph::{Graph, Node};
use super::model::{NewContainer, Operation, Until};
use super::overlap;
use super::surroundings::Surroundings;
use super::work::{Removal, Work, container_name};

/// Facts about the files that go onto containers as labels.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The project's folder.
    pub working_dir: String,
    /// The compose files.
    pub config_files: Vec<String>,
}

/// Makes all container steps. Returns the steps after which containers have gone from each machine.
pub(super) struct Steps<'p, 'a> {
    pub stack: &'a Stack,
    pub origin: &'p Origin,
    pub works: &'p [Work<'a>],
    pub removals: &'p [Removal<'a>],
    pub graph: Graph,
    /// After these, a container of the service (by index) has been started: by index of its work.
    started: BTreeMap<usize, Node>,
    /// After these, containers have left a machine.
    pub gone: BTreeMap<usize, Vec<Node>>,
    /// These stop containers that leave a machine: whatever is new there starts after them.
    leaving: BTreeMap<usize, Vec<Node>>,
    /// Waiting for a container's condition, by index of its work.
    awaited: BTreeMap<(usize, bool), Node>,
    /// After these, a container has its proper name, by index of its work.
    named: BTreeMap<usize, Node>,
}

impl<'p, 'a> Steps<'p, 'a> {
    pub(super) fn new(
        stack: &'a Stack,
        origin: &'p Origin,
        works: &'p [Work<'a>],
        removals: &'p [Removal<'a>],
        graph: Graph,
    ) -> Self {
        Steps {
            stack,
            origin,
            works,
            removals,
            graph,
            started: BTreeMap::new(),
            gone: BTreeMap::new(),
            leaving: BTreeMap::new(),
            awaited: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// All of it.
    pub(super) fn plan(&mut self, surroundings: &Surroundings) {
        self.remove();
        for (index, work) in self.works.iter().enumerate() {
            if work.creates() {
                self.make(index, work, surroundings);
            } else {
                self.keep(index, work);
            }
        }
        self.wait_for_leaving();
        self.wait_for_dependencies();
        self.one_at_a_time();
    }

    /// What goes for good: what depends on another goes before it, as the containers themselves say.
    fn remove(&mut self) {
        let mut gone: Vec<(&Own<'_>, Option<Node>, Node)> = Vec::new();
        for removal in self.removals {
            let address = format!("container:{}:{}", removal.own.service, removal.own.number);
            let (stop, remove) = self.take_away(&address, &removal.own, &[]);
            gone.push((&removal.own, stop, remove));
        }
        for (dependent, _, removed) in &gone {
            for on in depends_on(dependent.state) {
                for (_, stop, _) in gone.iter().filter(|(other, ..)| other.service == on) {
                    stop.iter().for_each(|stop| self.graph.wait_if_possible(*stop, *removed));
                }
            }
        }
    }

    fn machine(&self, index: usize) -> &'a str {
        &self.stack.machines[index].name
    }

    /// Stops a container if it runs, and removes it. Returns (stop, remove).
    fn take_away(&mut self, address: &str, own: &Own<'_>, before: &[Node]) -> (Option<Node>, Node) {
        let (id, name) = (own.state.id.clone(), own.state.name.clone());
        let machine = self.machine(own.machine);
        let stop = own
            .state
            .is_up()
            .then(|| self.graph.add(address, machine, Operation::Stop { id: id.clone(), name: name.clone() }, before));
        let before = stop.as_slice();
        let remove = self.graph.add(address, machine, Operation::Remove { id, name }, before);
        self.gone.entry(own.machine).or_default().push(remove);
        self.leaving.entry(own.machine).or_default().extend(stop);
        (stop, remove)
    }

    /// A container that is as it shall be: leftovers go, it gets its name, it is started.
    fn keep(&mut self, index: usize, work: &Work<'_>) {
        let Some(kept) = work.kept else { return };
        let address = work.address();
        let mut before: Vec<Node> = work.old.iter().map(|old| self.take_away(&address, old, &[]).1).collect();
        let machine = self.machine(work.machine);
        if work.renames_kept() {
            let rename = Operation::Rename { from: kept.state.name.clone(), to: work.name.clone() };
            let rename = self.graph.add(&address, machine, rename, &before);
            self.named.insert(index, rename);
            before = vec![rename];
        }
        if work.starts_kept(self.completes(work)) {
            let start = Operation::Start { name: work.name.clone() };
            let start = self.graph.add(&address, machine, start, &before);
            self.started.insert(index, start);
        }
    }

    /// A new container. In place of another: made under a temporary name, so that a bad image or setting shows before
    /// the old one stops. From another machine: the old one is removed only when the new one has started.
    fn make(&mut self, index: usize, work: &Work<'_>, surroundings: &Surroundings) {
        let new = Box::new(self.new_container(work));
        let name = new.name.clone();
        let create = Operation::CreateContainer(new);
        let create = self.graph.add(&work.address(), self.machine(work.machine), create, &surroundings.of(work));
        if overlap::is_possible(self.stack, self.works, self.removals, work) {
            self.start_first(index, work, name, create);
        } else {
            self.stop_first(index, work, name, create);
        }
    }

    fn stop_first(&mut self, index: usize, work: &Work<'_>, name: String, create: Node) {
        let (address, machine) = (work.address(), self.machine(work.machine));
        let mut before = vec![create];
        let mut away = Vec::new();
        for old in &work.old {
            let (stop, remove) = self.take_away(&address, old, &[create]);
            self.graph.wait(remove, create);
            before.extend(stop);
            if old.machine == work.machine {
                before.push(remove);
            } else {
                away.push(remove);
            }
        }
        if name != work.name {
            let rename = Operation::Rename { from: name, to: work.name.clone() };
            before = vec![self.graph.add(&address, machine, rename, &before)];
        }
        let start = self.graph.add(&address, machine, Operation::Start { name: work.name.clone() }, &before);
        for remove in away {
            self.graph.wait(remove, start);
        }
        self.started.insert(index, start);
    }

    /// The new one serves before the old one stops: healthy, where its health is tested.
    fn start_first(&mut self, index: usize, work: &Work<'_>, name: String, create: Node) {
        let (address, machine) = (work.address(), self.machine(work.machine));
        let start = self.graph.add(&address, machine, Operation::Start { name: name.clone() }, &[create]);
        self.started.insert(index, start);
        let mut serves = start;
        if work
            .service
            .container
            .healthcheck
            .as_ref()
            .is_some_and(|check| check.test.first().is_none_or(|it| it != "NONE"))
        {
            let until = Until::Healthy;
            serves = self.graph.add(&address, machine, Operation::Await { name: name.clone(), until }, &[start]);
            self.awaited.insert((index, true), serves);
        }
        let mut gone = Vec::new();
        for old in &work.old {
            let (_, remove) = self.take_away(&address, old, &[serves]);
            self.graph.wait(remove, serves);
            gone.push(remove);
        }
        if name != work.name {
            let rename = Operation::Rename { from: name, to: work.name.clone() };
            self.named.insert(index, self.graph.add(&address, machine, rename, &gone));
        }
    }

    /// Room and ports on a machine are free only when what leaves it has stopped.
    fn wait_for_leaving(&mut self) {
        for (index, start) in &self.started {
            for stop in self.leaving.get(&self.works[*index].machine).into_iter().flatten() {
                self.graph.wait_if_possible(*start, *stop);
            }
        }
    }

    /// A start waits for what the service depends on, as far as that is started by this plan, or is not healthy yet.
    fn wait_for_dependencies(&mut self) {
        let starts: Vec<(usize, Node)> = self.started.iter().map(|(index, node)| (*index, *node)).collect();
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
        let key = (index, until == Until::Healthy);
        if let Some(node) = self.awaited.get(&key) {
            return Some(*node);
        }
        let operation = Operation::Await { name: work.name.clone(), until };
        let before: Vec<Node> = started.into_iter().chain(self.named.get(&index).copied()).collect();
        let node = self.graph.add(&work.address(), self.machine(work.machine), operation, &before);
        self.awaited.insert(key, node);
        Some(node)
    }

    /// Replicas of a service are replaced or moved one after the other, so that the others go on serving.
    fn one_at_a_time(&mut self) {
        let mut last: BTreeMap<usize, Node> = BTreeMap::new();
        for (index, work) in self.works.iter().enumerate() {
            let running = work.old.iter().any(|old| old.state.is_up());
            let Some(start) = self.started.get(&index).copied().filter(|_| work.creates() && running) else { continue };
            if let Some(before) = last.get(&work.index).copied() {
                for stop in self.stops_of(work) {
                    self.graph.wait_if_possible(stop, before);
                }
            }
            let healthy = self.awaited.get(&(index, true)).copied();
            last.insert(work.index, healthy.unwrap_or(start));
        }
    }

    fn stops_of(&self, work: &Work<'_>) -> Vec<Node> {
        let ids: Vec<&str> = work.old.iter().map(|old| old.state.id.as_str()).collect();
        self.graph.find(|operation| matches!(operation, Operation::Stop { id, .. } if ids.contains(&id.as_str())))
    }

    /// Whether others wait for this service's containers to run to their end.
    pub(super) fn completes(&self, work: &Work<'_>) -> bool {
        completes(self.stack, &work.service.name)
    }

    fn new_container(&self, work: &Work<'_>) -> NewContainer {
        let taken: Vec<&str> =
            work.old.iter().filter(|old| old.machine == work.machine).map(|old| old.state.name.as_str()).collect();
        let free = |name: &String| !taken.contains(&name.as_str());
        let temporary =
            || (1..).map(|n| format!("{}_{n}_{}", &work.hash[..8], work.name)).find(free).unwrap_or_default();
        NewContainer {
            name: Some(work.name.clone()).filter(free).unwrap_or_else(temporary),
            final_name: work.name.clone(),
            spec: with_data_of_old(self.with_hosts_named(work), work),
            ports: work.ports.clone(),
            labels: self.labels(work),
        }
    }

    /// `service:db` names, on the engine, the container of `db` on the same machine.
    fn with_hosts_named(&self, work: &Work<'_>) -> ContainerSpec {
        let mut spec = work.service.container.clone();
        let beside = |name: &str| {
            let work = self.works.iter().find(|it| it.service.name == name && it.machine == work.machine)?;
            Some(container_name(self.stack, work.service, work.number))
        };
        for mode in [&mut spec.network_mode, &mut spec.pid, &mut spec.ipc] {
            let container = mode.as_deref().and_then(|mode| mode.strip_prefix("service:")).and_then(beside);
            if let Some(container) = container {
                *mode = Some(format!("container:{container}"));
            }
        }
        for from in &mut spec.volumes_from {
            let (name, rest) = from.split_once(':').map_or((from.as_str(), ""), |(name, rest)| (name, rest));
            if let Some(container) = beside(name) {
                *from = if rest.is_empty() { container } else { format!("{container}:{rest}") };
            } else if name == "container" {
                *from = rest.to_owned();
            }
        }
        spec
    }

    fn labels(&self, work: &Work<'_>) -> BTreeMap<String, String> {
        let depends_on = work.service.depends_on.iter().map(|dependency| {
            let condition = match dependency.condition {
                Condition::Started => "service_started",
                Condition::Healthy => "service_healthy",
                Condition::Completed => "service_completed_successfully",
            };
            format!("{}:{condition}:{}", dependency.service, dependency.restart)
        });
        let ours = [
            (labels::PROJECT, self.stack.project.clone()),
            (labels::SERVICE, work.service.name.clone()),
            (labels::NUMBER, work.number.to_string()),
            (labels::ONEOFF, "False".to_owned()),
            (labels::CONFIG_HASH, work.hash.clone()),
            (labels::WORKING_DIR, self.origin.working_dir.clone()),
            (labels::CONFIG_FILES, self.origin.config_files.join(",")),
            (labels::DEPENDS_ON, depends_on.collect::<Vec<_>>().join(",")),
            (labels::IMAGE, work.service.container.image.clone()),
            (labels::VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (labels::PLANNER_VERSION, env!("CARGO_PKG_VERSION").to_owned()),
            (labels::RESERVED, serde_json::to_string(&work.service.demand).unwrap_or_default()),
        ];
        let mut all = work.service.container.labels.clone();
        all.extend(ours.map(|(key, value)| (key.to_owned(), value)));
        all
    }
}

/// What the container that is replaced keeps in volumes without a name goes on in the new one, as docker compose has it.
fn with_data_of_old(mut spec: ContainerSpec, work: &Work<'_>) -> ContainerSpec {
    let here = work.old.iter().filter(|old| old.machine == work.machine);
    for volume in here.flat_map(|old| &old.state.anonymous_volumes) {
        let same = |mount: &Mount| mount.target == volume.target;
        match spec.mounts.iter_mut().find(|mount| same(mount)) {
            Some(mount) if mount.kind == "volume" && mount.source.is_empty() => mount.source.clone_from(&volume.name),
            Some(_) => {}
            None => spec.mounts.push(Mount {
                kind: "volume".to_owned(),
                source: volume.name.clone(),
                target: volume.target.clone(),
                ..Mount::default()
            }),
        }
    }
    spec
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
