//! Configs and secrets: in the container before it starts, nowhere else, and never shown.

use super::Site;
use crate::lab::Lab;

const CANARY: &str = "canary-in-the-coal-mine";

const STACK: &str = "services:
  web:
    image: planner-lab:1
    stop_signal: SIGKILL
    deploy: {replicas: 2, placement: {max_replicas_per_node: 1}}
    configs:
      - app
      - {source: written, target: /etc/app/written.conf, mode: 0640, uid: '12', gid: '34'}
    secrets:
      - password
      - {source: key, target: tls.key, mode: 0400}
configs:
  app: {file: ./app.conf}
  written: {content: \"greeting=${GREETING}\"}
secrets:
  password: {environment: PASSWORD}
  key: {file: ./key.bin}
";

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn configs_and_secrets_are_delivered_and_never_shown() {
    let lab = Lab::up();
    let site = Site::new(&lab, "delivered", &["h1", "h2"]);
    site.compose(STACK);
    site.write("app.conf", "one\n");
    site.write(".env", "GREETING=hello\n");
    std::fs::write(site.folder.join("key.bin"), [0, 255, 10, 13, 0]).unwrap();
    site.expect(1, "plan").says(&["the secret `password` cannot be delivered: the variable PASSWORD is not set"]);

    site.write(".env", &format!("GREETING=hello\nPASSWORD={CANARY}\n"));
    let mut shown = String::new();
    for arguments in ["plan -o saved.json", "plan --json", "apply --yes"] {
        let run = site.expect(0, arguments);
        shown.push_str(&(run.out + &run.err));
    }
    assert!(!(shown + &site.read("saved.json")).contains(CANARY), "a secret was shown");
    let containers = site.containers();
    assert_eq!(containers.len(), 2);
    for container in containers.values() {
        let run = |arguments: &[&str]| site.docker(&container.host, &[&["exec", &container.id], arguments].concat());
        assert_eq!(run(&["cat", "/app"]), "one");
        assert_eq!(run(&["cat", "/etc/app/written.conf"]), "greeting=hello");
        assert_eq!(run(&["stat", "-c", "%a %u %g", "/etc/app/written.conf"]), "640 12 34");
        assert_eq!(run(&["cat", "/run/secrets/password"]), CANARY);
        assert_eq!(run(&["stat", "-c", "%a %s", "/run/secrets/tls.key"]), "400 5");
        let inspected = site.docker(&container.host, &["inspect", &container.id]);
        assert!(!inspected.contains(CANARY), "a secret is in what the engine tells");
    }
    site.expect(0, "plan --detailed-exitcode");

    // What is in a config is part of what a container is made from; where it lies is not.
    site.write("app.conf", "two\n");
    site.expect(2, "plan --detailed-exitcode -o saved.json").says(&["config /app changed"]);
    site.write("app.conf", "three\n");
    site.expect(1, "apply --yes --plan saved.json").says(&["the config `app` has changed since the plan was made"]);
    assert_eq!(site.containers(), containers, "nothing was touched");
    site.expect(2, "plan --detailed-exitcode -o saved.json");
    // The variable of `.env` is the project's, which a saved plan does without.
    site.expect(1, "apply --yes --plan saved.json").says(&["the variable PASSWORD is not set"]);
    let mut saved = site.command("apply --yes --plan saved.json");
    assert!(saved.env("PASSWORD", CANARY).output().unwrap().status.success());
    for container in site.containers().values() {
        assert_eq!(site.docker(&container.host, &["exec", &container.id, "cat", "/app"]), "three");
    }
    std::fs::create_dir(site.folder.join("elsewhere")).unwrap();
    site.write("elsewhere/app.conf", "three\n");
    site.compose(&STACK.replace("./app.conf", "./elsewhere/app.conf"));
    site.expect(0, "plan --detailed-exitcode");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn what_could_not_be_seen_in_the_container_is_refused() {
    let lab = Lab::up();
    let site = Site::new(&lab, "unseen", &["h1"]);
    let stack = |extra: &str| {
        let service = format!("services:\n  web: {{image: 'planner-lab:1', configs: [app], {extra}}}\n");
        site.compose(&(service + "configs:\n  app: {content: text}\n"));
    };
    stack("read_only: true");
    site.expect(1, "plan")
        .says(&["`/app` cannot be delivered: the engine writes nothing into a read-only file system"]);
    stack("tmpfs: [/]");
    site.expect(1, "plan").says(&["an empty tmpfs is mounted over it at each start"]);
    stack("tmpfs: [/tmp]");
    site.expect(0, "plan");
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn an_image_that_one_machine_has_is_sent_to_the_others() {
    const HERS: &str = "planner-lab-hers:1";
    let lab = Lab::up();
    let site = Site::new(&lab, "sent", &["h1", "h2", "h3"]);
    let forget = |host: &str| {
        let there = site.docker(host, &["images", "-q", HERS]);
        if !there.is_empty() {
            site.docker(host, &["rmi", "-f", HERS]);
        }
    };
    site.hosts.iter().for_each(|host| forget(host));
    lab.run(&["image", HERS, "h2"]);
    let services = |policy: &str| {
        site.compose(&format!(
            "services:\n  web:\n    image: {HERS}\n    {policy}\n    stop_signal: SIGKILL\n    deploy: {{mode: global}}\n"
        ));
    };
    services("pull_policy: never");
    site.expect(0, "plan").says(&["to be sent: planner-lab-hers:1 from h2 to h1, h3"]);
    site.expect(0, "apply --yes").says(&["got planner-lab-hers:1"]);
    let ids =
        || site.hosts.iter().map(|host| site.docker(host, &["images", "-q", "--no-trunc", HERS])).collect::<Vec<_>>();
    let all = ids();
    assert!(all.iter().all(|id| *id == all[0] && !id.is_empty()), "{all:?}");
    site.expect(0, "plan").says(&["Nothing to do"]);
    site.expect(0, "down --yes");

    // Whatever a registry may have under that name.
    forget("h1");
    services("");
    site.expect(0, "apply --yes");
    assert_eq!(ids(), all);
    site.expect(0, "down --yes");
    site.hosts.iter().for_each(|host| forget(host));

    // Nobody has it.
    services("pull_policy: never");
    site.expect(1, "plan").says(&["M320", "nor on another machine of its kind"]);
}
