//! The order in which containers change places: whatever the state and the goal, no machine ever holds too much, and nothing
//! stops before its time that need not. Compared with trying everything.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use planner::observed::{HostPort, Observed};
use planner::placement::{Ended, Placed, Policy, Problem, Replica, Solution};
use planner::plan::{Action, Operation, Origin, Plan, make, running};
use planner::stack::{Attachment, Network, OnFailure, Service, Stack};
use planner::units::{Amounts, Cpu, Resource};
use proptest::prelude::*;

use crate::fake::{FakeCluster, name_of};
use crate::stacks::{machine, port, service, spanned, stack};

/// A container that is, shall be, or both, each with its machine.
#[derive(Clone, Debug)]
struct Case {
    rooms: Vec<u64>,
    services: Vec<Kind>,
    /// Of service `index / 2`, with number `index % 2 + 1`: where it is, and where it shall be.
    containers: Vec<(Option<usize>, Option<usize>)>,
}

#[derive(Clone, Debug)]
struct Kind {
    before: u64,
    now: u64,
    start_first: bool,
    port: bool,
    data: bool,
    cap: Option<u32>,
    changed: bool,
    on_failure: OnFailure,
}

impl Case {
    fn kind(&self, container: usize) -> &Kind {
        &self.services[container / 2]
    }

    /// Takes away what does not fit where it is, and where it shall be.
    fn repaired(mut self) -> Case {
        for goal in [false, true] {
            let mut placed: Vec<(usize, usize)> = Vec::new();
            for index in 0..self.containers.len() {
                let of_it = if goal { &self.containers[index].1 } else { &self.containers[index].0 };
                let Some(first) = *of_it else { continue };
                let fits = |at: usize, placed: &[(usize, usize)]| {
                    let with: Vec<usize> =
                        placed.iter().filter(|it| it.1 == at).map(|it| it.0).chain([index]).collect();
                    let size = |it: &usize| if goal { self.kind(*it).now } else { self.kind(*it).before };
                    let same = with.iter().filter(|it| **it / 2 == index / 2).count();
                    with.iter().map(size).sum::<u64>() <= self.rooms[at]
                        && with.iter().filter(|it| self.kind(**it).port).count() <= 1
                        && self.kind(index).cap.is_none_or(|cap| same <= cap as usize)
                };
                let at = (0..self.rooms.len()).map(|step| (first + step) % self.rooms.len());
                let at = at.into_iter().find(|at| fits(*at, &placed));
                placed.extend(at.map(|at| (index, at)));
                if goal {
                    self.containers[index].1 = at
                } else {
                    self.containers[index].0 = at
                };
            }
        }
        self
    }

    fn stack(&self, goal: bool) -> Stack {
        let services = self.services.iter().enumerate().map(|(index, kind)| {
            let cpus = if goal { kind.now } else { kind.before };
            let mut service = service(&format!("s{index}"), 2, cpus);
            service.update.start_first = kind.start_first;
            service.update.on_failure = kind.on_failure;
            service.ports.extend(kind.port.then(|| port(Some((80, 80)), None)));
            service.max_per_machine = kind.cap.map(spanned);
            if kind.data {
                service.local_volumes.push(spanned("data".to_owned()));
            }
            if goal && kind.changed {
                service.container.image.push_str("-new");
            }
            service
        });
        let machines = self.rooms.iter().enumerate().map(|(index, room)| machine(&format!("m{index}"), *room));
        stack(services.collect(), machines.collect())
    }

    fn plan(&self, goal: bool, observed: &Observed) -> Plan {
        let stack = self.stack(goal);
        let problem = Problem::new(&stack, running(&stack, observed), Policy::Spread);
        let replicas = self.containers.iter().enumerate().filter_map(|(index, (from, to))| {
            let machine = (if goal { *to } else { *from })?;
            let replica = Replica { service: index / 2, number: index as u32 % 2 + 1, machine, from: None };
            Some(Placed { replica, ports: stack.services[index / 2].ports.iter().map(|_| 80).collect() })
        });
        let solution = Solution { replicas: replicas.collect(), tiers: Vec::new(), ended: Ended::Proof };
        make(&problem, &solution, observed, &Origin::default()).unwrap()
    }

    fn cluster(&self) -> FakeCluster {
        let names: Vec<String> = (0..self.rooms.len()).map(|index| format!("m{index}")).collect();
        let cluster = FakeCluster::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(cluster.apply(&self.plan(false, &cluster.observed())).is_complete());
        cluster
    }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let on_failure = prop::sample::select(vec![OnFailure::Pause, OnFailure::Pause, OnFailure::Rollback]);
    let rest = (prop::bool::weighted(0.2), prop::bool::weighted(0.1), prop::option::weighted(0.3, 1u32..=2));
    (1u64..=3, 1u64..=3, prop::bool::weighted(0.8), rest, prop::bool::weighted(0.5), on_failure).prop_map(
        |(before, now, start_first, (port, data, cap), changed, on_failure)| {
            // Most stay as large as they are.
            let now = if changed { now } else { before };
            Kind { before, now, start_first, port, data, cap, changed, on_failure }
        },
    )
}

fn any_order() -> impl Strategy<Value = Case> {
    let containers =
        prop::collection::vec((prop::option::weighted(0.9, 0usize..3), prop::option::weighted(0.9, 0usize..3)), 4);
    (prop::collection::vec(2u64..=6, 3), prop::collection::vec(any_kind(), 2), containers)
        .prop_map(|(rooms, services, containers)| Case { rooms, services, containers }.repaired())
}

/// What of a container runs: its old one, its new one, one at another machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Runs {
    old: bool,
    new: bool,
    park: Option<usize>,
}

/// What runs before anything is done; what goes for good does not any more.
fn at_first(case: &Case, moves: impl Fn(usize) -> bool) -> Vec<Runs> {
    let runs = |it: usize| {
        let (from, to) = case.containers[it];
        Runs { old: from.is_some() && to.is_some() && moves(it), new: !moves(it) && to.is_some(), park: None }
    };
    (0..case.containers.len()).map(runs).collect()
}

/// What has no other way than to stop first, and the fewest ways round, found by trying every order of starts and stops.
fn fewest(case: &Case) -> (usize, usize) {
    let all = 0..case.containers.len();
    let moves = |it: usize| case.containers[it].0 != case.containers[it].1 || case.kind(it).changed;
    let wanting = |it: usize| {
        let (kind, (from, to)) = (case.kind(it), case.containers[it]);
        moves(it) && from.is_some() && to.is_some() && kind.start_first && !kind.data && !(kind.port && from == to)
    };
    let parks = |it: usize| wanting(it) && !case.kind(it).port && case.kind(it).on_failure != OnFailure::Rollback;
    let holds = |state: &[Runs], it: usize| -> Vec<(usize, u64)> {
        let (kind, (from, to)) = (case.kind(it), case.containers[it]);
        let old =
            from.filter(|_| state[it].old).map(|at| (at, if moves(it) { kind.before.max(kind.now) } else { kind.now }));
        let new = to.filter(|_| state[it].new).map(|at| (at, kind.now));
        old.into_iter().chain(new).chain(state[it].park.map(|at| (at, kind.now))).collect()
    };
    let fits = |state: &[Runs], at: usize, it: usize| {
        let here = |it: usize| holds(state, it).into_iter().filter(|held| held.0 == at);
        let used: u64 = all.clone().flat_map(here).map(|held| held.1).sum();
        let ports = all.clone().filter(|it| case.kind(*it).port && here(*it).next().is_some()).count();
        let same = all.clone().filter(|other| other / 2 == it / 2 && here(*other).next().is_some()).count();
        used <= case.rooms[at] && ports <= 1 && case.kind(it).cap.is_none_or(|cap| same <= cap as usize)
    };
    let first = at_first(case, moves);
    let mut open = BinaryHeap::from([std::cmp::Reverse(((0, 0), first))]);
    let mut closed = BTreeSet::new();
    while let Some(std::cmp::Reverse((cost, state))) = open.pop() {
        if !closed.insert(state.clone()) {
            continue;
        }
        let done = |it: usize| state[it] == Runs { new: case.containers[it].1.is_some(), ..Runs::default() };
        if all.clone().all(done) {
            return cost;
        }
        for it in all.clone().filter(|it| moves(*it)) {
            let mut tries: Vec<(Runs, Option<usize>)> = Vec::new();
            let now = state[it];
            if let Some(to) = case.containers[it].1.filter(|_| !now.new) {
                tries.push((Runs { new: true, ..now }, Some(to)));
                let elsewhere = |at: &usize| *at != to && Some(*at) != case.containers[it].0;
                if parks(it) && now.old && now.park.is_none() {
                    tries.extend(
                        (0..case.rooms.len()).filter(elsewhere).map(|at| (Runs { park: Some(at), ..now }, Some(at))),
                    );
                }
            }
            if now.old {
                tries.push((Runs { old: false, ..now }, None));
            }
            if now.park.is_some() {
                tries.push((Runs { park: None, ..now }, None));
            }
            for (runs, at) in tries {
                let mut then = state.clone();
                then[it] = runs;
                // What shares its port or may not be beside itself stops before.
                let alone = !(runs.old && runs.new) || wanting(it);
                if !alone || at.is_some_and(|at| !fits(&then, at, it)) {
                    continue;
                }
                let breaks = usize::from(wanting(it) && runs == Runs::default());
                let parked = usize::from(now.park.is_none() && runs.park.is_some());
                open.push(std::cmp::Reverse(((cost.0 + breaks, cost.1 + parked), then)));
            }
        }
    }
    unreachable!("all can stop first")
}

/// The address of a container, what it counts for, its ports, and whether it runs.
type Held = (String, Amounts, Vec<HostPort>, bool);

/// What each container holds, by machine and name, while a plan's steps end in some order.
struct Walk<'p> {
    plan: &'p Plan,
    stack: &'p Stack,
    /// By machine and name.
    there: BTreeMap<(String, String), Held>,
    names: BTreeMap<String, String>,
}

impl<'p> Walk<'p> {
    fn new(plan: &'p Plan, stack: &'p Stack, observed: &Observed) -> Self {
        let (mut there, mut names) = (BTreeMap::new(), BTreeMap::new());
        for (machine, state) in &observed.machines {
            for it in &state.containers {
                let label = |key| it.label(key).unwrap().to_owned();
                let (name, number) =
                    (label("com.docker.compose.service"), label("com.docker.compose.container-number"));
                let address = format!("container:{name}:{number}");
                names.insert(it.id.clone(), it.name.clone());
                let held = (address, it.reserved.clone(), it.ports.clone(), it.is_up());
                there.insert((machine.clone(), it.name.clone()), held);
            }
        }
        Walk { plan, stack, there, names }
    }

    /// Does all steps, those that could be next in the order of `choices`; an error tells where too much was held.
    fn run(&mut self, choices: &[prop::sample::Index]) -> Result<(), String> {
        let mut done: BTreeSet<usize> = BTreeSet::new();
        let mut choices = choices.iter().cycle();
        while done.len() < self.plan.steps.len() {
            let waits =
                |it: &planner::plan::Step| it.waits_for.iter().chain(&it.after).any(|first| !done.contains(first));
            let ready: Vec<usize> =
                self.plan.steps.iter().filter(|it| !done.contains(&it.id) && !waits(it)).map(|it| it.id).collect();
            let next = ready[choices.next().map_or(0, |choice| choice.index(ready.len()))];
            self.step(next)?;
            done.insert(next);
        }
        Ok(())
    }

    fn step(&mut self, id: usize) -> Result<(), String> {
        let step = &self.plan.steps[id];
        let key = |name: &String| (step.machine.clone(), self.names.get(name).unwrap_or(name).clone());
        match &step.operation {
            Operation::CreateContainer(new) => {
                let (service, _) = step.container().unwrap();
                let demand = self.stack.service(service).unwrap().demand.clone();
                self.there.insert(key(&new.name), (step.address.clone(), demand, new.ports.clone(), false));
            }
            Operation::Start { name, .. } => {
                let key = key(name);
                self.there.get_mut(&key).expect("is there").3 = true;
                return self.holds(&step.machine, &key.1);
            }
            Operation::Stop { id, .. } => {
                let key = key(id);
                self.there.get_mut(&key).expect("is there").3 = false;
            }
            Operation::Remove { id, .. } => {
                let key = key(id);
                assert!(!self.there.remove(&key).expect("is there").3, "{key:?} runs");
            }
            Operation::Rename { from, to } => {
                let (from, to) = (key(from), (step.machine.clone(), to.clone()));
                let it = self.there.remove(&from).expect("is there");
                self.names.values_mut().filter(|name| **name == from.1).for_each(|name| name.clone_from(&to.1));
                self.there.insert(to, it);
            }
            _ => {}
        }
        Ok(())
    }

    fn holds(&self, machine: &str, started: &str) -> Result<(), String> {
        let here = || self.there.iter().filter(|((at, _), it)| at == machine && it.3).map(|(_, it)| it);
        let at = self.stack.machines.iter().find(|it| it.name == machine).unwrap();
        let cpus: u64 = here().map(|it| it.1.get(&Resource::cpus())).sum();
        let mut ports: Vec<u16> = here().flat_map(|it| &it.2).map(|port| port.host_port).collect();
        ports.sort_unstable();
        if cpus > at.room.get(&Resource::cpus()) {
            return Err(format!("{machine} holds {} with {started}: {:#?}", Cpu(cpus), here().collect::<Vec<_>>()));
        }
        if ports.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("{machine} has a port twice with {started}"));
        }
        let over = |service: &&Service| {
            let prefix = format!("container:{}:", service.name);
            let there: BTreeSet<&str> = here().map(|it| it.0.as_str()).filter(|it| it.starts_with(&prefix)).collect();
            service.max_per_machine.as_ref().is_some_and(|cap| there.len() > cap.value as usize)
        };
        self.stack.services.iter().find(over).map_or(Ok(()), |it| Err(format!("{machine} has too many of {}", it.name)))
    }
}

/// The containers that stop before another of theirs has started, though they are to serve on.
fn stopping_first(case: &Case, plan: &Plan) -> Vec<String> {
    let mut before: Vec<BTreeSet<usize>> = Vec::new();
    for step in &plan.steps {
        let all = step.waits_for.iter().chain(&step.after);
        before.push(all.flat_map(|it| before[*it].iter().copied().chain([*it])).collect());
    }
    let mut found = Vec::new();
    for (index, (from, to)) in case.containers.iter().enumerate() {
        let (kind, address) = (case.kind(index), format!("container:s{}:{}", index / 2, index % 2 + 1));
        let changes = from.is_some() && to.is_some() && (from != to || kind.changed);
        if !changes || !kind.start_first || kind.data || kind.port && from == to {
            continue;
        }
        let of_it = |id: usize| plan.steps[id].address == address;
        let stop =
            (0..plan.steps.len()).find(|id| of_it(*id) && matches!(plan.steps[*id].operation, Operation::Stop { .. }));
        let starts = |id: &usize| of_it(*id) && matches!(plan.steps[*id].operation, Operation::Start { .. });
        if !before[stop.expect("its old one stops")].iter().any(starts) {
            found.push(address);
        }
    }
    found
}

/// The steps that matter here, and why they are so.
fn shown(plan: &Plan) -> String {
    let step = |it: &planner::plan::Step| {
        format!("{} {} {} <- {:?} {:?}\n", it.id, it.machine, name_of(&it.operation), it.waits_for, it.after)
    };
    let why = |it: &planner::plan::Change| format!("{} {:?}\n", it.address, it.reasons);
    plan.steps.iter().map(step).chain(plan.changes.iter().map(why)).collect()
}

fn check(case: &Case, choices: &[prop::sample::Index]) -> Result<(), TestCaseError> {
    let cluster = case.cluster();
    let observed = cluster.observed();
    let (plan, stack) = (case.plan(true, &observed), case.stack(true));
    crate::journey::is_sound(&plan);
    let walked = Walk::new(&plan, &stack, &observed).run(choices);
    prop_assert!(walked.is_ok(), "{}\n{}", walked.unwrap_err(), shown(&plan));
    let stopping = stopping_first(case, &plan);
    let passing = plan.changes.iter().filter(|change| change.by_way_of.is_some()).count();
    prop_assert_eq!((stopping.len(), passing), fewest(case), "{:?}\n{}", stopping, shown(&plan));
    // Whoever stops though it should not is told why.
    for address in &stopping {
        let change = plan.changes.iter().find(|change| change.address == *address).unwrap();
        prop_assert!(change.reasons.iter().any(|it| it.starts_with("stops first: ")), "{:?}", change);
    }
    prop_assert!(cluster.apply(&plan).is_complete());
    let again = case.plan(true, &cluster.observed());
    prop_assert!(again.is_empty(), "{:#?}", again.changes);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), ..ProptestConfig::default() })]

    #[test]
    fn machines_never_hold_too_much_and_nothing_stops_that_need_not(
        case in any_order(),
        choices in prop::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        check(&case, &choices)?;
    }
}

fn kind(cpus: u64) -> Kind {
    let (port, data, cap, changed, on_failure) = (false, false, None, false, OnFailure::Pause);
    Kind { before: cpus, now: cpus, start_first: true, port, data, cap, changed, on_failure }
}

/// Two that exchange full machines: the first container of each service.
fn exchange(third: u64) -> Case {
    let containers = vec![(Some(0), Some(1)), (None, None), (Some(1), Some(0)), (None, None)];
    Case { rooms: vec![2, 2, third], services: vec![kind(2), kind(2)], containers }
}

fn reasons<'p>(plan: &'p Plan, address: &str) -> &'p [String] {
    &plan.changes.iter().find(|change| change.address == address).unwrap().reasons
}

#[test]
fn who_exchanges_full_machines_passes_through_a_third_or_stops_first() {
    let case = exchange(2);
    let plan = case.plan(true, &case.cluster().observed());
    assert_eq!(plan.changes[0].by_way_of.as_deref(), Some("m2"));
    let told = "by way of m2: m0 and m1 exchange s0.1 and s1.1, neither has room for both";
    assert_eq!(reasons(&plan, "container:s0:1")[1], told);
    assert!(plan.downtime.is_empty(), "{:?}", plan.downtime);

    let case = exchange(1);
    let plan = case.plan(true, &case.cluster().observed());
    assert_eq!(plan.changes.iter().find_map(|change| change.by_way_of.clone()), None);
    let told = "stops first: m0 and m1 exchange s0.1 and s1.1, neither has room for both";
    assert_eq!(reasons(&plan, "container:s0:1")[1], told);
    assert_eq!(reasons(&plan, "container:s1:1").len(), 1);
    assert_eq!(plan.downtime.iter().map(|it| it.service.as_str()).collect::<Vec<_>>(), ["s0"]);
}

#[test]
fn what_follows_another_waits_for_it_and_serves_on() {
    let containers = vec![(Some(0), Some(1)), (None, None), (Some(1), Some(2)), (None, None)];
    let case = Case { rooms: vec![2, 2, 2], services: vec![kind(2), kind(2)], containers };
    let plan = case.plan(true, &case.cluster().observed());
    assert!(plan.downtime.is_empty() && stopping_first(&case, &plan).is_empty());
}

/// Very many on machines with room for one more: each serves until its successor does, machine by machine one at a time.
#[test]
fn in_large_stacks_too_all_serve_on() {
    let (machines, each) = (20u32, 12u32);
    let names: Vec<String> = (0..machines).map(|index| format!("m{index}")).collect();
    let cluster = FakeCluster::new(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let planned = |image: &str, observed: &Observed| {
        let services = (0..each).map(|index| {
            let mut service = service(&format!("s{index:02}"), machines, 1);
            service.update.start_first = true;
            service.container.image.push_str(image);
            service
        });
        let at = names.iter().map(|name| machine(name, u64::from(each) + 1)).collect();
        let stack = stack(services.collect(), at);
        let problem = Problem::new(&stack, running(&stack, observed), Policy::Spread);
        let all = (0..each as usize).flat_map(|service| (0..machines).map(move |machine| (service, machine)));
        let replicas = all.map(|(service, number)| {
            let replica = Replica { service, number: number + 1, machine: number as usize, from: None };
            Placed { replica, ports: Vec::new() }
        });
        let solution = Solution { replicas: replicas.collect(), tiers: Vec::new(), ended: Ended::Proof };
        let plan = make(&problem, &solution, observed, &Origin::default()).unwrap();
        (stack, plan)
    };
    assert!(cluster.apply(&planned("", &cluster.observed()).1).is_complete());
    let (stack, plan) = planned("-new", &cluster.observed());
    assert!(plan.downtime.is_empty());
    assert!(
        plan.changes.iter().all(|change| !change.reasons.iter().any(|it| it.contains("stops"))),
        "{}",
        shown(&plan)
    );
    Walk::new(&plan, &stack, &cluster.observed()).run(&[]).unwrap();
}

/// A network that is made for what passes goes with it.
#[test]
fn what_was_made_for_a_passage_is_taken_away() {
    let case = exchange(2);
    let cluster = FakeCluster::new(&["m0", "m1", "m2"]);
    let with_networks = |goal: bool, observed: &Observed| {
        let mut stack = case.stack(goal);
        for (index, service) in stack.services.iter_mut().enumerate() {
            let (key, name) = (format!("n{index}"), format!("test_n{index}"));
            service.container.networks.push(Attachment { network: name.clone(), ..Attachment::default() });
            stack.networks.insert(key, Network { name, ..Network::default() });
        }
        let problem = Problem::new(&stack, running(&stack, observed), Policy::Spread);
        let at = |service: usize| if goal { 1 - service } else { service };
        let replica = |service| Replica { service, number: 1, machine: at(service), from: None };
        let replicas = (0..2).map(|it| Placed { replica: replica(it), ports: Vec::new() }).collect();
        let solution = Solution { replicas, tiers: Vec::new(), ended: Ended::Proof };
        make(&problem, &solution, observed, &Origin::default()).unwrap()
    };
    assert!(cluster.apply(&with_networks(false, &cluster.observed())).is_complete());
    let plan = with_networks(true, &cluster.observed());
    let network = plan.changes.iter().find(|change| change.address == "network:n0@m2").unwrap();
    assert_eq!(network.actions, [Action::Create, Action::Delete]);
    assert!(cluster.apply(&plan).is_complete());
    let third = cluster.machine("m2");
    assert!(third.networks.is_empty() && third.containers.is_empty());
    assert!(with_networks(true, &cluster.observed()).is_empty());
}
