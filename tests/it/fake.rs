//! A cluster in memory: a small simulation of engines, with names, ports, networks and volumes that clash as real ones do.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use planner::apply::{Outcome, apply};
use planner::cluster::{Cluster, ClusterError, STEPS_AT_ONCE, Token, Tokens};
use planner::labels;
use planner::observed::{ContainerState, FORMAT_VERSION, MachineState, NetworkState, Observed, VolumeState};
use planner::plan::{NewContainer, Operation, Plan, Until};
use planner::units::Amounts;

/// Engines by machine name. What is done shows in [`FakeCluster::log`]; what is in [`FakeCluster::fail`] fails.
#[derive(Default)]
pub(crate) struct FakeCluster {
    machines: RefCell<BTreeMap<String, MachineState>>,
    /// Ports that something outside Docker holds, as machine and port.
    pub taken: BTreeSet<(String, u16)>,
    /// What machines have room for, where that is looked at.
    pub rooms: RefCell<BTreeMap<String, Amounts>>,
    /// What containers count for, by their config hash; for others it is what they were made with.
    pub demands: RefCell<BTreeMap<String, Amounts>>,
    /// Containers that were started where there was no room for them.
    pub overfull: RefCell<Vec<String>>,
    /// Operations that fail, as [`name_of`] tells them.
    pub fail: BTreeSet<String>,
    /// Containers that never get healthy or finished: awaiting them lasts for ever.
    pub stuck: BTreeSet<String>,
    /// After so many operations, every further one fails, as if the line had gone.
    pub operations_left: Cell<Option<usize>>,
    /// What was done or tried: `machine: operation`.
    pub log: RefCell<Vec<String>>,
    /// How many steps each machine is at.
    working: RefCell<BTreeMap<String, usize>>,
    /// How long steps last is drawn from this; at 0 all last as long.
    pub speeds: Cell<u64>,
    /// By machine, what marks runs there.
    tokens: RefCell<BTreeMap<String, Vec<Token>>>,
    /// How many turns of others each call for tokens lasts, the last one first; then one each.
    pub delays: RefCell<Vec<u8>>,
    /// Whether no machine answers when it is asked for tokens.
    pub deaf: Cell<bool>,
    /// What the machines' clocks show, in seconds.
    pub clock: Cell<i64>,
    ids: Cell<u64>,
}

/// An operation as the log tells it: `create shop-web-1`.
pub(crate) fn name_of(operation: &Operation) -> String {
    match operation {
        Operation::Pull { image, .. } => format!("pull {image}"),
        Operation::CreateNetwork(spec) => format!("network {}", spec.name),
        Operation::CreateVolume(spec) => format!("volume {}", spec.name),
        Operation::CopyVolume(what) => format!("copy-volume {} {}", what.volume, what.from),
        Operation::CreateContainer(new) => format!("create {}", new.name),
        Operation::Start { name, .. } => format!("start {name}"),
        Operation::Await { name, .. } => format!("await {name}"),
        Operation::Reload { name, .. } => format!("reload {name}"),
        Operation::Update { name, .. } => format!("update {name}"),
        Operation::Exec { name, hook, .. } => format!("exec {name} {}", hook.command.join(" ")),
        Operation::Watch { name, .. } => format!("watch {name}"),
        Operation::Pause { .. } => "pause".to_owned(),
        Operation::Stop { name, .. } => format!("stop {name}"),
        Operation::Remove { name, .. } => format!("remove {name}"),
        Operation::Rename { from, to } => format!("rename {from} {to}"),
        Operation::RemoveNetwork { name } => format!("remove-network {name}"),
    }
}

impl FakeCluster {
    /// Empty engines.
    pub(crate) fn new(machines: &[&str]) -> Self {
        let machines = machines.iter().map(|name| ((*name).to_owned(), MachineState::default())).collect();
        FakeCluster { machines: RefCell::new(machines), ..Default::default() }
    }

    /// A machine's state now.
    pub(crate) fn machine(&self, name: &str) -> MachineState {
        self.machines.borrow()[name].clone()
    }

    /// What the containers on a machine count for.
    pub(crate) fn used(&self, state: &MachineState) -> Amounts {
        let (demands, mut used) = (self.demands.borrow(), Amounts::new());
        for container in state.containers.iter().filter(|it| it.is_up()) {
            let now = container.label(labels::CONFIG_HASH).and_then(|hash| demands.get(hash));
            used.add(now.unwrap_or(&container.reserved), 1);
        }
        used
    }

    /// All machines as they are now.
    pub(crate) fn observed(&self) -> Observed {
        Observed {
            format_version: FORMAT_VERSION.to_owned(),
            machines: self.machines.borrow().clone(),
            ..Observed::default()
        }
    }

    /// Does a plan, to its end.
    pub(crate) fn apply(&self, plan: &Plan) -> Outcome {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(apply(plan, self, &mut |_| {}, std::future::pending::<()>()))
    }

    /// Puts a machine into a state, as an observation may give it.
    pub(crate) fn set_machine(&self, name: &str, state: MachineState) {
        self.machines.borrow_mut().insert(name.to_owned(), state);
    }

    fn change(&self, machine: &str, operation: &Operation) -> Result<(), String> {
        let mut machines = self.machines.borrow_mut();
        let state = machines.get_mut(machine).ok_or("no such machine")?;
        match operation {
            Operation::Pull { image, id, .. } => {
                state.images.push(image.clone());
                let id = id.clone().unwrap_or_else(|| format!("sha256:{image}"));
                state.image_ids.insert(image.clone(), id);
            }
            Operation::CreateNetwork(spec) => {
                if !state.networks.iter().any(|network| network.name == spec.name) {
                    let (name, labels) = (spec.name.clone(), spec.labels.clone());
                    state.networks.push(NetworkState { name, driver: "bridge".to_owned(), labels });
                }
            }
            Operation::CreateVolume(spec) => {
                if !state.volumes.iter().any(|volume| volume.name == spec.name) {
                    let (name, labels) = (spec.name.clone(), spec.labels.clone());
                    state.volumes.push(VolumeState { name, driver: "local".to_owned(), labels, made: 0 });
                }
            }
            Operation::CopyVolume(what) => {
                let of = (labels::MOVED_VOLUME.to_owned(), what.volume.clone());
                let labels = [of, (labels::MOVED_FROM.to_owned(), what.from.clone())].into();
                let name = format!("planner.moved-from.{}", what.volume);
                state.volumes.push(VolumeState { name, driver: "local".to_owned(), labels, made: 0 });
            }
            Operation::CreateContainer(new) => self.create(state, new)?,
            Operation::Start { name, .. } => self.start(machine, state, name)?,
            Operation::Await { name, until } => finish(state, name, *until)?,
            Operation::Watch { name, .. } => {
                let up = state.containers.iter().any(|container| container.name == *name && container.is_up());
                up.then_some(()).ok_or("it does not run")?;
            }
            Operation::Pause { .. } => {}
            Operation::Reload { name, .. } | Operation::Exec { name, .. } => {
                state.containers.iter().find(|container| container.name == *name).ok_or("no such container")?;
            }
            Operation::Update { name, settings } => {
                let named = |container: &&mut ContainerState| container.name == *name;
                let container = state.containers.iter_mut().find(named).ok_or("no such container")?;
                container.settings = Some(settings.clone());
            }
            Operation::Stop { id, .. } => {
                if let Some(container) = state.containers.iter_mut().find(|container| is_called(container, id)) {
                    container.state = "exited".to_owned();
                }
            }
            Operation::Remove { id, .. } => {
                if state.containers.iter().any(|container| is_called(container, id) && container.is_up()) {
                    return Err("it is running".to_owned());
                }
                state.containers.retain(|container| !is_called(container, id));
            }
            Operation::Rename { from, to } => rename(state, from, to)?,
            Operation::RemoveNetwork { name } => state.networks.retain(|network| network.name != *name),
        }
        state.containers.sort_by(|a, b| a.name.cmp(&b.name));
        state.networks.sort_by(|a, b| a.name.cmp(&b.name));
        state.volumes.sort_by(|a, b| a.name.cmp(&b.name));
        state.images.sort();
        state.images.dedup();
        Ok(())
    }

    fn create(&self, state: &mut MachineState, new: &NewContainer) -> Result<(), String> {
        if state.containers.iter().any(|container| container.name == new.name) {
            return Err(format!("the name {} is taken", new.name));
        }
        let missing = |kind: &str, name: &String| format!("there is no {kind} {name}");
        for network in new.spec.networks.iter().map(|network| &network.network) {
            state.networks.iter().find(|one| one.name == *network).ok_or_else(|| missing("network", network))?;
        }
        if !state.images.contains(&new.spec.image) {
            return Err(missing("image", &new.spec.image));
        }
        let mounts = new.spec.mounts.iter().filter(|mount| mount.kind == "volume" && !mount.source.is_empty());
        let volumes: BTreeSet<String> = mounts.map(|mount| mount.source.clone()).collect();
        let id = loop {
            self.ids.set(self.ids.get() + 1);
            let id = format!("id{}", self.ids.get());
            if !state.containers.iter().any(|container| container.id == id) {
                break id;
            }
        };
        state.containers.push(ContainerState {
            id,
            name: new.name.clone(),
            image: new.spec.image.clone(),
            state: "created".to_owned(),
            health: new.spec.healthcheck.as_ref().map(|_| "starting".to_owned()),
            labels: new.labels.clone(),
            ports: new.ports.clone(),
            reserved: new.labels.get(labels::RESERVED).map(|it| serde_json::from_str(it).unwrap()).unwrap_or_default(),
            volumes: volumes.into_iter().collect(),
            image_id: state.image_ids.get(&new.spec.image).cloned().unwrap_or_default(),
            settings: Some(new.spec.settings()),
            networks: Some(new.spec.networks.iter().map(|it| it.network.clone()).collect()),
            ..Default::default()
        });
        Ok(())
    }

    fn start(&self, machine: &str, state: &mut MachineState, name: &str) -> Result<(), String> {
        let up = state.containers.iter().filter(|container| container.is_up() && container.name != name);
        let held: BTreeSet<u16> = up.flat_map(|container| &container.ports).map(|port| port.host_port).collect();
        let container =
            state.containers.iter_mut().find(|container| container.name == name).ok_or("no such container")?;
        let taken = |port: u16| held.contains(&port) || self.taken.contains(&(machine.to_owned(), port));
        if let Some(port) = container.ports.iter().find(|port| taken(port.host_port)) {
            return Err(format!("port {} is taken", port.host_port));
        }
        container.state = "running".to_owned();
        if let Some(room) = self.rooms.borrow().get(machine) {
            let used = self.used(state);
            let over = used.iter().any(|(resource, used)| room.named(resource).is_some_and(|room| used > room));
            if over {
                let there = state.containers.iter().filter(|it| it.is_up()).map(|it| (&it.name, &it.reserved));
                let there: Vec<_> = there.collect();
                self.overfull.borrow_mut().push(format!("{name} on {machine}: {used:?} of {room:?}: {there:?}"));
            }
        }
        Ok(())
    }
}

/// Engines take a name for an id.
fn is_called(container: &ContainerState, id: &str) -> bool {
    container.id == id || container.name == id
}

fn finish(state: &mut MachineState, name: &str, until: Until) -> Result<(), String> {
    let container = state.containers.iter_mut().find(|container| container.name == name).ok_or("no such container")?;
    match until {
        Until::Healthy => container.health = Some("healthy".to_owned()),
        Until::Ready if !container.is_up() => return Err("it does not run".to_owned()),
        Until::Ready => container.health = container.health.as_ref().map(|_| "healthy".to_owned()),
        Until::Completed => {
            container.state = "exited".to_owned();
            container.exit_code = Some(0);
        }
    }
    Ok(())
}

fn rename(state: &mut MachineState, from: &str, to: &str) -> Result<(), String> {
    let named = |name: &str| state.containers.iter().position(|container| container.name == name);
    match (named(from), named(to)) {
        (Some(at), None) => state.containers[at].name = to.to_owned(),
        (None, Some(_)) => {}
        (Some(_), Some(_)) => return Err(format!("the name {to} is taken")),
        (None, None) => return Err("no such container".to_owned()),
    }
    Ok(())
}

impl Cluster for FakeCluster {
    async fn observe(&self, machine: &str) -> Result<MachineState, ClusterError> {
        self.machines.borrow().get(machine).cloned().ok_or_else(|| error(machine, "no such machine"))
    }

    async fn perform(&self, machine: &str, operation: &Operation, progress: &dyn Fn(&str)) -> Result<(), ClusterError> {
        let name = name_of(operation);
        self.log.borrow_mut().push(format!("{machine}: {name}"));
        if let Operation::Await { name, .. } = operation
            && self.stuck.contains(name)
        {
            std::future::pending::<()>().await;
        }
        match self.operations_left.get() {
            Some(0) => return Err(error(machine, "the line is gone")),
            Some(left) => self.operations_left.set(Some(left - 1)),
            None => {}
        }
        let changes = !matches!(operation, Operation::Await { .. } | Operation::Watch { .. } | Operation::Pause { .. });
        self.at_work(machine, usize::from(changes));
        progress("on it");
        let failed = self.fail.contains(&name).then(|| "as told".to_owned());
        // What takes room, a port or a name has it from the beginning; what gives them up does so only at the end.
        let takes = matches!(operation, Operation::Start { .. } | Operation::CreateContainer(_));
        let mut result = failed.map_or(Ok(()), Err);
        if takes && result.is_ok() {
            result = self.change(machine, operation);
        }
        for _ in 0..self.turns() {
            tokio::task::yield_now().await;
        }
        if !takes && result.is_ok() {
            result = self.change(machine, operation);
        }
        self.working.borrow_mut().entry(machine.to_owned()).and_modify(|steps| *steps -= usize::from(changes));
        result.map_err(|message| error(machine, &message))
    }

    async fn tokens(&self, machine: &str, project: &str) -> Result<Tokens, ClusterError> {
        self.delay().await;
        if self.deaf.get() {
            return Err(error(machine, "the line is gone"));
        }
        let of_project = |token: &Token| token.labels.get("planner.lock").is_some_and(|it| it == project);
        let tokens = self.marks(machine).into_iter().filter(of_project).collect();
        Ok(Tokens { now: self.clock.get(), tokens })
    }

    async fn put_token(
        &self,
        machine: &str,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<String, String>, ClusterError> {
        self.delay().await;
        let mut tokens = self.tokens.borrow_mut();
        let there = tokens.entry(machine.to_owned()).or_default();
        if let Some(token) = there.iter().find(|token| token.name == name) {
            return Ok(token.labels.clone());
        }
        there.push(Token { name: name.to_owned(), labels: labels.clone(), made: self.clock.get() });
        Ok(labels.clone())
    }

    async fn take_token(&self, machine: &str, name: &str) -> Result<(), ClusterError> {
        self.delay().await;
        self.tokens.borrow_mut().entry(machine.to_owned()).or_default().retain(|token| token.name != name);
        Ok(())
    }

    async fn pause(&self, time: std::time::Duration) {
        self.clock.set(self.clock.get() + time.as_secs() as i64);
        tokio::task::yield_now().await;
    }
}

impl FakeCluster {
    fn at_work(&self, machine: &str, steps: usize) {
        let mut working = self.working.borrow_mut();
        let all = working.entry(machine.to_owned()).or_default();
        *all += steps;
        assert!(*all <= STEPS_AT_ONCE, "{machine} does {all} things at once");
    }

    /// How many turns of others a step lasts.
    fn turns(&self) -> u64 {
        let state = self.speeds.get();
        if state == 0 {
            return 1;
        }
        // Knuth's MMIX.
        let next = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.speeds.set(next | 1);
        1 + (next >> 33) % 6
    }

    /// A call for tokens takes its time, each another.
    async fn delay(&self) {
        let turns = self.delays.borrow_mut().pop().unwrap_or(1);
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// What marks runs on a machine.
    pub(crate) fn marks(&self, machine: &str) -> Vec<Token> {
        self.tokens.borrow().get(machine).cloned().unwrap_or_default()
    }
}

fn error(machine: &str, message: &str) -> ClusterError {
    ClusterError { machine: machine.to_owned(), message: message.to_owned(), detail: None, help: None }
}
