//! Runs that end in the middle: killed after any of their steps, or stopped by the user.

use std::io::{BufRead, BufReader};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Run, Site};
use crate::lab::Lab;

impl Site<'_> {
    /// An apply over ssh whose lines can be read as they come.
    fn applying(&self) -> (Child, impl Iterator<Item = String>) {
        let mut child = self
            .command("apply --yes")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the binary");
        let lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        (child, lines)
    }

    /// Applies, and kills that without a goodbye after so many finished steps. False: it came to its end before.
    fn is_cut_after(&self, steps: usize) -> bool {
        let (mut child, lines) = self.applying();
        let finished = lines.filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
        if finished.take(steps).count() == steps {
            let _ = child.kill();
        }
        let status = child.wait().unwrap();
        assert!(status.success() || status.signal() == Some(9), "{status:?}");
        status.signal() == Some(9)
    }
}

/// Both ways something is made, removed, replaced in place, started and waited for.
fn stack(second: bool) -> String {
    let (web, kv) = if second { (3, "") } else { (2, "  kv: *one\n") };
    format!(
        "x-one: &one
  image: planner-lab:1
  stop_signal: SIGKILL
services:
{kv}  web:
    <<: *one
    ports: ['20200-20202:80']
    deploy: {{replicas: {web}}}
    depends_on: {{db: {{condition: service_healthy}}, job: {{condition: service_completed_successfully}}}}
  job:
    <<: *one
    command: ['true']
  db:
    <<: *one
    environment: {{SECOND: '{second}'}}
    volumes: ['data:/data']
    healthcheck: {{test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 1s, retries: 20}}
volumes:
  data:
"
    )
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_run_killed_after_any_step_is_gone_on_with() {
    let lab = Lab::up();
    let site = Site::new(&lab, "cut", &["h1", "h2", "h3"]);
    // What is only looked at goes the short way.
    let socket = |host: &&'static str| (*host, format!("unix://{}", lab.file(host).join("docker.sock").display()));
    site.inventory("sockets.yaml", &site.hosts.iter().map(socket).collect::<Vec<_>>());
    let reaches_the_goal = || {
        site.expect(0, "apply --yes -i sockets.yaml");
        site.expect(0, "plan --detailed-exitcode -i sockets.yaml");
    };

    // The first time, each run is cut a little later than the one before.
    site.compose(&stack(false));
    let runs = (1..).take_while(|steps| site.is_cut_after(*steps)).count();
    assert!(runs >= 4, "cut {runs} times");
    reaches_the_goal();
    let first = site.containers();
    let db = &first["db.1"];
    site.docker(&db.host, &["exec", &db.id, "sh", "-c", "echo precious > /data/file"]);

    let mut steps = 1;
    loop {
        site.compose(&stack(steps % 2 == 1));
        let was_cut = site.is_cut_after(steps);
        reaches_the_goal();
        let now = site.containers();
        let db = &now["db.1"];
        assert_eq!(site.docker(&db.host, &["exec", &db.id, "cat", "/data/file"]), "precious", "after {steps}");
        assert_eq!(db.host, first["db.1"].host);
        for (address, container) in &now {
            assert_eq!(container.name, format!("cut-{}", address.replace('.', "-")), "after {steps}");
        }
        if !was_cut {
            break;
        }
        steps += 1;
    }
    println!("cut after 1 to {} steps", steps - 1);
    assert!(steps > 10, "only {steps} steps");
}

/// Interrupts the whole group, as a terminal does.
fn interrupt(child: &Child) {
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn an_interrupted_run_finishes_what_it_began() {
    let lab = Lab::up();
    let site = Site::new(&lab, "halt", &["h1"]);
    let stack = |version: u32| {
        format!(
            "services:
  slow:
    image: planner-lab:1
    command: [sh, -c, 'trap \"\" TERM; while :; do sleep 1; done']
    environment: {{VERSION: '{version}'}}
    stop_grace_period: 3s
  next:
    image: planner-lab:1
    environment: {{VERSION: '{version}'}}
    stop_signal: SIGKILL
    depends_on: [slow]
"
        )
    };
    site.compose(&stack(1));
    site.expect(0, "apply --yes");

    site.compose(&stack(2));
    let (child, mut lines) = site.applying();
    lines.find(|line| line.contains("made container halt-slow-1")).expect("the stop is next");
    interrupt(&child);
    let said: Vec<String> = lines.collect();
    let run = Run::of(child.wait_with_output().unwrap());
    let said = said.join("\n");
    assert!(
        said.contains("Stopping: finishing ") && said.contains(" running step") && said.contains("stopped halt-slow-1"),
        "{said}"
    );
    assert_eq!(run.exit, 130, "{run:?}");
    run.says(&["Stopped.", "Not begun: container:", "planner apply` again to go on from here"]);
    site.expect(0, "apply --yes").says(&["Applied."]);
    site.expect(0, "plan --detailed-exitcode");

    // Whoever insists gets away at once, and goes on later all the same.
    site.compose(&stack(3));
    let (child, mut lines) = site.applying();
    lines.find(|line| line.contains("made container halt-slow-1")).expect("the stop is next");
    interrupt(&child);
    lines.find(|line| line.contains("Stopping")).expect("the first is heard");
    let begun = Instant::now();
    interrupt(&child);
    let said: Vec<String> = lines.collect();
    let run = Run::of(child.wait_with_output().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(2), "{said:?}");
    assert!(run.exit == 130 && said.iter().any(|line| line.contains("may or may not be done")), "{run:?} {said:?}");
    site.expect(0, "apply --yes");
    site.expect(0, "plan --detailed-exitcode");
    assert_eq!(site.containers().len(), 2);
}
