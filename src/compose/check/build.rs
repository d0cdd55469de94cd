//! What a build refers to, and what excludes each other in it.

use crate::compose::model::{Build, Compose, Service};
use crate::diagnostic::{Diagnostic, nearest};

pub(super) fn check(compose: &Compose, partial: bool, diagnostics: &mut Vec<Diagnostic>) {
    for service in compose.services.values() {
        let Some(build) = &service.build else { continue };
        diagnostics.extend(dockerfiles(service, build));
        diagnostics.extend(platform(service, build));
        if !partial {
            contexts(compose, service, build, diagnostics);
            secrets(compose, service, build, diagnostics);
        }
    }
}

fn dockerfiles(service: &Service, build: &Build) -> Option<Diagnostic> {
    let file = build.dockerfile.as_ref().filter(|file| !file.value.is_empty())?;
    let inline = build.dockerfile_inline.as_ref().filter(|inline| !inline.value.is_empty())?;
    let message = format!("the build of service `{}` has two Dockerfiles", service.name);
    let finding = Diagnostic::error("C117", message).label(inline.span, "one of them here");
    Some(finding.label(file.span, "and the path of another").help("keep one of `dockerfile`, `dockerfile_inline`"))
}

fn platform(service: &Service, build: &Build) -> Option<Diagnostic> {
    let platform = service.platform.as_ref()?;
    let first = build.platforms.first()?;
    if build.platforms.iter().any(|built| built.value == platform.value) {
        return None;
    }
    let message = format!("service `{}` runs on `{}` and is not built for it", service.name, platform.value);
    let finding = Diagnostic::error("C117", message).label(platform.span, "runs on this");
    Some(finding.label(first.span, "is built for this").help(format!("add `{}` to `build.platforms`", platform.value)))
}

fn contexts(compose: &Compose, service: &Service, build: &Build, diagnostics: &mut Vec<Diagnostic>) {
    for (name, context) in &build.additional_contexts {
        let Some(wanted) = context.value.strip_prefix("service:") else { continue };
        let relation = format!("service `{}` builds with the context `{name}` from `{wanted}`", service.name);
        match compose.services.get(wanted) {
            Some(found) if found.build.is_some() => {}
            Some(found) => {
                let finding = Diagnostic::error("C115", format!("{relation}, which is not built"));
                diagnostics.push(finding.label(context.span, "").label(found.span, "this service has no `build`"));
            }
            None => {
                let finding = Diagnostic::error("C115", format!("{relation}, which does not exist"));
                let finding = finding.label(context.span, "no such service");
                diagnostics.push(match nearest(wanted, compose.services.keys().map(|key| &**key)) {
                    Some(like) => finding.help(format!("did you mean `{like}`?")),
                    None => finding,
                });
            }
        }
    }
}

fn secrets(compose: &Compose, service: &Service, build: &Build, diagnostics: &mut Vec<Diagnostic>) {
    for secret in build.secrets.iter().map(|it| &it.source).filter(|it| !compose.secrets.contains_key(&it.value)) {
        let wanted = &secret.value;
        let message =
            format!("the build of service `{}` uses the secret `{wanted}`, which is not declared", service.name);
        let finding = Diagnostic::error("C114", message).label(secret.span, "no such secret");
        diagnostics.push(finding.help(format!("declare it at the top level:\nsecrets:\n  {wanted}:\n    file: …")));
    }
}
