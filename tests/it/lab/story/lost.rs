//! A machine that is lost is never taken for an empty one.

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
