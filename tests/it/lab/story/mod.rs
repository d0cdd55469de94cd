//! The whole program as a user runs it: the real binary against real engines, over ssh alone.
//!
//! Every test has a project and host ports of its own; what it leaves on the hosts is cleared before and after.

mod build;
mod compose;
mod cut;
mod discovery;
mod drift;
mod faults;
mod files;
mod images;
mod life;
mod lost;
mod machines;
mod moved;
mod refusals;
mod rollout;
mod together;
mod website;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use planner::plan::Plan;

use super::Lab;

/// A project's folder, and what there is of the project on the hosts.
struct Site<'l> {
    lab: &'l Lab,
    project: &'static str,
    hosts: &'static [&'static str],
    folder: PathBuf,
}

/// How a run ended and what it showed.
#[derive(Debug)]
struct Run {
    exit: i32,
    out: String,
    err: String,
}

/// A container of the project, as the docker client lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    host: String,
    id: String,
    name: String,
    image: String,
    state: String,
}

impl<'l> Site<'l> {
    /// A fresh one, with an inventory of the hosts named, each of six CPUs.
    fn new(lab: &'l Lab, project: &'static str, hosts: &'static [&'static str]) -> Self {
        let folder = lab.file("story").join(project);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let site = Site { lab, project, hosts, folder };
        site.clear();
        site.inventory(
            "inventory.yaml",
            &hosts.iter().map(|host| (*host, format!("ssh://{host}"))).collect::<Vec<_>>(),
        );
        site
    }

    /// An inventory of machines with their endpoints.
    fn inventory(&self, file: &str, machines: &[(&str, String)]) {
        let machine = |(name, endpoint): &(&str, String)| {
            format!("  - {{name: {name}, endpoint: '{endpoint}', cpus: 6, memory: 16g}}\n")
        };
        self.write(file, &format!("machines:\n{}", machines.iter().map(machine).collect::<String>()));
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// The compose file: `services`, each of the lab's image unless it says otherwise.
    fn compose(&self, services: &str) {
        self.write("compose.yaml", &format!("name: {}\n{services}", self.project));
    }

    /// The binary in the project's folder, with no terminal and no environment but what it needs.
    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_planner"));
        command.args(arguments.split_whitespace()).current_dir(&self.folder).env_clear().stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        let own = self.folder.join("ssh_config");
        let settings = if own.exists() { own } else { self.lab.file("ssh_config") };
        command.env("HOME", &self.folder).env("PLANNER_SSH_CONFIG", settings);
        // What a killed run leaves of ssh's sockets goes with the lab.
        command.env("TMPDIR", &self.folder);
        command
    }

    fn run(&self, arguments: &str) -> Run {
        Run::of(self.command(arguments).output().expect("the binary"))
    }

    /// Runs and expects an exit code; everything shown is in the panic if it is another.
    fn expect(&self, exit: i32, arguments: &str) -> Run {
        self.run(arguments).expect(exit, arguments)
    }

    fn plan(&self) -> Plan {
        serde_json::from_str(&self.expect(0, "plan --json").out).unwrap()
    }

    /// The docker client on a host.
    fn docker(&self, host: &str, arguments: &[&str]) -> String {
        let arguments: Vec<&str> = ["docker", host].iter().chain(arguments).copied().collect();
        self.lab.run(&arguments).trim().to_owned()
    }

    /// Every container of the project on every host but for those that were set aside, by `service.number`; a second one of
    /// the same name is a failure.
    fn containers(&self) -> BTreeMap<String, Seen> {
        let mut seen = BTreeMap::new();
        for (address, container) in self.all_containers() {
            if container.name.contains(".previous-") {
                continue;
            }
            let before = seen.insert(address.clone(), container.clone());
            assert!(before.is_none(), "{address} is there twice: {before:?} and {container:?}");
        }
        seen
    }

    fn all_containers(&self) -> Vec<(String, Seen)> {
        let label = |name: &str| format!("{{{{.Label \"com.docker.compose.{name}\"}}}}");
        let format = format!(
            "{}.{} {{{{.ID}}}} {{{{.Names}}}} {{{{.Image}}}} {{{{.State}}}}",
            label("service"),
            label("container-number")
        );
        let filter = format!("label=com.docker.compose.project={}", self.project);
        let mut all = Vec::new();
        for host in self.hosts.iter().copied() {
            let list = self.docker(host, &["ps", "-a", "--filter", &filter, "--format", &format]);
            for line in list.lines() {
                let [address, id, name, image, state] = line.split(' ').collect::<Vec<_>>()[..] else {
                    panic!("{line}")
                };
                let [host, id, name, image, state] = [host, id, name, image, state].map(str::to_owned);
                all.push((address.to_owned(), Seen { host, id, name, image, state }));
            }
        }
        all
    }

    /// The hosts that have a volume of the project.
    fn hosts_with_volume(&self, key: &str) -> Vec<&'static str> {
        let filter = format!("name=^{}_{key}$", self.project);
        self.hosts
            .iter()
            .copied()
            .filter(|host| !self.docker(host, &["volume", "ls", "-q", "--filter", &filter]).is_empty())
            .collect()
    }

    /// Every published port of the plan is answered by the container that was to have it. Retries while it starts.
    fn answers(&self, plan: &Plan) {
        let containers = self.containers();
        for placed in plan.placement.iter() {
            let container = &containers[&format!("{}.{}", placed.service, placed.number)];
            assert_eq!(container.host, placed.machine, "{placed:?}");
            for port in &placed.ports {
                assert_eq!(get(&placed.machine, port.host_port), container.id, "{placed:?}");
            }
        }
    }

    /// Removes everything of the project from the hosts, volumes too.
    fn clear(&self) {
        let filter = format!("label=com.docker.compose.project={}", self.project);
        for host in self.hosts.iter().copied() {
            let list = |kind: &[&str]| {
                let arguments = [kind, &["-q", "--filter", &filter]].concat();
                self.docker(host, &arguments).lines().map(str::to_owned).collect::<Vec<_>>()
            };
            for (kind, remove) in [
                (&["ps", "-a"][..], &["rm", "-f"][..]),
                (&["network", "ls"], &["network", "rm"]),
                (&["volume", "ls"], &["volume", "rm"]),
            ] {
                let found = list(kind);
                if !found.is_empty() {
                    self.docker(
                        host,
                        &remove.iter().copied().chain(found.iter().map(String::as_str)).collect::<Vec<_>>(),
                    );
                }
            }
        }
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        // What a failed test leaves is to be looked at; the next run clears it.
        if !std::thread::panicking() {
            self.clear();
        }
    }
}

impl Run {
    fn of(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Run { exit: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Expects an exit code; everything shown is in the panic if it is another.
    fn expect(self, exit: i32, arguments: &str) -> Self {
        assert_eq!(self.exit, exit, "planner {arguments}\n{}\n{}", self.out, self.err);
        self
    }

    /// Each of `words` is in what was shown.
    fn says(&self, words: &[&str]) {
        let all = format!("{}\n{}", self.out, self.err);
        // Tables break lines; what is said does not change by that.
        let flat = all.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(flat.contains(word), "`{word}` is not said in:\n{all}");
        }
    }
}

fn address(host: &str) -> String {
    format!("10.77.0.1{}", host.trim_start_matches('h'))
}

/// What a container answers over HTTP, from this machine: the lab's image tells its hostname, which is its short id.
fn get(host: &str, port: u16) -> String {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match try_get(host, port) {
            Ok(text) if !text.is_empty() => return text,
            other => assert!(Instant::now() < end, "{host}:{port} does not answer: {other:?}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn try_get(host: &str, port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((address(host), port))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text.split("\r\n\r\n").nth(1).unwrap_or_default().trim().to_owned())
}
