//! Bad situations: how each ends, and that the message says what, where and how to mend it.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use super::{Run, Site, address, get, try_get};
use crate::lab::Lab;

/// One service, with more lines behind it.
fn service(rest: &str) -> String {
    format!("services:\n  web:\n    image: planner-lab:1\n    stop_signal: SIGKILL\n{rest}")
}

/// A program outside Docker that has a port of a host.
struct Holder(Child);

impl Holder {
    fn of(host: &str, port: u16) -> Self {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net=/run/netns/pln-{host}")).args(["busybox", "httpd", "-f", "-p", &port.to_string()]);
        let holder = Holder(command.stdin(Stdio::null()).spawn().unwrap());
        while std::net::TcpStream::connect((address(host), port)).is_err() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        holder
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn machines_that_cannot_be_seen_end_the_run_with_4_and_their_remedy() {
    let lab = Lab::up();
    let site = Site::new(&lab, "unseen", &["h1"]);
    site.compose(&service(""));
    site.inventory("gone.yaml", &[("here", "ssh://h1".to_owned()), ("gone", "ssh://root@10.77.0.99".to_owned())]);
    let run = site.expect(4, "plan -i gone.yaml");
    run.says(&["error: gone: 10.77.0.99 cannot be reached", "mend:", "Nothing was changed", "availability: down"]);

    let config = std::fs::read_to_string(lab.file("ssh_config")).unwrap();
    let key = std::fs::read_to_string(lab.file("id.pub")).unwrap();
    site.write("known", &format!("10.77.0.11 {key}"));
    let known = lab.file("known_hosts").display().to_string();
    site.write("ssh_config", &config.replace(&known, &site.folder.join("known").display().to_string()));
    let output = site.command("plan").env("PLANNER_SSH_CONFIG", site.folder.join("ssh_config")).output().unwrap();
    let run = Run::of(output);
    assert_eq!(run.exit, 4, "{run:?}");
    run.says(&["error: h1: the ssh host key of h1 is not the one that is known", "ssh-keygen -R h1"]);

    site.expect(4, "plan -i none.yaml").says(&["the inventory `none.yaml` cannot be read", "No such file"]);
    site.inventory("nothing.yaml", &[("here", "unix:///nowhere/docker.sock".to_owned())]);
    site.expect(4, "plan -i nothing.yaml")
        .says(&["error: here: there is no engine at /nowhere/docker.sock", "mend: start"]);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_user_without_permission_is_told_of_the_group() {
    let lab = Lab::up();
    let site = Site::new(&lab, "nobody", &["h2"]);
    site.compose(&service(""));
    let socket = lab.file("h2/docker.sock");
    site.inventory("inventory.yaml", &[("here", format!("unix://{}", socket.display()))]);
    // A copy where everybody may run it. Written by another process: what other tests start meanwhile would inherit the open
    // file from this one, and a file that is open for writing cannot be run.
    let copy = site.folder.join("planner");
    assert!(
        Command::new("cp").args([env!("CARGO_BIN_EXE_planner").as_ref(), copy.as_os_str()]).status().unwrap().success()
    );
    let mut command = Command::new(copy);
    command.arg("plan").current_dir(&site.folder).env_clear().stdin(Stdio::null()).uid(65534).gid(65534);
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.exit, 4, "{run:?}");
    let refused = format!("error: here: no permission to use the engine at {}", socket.display());
    run.says(&[&refused, "sudo usermod -aG docker $USER"]);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn two_names_for_one_machine_are_refused() {
    let lab = Lab::up();
    let site = Site::new(&lab, "twice", &["h1", "h2"]);
    site.compose(&service(""));
    let machines = [("a", "ssh://h1"), ("b", "ssh://h2"), ("c", "ssh://root@10.77.0.11")];
    site.inventory("inventory.yaml", &machines.map(|(name, endpoint)| (name, endpoint.to_owned())));
    for line in ["plan", "apply --yes", "observe -o seen.json"] {
        let run = site.expect(1, line);
        run.says(&[
            "error: `a` and `c` are one machine",
            "same engine",
            "mend: leave one of them out of the inventory",
        ]);
        assert!(run.out.is_empty(), "{line}: {run:?}");
    }
    assert!(site.containers().is_empty());
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn an_image_that_is_nowhere_fails_alone() {
    let lab = Lab::up();
    let site = Site::new(&lab, "noimage", &["h1", "h2"]);
    site.compose(&format!("{}  bad:\n    image: 10.77.0.1:5999/none:1\n", service("")));
    let run = site.expect(1, "apply --yes");
    run.says(&[
        "failed",
        "registry 10.77.0.1:5999 cannot be reached from this machine",
        "mend:",
        "Not everything could be done",
        "Not begun: container:bad:1",
        "planner apply` again",
    ]);
    let containers = site.containers();
    assert_eq!(containers.keys().collect::<Vec<_>>(), ["web.1"]);
    assert_eq!(containers["web.1"].state, "running");
    site.compose(
        &format!("{}  bad:\n    image: planner-lab:1\n    pull_policy: never\n", service(""))
            .replace("lab:1\n    pull", "lab:none\n    pull"),
    );
    site.expect(1, "plan").says(&["the image planner-lab:none is not on", "pull_policy: never", "Nothing was changed"]);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_port_that_is_taken_is_planned_around_or_refused_with_its_holder() {
    let lab = Lab::up();
    let site = Site::new(&lab, "taken", &["h1", "h2"]);
    let _holder = Holder::of("h2", 20301);
    let bound = "    deploy: {placement: {constraints: ['node.hostname == h2']}}\n";
    site.compose(&service(&format!("    ports: ['20301:80']\n{bound}")));
    let run = site.expect(3, "plan");
    run.says(&["`web`", "20301", "h2", "a program outside Docker", "Nothing was changed"]);
    assert!(run.out.is_empty(), "{run:?}");
    // Free to go elsewhere, it does; free to take another port, it stays.
    site.compose(&service("    ports: ['20301:80']\n"));
    assert_eq!(site.plan().placement[0].machine, "h1");
    site.compose(&service(&format!("    ports: ['20301-20302:80']\n{bound}")));
    site.expect(0, "apply --yes");
    assert_eq!(get("h2", 20302), site.containers()["web.1"].id);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn a_port_taken_in_the_meantime_fails_alone_and_later_works() {
    let lab = Lab::up();
    let site = Site::new(&lab, "meantime", &["h1", "h2"]);
    let bound = "    deploy: {placement: {constraints: ['node.hostname == h2']}}\n";
    let other = "  other:\n    image: planner-lab:1\n    stop_signal: SIGKILL\n";
    let behind = "  behind:\n    image: planner-lab:1\n    stop_signal: SIGKILL\n    depends_on: [web]\n";
    site.compose(&service(&format!("    ports: ['20311:80']\n{bound}{other}{behind}")));
    site.expect(0, "plan -o plan.json");
    let holder = Holder::of("h2", 20311);
    let run = site.expect(1, "apply --plan plan.json --yes");
    run.says(&[
        "container:web:1 (h2): container `meantime-web-1` cannot start: port 20311",
        "is taken by a process outside Docker",
        "mend: free it",
        "ss -lnp",
        "Not begun: container:behind:1",
        "planner apply` again to go on from here",
    ]);
    let states =
        |site: &Site<'_>| site.containers().into_iter().map(|(name, seen)| (name, seen.state)).collect::<Vec<_>>();
    let expected = [("behind.1", "created"), ("other.1", "running"), ("web.1", "created")];
    assert_eq!(states(&site), expected.map(|(name, state)| (name.to_owned(), state.to_owned())));
    site.expect(3, "plan").says(&["20311", "a program outside Docker"]);
    drop(holder);
    site.expect(0, "apply --yes").says(&["start", "it is created"]);
    assert!(states(&site).iter().all(|(_, state)| state == "running"));
    assert_eq!(try_get("h2", 20311).unwrap(), site.containers()["web.1"].id);
}

#[test]
#[ignore = "needs root and Docker: see tests/lab/lab.sh"]
fn files_that_are_not_ours_or_of_another_version_are_refused() {
    let lab = Lab::up();
    let site = Site::new(&lab, "files", &["h1"]);
    site.compose(&service(""));
    site.expect(0, "observe -o seen.json");
    site.expect(0, "plan -o plan.json");
    for (file, version, line, writer) in [
        ("seen.json", planner::observed::FORMAT_VERSION, "plan --observed", "planner observe"),
        ("plan.json", planner::plan::FORMAT_VERSION, "apply --yes --plan", "planner plan -o"),
    ] {
        let good = site.read(file);
        site.write("other.json", &good.replacen(&format!("\"{version}\""), "\"2.0\"", 1));
        let run = site.expect(1, &format!("{line} other.json"));
        run.says(&[
            &format!("other.json has the format 2.0, this program reads {version}"),
            &format!("mend: write it anew with `{writer}`"),
        ]);
        site.write("other.json", &good[..good.len() / 2]);
        site.expect(1, &format!("{line} other.json")).says(&["error: other.json is not what", writer]);
        site.write("other.json", "{}");
        site.expect(1, &format!("{line} other.json")).says(&["error: other.json is not what", writer]);
        site.expect(4, &format!("{line} none.json")).says(&["none.json cannot be read"]);
    }
    site.expect(1, "plan --observed plan.json").says(&["plan.json is not what `planner observe` writes"]);
    // A plan needs its own inventory, and no compose file.
    std::fs::remove_file(site.folder.join("compose.yaml")).unwrap();
    site.inventory("other.yaml", &[("else", "ssh://h1".to_owned())]);
    let run = site.expect(1, "apply --plan plan.json --yes -i other.yaml");
    run.says(&["the plan is for machines that are not at hand: `h1`", "--inventory"]);
    site.expect(0, "apply --plan plan.json --yes").says(&["Applied."]);
}
