//! Two runs on one project at once: one does its work, the other waits or is refused, and they never mix.

use std::process::Stdio;

use super::{Run, Site};
use crate::lab::Lab;

/// Replaced as a whole by each change of the word.
fn stack(word: &str) -> String {
    format!(
        "services:
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    environment: {{WORD: '{word}'}}
    deploy: {{replicas: 3}}
  job:
    image: planner-lab:1
    stop_signal: SIGKILL
    environment: {{WORD: '{word}'}}
"
    )
}

/// How often two are started together.
const TIMES: usize = 4;

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn two_runs_at_once_never_mix() {
    let lab = Lab::up();
    let site = Site::new(&lab, "together", &["h1", "h2"]);
    let socket = |host: &&'static str| (*host, format!("unix://{}", lab.file(host).join("docker.sock").display()));
    site.inventory("inventory.yaml", &site.hosts.iter().map(socket).collect::<Vec<_>>());
    let both = |arguments: &str| {
        let start = || site.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        [start(), start()].map(|child| Run::of(child.wait_with_output().unwrap()))
    };
    let times = std::env::var("PLANNER_TIMES").ok().and_then(|times| times.parse().ok()).unwrap_or(TIMES);
    let (mut refused, mut waited) = (0, 0);
    for time in 0..times {
        site.compose(&stack(&time.to_string()));
        let patient = time % 2 == 1;
        let runs = both(if patient { "apply --yes --lock-timeout 60" } else { "apply --yes" });
        for run in &runs {
            let is_refused = run.exit == 1 && !patient;
            assert!(run.exit == 0 || is_refused, "{run:?}");
            if is_refused {
                run.says(&["`together` is locked on h1 by", "Nothing was changed."]);
                assert!(run.out.is_empty() && !run.err.contains("made container"), "{run:?}");
                refused += 1;
            }
            waited += usize::from(run.err.contains("Waiting for "));
        }
        let worked = runs.iter().filter(|run| run.err.contains("made container")).count();
        assert_eq!(worked, 1, "{runs:?}");
        let containers = site.containers();
        assert_eq!(containers.len(), 4, "{containers:?}");
        site.expect(0, "plan --detailed-exitcode");
        site.expect(0, "lock show").says(&["`together` is not locked."]);
    }
    assert!(refused > 0 && waited > 0, "{refused} were refused, {waited} waited, of {times}");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_lock_is_shown_released_and_taken_over() {
    let lab = Lab::up();
    let site = Site::new(&lab, "locked", &["h1", "h2"]);
    site.compose(&stack("one"));
    let elsewhere = ["--label", "planner.lock=locked", "--label", "planner.lock.key=1234567890", "--label"];
    let name = "planner.lock.locked.1";
    let owner = ["planner.lock.owner=ops@laptop", "--label", "planner.lock.place=elsewhere", name];
    site.docker("h2", &[&["volume", "create"], &elsewhere[..], &owner[..]].concat());
    site.expect(1, "apply --yes").says(&["`locked` is locked on h2 by ops@laptop, for", "planner lock release"]);
    site.expect(0, "lock show").says(&["h2: `locked` is locked by ops@laptop"]);
    site.expect(0, "lock release").says(&["there is nobody to ask"]);
    site.expect(1, "apply --yes");
    site.expect(0, "lock release --yes").says(&["h2: released"]);
    assert_eq!(site.docker("h1", &["volume", "ls", "-q", "--filter", "label=planner.lock=locked"]), "", "all or none");

    // Killed in the middle, a run leaves its lock behind; the next one here sees that its process is gone.
    let mut child = site.command("apply --yes").stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    assert!(lines.map(Result::unwrap).any(|line| line.contains("made container")));
    child.kill().unwrap();
    child.wait().unwrap();
    site.expect(0, "lock show").says(&["its process is gone"]);
    site.expect(0, "apply --yes").says(&["An earlier run was left unfinished", "going on from what is there"]);
    site.expect(0, "lock show").says(&["`locked` is not locked."]);
    assert!(site.hosts_with_volume("anything").is_empty());
}
