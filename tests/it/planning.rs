//! The order of steps: what is shown here is what `apply` does.

use planner::observed::{AnonymousVolume, BuiltImage, ContainerState, ImageFacts, Observed};
use planner::placement::{Limits, Outcome, Policy, Problem, place};
use planner::plan::{NoPlan, Operation, Origin, Plan, await_all, make, running, take_down};
use planner::stack::{Condition, Dependency, Healthcheck, Hook, Mount, PullPolicy, Stack, Volume};

use crate::fake::{FakeCluster, name_of};
use crate::stacks::{machine, port, service, spanned, stack};

/// The plan that leads from what was seen to a stack, spread over its machines.
pub(crate) fn plan(stack: &Stack, observed: &Observed) -> Plan {
    let problem = Problem::new(stack, running(stack, observed), Policy::Spread);
    match place(&problem, &Limits::default()) {
        Outcome::Placed(solution) => make(&problem, &solution, observed, &Origin::default()).unwrap(),
        other => panic!("{other:?}"),
    }
}

/// What the machines hold once a stack runs on empty ones.
pub(crate) fn applied(stack: &Stack) -> Observed {
    let names: Vec<&str> = stack.machines.iter().map(|machine| machine.name.as_str()).collect();
    let cluster = FakeCluster::new(&names);
    let outcome = cluster.apply(&plan(stack, &cluster.observed()));
    assert!(outcome.is_complete(), "{outcome:?}");
    cluster.observed()
}

/// `m0 stop test-web-1 <- 0 3`: machine, what, and what it waits for. Digests in temporary names are cut out.
fn steps(plan: &Plan) -> Vec<String> {
    let show = |step: &planner::plan::Step| {
        let waits: Vec<String> = step.waits_for.iter().map(ToString::to_string).collect();
        let name = name_of(&step.operation);
        let words: Vec<&str> = name.split(' ').map(|word| if word.contains("_1_") { "NEW" } else { word }).collect();
        format!("{} {} <- {}", step.machine, words.join(" "), waits.join(" ")).trim_end().to_owned()
    };
    plan.steps.iter().map(show).collect()
}

#[test]
fn in_place_the_new_one_is_made_before_the_old_one_stops() {
    let mut web = service("web", 1, 1);
    web.ports.push(port(Some((80, 80)), None));
    let mut wanted = stack(vec![web], vec![machine("m0", 4)]);
    let observed = applied(&wanted);
    wanted.services[0].container.image = "web:2".to_owned();
    let expected = [
        "m0 pull web:2 <-",
        "m0 create NEW <- 0",
        "m0 stop test-web-1 <- 1",
        "m0 remove test-web-1 <- 2",
        "m0 rename NEW test-web-1 <- 1 2 3",
        "m0 start test-web-1 <- 4",
    ];
    assert_eq!(steps(&plan(&wanted, &observed)), expected);
}

#[test]
fn start_first_overlaps_where_nothing_stands_against_it() {
    let mut web = service("web", 1, 1);
    web.update.start_first = true;
    web.container.healthcheck = Some(Healthcheck { test: vec!["CMD".into(), "true".into()], ..Healthcheck::default() });
    let mut wanted = stack(vec![web], vec![machine("m0", 2)]);
    let observed = applied(&wanted);
    wanted.services[0].container.image = "web:2".to_owned();
    let expected = [
        "m0 pull web:2 <-",
        "m0 create NEW <- 0",
        "m0 start NEW <- 1",
        "m0 await NEW <- 2",
        "m0 stop test-web-1 <- 3",
        "m0 remove test-web-1 <- 4",
        "m0 rename NEW test-web-1 <- 5",
    ];
    assert_eq!(steps(&plan(&wanted, &observed)), expected);
    // Too little room for both at a time: the old one stops first.
    wanted.machines = vec![machine("m0", 1)];
    assert!(steps(&plan(&wanted, &observed)).contains(&"m0 start test-web-1 <- 4".to_owned()));
}

#[test]
fn dependents_start_when_what_they_depend_on_is_as_they_want_it() {
    let mut web = service("web", 1, 1);
    for (name, condition) in [("db", Condition::Healthy), ("kv", Condition::Started), ("seed", Condition::Completed)] {
        web.depends_on.push(Dependency { service: name.to_owned(), condition, restart: false });
    }
    let services = vec![service("db", 1, 1), service("kv", 1, 1), service("seed", 1, 1), web];
    let wanted = stack(services, vec![machine("m0", 4)]);
    let plan = plan(&wanted, &Observed::default());
    let shown = steps(&plan);
    let start = plan.steps.iter().find(|step| name_of(&step.operation) == "start test-web-1").unwrap();
    let firsts: Vec<String> = start.waits_for.iter().map(|id| name_of(&plan.steps[*id].operation)).collect();
    let expected = ["create test-web-1", "start test-kv-1", "await test-db-1", "await test-seed-1"];
    assert!(expected.iter().all(|name| firsts.contains(&(*name).to_owned())), "{firsts:?}\n{shown:#?}");
    assert_eq!(firsts.len(), expected.len());
}

#[test]
fn replicas_are_replaced_one_after_the_other() {
    let mut wanted = stack(vec![service("web", 2, 1)], vec![machine("m0", 4), machine("m1", 4)]);
    let observed = applied(&wanted);
    wanted.services[0].container.image = "web:2".to_owned();
    let plan = plan(&wanted, &observed);
    let id = |name: &str| plan.steps.iter().position(|step| name_of(&step.operation) == name).unwrap();
    // Whether it is well or not: what a failure leads to, the rollout says.
    assert_eq!(plan.steps[id("stop test-web-2")].after, [id("await test-web-1")]);
    assert!(plan.steps[id("await test-web-1")].waits_for.contains(&id("start test-web-1")));
}

#[test]
fn a_moved_container_goes_only_when_the_new_one_has_started() {
    let mut wanted = stack(vec![service("web", 1, 1)], vec![machine("m0", 4), machine("m1", 4)]);
    let observed = applied(&wanted);
    wanted.machines[0].availability = planner::inventory::Availability::Drain;
    let expected = [
        "m1 pull web:1 <-",
        "m1 create test-web-1 <- 0",
        "m0 stop test-web-1 <- 1",
        "m1 start test-web-1 <- 1 2",
        "m0 remove test-web-1 <- 2 3",
    ];
    let plan = plan(&wanted, &observed);
    assert_eq!(steps(&plan), expected);
    assert_eq!(plan.changes[0].reasons, ["m0 is being drained"]);
}

/// What an image's own volume holds is not to be lost by a new image; but it does not go along to another machine.
#[test]
fn volumes_without_a_name_stay_with_the_container_and_with_the_machine() {
    let mut wanted = stack(vec![service("kv", 1, 1)], vec![machine("m0", 4), machine("m1", 4)]);
    let mut observed = applied(&wanted);
    let data = AnonymousVolume { target: "/data".to_owned(), name: "ab".repeat(32) };
    observed.machines.get_mut("m0").unwrap().containers[0].anonymous_volumes.push(data.clone());
    assert!(plan(&wanted, &observed).is_empty());

    wanted.services[0].container.image = "kv:2".to_owned();
    let replaced = plan(&wanted, &observed);
    let mounts = replaced.steps.iter().find_map(|step| match &step.operation {
        Operation::CreateContainer(new) => Some(new.spec.mounts.clone()),
        _ => None,
    });
    let mounts = mounts.unwrap();
    assert_eq!((mounts.len(), &mounts[0].source, &mounts[0].target), (1, &data.name, &data.target));

    wanted.machines[0].availability = planner::inventory::Availability::Drain;
    let moved = plan(&wanted, &observed);
    assert_eq!(moved.changes[0].reasons, ["m0 is being drained", "what it keeps in /data stays on m0"]);
}

/// A profile that is not active says nothing of what runs of it.
#[test]
fn services_of_inactive_profiles_are_left_alone() {
    let mut wanted = stack(vec![service("debug", 1, 1), service("web", 1, 1)], vec![machine("m0", 4)]);
    let observed = applied(&wanted);
    wanted.services.remove(0);
    assert_eq!(plan(&wanted, &observed).counts().delete, 1, "it is gone from the file");
    wanted.inactive.insert("debug".to_owned());
    assert!(plan(&wanted, &observed).is_empty());
}

/// A run that was cut between the start of a replacement and its renaming leaves it under its temporary name.
#[test]
fn a_left_over_replacement_is_awaited_under_the_name_it_gets() {
    let mut web = service("web", 0, 1);
    web.depends_on.push(Dependency { service: "db".to_owned(), condition: Condition::Healthy, restart: false });
    let mut wanted = stack(vec![service("db", 1, 1), web], vec![machine("m0", 4)]);
    let mut observed = applied(&wanted);
    observed.machines.get_mut("m0").unwrap().containers[0].name = "0a_1_test-db-1".to_owned();
    wanted.services[1].replicas = crate::stacks::spanned(planner::stack::Replicas::Count(1));
    let plan = plan(&wanted, &observed);
    let find = |kind: &str| plan.steps.iter().find(|step| name_of(&step.operation).starts_with(kind)).unwrap();
    assert_eq!(name_of(&find("await").operation), "await test-db-1");
    assert_eq!(find("await").waits_for, [find("rename").id], "{:#?}", steps(&plan));
}

/// Where nobody states a size, an even use is an even number of containers.
#[test]
fn services_without_a_size_are_spread_too() {
    let services = ["a", "b", "c"].map(|name| service(name, 1, 0)).to_vec();
    let wanted = stack(services, vec![machine("m0", 4), machine("m1", 4), machine("m2", 4)]);
    let plan = plan(&wanted, &Observed::default());
    let machines: std::collections::BTreeSet<&str> = plan.placement.iter().map(|it| it.machine.as_str()).collect();
    assert_eq!(machines.len(), 3, "{:?}", plan.placement);
}

#[test]
fn hooks_run_when_a_container_has_started_and_before_it_stops() {
    let hook = |word: &str| Hook { command: vec![word.to_owned()], ..Hook::default() };
    let mut web = service("web", 1, 1);
    web.depends_on.push(Dependency { service: "db".to_owned(), condition: Condition::Started, restart: false });
    let mut db = service("db", 1, 1);
    db.post_start = vec![hook("first"), hook("second")];
    let mut wanted = stack(vec![db, web], vec![machine("m0", 4)]);
    wanted.pre_stop.insert("db".to_owned(), vec![hook("bye")]);
    let expected = [
        "m0 pull db:1 <-",
        "m0 pull web:1 <-",
        "m0 create test-db-1 <- 0",
        "m0 start test-db-1 <- 2",
        "m0 exec test-db-1 first <- 3",
        "m0 exec test-db-1 second <- 4",
        "m0 create test-web-1 <- 1",
        "m0 start test-web-1 <- 5 6",
    ];
    assert_eq!(steps(&plan(&wanted, &Observed::default())), expected);
    let observed = applied(&wanted);
    let down = take_down(&wanted, &observed, &Origin::default()).unwrap();
    let shown = steps(&down);
    assert_eq!(shown.len(), 5, "{shown:#?}");
    let at = |what: &str| shown.iter().position(|it| it.contains(what)).unwrap();
    // Not before who depends on it has gone.
    assert!(at("remove test-web-1") < at("exec test-db-1 bye"), "{shown:#?}");
    assert!(at("exec test-db-1 bye") < at("stop test-db-1"), "{shown:#?}");
}

#[test]
fn a_run_can_end_when_everything_serves() {
    let stack = stack(vec![service("web", 2, 1)], vec![machine("m0", 4)]);
    let cluster = FakeCluster::new(&["m0"]);
    let waits = |observed: &Observed| -> Vec<(String, Vec<String>)> {
        let mut plan = plan(&stack, observed);
        let before = plan.steps.len();
        await_all(&stack, observed, &mut plan);
        let name = |id: &usize| name_of(&plan.steps[*id].operation);
        let added = plan.steps[before..].iter().enumerate();
        added
            .map(|(index, step)| {
                assert_eq!(step.id, before + index);
                (name_of(&step.operation), step.waits_for.iter().map(name).collect())
            })
            .collect()
    };
    let new = waits(&cluster.observed());
    assert_eq!(new.len(), 2);
    assert_eq!(
        new[0],
        ("await test-web-1".to_owned(), vec!["create test-web-1".to_owned(), "start test-web-1".to_owned()])
    );
    let first = plan(&stack, &cluster.observed());
    assert!(cluster.apply(&first).is_complete());
    let mut observed = cluster.observed();
    assert_eq!(waits(&observed), [], "all of them run");
    let container = &mut observed.machines.get_mut("m0").unwrap().containers[1];
    container.health = Some("starting".to_owned());
    let late = container.name.clone();
    assert_eq!(waits(&observed), [(format!("await {late}"), vec![])]);
}

#[test]
fn a_volume_is_copied_between_the_stop_and_the_start_of_who_uses_it() {
    let mut db = service("db", 1, 1);
    db.container.mounts.push(Mount {
        kind: "volume".to_owned(),
        source: "test_data".to_owned(),
        target: "/data".to_owned(),
        ..Mount::default()
    });
    db.local_volumes.push(spanned("data".to_owned()));
    let mut wanted = stack(vec![db], vec![machine("m0", 4), machine("m1", 4)]);
    let data = Volume {
        name: "test_data".to_owned(),
        external: false,
        driver: None,
        driver_opts: Default::default(),
        labels: Default::default(),
        shared: false,
    };
    wanted.volumes.insert("data".to_owned(), data);
    let observed = applied(&wanted);
    assert!(wanted.move_volume("data", 0, 1).unwrap_err().contains("it is nowhere"));
    wanted.machines[0].volumes.push("test_data".to_owned());
    wanted.move_volume("data", 0, 1).unwrap();
    let moved = plan(&wanted, &observed);
    let expected = [
        "m1 pull db:1 <-",
        "m1 volume test_data <-",
        "m1 create test-db-1 <- 0 1",
        "m0 stop test-db-1 <- 2",
        "m1 copy-volume test_data m0 <- 1 2 3",
        "m1 start test-db-1 <- 2 3 4",
        "m0 remove test-db-1 <- 3 5",
    ];
    assert_eq!(steps(&moved), expected);
    assert_eq!(moved.downtime[0].service, "db");
    let change = moved.changes.iter().find(|change| change.address == "volume:data@m1").unwrap();
    assert_eq!(change.moved_from.as_deref(), Some("m0"));
}

#[test]
fn what_was_built_here_is_sent_to_whoever_lacks_it_and_then_nothing_is_left_to_do() {
    let mut web = service("web", 2, 1);
    web.container.pull = PullPolicy::Built;
    let wanted = stack(vec![web], vec![machine("m0", 1), machine("m1", 1)]);
    let cluster = FakeCluster::new(&["m0", "m1"]);
    let seen = |built: Option<&str>| {
        let built = built.map(|id| {
            let facts = ImageFacts { created: 7, bytes: 9 };
            ("web:1".to_owned(), BuiltImage { id: id.to_owned(), facts, ..BuiltImage::default() })
        });
        Observed { built: built.into_iter().collect(), ..cluster.observed() }
    };
    let pulls = |plan: &Plan| -> Vec<(Option<String>, bool, PullPolicy)> {
        let pull = |step: &planner::plan::Step| match &step.operation {
            Operation::Pull { id, here, policy, .. } => Some((id.clone(), *here, *policy)),
            _ => None,
        };
        plan.steps.iter().filter_map(pull).collect()
    };
    assert_eq!(pulls(&plan(&wanted, &seen(Some("")))), vec![(None, false, PullPolicy::Built); 2]);
    let first = plan(&wanted, &seen(Some("one")));
    assert_eq!(pulls(&first), vec![(Some("one".to_owned()), true, PullPolicy::Built); 2]);
    assert!(cluster.apply(&first).is_complete());
    assert!(plan(&wanted, &seen(Some("one"))).is_empty());
    // Another build is another image; where nothing is built here, what machines have stays.
    assert_eq!(pulls(&plan(&wanted, &seen(Some("two")))).len(), 2);
    assert!(plan(&wanted, &seen(None)).is_empty());
}

#[test]
fn links_name_the_container_beside_and_what_is_outside_must_be_there() {
    let mut web = service("web", 1, 1);
    web.container.links = vec!["service:db:database".to_owned(), "other:away".to_owned()];
    web.together_with = vec![spanned("db".to_owned())];
    let wanted = stack(vec![service("db", 1, 1), web], vec![machine("m0", 4)]);
    let mut observed = FakeCluster::new(&["m0"]).observed();
    let problem = Problem::new(&wanted, running(&wanted, &observed), Policy::Spread);
    let Outcome::Placed(solution) = place(&problem, &Limits::default()) else { panic!("it fits") };
    let made = make(&problem, &solution, &observed, &Origin::default());
    let Err(NoPlan::Refused(findings)) = made else { panic!("{made:?}") };
    assert_eq!(findings.iter().map(|it| it.code).collect::<Vec<_>>(), ["M335"]);

    let other = ContainerState { id: "1".to_owned(), name: "other".to_owned(), ..ContainerState::default() };
    observed.machines.get_mut("m0").unwrap().containers.push(other);
    let plan = make(&problem, &solution, &observed, &Origin::default()).unwrap();
    let links = plan.steps.iter().find_map(|step| match &step.operation {
        Operation::CreateContainer(new) if new.name == "test-web-1" => Some(new.spec.links.clone()),
        _ => None,
    });
    assert_eq!(links.unwrap(), ["test-db-1:database", "other:away"]);
}
