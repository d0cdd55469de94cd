//! A project watched, emptied off a machine, gone on with without one, and taken away.

use std::time::{Duration, Instant};

use super::Site;
use crate::lab::Lab;

const STACK: &str = "services:
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    ports: ['20400-20402:80']
    depends_on: [db]
    post_start: [{command: [sh, -c, 'echo $$WHO > /tmp/started'], environment: {WHO: hook}}]
    deploy: {replicas: 2}
  db:
    image: planner-lab:1
    stop_signal: SIGKILL
    volumes: ['data:/data']
    pre_stop: [{command: touch /data/stopped}]
    healthcheck: {test: [CMD, wget, -qO-, 'http://127.0.0.1/'], interval: 1s, retries: 20}
volumes:
  data:
";

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_project_is_watched_emptied_off_a_machine_and_taken_away() {
    let lab = Lab::up();
    let site = Site::new(&lab, "life", &["h1", "h2", "h3"]);
    site.compose(STACK);
    site.expect(1, "status").says(&["db 1 0 –", "web 2 0 –", "3 containers missing"]);
    site.expect(0, "down --yes").says(&["Nothing to do"]);
    site.expect(0, "apply --yes");
    becomes_whole(&site);

    site.expect(0, "capacity --live --usage --service web").says(&["What is used now, by all that runs", "together"]);

    let containers = site.containers();
    let web = &containers["web.1"];
    assert_eq!(site.docker(&web.host, &["exec", &web.id, "cat", "/tmp/started"]), "hook");
    site.docker(&web.host, &["kill", &web.id]);
    let run = site.expect(1, "status");
    run.says(&[&format!("web.1 on {}: exited with 137", web.host), "1 container missing"]);
    site.expect(0, "apply --yes").says(&["it is exited"]);
    becomes_whole(&site);

    let db = containers["db.1"].host.clone();
    let emptied =
        ["web.1", "web.2"].map(|web| containers[web].host.clone()).into_iter().find(|host| *host != db).unwrap();
    site.expect(0, &format!("apply --yes --drain {emptied}")).says(&[&format!("{emptied} is being drained")]);
    assert!(site.containers().values().all(|container| container.host != emptied), "{:?}", site.containers());
    becomes_whole(&site);

    // Without a machine that is not asked at all; a saved plan remembers that.
    let (spare, before) = (emptied, site.containers());
    let inventory = site.read("inventory.yaml");
    site.write("inventory.yaml", &inventory.replace(&format!("ssh://{spare}"), "ssh://nowhere.invalid"));
    site.expect(4, "status").says(&[&format!("Not seen: {spare}"), "web 2 2"]);
    site.expect(4, "plan");
    site.compose(&STACK.replace("replicas: 2", "replicas: 3"));
    site.expect(0, &format!("plan --without {spare} -o saved.json"));
    site.expect(0, "apply --yes --plan saved.json").says(&["Applied."]);
    assert_eq!(site.containers().len(), before.len() + 1);
    site.write("inventory.yaml", &inventory);

    let run = site.expect(0, "down --yes");
    run.says(&["the project is taken away", "Applied."]);
    let at = |what: &str| run.err.find(what).unwrap_or_else(|| panic!("{what}: {}", run.err));
    assert!(at("removed life-web-1") < at("stopped life-db-1"), "who depends goes first");
    assert!(site.containers().is_empty());
    let seen = ["run", "--rm", "-v", "life_data:/data", "planner-lab:1", "ls", "/data"];
    assert!(site.docker(&db, &seen).contains("stopped"), "what is to be run before it stops was run");
    assert_eq!(site.hosts_with_volume("data"), [db.as_str()], "data stays");
    for host in site.hosts {
        assert_eq!(site.docker(host, &["network", "ls", "-q", "--filter", "name=life_"]), "");
    }
    site.expect(0, "down --yes").says(&["Nothing to do"]);
}

/// Everything runs, and its health comes to be tested.
fn becomes_whole(site: &Site<'_>) {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let run = site.run("status");
        if run.exit == 0 {
            run.says(&["Everything that is wanted runs."]);
            return;
        }
        assert!(Instant::now() < end, "{run:?}");
        std::thread::sleep(Duration::from_millis(300));
    }
}
