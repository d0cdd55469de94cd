//! The engine's control socket in a container.

use crate::compose::model::MountKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::host_path;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S601",
    name: "docker-socket-mount",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "The engine's control socket in a container.",
    why: "Who can speak to the socket can start a container with the host's disk in it: that is root on the machine. Read-only mounting protects the file, not what is said through it. The sockets of podman, containerd and CRI-O are the same, and so is a folder that holds one.",
    ignore: "For programs whose purpose it is (a reverse proxy that reads labels, a monitor); better through a proxy that lets only some calls pass.",
    example: example!("docker_socket_mount"),
    finder: Finder::Rule(check),
};

/// Sockets by the end of their paths.
const SOCKETS: [&str; 7] = [
    "docker.sock",
    "podman.sock",
    "containerd.sock",
    "crio.sock",
    "cri-dockerd.sock",
    "dockershim.sock",
    "docker_engine",
];
/// Folders that hold them.
const FOLDERS: [&str; 14] = [
    "/",
    "/var",
    "/run",
    "/var/run",
    "/run/docker",
    "/var/run/docker",
    "/run/podman",
    "/var/run/podman",
    "/run/containerd",
    "/var/run/containerd",
    "/run/crio",
    "/var/run/crio",
    "/run/systemd",
    "/var/run/systemd",
];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for mount in &service.mounts {
            let Some(seen) = source(context, &mount.kind).and_then(|path| control(&path)) else { continue };
            findings.push(
                RULE.finding(format!("`{}` has the engine's control socket", service.name))
                    .label(mount.span, seen)
                    .help("let a socket proxy pass only the calls that it needs"),
            );
        }
    }
}

/// The path of the machine that is mounted, be it by way of a volume that is bound to one.
fn source(context: &Context<'_>, kind: &MountKind) -> Option<String> {
    match kind {
        MountKind::Bind { source, .. } => Some(source.value.to_string()),
        MountKind::Other { source: Some(source), .. } => Some(source.value.to_string()),
        MountKind::Volume { source: Some(source), .. } => {
            let volume = context.compose.volumes.get(&source.value)?;
            let local = volume.driver.as_ref().is_none_or(|driver| &*driver.value == "local");
            volume.driver_opts.get("device").filter(|_| local).map(|device| device.value.to_string())
        }
        _ => None,
    }
}

/// What lies there, if it leads to the engine.
fn control(path: &str) -> Option<&'static str> {
    let path = host_path::clean(path);
    if SOCKETS.iter().any(|name| path.ends_with(name)) {
        Some("root on the machine for who can speak to it")
    } else {
        FOLDERS.contains(&path.as_str()).then_some("the engine's socket lies within")
    }
}
