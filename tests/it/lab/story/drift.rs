//! What somebody changes by hand on real engines: told, and mended by one more run.

use super::Site;
use crate::lab::Lab;

const STACK: &str = "services:
  web:
    image: planner-drift:1
    stop_signal: SIGKILL
    restart: unless-stopped
    cpus: 1
    mem_limit: 64m
    networks: [front]
  kv:
    image: planner-lab:1
    stop_signal: SIGKILL
  db:
    image: planner-lab:1
    stop_signal: SIGKILL
    environment: {MODE: a}
networks:
  front:
";

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn what_is_changed_by_hand_is_told_and_mended() {
    let lab = Lab::up();
    let site = Site::new(&lab, "drift", &["h1", "h2"]);
    for host in site.hosts {
        site.docker(host, &["tag", "planner-lab:1", "planner-drift:1"]);
    }
    site.compose(STACK);
    site.expect(0, "apply --yes");
    site.expect(0, "plan --refresh-only --detailed-exitcode").says(&["nothing has changed since it was made"]);
    let before = site.containers();
    let (web, kv, db) = (&before["web.1"], &before["kv.1"], &before["db.1"]);

    site.docker(&web.host, &["update", "--memory", "96m", "--memory-swap", "192m", "--restart", "no", &web.id]);
    site.docker(&kv.host, &["kill", &kv.id]);
    site.docker(&db.host, &["pause", &db.id]);
    let run = site.expect(2, "plan --refresh-only --detailed-exitcode");
    run.says(&["mem_limit: 64 MiB → 96 MiB", "restart: unless-stopped → none", "state: running → exited (137)"]);
    run.says(&["state: running → paused"]);
    site.expect(0, "plan -o saved.json");
    // Only what was asked for; the rest waits. And what was planned before it is stale then.
    site.expect(0, "apply --yes --target kv").says(&["only kv", "it is exited", "Applied."]);
    assert_eq!(site.docker(&db.host, &["inspect", "-f", "{{.State.Paused}}", &db.id]), "true");
    site.expect(1, "apply --yes --plan saved.json").says(&["stale"]);
    site.expect(0, "apply --yes").says(&["has its limits back", "Applied."]);
    site.expect(0, "plan --refresh-only --detailed-exitcode").says(&["nothing has changed since it was made"]);
    assert_eq!(site.containers(), before, "nothing was made anew");
    let limits = site
        .docker(&web.host, &["inspect", "-f", "{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}", &web.id]);
    assert_eq!(limits, format!("{} unless-stopped", 64 << 20));
    assert_eq!(site.docker(&db.host, &["inspect", "-f", "{{.State.Paused}}", &db.id]), "false");

    // A network that it was taken out of, and another image under the same name.
    site.docker(&web.host, &["network", "disconnect", "drift_front", &web.id]);
    site.expect(2, "plan --detailed-exitcode").says(&["it was taken out of network drift_front"]);
    site.expect(0, "apply --yes").says(&["Applied."]);
    let web = site.containers()["web.1"].clone();
    site.docker(&web.host, &["commit", "-m", "another", &web.id, "planner-drift:1"]);
    site.expect(2, "plan --detailed-exitcode").says(&["planner-drift:1 is another image by now"]);
    site.expect(0, "apply --yes").says(&["Applied."]);
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);

    // What the files change is told by name, and is no drift; values stay where they are.
    site.compose(&STACK.replace("MODE: a", "MODE: b").replace("mem_limit: 64m", "mem_limit: 80m"));
    let run = site.expect(2, "plan --detailed-exitcode");
    run.says(&["environment MODE changed", "mem_limit changed", "mem_limit: 64 MiB → 80 MiB"]);
    assert!(!run.out.contains("since it was made"), "{}", run.out);
}
