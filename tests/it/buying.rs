//! What is said of fleets against brute force: every small fleet of a small catalogue is tried, the cheapest first.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use indexmap::IndexMap;
use planner::capacity::buying::{Answer, Fleet, Headroom, Question, Report, Wanted, buy};
use planner::inventory::{self, Catalogue, Inventory, Offer};
use planner::placement::{Limits, Outcome, Policy, Problem, fit, loss};
use planner::source::Sources;
use planner::stack::{Bond, By, Constraint, Machine, Replicas, Service, Spread, Stack, Survive};
use planner::units::{Amounts, Cpu, Resource};
use proptest::prelude::*;

use crate::cli::root;
use crate::disk::Disk;
use crate::placement::layouts;
use crate::stacks::{machine, nowhere, port, service, spanned, stack};

/// Brute force buys so many machines at most.
const MOST_BOUGHT: u32 = 3;
const ZONE: &str = "node.labels.zone";

#[derive(Clone)]
struct Case {
    services: Vec<Service>,
    catalogue: Catalogue,
    own: Inventory,
    survive: Vec<By>,
    headroom: Vec<Headroom>,
}

impl std::fmt::Debug for Case {
    /// Only what differs from case to case.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for it in &self.services {
            let zones: Vec<_> = it.constraints.iter().map(|it| (it.value.equal, &it.value.value)).collect();
            let (replicas, max) = (it.replicas.value, it.max_per_machine.as_ref().map(|max| max.value));
            let (cpus, ports) = (it.demand.cpu(), it.ports.len());
            writeln!(f, "{} {replicas:?} cpus {cpus} ports {ports} {zones:?} max {max:?} {:?}", it.name, it.wishes)?;
        }
        for it in &self.catalogue.offers {
            let most = it.at_most.as_ref().map(|most| most.value);
            let (cpus, zone) = (it.capacity[&Resource::cpus()].value, &it.labels["zone"].value);
            writeln!(f, "{} cpus {cpus} zone {zone} cost {} at most {most:?}", it.name.value, it.cost.value)?;
        }
        for it in &self.own.machines {
            writeln!(f, "own cpus {} zone {}", it.capacity[&Resource::cpus()].value, it.labels["zone"].value)?;
        }
        writeln!(f, "survive {:?}, headroom {:?}", self.survive, self.headroom)
    }
}

impl Case {
    fn question(&self) -> Question<'_> {
        Question {
            catalogue: &self.catalogue,
            own: self.own.clone(),
            survive: self.survive.clone(),
            headroom: self.headroom.clone(),
            steps: 0,
            limits: Limits { time: Duration::from_secs(if self.is_plain() { 10 } else { 1 }), ..Limits::default() },
        }
    }

    /// Whether a machine more never hurts: then the search ends with a proof.
    fn is_plain(&self) -> bool {
        let skewed = |it: &Service| it.wishes.spread.iter().any(|spread| spread.skew.is_some());
        let tied = |it: &Service| !it.wishes.near.is_empty() || !it.wishes.apart.is_empty();
        let global = |it: &Service| it.replicas.value == Replicas::Global;
        let any = |is: &dyn Fn(&Service) -> bool| self.services.iter().any(is);
        !any(&skewed) && (!any(&global) || !any(&tied))
    }

    fn report(&self) -> Report {
        buy(&|inventory: &Inventory| on(&self.services, inventory), &self.question())
    }
}

/// The services on the machines of an inventory, as `stack::build` makes it of files.
fn on(services: &[Service], inventory: &Inventory) -> Stack {
    let machines = inventory.machines.iter().map(|it| {
        let zone = it.labels.get("zone").map(|zone| zone.value.clone());
        let cpus = it.capacity[&Resource::cpus()].value / 1000;
        of(&it.name.value, cpus, zone.as_deref(), it.cost.as_ref().map_or(1.0, |cost| cost.value))
    });
    stack(services.to_vec(), machines.collect())
}

fn of(name: &str, cpus: u64, zone: Option<&str>, cost: f64) -> Machine {
    let mut machine = Machine { cost, ..machine(name, cpus) };
    machine.attributes.insert(ZONE.to_owned(), zone.unwrap_or_default().to_owned());
    machine
}

fn offer(entry: usize, cpus: u64, zone: &str, cost: f64, at_most: Option<u32>) -> Offer {
    Offer {
        name: spanned(format!("t{entry}")),
        capacity: IndexMap::from([(Resource::cpus(), spanned(cpus * 1000))]),
        reserve: IndexMap::new(),
        labels: IndexMap::from([("zone".to_owned(), spanned(zone.to_owned()))]),
        platform: None,
        cost: spanned(cost),
        at_most: at_most.map(spanned),
        entry,
        span: nowhere(),
    }
}

/// The oracle's own fleet: offers by their index, and the machines that there are.
fn machines(case: &Case, fleet: &[u32]) -> Vec<Machine> {
    let mut machines = on(&[], &case.own).machines;
    for (offer, count) in case.catalogue.offers.iter().zip(fleet) {
        for _ in 0..*count {
            let name = format!("b{}", machines.len());
            let zone = &offer.labels["zone"].value;
            machines.push(of(&name, offer.capacity[&Resource::cpus()].value / 1000, Some(zone), offer.cost.value));
        }
    }
    machines
}

fn places(services: Vec<Service>, machines: Vec<Machine>) -> bool {
    let stack = stack(services, machines);
    !layouts(&Problem::new(&stack, Vec::new(), Policy::Spread)).is_empty()
}

/// Whether a service is meant for the zone, as its constraints say.
fn is_meant(service: &Service, zone: &str) -> bool {
    service.constraints.iter().all(|it| (it.value.value == zone) == it.value.equal)
}

/// Whether a fleet holds, by trying every layout, without a look at what is tested.
fn holds(case: &Case, fleet: &[u32]) -> bool {
    let all = machines(case, fleet);
    if all.is_empty() {
        return false;
    }
    let mut more = case.services.clone();
    for it in &case.headroom {
        match &it.what {
            Wanted::Shape(size) => more.push(service("more", it.count, size.cpu().0 / 1000)),
            Wanted::Service(name) => {
                let service = more.iter_mut().find(|service| service.name == *name).unwrap();
                let Replicas::Count(count) = service.replicas.value else { panic!("it has a number") };
                service.replicas.value = Replicas::Count(count + it.count);
            }
        }
    }
    if !places(more, all.clone()) || !places(case.services.clone(), all.clone()) {
        return false;
    }
    // Each loss, by the machines that go.
    let mut losses: Vec<Vec<usize>> = Vec::new();
    for by in &case.survive {
        match by {
            By::Machine => losses.extend((0..all.len()).map(|it| vec![it])),
            By::Attribute(_) => losses
                .extend(["a", "b"].map(|zone| (0..all.len()).filter(|it| all[*it].attributes[ZONE] == zone).collect())),
        }
    }
    losses.iter().filter(|lost| !lost.is_empty()).all(|lost| {
        let left: Vec<Machine> =
            all.iter().enumerate().filter(|(index, _)| !lost.contains(index)).map(|(_, it)| it.clone()).collect();
        let mut services = case.services.clone();
        for service in &mut services {
            service.wishes.survive.clear();
            if !could_be_elsewhere(case, service, lost, &all) {
                service.replicas.value = Replicas::Count(0);
            }
        }
        if left.is_empty() {
            return services.iter().all(|it| matches!(it.replicas.value, Replicas::Count(0) | Replicas::Global));
        }
        places(services, left)
    })
}

/// Whether anything that could be there, bought or not, is meant for it beside what is lost.
fn could_be_elsewhere(case: &Case, service: &Service, lost: &[usize], all: &[Machine]) -> bool {
    let own = case.own.machines.len();
    let by_zone = lost.len() > 1 || case.survive.iter().any(|by| *by != By::Machine);
    let zone = all[lost[0]].attributes[ZONE].clone();
    let owned = (0..own).any(|it| {
        let is_gone = if by_zone { all[it].attributes[ZONE] == zone } else { lost.contains(&it) };
        !is_gone && is_meant(service, &all[it].attributes[ZONE])
    });
    // Of an offer there may be another, but for the last of its kind.
    let offered = case.catalogue.offers.iter().any(|offer| {
        let value = &offer.labels["zone"].value;
        let is_gone = by_zone && *value == zone;
        let is_last = !by_zone
            && offer.at_most.as_ref().is_some_and(|most| most.value == 1)
            && is_bought_of(case, offer, all, lost[0]);
        !is_gone && !is_last && is_meant(service, value)
    });
    owned || offered
}

/// Whether the machine is one of the offer.
fn is_bought_of(case: &Case, offer: &Offer, all: &[Machine], machine: usize) -> bool {
    let it = &all[machine];
    let same = it.capacity.cpu().0 == offer.capacity[&Resource::cpus()].value;
    machine >= case.own.machines.len()
        && same
        && it.cost == offer.cost.value
        && it.attributes[ZONE] == offer.labels["zone"].value
}

fn cost(case: &Case, fleet: &[u32]) -> f64 {
    case.catalogue.offers.iter().zip(fleet).map(|(offer, count)| offer.cost.value * f64::from(*count)).sum()
}

/// Every fleet of a few machines that can be bought, the cheapest first.
fn fleets(case: &Case) -> Vec<Vec<u32>> {
    let mut all: Vec<Vec<u32>> = vec![Vec::new()];
    for _ in &case.catalogue.offers {
        let more = |fleet: &Vec<u32>| {
            let left = MOST_BOUGHT - fleet.iter().sum::<u32>();
            (0..=left).map(|count| fleet.iter().copied().chain([count]).collect()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(more).collect();
    }
    all.retain(|fleet| {
        case.catalogue.offers.iter().all(|offer| {
            let same = case.catalogue.offers.iter().zip(fleet).filter(|(it, _)| it.entry == offer.entry);
            offer.at_most.as_ref().is_none_or(|most| same.map(|(_, count)| count).sum::<u32>() <= most.value)
        })
    });
    all.sort_by(|a, b| cost(case, a).total_cmp(&cost(case, b)));
    all
}

/// What was bought, by offer.
fn bought(case: &Case, fleet: &Fleet) -> Vec<u32> {
    let mut counts = vec![0; case.catalogue.offers.len()];
    for it in &fleet.bought {
        let same = |offer: &Offer| {
            offer.name.value == it.name && it.labels.iter().all(|(key, value)| offer.labels[key].value == *value)
        };
        let index = case.catalogue.offers.iter().position(same).expect("it is of the catalogue");
        counts[index] += it.count;
    }
    counts
}

fn any_service(index: usize) -> impl Strategy<Value = Service> {
    let replicas = prop_oneof![6 => (1..=3_u32).prop_map(Replicas::Count), 1 => Just(Replicas::Global)];
    let zone = prop_oneof![4 => Just(None), 1 => Just(Some((true, "a"))), 1 => Just(Some((false, "a")))];
    let rules = (
        prop::bool::weighted(0.25),
        prop::option::weighted(0.2, 1..=2_u32),
        prop::option::weighted(0.3, any_spread()),
        prop::bool::weighted(0.2),
    );
    (replicas, 0..=4_u64, zone, rules).prop_map(move |(replicas, cpus, zone, (port80, max, spread, survive))| {
        let mut it = service(["db", "web", "kv"][index], 1, cpus);
        it.replicas = spanned(replicas);
        it.constraints.extend(
            zone.map(|(equal, value)| spanned(Constraint { key: ZONE.to_owned(), equal, value: value.to_owned() })),
        );
        if port80 {
            it.ports.push(port(Some((80, 80)), None));
        }
        it.max_per_machine = max.map(spanned);
        if let Replicas::Count(count) = replicas {
            it.wishes.spread.extend(spread);
            if survive && count > 1 {
                it.wishes.survive.push(Survive { loss: By::Machine, keep: 1, span: nowhere() });
            }
        }
        it
    })
}

fn any_spread() -> impl Strategy<Value = Spread> {
    let over = prop_oneof![Just(By::Machine), Just(By::Attribute(ZONE.to_owned()))];
    let how = prop_oneof![Just((Some(1), None)), Just((None, Some(2)))];
    (over, how).prop_map(|(over, (skew, at_least))| Spread { over, skew, at_least, among: None, span: nowhere() })
}

fn any_offers() -> impl Strategy<Value = Vec<Offer>> {
    let zones = prop_oneof![Just(vec!["a"]), Just(vec!["b"]), Just(vec!["a", "b"])];
    let entry = (1..=6_u64, 1..=9_u32, zones, prop::option::weighted(0.25, 1..=2_u32));
    prop::collection::vec(entry, 1..=3).prop_map(|entries| {
        let mut offers: Vec<Offer> = Vec::new();
        for (entry, (cpus, cost, zones, at_most)) in entries.into_iter().enumerate() {
            offers.extend(zones.into_iter().map(|zone| offer(entry, cpus, zone, f64::from(cost), at_most)));
        }
        offers
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    let services = (any_service(0), any_service(1), 1..=2_usize);
    let own = prop::option::weighted(0.3, (1..=5_u64, prop_oneof![Just("a"), Just("b")]));
    let survive = prop_oneof![
        2 => Just(Vec::new()),
        1 => Just(vec![By::Machine]),
        1 => Just(vec![By::Attribute(ZONE.to_owned())]),
    ];
    let headroom =
        prop_oneof![2 => Just(None), 1 => (1..=3_u64).prop_map(|cpus| Some(Some(cpus))), 1 => Just(Some(None))];
    let bond = prop_oneof![4 => Just(None), 1 => Just(Some(true)), 1 => Just(Some(false))];
    (services, any_offers(), own, survive, headroom, bond).prop_map(
        |((first, second, count), offers, own, survive, headroom, bond)| {
            let mut services = vec![first, second];
            services.truncate(count);
            if let (Some(near), [db, web]) = (bond, &mut services[..]) {
                let bond = |name: &str| Bond { service: spanned(name.to_owned()), by: By::Machine };
                if near {
                    web.wishes.near.push(bond(&db.name));
                } else {
                    web.wishes.apart.push(bond(&db.name));
                }
            }
            let headroom = headroom.and_then(|shape| {
                let what = match shape {
                    Some(cpus) => Wanted::Shape(Amounts::new().with(Resource::cpus(), Cpu(cpus * 1000).0)),
                    None if services[0].replicas.value == Replicas::Global => return None,
                    None => Wanted::Service(services[0].name.clone()),
                };
                Some(Headroom { what, count: 1 })
            });
            let own = own.map(|(cpus, zone)| offer(99, cpus, zone, 0.0, None).machine("own".to_owned()));
            Case {
                services,
                catalogue: Catalogue { unit: None, offers },
                own: Inventory { machines: own.into_iter().collect(), unsized_demand: Amounts::new() },
                survive,
                headroom: headroom.into_iter().collect(),
            }
        },
    )
}

thread_local! {
    /// How many fleets were compared, and how many were not to be had.
    static SEEN: Cell<(u32, u32)> = const { Cell::new((0, 0)) };
}

#[test]
fn the_cheapest_fleet_is_what_brute_force_finds() {
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        ProptestConfig { cases: 300, failure_persistence: None, max_shrink_iters: 40, ..ProptestConfig::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let result = runner.run(&any_case(), |case| {
        compare(&case)?;
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (found, none) = SEEN.get();
    assert!(found > 100 && none > 5, "too little was compared: {found} fleets, {none} times none");
}

fn compare(case: &Case) -> Result<(), TestCaseError> {
    let report = case.report();
    let least = fleets(case).into_iter().find(|fleet| holds(case, fleet));
    let (found, none) = SEEN.get();
    match report.steps.get(report.asked) {
        Some(Answer::Fleet(fleet)) => {
            SEEN.set((found + 1, none));
            let counts = bought(case, fleet);
            prop_assert!((cost(case, &counts) - fleet.cost).abs() < 1e-9, "{fleet:?}");
            prop_assert!(fleet.is_proven() || !case.is_plain(), "{fleet:?}");
            if counts.iter().sum::<u32>() <= MOST_BOUGHT {
                prop_assert!(holds(case, &counts), "it does not hold: {fleet:?}");
            }
            if let Some(least) = least {
                let best = cost(case, &least);
                prop_assert!(fleet.cost <= best + 1e-9 || !fleet.is_proven(), "{least:?} costs {best}: {fleet:?}");
                prop_assert!(fleet.bound <= best + 1e-9, "{least:?} costs {best}: {fleet:?}");
            }
        }
        Some(Answer::Nothing) | None => {
            SEEN.set((found, none + 1));
            prop_assert_eq!(least, None);
        }
        Some(Answer::Unknown(bound)) => {
            prop_assert!(!case.is_plain(), "not found in time");
            prop_assert!(least.is_none_or(|least| cost(case, &least) >= *bound - 1e-9), "no less than {bound}");
        }
    }
    Ok(())
}

fn case(services: Vec<Service>, offers: Vec<Offer>) -> Case {
    let (catalogue, own) = (Catalogue { unit: None, offers }, Inventory::default());
    Case { services, catalogue, own, survive: Vec::new(), headroom: Vec::new() }
}

fn fleet(answer: &Answer) -> &Fleet {
    let Answer::Fleet(fleet) = answer else { panic!("there is one: {answer:?}") };
    fleet
}

/// What is meant for a lost zone alone is not asked to be in several domains after it.
#[test]
fn what_cannot_be_elsewhere_need_not_be_spread_after_a_loss() {
    let mut db = service("db", 2, 0);
    let zone = Constraint { key: ZONE.to_owned(), equal: true, value: "a".to_owned() };
    db.constraints.push(spanned(zone));
    let spread = Spread { over: By::Machine, skew: None, at_least: Some(2), among: None, span: nowhere() };
    db.wishes.spread.push(spread);
    let offers = vec![offer(0, 1, "a", 1.0, None), offer(0, 1, "b", 1.0, None)];
    let case = Case { survive: vec![By::Attribute(ZONE.to_owned())], ..case(vec![db], offers) };
    let report = case.report();
    let fleet = fleet(&report.steps[0]);
    assert_eq!((bought(&case, fleet), fleet.is_proven()), (vec![2, 0], true));
}

/// Three containers of two CPUs do not fit two machines of three, though the sums do: that is found out by placing.
#[test]
fn what_fits_in_sum_alone_is_not_bought() {
    let case = case(vec![service("web", 3, 2)], vec![offer(0, 3, "a", 5.0, None), offer(1, 4, "a", 9.0, None)]);
    let report = case.report();
    let fleet = fleet(&report.steps[0]);
    assert_eq!((bought(&case, fleet), fleet.cost, fleet.bound), (vec![1, 1], 14.0, 14.0));
}

/// What is said of losses is what `check --survive` says of the machines when they are there; and more room never costs less.
#[test]
fn losses_are_survived_and_costs_rise_with_room() {
    let services = vec![service("db", 1, 4), service("kv", 2, 1), service("web", 4, 3)];
    let offers = (0..3).flat_map(|entry| {
        let (cpus, cost) = [(4, 9.0), (8, 17.0), (16, 33.0)][entry];
        ["a", "b", "c"].map(|zone| offer(entry, cpus, zone, cost, None))
    });
    for by in [By::Machine, By::Attribute(ZONE.to_owned())] {
        let case = Case { survive: vec![by.clone()], ..case(services.clone(), offers.clone().collect()) };
        let limits = Limits { time: Duration::from_secs(100), ..Limits::default() };
        let question = Question { steps: 2, limits, ..case.question() };
        let report = buy(&|inventory: &Inventory| on(&case.services, inventory), &question);
        let costs: Vec<f64> = report.steps.iter().map(|it| fleet(it).cost).collect();
        assert!(costs.is_sorted() && costs.len() == 3, "{costs:?}");
        for (times, answer) in report.steps.iter().enumerate() {
            let machines = machines(&case, &bought(&case, fleet(answer)));
            let whole = stack(case.services.clone(), machines.clone());
            let problem = Problem::new(&whole, Vec::new(), Policy::Spread);
            let (lost, unknown) = loss::not_survived(&problem, &by, &Limits::default());
            assert!(lost.is_empty() && unknown.is_empty(), "{by:?} {times}: {lost:?} {unknown:?}");
            assert!(fleet(answer).is_proven(), "{by:?} {times}");
            let mut more = case.services.clone();
            more[2].replicas = spanned(Replicas::Count(4 + times as u32));
            let more = stack(more, machines);
            let placed = fit(&Problem::new(&more, Vec::new(), Policy::Spread), &Limits::default());
            assert!(matches!(placed, Outcome::Placed(_)), "{by:?} {times}: {placed:?}");
        }
    }
}

fn read(file: &str) -> Catalogue {
    let mut sources = Sources::new();
    let loaded = inventory::load_catalogue(&Disk, &root().join(file), file, &mut sources);
    assert!(loaded.complete && loaded.diagnostics.is_empty(), "{file}: {:?}", loaded.diagnostics);
    loaded.catalogue
}

#[test]
fn the_catalogues_that_come_along_can_be_read() {
    let folder = root().join("testdata/catalogues");
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let name = entry.unwrap().file_name();
        let catalogue = read(&Path::new("testdata/catalogues").join(&name).to_string_lossy());
        assert!(catalogue.offers.iter().all(|offer| offer.cost.value > 0.0), "{}", name.display());
        count += 1;
    }
    assert!(count >= 2);
    let aws = read("testdata/catalogues/aws-us-east-1.yaml");
    assert_eq!(aws.offers.len(), 90);
    let it = aws.offers.iter().find(|offer| offer.name.value == "m7g.large").unwrap();
    assert_eq!((it.cost.value, it.capacity[&Resource::memory()].value), (0.0816, 8 << 30));
}
