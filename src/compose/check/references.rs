//! Every name that is used must be declared.

use crate::compose::model::{Compose, FileReference, FileSource, MountKind, Service};
use crate::diagnostic::{Diagnostic, nearest};
use crate::map::Map;
use crate::source::{Span, Spanned, Text};

pub(super) fn check(compose: &Compose, diagnostics: &mut Vec<Diagnostic>) {
    let mut check = References { compose, diagnostics };
    for service in compose.services.values() {
        check.image(service);
        check.dependencies(service);
        check.namespaces(service);
        check.networks(service);
        check.volumes(service);
        check.models(service);
        check.files(service, "config", &service.configs, &compose.configs);
        check.files(service, "secret", &service.secrets, &compose.secrets);
    }
}

struct References<'a> {
    compose: &'a Compose,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl References<'_> {
    fn image(&mut self, service: &Service) {
        if service.image.is_none() && service.build.is_none() && service.provider.is_none() {
            let finding =
                Diagnostic::error("C110", format!("service `{}` has neither an image nor a build", service.name));
            self.diagnostics.push(finding.label(service.span, "").help("image: …"));
        }
    }

    fn dependencies(&mut self, service: &Service) {
        for (wanted, dependency) in &service.depends_on {
            let excused = !dependency.required && self.compose.inactive.contains_key(wanted);
            if !excused {
                self.service(service, "depends on", wanted, dependency.span, "C111");
            }
        }
    }

    fn namespaces(&mut self, service: &Service) {
        let modes = [("network_mode", &service.network_mode), ("pid", &service.pid), ("ipc", &service.ipc)];
        for (key, mode) in modes {
            if let Some((wanted, span)) = mode.as_ref().and_then(|mode| named_service(mode)) {
                self.service(service, &format!("shares by `{key}` the namespace of"), wanted, span, "C115");
            }
        }
        for from in &service.volumes_from {
            if !from.value.starts_with("container:") {
                let wanted = from.value.split(':').next().unwrap_or_default();
                self.service(service, "takes over the volumes of", wanted, from.span, "C115");
            }
        }
        for link in &service.links {
            self.service(service, "links to", &link.service.value, link.service.span, "C115");
        }
    }

    /// Reports a service that does not exist, or whose profiles are not active.
    fn service(&mut self, service: &Service, relation: &str, wanted: &str, span: Span, code: &'static str) {
        if self.compose.services.contains_key(wanted) {
            return;
        }
        let name = &service.name;
        self.diagnostics.push(if let Some(inactive) = self.compose.inactive.get(wanted) {
            let profiles: Vec<_> = inactive.profiles.iter().map(|profile| &*profile.value).collect();
            Diagnostic::error(code, format!("service `{name}` {relation} `{wanted}`, which is not active"))
                .label(span, "")
                .label(inactive.span, format!("only with a profile of: {}", profiles.join(", ")))
                .help(format!("activate it: `--profile {}`", profiles.first().unwrap_or(&"…")))
        } else {
            let finding =
                Diagnostic::error(code, format!("service `{name}` {relation} `{wanted}`, which does not exist"));
            suggest(finding.label(span, "no such service"), wanted, self.compose.services.keys())
        });
    }

    fn networks(&mut self, service: &Service) {
        for (wanted, attachment) in &service.networks {
            let implied = &**wanted == "default" && self.has_default_network();
            if !implied && !self.compose.networks.contains_key(wanted) {
                self.undeclared(service, "network", wanted, attachment.span, "C112", self.compose.networks.keys());
            }
        }
    }

    /// Whether some container joins the network that is there without being declared.
    fn has_default_network(&self) -> bool {
        self.compose.services.values().any(Service::joins_default_network)
    }

    fn volumes(&mut self, service: &Service) {
        for mount in &service.mounts {
            if let MountKind::Volume { source: Some(wanted), .. } = &mount.kind
                && !self.compose.volumes.contains_key(&wanted.value)
            {
                self.undeclared(service, "volume", &wanted.value, wanted.span, "C113", self.compose.volumes.keys());
            }
        }
    }

    fn models(&mut self, service: &Service) {
        for (wanted, span) in &service.models {
            if !self.compose.models.contains_key(wanted) {
                self.undeclared(service, "model", wanted, *span, "C114", self.compose.models.keys());
            }
        }
    }

    fn files(&mut self, service: &Service, kind: &str, references: &[FileReference], known: &Map<FileSource>) {
        for FileReference { source, .. } in references {
            if !known.contains_key(&source.value) {
                self.undeclared(service, kind, &source.value, source.span, "C114", known.keys());
            }
        }
    }

    fn undeclared<'k>(
        &mut self,
        service: &Service,
        kind: &str,
        wanted: &str,
        span: Span,
        code: &'static str,
        known: impl Iterator<Item = &'k Text>,
    ) {
        let name = &service.name;
        let finding =
            Diagnostic::error(code, format!("service `{name}` uses the {kind} `{wanted}`, which is not declared"));
        let finding = suggest(finding.label(span, format!("no such {kind}")), wanted, known);
        self.diagnostics.push(match (finding.help.is_some(), kind) {
            (true, _) => finding,
            (false, "network" | "volume") => {
                finding.help(format!("declare it at the top level:\n{kind}s:\n  {wanted}:"))
            }
            (false, "model") => {
                finding.help(format!("declare it at the top level:\nmodels:\n  {wanted}:\n    model: …"))
            }
            _ => finding.help(format!("declare it at the top level:\n{kind}s:\n  {wanted}:\n    file: …")),
        });
    }
}

/// The service of `service:NAME`.
fn named_service(mode: &Spanned<Text>) -> Option<(&str, Span)> {
    mode.value.strip_prefix("service:").map(|name| (name, mode.span))
}

fn suggest<'k>(finding: Diagnostic, wanted: &str, known: impl Iterator<Item = &'k Text>) -> Diagnostic {
    match nearest(wanted, known.map(|known| &**known)) {
        Some(like) => finding.help(format!("did you mean `{like}`?")),
        None => finding,
    }
}
