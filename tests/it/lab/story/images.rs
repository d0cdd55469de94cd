//! Every machine runs the same image, whatever becomes of its tag.

use super::Site;
use crate::lab::Lab;

const IMAGE: &str = "10.77.0.1:5000/lab/pinned:1";

/// Makes another image, and gives it to the registry under the tag; returns the registry's digest of it.
fn publish(site: &Site<'_>, host: &str, what: &str) -> String {
    let change = format!("ENV WHAT={what}");
    let id = site.docker(host, &["create", "planner-lab:1"]);
    site.docker(host, &["commit", "-c", &change, &id, IMAGE]);
    site.docker(host, &["rm", &id]);
    site.docker(host, &["push", "-q", IMAGE]);
    let digests = site.docker(host, &["inspect", "-f", "{{join .RepoDigests \" \"}}", IMAGE]);
    site.docker(host, &["rmi", IMAGE]);
    let digest = digests.split_whitespace().last().unwrap();
    digest.split_once('@').unwrap().1.to_owned()
}

/// What each replica runs: its host, and the image's id.
fn running(site: &Site<'_>) -> Vec<String> {
    let containers = site.containers();
    containers.values().map(|it| site.docker(&it.host, &["inspect", "-f", "{{.Image}}", &it.id])).collect()
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn all_machines_run_the_image_that_the_tag_led_to_when_it_was_planned() {
    let lab = Lab::up();
    lab.run(&["registry"]);
    let site = Site::new(&lab, "pinned", &["h1", "h2", "h3"]);
    for host in site.hosts {
        for id in site.docker(host, &["images", "-q", "--no-trunc", "10.77.0.1:5000/lab/pinned"]).lines() {
            site.docker(host, &["rmi", "-f", id]);
        }
    }
    let services = |replicas: &str, policy: &str| {
        site.compose(&format!(
            "services:\n  web:\n    image: {IMAGE}\n    pull_policy: {policy}\n    stop_signal: SIGKILL\n    deploy: {replicas}\n"
        ));
    };
    services("{replicas: 2}", "missing");
    let first = publish(&site, "h1", "first");
    let shown: String = first.chars().take("sha256:".len() + 12).collect();
    site.expect(0, "plan -o saved.json").says(&[&format!("to be pulled: {IMAGE} ({shown})")]);

    // Between the plan and its doing the tag goes on to another image.
    let second = publish(&site, "h1", "second");
    assert_ne!(first, second);
    site.expect(0, "apply --yes --plan saved.json").says(&["Applied."]);
    let images = running(&site);
    assert!(images.len() == 2 && images[0] == images[1], "{images:?}");
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);

    // Another machine gets what the others run, not what the tag leads to by now.
    services("{mode: global}", "missing");
    site.expect(0, "apply --yes").says(&["Applied."]);
    assert_eq!(running(&site), vec![images[0].clone(); 3]);
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);

    // Where the registry is to be asked each time, its answer counts.
    services("{mode: global}", "always");
    let run = site.expect(2, "plan --detailed-exitcode");
    run.says(&[&format!("{IMAGE} is another image by now"), "to be pulled"]);
    site.expect(0, "apply --yes").says(&["Applied."]);
    let after = running(&site);
    assert!(after.len() == 3 && after.iter().all(|id| *id == after[0] && *id != images[0]), "{after:?}");
    site.expect(0, "plan --detailed-exitcode").says(&["Nothing to do"]);
    site.expect(0, "down --yes");
}
