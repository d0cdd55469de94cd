//! A website's life: placed, scaled, changed and cut down, with its data where it was all the time.

use std::collections::BTreeMap;
use std::process::Command;

use planner::plan::{Action, Plan};

use super::{Seen, Site};
use crate::lab::Lab;

/// The story's figures: of three machines with six CPUs each, thirteen are asked for, or sixteen with four web servers.
fn stack(web: u32, kv_tag: u32, lb: bool) -> String {
    let last = 20100 + web - 1;
    let lb = if lb {
        "  lb:
    <<: *one
    ports: ['20180:80']
    depends_on: {web: {condition: service_healthy}}
    deploy: {resources: {reservations: {cpus: '1'}}}
"
    } else {
        ""
    };
    format!(
        "x-one: &one
  image: planner-lab:1
  stop_signal: SIGKILL
x-health: &health
  healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 200ms, retries: 50}}
services:
{lb}  web:
    <<: [*one, *health]
    ports: ['20100-{last}:80']
    depends_on:
      db: {{condition: service_healthy}}
      kv: {{condition: service_started}}
      migrate: {{condition: service_completed_successfully}}
    deploy: {{replicas: {web}, resources: {{reservations: {{cpus: '3'}}}}}}
  db:
    <<: [*one, *health]
    volumes: ['data:/data']
    deploy: {{resources: {{reservations: {{cpus: '2'}}}}}}
  migrate:
    <<: *one
    command: [/bin/sh, -c, 'sleep 0.3']
    depends_on: {{db: {{condition: service_healthy}}}}
  kv:
    <<: *one
    image: planner-lab:{kv_tag}
    volumes: [/keep]
    deploy: {{resources: {{reservations: {{cpus: '1'}}}}}}
volumes:
  data:
"
    )
}

fn read(site: &Site<'_>, name: &str) -> Plan {
    serde_json::from_str(&site.read(name)).unwrap()
}

/// The containers' ids, without those of the services named.
fn ids<'s>(seen: &'s BTreeMap<String, Seen>, but: &[&str]) -> BTreeMap<&'s str, &'s str> {
    let others = seen.iter().filter(|(address, _)| !but.iter().any(|service| address.starts_with(service)));
    others.map(|(address, container)| (address.as_str(), container.id.as_str())).collect()
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_website_lives_through_all_its_changes() {
    let lab = Lab::up();
    let site = Site::new(&lab, "story", &["h1", "h2", "h3"]);
    let first = is_placed_as_planned(&site);
    is_a_project_for_docker_compose(&site, &first);
    has_nothing_left_to_do(&site);
    is_scaled_by_moving_one_container(&site);
    gets_another_image_in_place(&site);
    loses_a_service_but_no_data(&site);
}

fn is_placed_as_planned(site: &Site<'_>) -> Plan {
    site.compose(&stack(3, 1, true));
    site.expect(0, "observe -o snapshot.json");
    let live = site.expect(0, "plan --json").out;
    assert_eq!(site.expect(0, "plan --observed snapshot.json --json").out, live, "planned without access");
    site.expect(2, "plan --detailed-exitcode -o plan.json").says(&["planner apply --plan plan.json", "11 to create"]);
    assert_eq!(site.read("plan.json"), live);
    let plan = read(site, "plan.json");
    site.expect(1, "apply --plan plan.json").says(&["nobody to ask", "--yes"]);
    assert!(site.containers().is_empty(), "asked for, not done");
    site.expect(0, "apply --plan plan.json --yes").says(&["Applied.", "story is as the files say"]);
    site.answers(&plan);
    let ports = |service: &str| {
        let placed = plan.placement.iter().filter(|placed| placed.service == service);
        placed.map(|placed| placed.ports[0].host_port).collect::<Vec<_>>()
    };
    assert!(ports("web").iter().all(|port| (20100..20103).contains(port)) && ports("lb") == [20180], "{plan:?}");
    // What other tests run on the hosts is in both.
    let used: u64 = plan.machines.iter().map(|machine| machine.after.cpu().0 - machine.before.cpu().0).sum();
    assert_eq!((used, site.containers().len()), (13000, 7));
    plan
}

fn is_a_project_for_docker_compose(site: &Site<'_>, plan: &Plan) {
    let version = Command::new("docker").args(["compose", "version"]).output().expect("docker");
    assert!(version.status.success(), "there is no docker compose here: `tests/lab/lab.sh install` brings it");
    for host in ["h1", "h2", "h3"] {
        let list = site.docker(host, &["compose", "ls", "-a"]);
        let line = list.lines().find(|line| line.starts_with("story ")).unwrap_or_else(|| panic!("{host}: {list}"));
        assert!(line.contains("running") && line.contains("compose.yaml"), "{line}");
        let listed = site.docker(host, &["compose", "-p", "story", "ps", "-a", "--format", "{{.Name}}"]);
        let mut listed: Vec<&str> = listed.lines().collect();
        listed.sort_unstable();
        let here = plan.placement.iter().filter(|placed| placed.machine == host);
        let mut planned: Vec<String> =
            here.map(|placed| format!("story-{}-{}", placed.service, placed.number)).collect();
        planned.sort_unstable();
        assert_eq!(listed, planned, "on {host}");
    }
}

fn has_nothing_left_to_do(site: &Site<'_>) {
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "plan --detailed-exitcode");
    let before = site.containers();
    site.expect(1, "apply --plan plan.json --yes").says(&["stale", "planner plan"]);
    site.expect(0, "apply --yes").says(&["Nothing to do"]);
    assert_eq!(site.containers(), before);
    // A plan with something to do is stale as well, once somebody has changed something by hand.
    site.compose(&stack(3, 2, true));
    site.expect(0, "plan -o plan.json");
    let kv = &before["kv.1"];
    site.docker(&kv.host, &["stop", &kv.id]);
    site.expect(1, "apply --plan plan.json --yes").says(&["stale"]);
    site.docker(&kv.host, &["start", &kv.id]);
    site.compose(&stack(3, 1, true));
    assert_eq!(site.containers(), before);
}

fn is_scaled_by_moving_one_container(site: &Site<'_>) {
    let before = site.containers();
    let db = &before["db.1"];
    site.docker(&db.host, &["exec", &db.id, "sh", "-c", "echo precious > /data/file"]);
    site.compose(&stack(4, 1, true));
    let plan = site.plan();
    let counts = plan.counts();
    assert_eq!((counts.create, counts.moved, counts.update, counts.delete), (1, 1, 0, 0), "{:?}", plan.changes);
    let moved = plan.changes.iter().find(|change| change.moved_from.is_some()).unwrap();
    assert!(["container:kv:1", "container:lb:1"].contains(&moved.address.as_str()), "{moved:?}");
    site.expect(0, "apply --yes").says(&["makes room on", "for web.4", "Applied."]);
    site.answers(&plan);
    let after = site.containers();
    let moved = &moved.address.strip_prefix("container:").unwrap().replace(':', ".");
    assert_eq!(ids(&after, &[moved, "web.4"]), ids(&before, &[moved]), "what runs keeps running");
    assert_ne!(after[moved].host, before[moved].host);
    let db = &after["db.1"];
    assert_eq!(site.docker(&db.host, &["exec", &db.id, "cat", "/data/file"]), "precious");
    assert_eq!(site.hosts_with_volume("data"), [db.host.as_str()]);
    site.expect(0, "plan --detailed-exitcode");
}

fn gets_another_image_in_place(site: &Site<'_>) {
    let before = site.containers();
    for host in ["h1", "h2", "h3"] {
        site.docker(host, &["tag", "planner-lab:1", "planner-lab:2"]);
    }
    let kv = &before["kv.1"];
    site.docker(&kv.host, &["exec", &kv.id, "sh", "-c", "echo kept > /keep/file"]);
    site.compose(&stack(4, 2, true));
    let plan = site.plan();
    let [change] = &plan.changes[..] else { panic!("{:?}", plan.changes) };
    assert_eq!(
        (change.address.as_str(), &change.actions[..]),
        ("container:kv:1", &[Action::Delete, Action::Create][..])
    );
    site.expect(0, "apply --yes").says(&["image changed", "planner-lab:1 → planner-lab:2"]);
    let after = site.containers();
    let (old, new) = (&before["kv.1"], &after["kv.1"]);
    assert_eq!((&new.name, &new.host, new.image.as_str()), (&old.name, &old.host, "planner-lab:2"));
    assert_eq!((new.state.as_str(), new.name.as_str()), ("running", "story-kv-1"));
    assert_ne!(new.id, old.id);
    // As docker compose has it: what a volume without a name holds goes on in the new container.
    assert_eq!(site.docker(&new.host, &["exec", &new.id, "cat", "/keep/file"]), "kept");
    assert_eq!(ids(&after, &["kv"]), ids(&before, &["kv"]));
}

fn loses_a_service_but_no_data(site: &Site<'_>) {
    let before = site.containers();
    site.compose(&stack(4, 2, false));
    site.expect(0, "apply --yes").says(&["`lb` is not in the file any more", "1 to delete"]);
    let after = site.containers();
    assert_eq!(ids(&after, &[]), ids(&before, &["lb"]));
    // The database goes, its data stays, and is there when the database comes back.
    let all = stack(4, 2, false);
    site.compose("services:\n  kv:\n    image: planner-lab:2\n    volumes: [/keep]\n    stop_signal: SIGKILL\n    deploy: {resources: {reservations: {cpus: '1'}}}\n");
    let plan = site.plan();
    assert!(plan.changes.iter().all(|change| !change.address.starts_with("volume:")), "{:?}", plan.changes);
    site.expect(0, "apply --yes");
    let left = site.containers();
    assert_eq!((left.len(), &left["kv.1"]), (1, &after["kv.1"]));
    let home = after["db.1"].host.as_str();
    assert_eq!(site.hosts_with_volume("data"), [home]);
    site.compose(&all);
    site.expect(0, "apply --yes");
    let db = &site.containers()["db.1"];
    assert_eq!(
        (db.host.as_str(), site.docker(&db.host, &["exec", &db.id, "cat", "/data/file"]).as_str()),
        (home, "precious")
    );
}
