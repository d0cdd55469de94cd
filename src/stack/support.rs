//! What a compose file asks for and `apply` cannot do yet: said before anything is touched, never passed over.

use crate::compose::model::{Compose, FileReference, MountKind, Service};
use crate::diagnostic::Diagnostic;

use super::container::{references, target};
use super::recipe;
use super::spec::FileKind;

/// One finding for each thing that would be missing or different in the containers. They are errors: a plan that
/// leaves them out would not be what the file says.
pub fn unsupported(compose: &Compose) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> =
        compose.services.values().flat_map(|service| of_service(compose, service)).collect();
    for service in compose.services.values() {
        for (key, span) in &service.unmodelled {
            let message =
                format!("`{}`: `{key}` is not applied yet: containers would be made without it", service.name);
            findings.push(Diagnostic::warning("M310", message).label(*span, "left out"));
        }
    }
    findings
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
    let outside = service.external_links.first().map(|link| (link.span, "links to containers outside the project"));
    let models = service.models.iter().next().map(|(_, span)| (*span, "language models"));
    for (span, what) in outside.into_iter().chain(models) {
        let message = format!("`{name}`: {what} are not applied yet: containers would be made without them");
        findings.push(Diagnostic::warning("M310", message).label(span, "left out"));
    }
    if let Some(spread) = service.deploy.as_ref().and_then(|deploy| deploy.placement.spread.first()) {
        let message = format!("`{name}`: the preference to spread over `{}` is not followed yet", spread.value);
        findings.push(Diagnostic::warning("M310", message).label(spread.span, "left out of the placement"));
    }
    findings
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
