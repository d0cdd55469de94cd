//! What excludes each other.

use std::collections::HashMap;
use std::fmt::Display;

use crate::compose::model::{Compose, FileSource, Labels, Service, Volume};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, Spanned};

pub(super) fn check(compose: &Compose, diagnostics: &mut Vec<Diagnostic>) {
    for service in compose.services.values() {
        diagnostics.extend(network_mode(service));
        limits(service, diagnostics);
        diagnostics.extend(container_name(service));
    }
    shared_names(compose, diagnostics);
    for (name, volume) in &compose.volumes {
        diagnostics.extend(external(name, volume));
    }
    for service in compose.services.values() {
        watched(service, diagnostics);
    }
    for (kind, sources) in [("config", &compose.configs), ("secret", &compose.secrets)] {
        for (name, source) in sources {
            diagnostics.extend(content(kind, name, source));
        }
    }
}

/// A container's name is one engine's, so that two services cannot share it where they may meet.
fn shared_names(compose: &Compose, diagnostics: &mut Vec<Diagnostic>) {
    let mut owners: HashMap<&str, (&Service, Span)> = HashMap::new();
    for service in compose.services.values() {
        let Some(name) = &service.container_name else { continue };
        match owners.get(&*name.value) {
            Some((owner, span)) => {
                let message = format!("services `{}` and `{}` have the same container name", owner.name, service.name);
                let finding =
                    Diagnostic::error("C120", message).label(name.span, "taken").label(*span, "given first here");
                diagnostics.push(finding.help("remove one of them"));
            }
            None => {
                owners.insert(&name.value, (service, name.span));
            }
        }
    }
}

fn network_mode(service: &Service) -> Option<Diagnostic> {
    let mode = service.network_mode.as_ref()?;
    let (_, first) = service.networks.iter().next()?;
    let finding =
        Diagnostic::error("C117", format!("service `{}` has both `network_mode` and `networks`", service.name));
    let finding =
        finding.label(mode.span, "this gives it a network of another kind").label(first.span, "this is ignored");
    Some(finding.help("remove one of them"))
}

/// Figures that can be given in two places must be the same in both.
fn limits(service: &Service, diagnostics: &mut Vec<Diagnostic>) {
    let Some(deploy) = &service.deploy else { return };
    let (limits, reserved) = (&deploy.limits, &deploy.reservations);
    let findings = [
        conflict(service, ("cpus", service.cpus.as_deref()), ("deploy.resources.limits.cpus", limits.cpus.as_deref())),
        conflict(
            service,
            ("mem_limit", service.mem_limit.as_deref()),
            ("deploy.resources.limits.memory", limits.memory.as_deref()),
        ),
        conflict(
            service,
            ("mem_reservation", service.mem_reservation.as_deref()),
            ("deploy.resources.reservations.memory", reserved.memory.as_deref()),
        ),
        conflict(
            service,
            ("pids_limit", service.pids_limit.as_deref()),
            ("deploy.resources.limits.pids", limits.pids.as_deref()),
        ),
        conflict(service, ("scale", service.scale.as_ref()), ("deploy.replicas", deploy.replicas.as_ref())),
    ];
    diagnostics.extend(findings.into_iter().flatten());
}

fn conflict<T: PartialEq + Display>(
    service: &Service,
    (one, a): (&str, Option<&Spanned<T>>),
    (other, b): (&str, Option<&Spanned<T>>),
) -> Option<Diagnostic> {
    let (a, b) = (a?, b?);
    if a.value == b.value {
        return None;
    }
    let message = format!("service `{}` has different values in `{one}` and `{other}`", service.name);
    let finding =
        Diagnostic::error("C118", message).label(a.span, a.value.to_string()).label(b.span, b.value.to_string());
    Some(finding.help(format!("remove `{one}`")))
}

fn container_name(service: &Service) -> Option<Diagnostic> {
    let name = service.container_name.as_ref()?;
    let replicas = service.deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref()).or(service.scale.as_ref())?;
    if replicas.value <= 1 {
        return None;
    }
    let message = format!("service `{}` has {} containers and one container name", service.name, replicas.value);
    let finding = Diagnostic::error("C119", message).label(name.span, "a name can be given once only");
    Some(finding.label(replicas.span, format!("{} containers", replicas.value)).help("remove `container_name`"))
}

/// A volume that others made is as they made it.
fn external(name: &str, volume: &Volume) -> Option<Diagnostic> {
    let external = volume.external?;
    let driver = volume.driver.as_ref().map(|driver| ("driver", driver.span));
    let first = |key, pairs: &Labels| pairs.values().next().map(|pair| (key, pair.span));
    let options = first("driver_opts", &volume.driver_opts);
    let (key, span) = driver.or(options).or_else(|| first("labels", &volume.labels))?;
    let finding = Diagnostic::error("C117", format!("the volume `{name}` is external, and given a `{key}`"));
    let finding =
        finding.label(external.span, "made by others").label(span, "which this would change").label(volume.span, "");
    Some(finding.help("remove one of them"))
}

/// What is synced must be told where to.
fn watched(service: &Service, diagnostics: &mut Vec<Diagnostic>) {
    for watch in &service.watch {
        if watch.target.is_none() && !matches!(&*watch.action.value, "rebuild" | "restart") {
            let message = format!("service `{}` syncs a folder without a `target`", service.name);
            let finding = Diagnostic::error("C104", message).label(watch.action.span, "this needs a target");
            diagnostics.push(finding.help("target: /path/in/the/container"));
        }
    }
}

fn content(kind: &str, name: &str, source: &FileSource) -> Option<Diagnostic> {
    let spans: Vec<_> = [
        source.file.as_ref().map(|file| file.span),
        source.environment.as_ref().map(|variable| variable.span),
        source.content.as_ref().map(|content| content.span),
    ]
    .into_iter()
    .flatten()
    .collect();
    if spans.is_empty() && source.external.is_none() && !source.stored {
        let keys = if kind == "config" { "`file`, `environment` and `content`" } else { "`file` and `environment`" };
        let finding = Diagnostic::error("C104", format!("the {kind} `{name}` is taken from nowhere"));
        return Some(finding.label(source.span, format!("one of {keys} is missing")).help("file: …"));
    }
    let [first, second, ..] = spans[..] else { return None };
    if source.external.is_some() {
        return None;
    }
    let finding = Diagnostic::error("C117", format!("the {kind} `{name}` is taken from several places"));
    Some(
        finding
            .label(first, "from here")
            .label(second, "and from here")
            .help("keep one of `file`, `environment`, `content`"),
    )
}
