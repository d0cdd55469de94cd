//! What a compose file asks for and `apply` cannot do yet: said before anything is touched, never passed over.

use crate::compose::model::{Compose, CredentialSpec, FileReference, MountKind, PullPolicy, Service};
use crate::diagnostic::Diagnostic;
use crate::source::Span;

use super::container::{references, target};
use super::recipe;
use super::spec::FileKind;

/// One finding for each thing that would be missing or different in the containers. They are errors: a plan that
/// leaves them out would not be what the file says.
pub fn unsupported(compose: &Compose) -> Vec<Diagnostic> {
    compose.services.values().flat_map(|service| of_service(compose, service)).collect()
}

fn of_service(compose: &Compose, service: &Service) -> Vec<Diagnostic> {
    let name = &service.name;
    let mut findings = recipe::unsupported(compose, service);
    findings.extend(references(service).filter_map(|(kind, file)| out_of_sight(service, kind, file)));
    if let Some(provider) = &service.provider {
        findings.push(
            Diagnostic::error("M310", format!("`{name}` is provided by an external program, which is not run here"))
                .label(provider.span, "a provider service"),
        );
    }
    for mount in &service.mounts {
        if let MountKind::Other { kind, .. } = &mount.kind {
            let message = format!("`{name}`: mounts of type `{kind}` are not made yet");
            findings.push(Diagnostic::error("M310", message).label(mount.span, "this mount"));
        }
    }
    findings.extend(not_made(service));
    findings.extend(now_and_then(service));
    findings
}

/// Keys of which nothing is made.
fn not_made(service: &Service) -> Vec<Diagnostic> {
    let name = &service.name;
    let fault = |span: Span, what: &str, help: &str| {
        let message = format!("`{name}`: {what}");
        Diagnostic::error("M310", message).label(span, "its containers would lack it").help(help)
    };
    let mut findings = Vec::new();
    for (key, span) in &service.unmodelled {
        findings.push(match &**key {
            "pre_start" => fault(
                *span,
                "nothing is run before it starts",
                "make it a service of its own, on which this one depends with `condition: service_completed_successfully`",
            ),
            "use_api_socket" => fault(
                *span,
                "the engine's socket and logins are not handed to containers",
                "mount the socket: `volumes: [/var/run/docker.sock:/var/run/docker.sock]`",
            ),
            _ => continue,
        });
    }
    if let Some((_, span)) = service.models.iter().next() {
        findings.push(fault(*span, "language models are not run", "run them as a service, or outside the project"));
    }
    if let Some(spec) = service.credential_spec.as_ref().filter(|it| matches!(it.value, CredentialSpec::Config(_))) {
        let help = "name a file of the machine's own, or a value of its registry";
        findings.push(fault(spec.span, "an account's description is not taken from a config", help));
    }
    let linked = service.links.iter().find(|link| link.alias.is_some()).map(|link| link.service.span);
    let linked = linked.or(service.external_links.first().map(|link| link.span));
    if let (Some(mode), Some(span)) = (&service.network_mode, linked) {
        let help = "leave out `network_mode`, or the link";
        findings
            .push(fault(span, "with a network mode of its own it is linked with nothing", help).label(mode.span, ""));
    }
    findings
}

/// An image that is to be fetched again after a time.
fn now_and_then(service: &Service) -> Option<Diagnostic> {
    let policy = service.pull_policy.as_ref().filter(|policy| policy.value == PullPolicy::Periodic);
    let span = policy.map(|policy| policy.span).or_else(|| service.unmodelled.get("pull_refresh_after").copied())?;
    let message = format!("`{}`: its image is not fetched anew after a time, but where it is missing", service.name);
    let finding = Diagnostic::warning("M310", message).label(span, "nobody keeps the time");
    Some(finding.help("`pull_policy: always` asks its registry at each run"))
}

/// A file that could be put into the container, and would not be seen there, or could not be put there at all.
fn out_of_sight(service: &Service, kind: FileKind, file: &FileReference) -> Option<Diagnostic> {
    let (name, path) = (&service.name, target(kind, file));
    let within = |folder: &str| path.strip_prefix(folder.trim_end_matches('/')).is_some_and(|it| it.starts_with('/'));
    let over = service.mounts.iter().filter(|mount| within(&mount.target.value)).max_by_key(|it| it.target.value.len());
    if let Some(mount) = over.filter(|mount| matches!(mount.kind, MountKind::Tmpfs { .. })) {
        let message =
            format!("`{name}`: `{path}` cannot be delivered: an empty tmpfs is mounted over it at each start");
        let finding = Diagnostic::error("M310", message).label(file.source.span, "needed in the container");
        return Some(finding.label(mount.span, "the tmpfs").help("give the file a `target` elsewhere"));
    }
    let read_only = service.read_only.as_ref().filter(|it| it.value && over.is_none())?;
    let message =
        format!("`{name}`: `{path}` cannot be delivered: the engine writes nothing into a read-only file system");
    let finding = Diagnostic::error("M310", message).label(file.source.span, "needed in the container");
    Some(
        finding
            .label(read_only.span, "read-only")
            .help("leave out `read_only`, or give the file a `target` in a volume that is mounted there"),
    )
}
