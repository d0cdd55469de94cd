//! Data that moves from machine to machine: copied, compared, and there for good; or as it was before.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::Site;
use crate::lab::Lab;

const STACK: &str = "services:
  db:
    image: planner-lab:1
    stop_signal: SIGKILL
    volumes: ['data:/data']
    healthcheck: {test: [CMD, test, -f, /data/deep/file], interval: 1s, retries: 30}
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    depends_on: {db: {condition: service_healthy}}
volumes:
  data:
";

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_volume_moves_with_its_data_and_whoever_uses_it() {
    let lab = Lab::up();
    let site = Site::new(&lab, "moved", &["h1", "h2", "h3"]);
    let forget = || {
        for host in site.hosts {
            for mark in ["planner.moved-from.moved_data", "planner.moved-to.moved_data"] {
                site.docker(host, &["volume", "rm", "-f", mark]);
            }
        }
    };
    forget();
    site.compose(&STACK.replace("    depends_on: {db: {condition: service_healthy}}\n", ""));
    site.expect(0, "apply --yes");
    let db = site.containers()["db.1"].clone();
    let fill = "mkdir -p /data/deep; echo precious > /data/deep/file; chown -R 70:71 /data/deep; chmod 640 /data/deep/file;
                ln -s deep/file /data/link; dd if=/dev/urandom of=/data/large bs=1M count=32 2>/dev/null; md5sum /data/large";
    let sum = site.docker(&db.host, &["exec", &db.id, "sh", "-c", fill]);
    let from = db.host.clone();
    let to = site.hosts.iter().find(|host| **host != from).unwrap().to_string();
    let moving = format!("--move-volume data:{from}:{to}");

    site.compose(STACK);
    site.expect(1, &format!("plan --move-volume data:{to}:{from}")).says(&["has no data of `data`: it is on"]);
    site.expect(1, "plan --move-volume data:h1").says(&["is no volume and two machines"]);
    let run = site.expect(0, &format!("plan {moving}"));
    run.says(&[
        "move volume data",
        "its data (`data`) moves",
        "does not run meanwhile: `db`",
        "docker volume rm moved_data",
    ]);

    // Killed while it copies: the data is where it was, and so is its service after the next run.
    let mut child =
        site.command(&format!("apply --yes {moving}")).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if line.contains("copying volume") {
            child.kill().unwrap();
        }
    }
    child.wait().unwrap();
    site.expect(0, "apply --yes");
    let back = site.containers()["db.1"].clone();
    assert_eq!((&back.host, &back.id), (&from, &db.id), "it runs where its data is");

    site.expect(0, &format!("apply --yes {moving}")).says(&["and compared it", "Applied."]);
    let there = site.containers()["db.1"].clone();
    assert_eq!(there.host, to);
    let look = "cat /data/link; stat -c '%u:%g %a' /data/deep/file; md5sum /data/large";
    let seen = site.docker(&to, &["exec", &there.id, "sh", "-c", look]);
    assert_eq!(seen, format!("precious\n70:71 640\n{sum}"));
    assert_eq!(site.hosts_with_volume("data").len(), 2, "the original stays");
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);
    site.expect(1, &format!("plan --move-volume data:{to}:{from}")).says(&["has a volume `moved_data` already"]);
    for host in site.hosts {
        assert_eq!(
            site.docker(host, &["ps", "-aq", "--filter", "name=planner-copy"]),
            "",
            "nothing of the copy is left"
        );
    }

    // Back again, when what was left there has been removed by name.
    site.docker(&from, &["rm", "-f", "unrelated"]);
    site.docker(&from, &["volume", "rm", "moved_data"]);
    site.expect(0, &format!("apply --yes --move-volume data:{to}:{from}")).says(&["Applied."]);
    assert_eq!(site.containers()["db.1"].host, from);
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);
    site.expect(0, "down --yes");
    forget();
}
