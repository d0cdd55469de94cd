//! An update while somebody uses the service; one that fails and is taken back; one that is taken back by hand.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use planner::plan::Plan;

use super::{Site, try_get};
use crate::lab::Lab;

/// Replicas that are well when they answer, and ready to be gone back to.
fn stack(version: &str, command: &str) -> String {
    format!(
        "services:
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    environment: {{VERSION: '{version}'}}
    {command}
    ports: ['20500-20502:80']
    healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 1s, retries: 20}}
    deploy:
      replicas: 3
      update_config: {{parallelism: 1, delay: 500ms, monitor: 1s, failure_action: rollback}}
"
    )
}

/// Asks for the service without a pause for as long as `work` takes. Returns how many requests no replica answered, and
/// how many there were.
fn used_while(plan: &Plan, work: impl FnOnce()) -> (usize, usize) {
    let replicas: Vec<(String, u16)> = plan
        .placement
        .iter()
        .flat_map(|placed| placed.ports.iter().map(|port| (placed.machine.clone(), port.host_port)))
        .collect();
    let (over, failed, all) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // As a client with several addresses has it: the next one, if one does not answer.
                let first = all.fetch_add(1, Ordering::Relaxed);
                let mut turns = (0..replicas.len()).map(|turn| &replicas[(first + turn) % replicas.len()]);
                let answered = turns.any(|(host, port)| try_get(host, *port).is_ok_and(|text| !text.is_empty()));
                failed.fetch_add(usize::from(!answered), Ordering::Relaxed);
            }
        });
        work();
        over.store(true, Ordering::Relaxed);
    });
    (failed.into_inner(), all.into_inner())
}

/// By host and name, the version that each running container is of.
fn versions(site: &Site<'_>) -> Vec<String> {
    let running = site.containers().into_values().filter(|it| it.state == "running");
    let version = |host: &str, id: &str| {
        let environment = site.docker(host, &["inspect", "-f", "{{join .Config.Env \" \"}}", id]);
        environment.split(' ').find_map(|it| it.strip_prefix("VERSION=").map(str::to_owned)).unwrap()
    };
    running.map(|it| version(&it.host, &it.id)).collect()
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn an_update_goes_unnoticed_and_one_that_fails_is_taken_back() {
    let lab = Lab::up();
    let site = Site::new(&lab, "rollout", &["h1", "h2", "h3"]);
    site.compose(&stack("1", ""));
    let plan = site.plan();
    site.expect(0, "apply --yes");
    site.answers(&plan);

    site.compose(&stack("2", ""));
    let (failed, all) = used_while(&plan, || {
        let run = site.expect(0, "apply --yes");
        run.says(&["should it fail, what runs now comes back: `web`", "was well for 1 s", "waited 0.5 s", "Applied."]);
    });
    assert!(failed == 0 && all > 100, "{failed} of {all} requests were not answered");
    assert_eq!(versions(&site), ["2", "2", "2"]);
    let aside = || site.all_containers().into_iter().filter(|(_, it)| it.name.contains(".previous-")).count();
    assert_eq!(aside(), 3);
    site.expect(0, "plan").says(&["Nothing to do"]);

    // The first replica ends as soon as it has started: the others are never touched, and it comes back.
    let before = site.containers();
    site.compose(&stack("3", "command: [sh, -c, 'echo no such file; sleep 0.3; exit 3']"));
    let (failed, all) = used_while(&plan, || {
        let run = site.expect(1, "apply --yes");
        run.says(&[
            "1 of 3 containers could not be replaced: it goes back to what ran before",
            "ended with exit code 3",
            "it said: no such file",
            "`web` went back to what ran before.",
        ]);
    });
    assert!(failed == 0 && all > 100, "{failed} of {all} requests were not answered");
    assert_eq!(site.containers(), before);

    // By hand, and forward again: each time the very containers that there are.
    site.compose(&stack("2", ""));
    site.expect(1, "rollback --yes wbe").says(&["there is no service `wbe`", "did you mean `web`?"]);
    let run = site.expect(1, "rollback --yes");
    run.says(&["no service has containers to go back to", "failure_action: rollback"]);
    site.compose(&stack("4", ""));
    // What programs follow, and the log: the same lines, from the plan to the end.
    let run = site.expect(0, "apply --yes --json --log-file run.jsonl");
    assert_eq!(run.out, site.read("run.jsonl"));
    let lines: Vec<serde_json::Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (first, last) = (&lines[0], &lines[lines.len() - 1]);
    assert_eq!((&first["event"], &first["change"]), (&"began".into(), &3.into()), "{first}");
    assert_eq!(
        (&last["event"], &last["complete"], &last["done"]),
        (&"ended".into(), &true.into(), &first["steps"]),
        "{last}"
    );
    run.says(&["Applied."]);
    let (failed, _) = used_while(&plan, || {
        site.expect(0, "rollback --yes").says(&["~ bring back container web.1", "Applied."]);
    });
    assert_eq!((failed, versions(&site)), (0, vec!["2".to_owned(); 3]));
    assert_eq!(site.containers(), before);
    site.expect(0, "apply --yes");
    assert_eq!(versions(&site), ["4", "4", "4"]);

    site.expect(0, "down --yes");
    assert_eq!(site.all_containers(), []);
}
