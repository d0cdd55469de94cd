//! Against real Docker Engines, real ssh and real TLS: the hosts of `tests/lab/lab.sh`.
//!
//! They are ignored unless asked for, since they need root and the packages that `tests/lab/lab.sh install` installs:
//! `cargo test --test it lab:: -- --ignored`. `PLANNER_LAB_KEEP=1` leaves the hosts up.

pub(crate) mod faults;
mod plans;
mod reach;
mod steps;
mod story;
mod waits;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use planner::cluster::{Cluster, ClusterError, DockerCluster, Settings};
use planner::inventory::Endpoint;
use planner::observed::{ContainerState, HostPort, MachineState};
use planner::plan::{NewContainer, Operation};
use planner::stack::ContainerSpec;

/// How many hosts there are. h4, h8 and h9 may be broken, by one test at a time: see [`Lab::breakable`]. h5 to h7 are those of
/// one test, which makes a Swarm of them.
const HOSTS: u32 = 9;
/// The image on every host: `serve` answers with the host's name over HTTP on `$PORT`.
const IMAGE: &str = "planner-lab:1";

/// The hosts, up for as long as any test, of whatever process, holds one of these.
pub(crate) struct Lab {
    lock: File,
}

impl Lab {
    /// The hosts, brought up if they are not.
    pub(crate) fn up() -> Lab {
        let lock = lock_file("planner-lab.lock");
        loop {
            lock.lock_shared().expect("a shared lock");
            // While anybody holds the shared lock, nobody takes the hosts down.
            if lab_dir().join("image-ready").exists() {
                return Lab { lock };
            }
            lock.unlock().expect("to unlock");
            lock.lock().expect("the lock alone");
            bring_up();
            lock.unlock().expect("to unlock");
        }
    }

    /// The hosts h4, h8 and h9 for this test alone, of whatever process, for as long as the file is kept.
    pub(crate) fn breakable(&self) -> File {
        let lock = lock_file("planner-lab-breakable.lock");
        lock.lock().expect("the lock");
        lock
    }

    /// A file in the lab's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        lab_dir().join(name)
    }

    /// Settings with which ssh finds the hosts.
    pub(crate) fn settings(&self) -> Settings {
        Settings { ssh_config: Some(self.file("ssh_config")), docker_config: self.file("docker"), ..Default::default() }
    }

    /// The hosts named, over ssh.
    pub(crate) fn over_ssh(&self, hosts: &[&str]) -> DockerCluster {
        DockerCluster::new(hosts.iter().map(|host| ((*host).to_owned(), ssh(host))), self.settings())
    }

    /// Runs `lab.sh` and returns its output.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        script(arguments)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = self.lock.unlock();
        if std::env::var("PLANNER_LAB_KEEP").is_err() && self.lock.try_lock().is_ok() {
            script(&["down"]);
        }
    }
}

fn lock_file(name: &str) -> File {
    let path = std::env::temp_dir().join(name);
    File::options().create(true).truncate(false).write(true).open(path).expect("a lock file")
}

/// Whoever does this has the lock alone.
fn bring_up() {
    if !lab_dir().join("image-ready").exists() {
        script(&["up", &HOSTS.to_string()]);
        script(&["image", IMAGE]);
        std::fs::write(lab_dir().join("image-ready"), "").expect("a marker");
    }
}

fn lab_dir() -> PathBuf {
    std::env::temp_dir().join("planner-lab")
}

fn script(arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab.sh");
    let output = Command::new(path).args(arguments).env("LAB_DIR", lab_dir()).output().expect("lab.sh");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "lab.sh {arguments:?}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// An endpoint over ssh.
fn ssh(host: &str) -> Endpoint {
    Endpoint::Ssh { user: None, host: host.to_owned(), port: None }
}

/// A container of the lab's image, serving on `port`. Its name must be the test's own.
fn container(name: &str, port: Option<u16>) -> NewContainer {
    let port = port.map(|host_port| HostPort {
        host_ip: String::new(),
        host_port,
        container_port: 80,
        protocol: "tcp".to_owned(),
    });
    NewContainer {
        name: name.to_owned(),
        final_name: name.to_owned(),
        spec: ContainerSpec {
            image: IMAGE.to_owned(),
            command: Some(vec!["/bin/serve".to_owned()]),
            network_mode: Some("bridge".to_owned()),
            stop_grace_seconds: Some(1),
            ..Default::default()
        },
        ports: port.into_iter().collect(),
        labels: Default::default(),
    }
}

/// The same container with a command of its own.
fn running(name: &str, command: &str) -> NewContainer {
    let mut new = container(name, None);
    new.spec.command = Some(vec!["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()]);
    new
}

async fn perform(cluster: &DockerCluster, machine: &str, operation: Operation) -> Result<(), ClusterError> {
    cluster.perform(machine, &operation, &|_| {}).await
}

async fn create(cluster: &DockerCluster, machine: &str, new: &NewContainer) -> Result<(), ClusterError> {
    perform(cluster, machine, Operation::CreateContainer(Box::new(new.clone()))).await
}

async fn start(cluster: &DockerCluster, machine: &str, name: &str) -> Result<(), ClusterError> {
    perform(cluster, machine, Operation::Start { name: name.to_owned(), anew: None }).await
}

/// Stops and removes a container by its name.
async fn clear(cluster: &DockerCluster, machine: &str, name: &str) {
    let container = find(&cluster.observe(machine).await.unwrap(), name);
    let (id, name) = (container.id, container.name);
    perform(cluster, machine, Operation::Stop { id: id.clone(), name: name.clone() }).await.unwrap();
    perform(cluster, machine, Operation::Remove { id, name }).await.unwrap();
}

fn find(state: &MachineState, name: &str) -> ContainerState {
    let names: Vec<&str> = state.containers.iter().map(|container| container.name.as_str()).collect();
    let at = names.iter().position(|one| *one == name).unwrap_or_else(|| panic!("no {name} among {names:?}"));
    state.containers[at].clone()
}
