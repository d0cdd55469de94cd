//! A machine that is lost is never taken for an empty one.

use std::time::Instant;

use planner::plan::Plan;

use super::Site;
use crate::lab::Lab;

/// The killed host's engine comes back whatever happens.
struct Killed<'l>(&'l Lab);

impl Drop for Killed<'_> {
    fn drop(&mut self) {
        self.0.run(&["start", "h4"]);
    }
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn nothing_is_planned_while_a_machine_is_lost() {
    let lab = Lab::up();
    let _alone = lab.breakable();
    let site = Site::new(&lab, "lost", &["h1", "h2", "h4"]);
    let service = |command: &str| {
        format!(
            "services:\n  web:\n    image: planner-lab:1\n    stop_signal: SIGKILL\n    command: {command}\n    deploy: {{mode: global}}\n"
        )
    };
    site.compose(&service("/bin/serve"));
    site.expect(0, "apply --yes");
    let before = site.containers();
    assert_eq!(before.len(), 3);
    site.compose(&service("sleep 60"));
    site.expect(0, "plan -o plan.json");

    lab.run(&["kill", "h4"]);
    let killed = Killed(&lab);
    for line in ["plan", "plan -o other.json", "apply --yes", "apply --plan plan.json --yes", "observe -o seen.json"] {
        let run = site.expect(4, line);
        run.says(&["error: h4: the engine on h4 is not running", "Nothing was changed", "availability: down"]);
        assert!(!run.err.contains("h1") && run.out.is_empty(), "{line}: {run:?}");
    }
    assert!(!site.folder.join("other.json").exists() && !site.folder.join("seen.json").exists());
    // Given up for good, it is planned without.
    let inventory = site.read("inventory.yaml");
    site.write("without.yaml", &inventory.replace("name: h4,", "name: h4, availability: down,"));
    site.expect(2, "plan -i without.yaml --detailed-exitcode").says(&["2 to change"]);
    drop(killed);

    site.compose(&service("/bin/serve"));
    site.expect(2, "plan --detailed-exitcode").says(&["start", "it is exited"]);
    site.expect(0, "apply --yes");
    let after = site.containers();
    assert_eq!(after, before, "the same containers, running");
    site.expect(0, "plan --detailed-exitcode");

    lab.run(&["cut", "h4"]);
    let run = site.run("plan");
    lab.run(&["heal", "h4"]);
    assert_eq!(run.exit, 4, "{run:?}");
    run.says(&["error: h4: h4 cannot be reached"]);
}

/// What a plan says that a loss would lead to is what happens when the machine is lost; and how long that takes is told.
#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn after_a_loss_one_run_brings_everything_back() {
    let lab = Lab::up();
    let _alone = lab.breakable();
    let site = Site::new(&lab, "survivor", &["h1", "h2", "h4"]);
    site.compose(
        "x-planner: {discovery: none}
services:
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    ports: ['20450-20452:80']
    x-planner: {spread: machine, survive: machine}
    deploy: {replicas: 3}
  kv:
    image: planner-lab:1
    stop_signal: SIGKILL
    x-planner: {near: {service: web, by: machine}}
",
    );
    let run = site.expect(0, "apply --yes --survive machine");
    let before = site.containers();
    assert!(before.values().any(|it| it.host == "h4"), "spread over all three");
    let foretold = run.out.lines().find(|line| line.contains("if h4 is lost")).expect("a line for each").to_owned();

    lab.run(&["kill", "h4"]);
    let (killed, began) = (Killed(&lab), Instant::now());
    site.expect(0, "replan --lost h4").says(&["1 to create"]);
    site.expect(0, "apply --yes --lost h4").says(&["Applied."]);
    let plan: Plan = serde_json::from_str(&site.expect(0, "plan --lost h4 --json").out).unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
    let web = plan.placement.iter().filter(|it| it.service == "web");
    for placed in web {
        assert!(placed.machine != "h4" && foretold.contains("web"), "{placed:?}: {foretold}");
        for port in &placed.ports {
            super::get(&placed.machine, port.host_port);
        }
    }
    println!("everything answers {:.1} s after the machine was killed", began.elapsed().as_secs_f64());

    // It comes back: what ran there is there twice, and one of each goes; the replicas are apart again.
    drop(killed);
    site.expect(0, "apply --yes").says(&["Applied."]);
    let after = site.containers();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert!(after.values().all(|it| it.state == "running"), "{after:?}");
    assert!(after.values().any(|it| it.host == "h4"), "spread over all three again");
    site.expect(0, "down --yes");
}
