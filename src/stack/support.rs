//! What a compose file asks for and `apply` cannot do yet: said before anything is touched, never passed over.

use crate::compose::model::{Compose, MountKind, Service};
use crate::diagnostic::Diagnostic;

/// One finding for each thing that would be missing or different in the containers. They are errors: a plan that
/// leaves them out would not be what the file says.
pub fn unsupported(compose: &Compose) -> Vec<Diagnostic> {
    let mut findings: Vec<Diagnostic> = compose.services.values().flat_map(of_service).collect();
    for service in compose.services.values() {
        for (key, span) in &service.unmodelled {
            let message =
                format!("`{}`: `{key}` is not applied yet: containers would be made without it", service.name);
            findings.push(Diagnostic::warning("M310", message).label(*span, "left out"));
        }
    }
    findings
}

fn of_service(service: &Service) -> Vec<Diagnostic> {
    let name = &service.name;
    let mut findings = Vec::new();
    if let Some(build) = service.build.as_ref().filter(|_| service.image.is_none()) {
        findings.push(
            Diagnostic::error(
                "M311",
                format!("`{name}` is built from source and names no image for the machines to pull"),
            )
            .label(build.span, "images are not built here")
            .help("build and push it where that is done today, and name the result with `image:`"),
        );
    }
    for (kind, files) in [("config", &service.configs), ("secret", &service.secrets)] {
        for file in files {
            findings.push(
                Diagnostic::error(
                    "M310",
                    format!("`{name}`: the {kind} `{}` cannot be delivered yet", file.source.value),
                )
                .label(file.source.span, "needed in the container")
                .help("mount it from a path that is on every machine, or pass it in `environment`"),
            );
        }
    }
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
    if let Some(spread) = service.deploy.as_ref().and_then(|deploy| deploy.placement.spread.first()) {
        let message = format!("`{name}`: the preference to spread over `{}` is not followed yet", spread.value);
        findings.push(Diagnostic::warning("M310", message).label(spread.span, "left out of the placement"));
    }
    findings
}
