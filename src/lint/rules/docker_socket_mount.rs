//! The engine's control socket in a container.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use crate::compose::model::MountKind;
use crate::lint::host_path;

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
    "docker.sock", "podman.sock", "containerd.sock", "crio.sock", "cri-dockerd.sock", "dockershim.sock", "docker_engine",
];
/// Folders that hold them.
const FOLDERS: [&str; 11] = [
    "/", "/run", "/var/run", "/run/docker", "/var/run/docker", "/run/podman", "/var/run/podman", "/run/containerd",
    "/var/run/containerd", "/run/crio", "/var/run/crio",
];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        for mount in &service.mounts {
            let (source, span) = match &mount.kind {
                MountKind::Bind { source, .. } => (source.value.as_str(), source.span),
                MountKind::Volume { source: Some(source), .. } => (source.value.as_str(), source.span),
                MountKind::Other { source: Some(source), .. } => (source.value.as_str(), source.span),
                _ => continue,
            };
            let bind = matches!(mount.kind, MountKind::Bind { .. });
            let path = host_path::clean(source);
            let user_folder = path.starts_with("/run/user/") && path.matches('/').count() <= 4 && !path.contains('.');
            let folder = bind && (FOLDERS.contains(&path.as_str()) || user_folder);
            let socket = SOCKETS.iter().any(|name| path.ends_with(name) || mount.target.value.ends_with(name));
            if socket || folder {
                let seen = if socket { "root on the machine for who can speak to it" } else { "the engine's socket lies within" };
                findings.push(
                    RULE.finding(format!("`{}` has the engine's control socket", service.name))
                        .label(span, seen)
                        .help("let a socket proxy pass only the calls that it needs"),
                );
            }
        }
    }
}
