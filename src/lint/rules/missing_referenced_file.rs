//! A file that the project refers to is not there.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};
use std::path::Path;

use crate::compose::model::{FileSource, MountKind};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "C123",
    name: "missing-referenced-file",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A file that the project refers to is not there.",
    why: "A missing compose file, env file or extended file is an error: docker compose refuses to load. A missing file of a config or secret fails when containers are made; of a secret it is only noted, since its file rightly lies where the stack is started and nowhere else. A missing source of a bind mount is worse than an error: the engine makes an empty folder of that name, and the program finds a folder where it looks for its file.",
    ignore: "For files that are made before the stack is started: say so in the reason.",
    example: example!("missing_referenced_file"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.complete {
        return;
    }
    let sources = [("config", &context.compose.configs), ("secret", &context.compose.secrets)];
    for (kind, sources) in sources {
        findings.extend(sources.iter().filter_map(|(name, source)| missing(context, kind, name, source)));
    }
    let not_alone = has_neighbours(context);
    for service in context.services() {
        for mount in &service.mounts {
            let MountKind::Bind { source, create_host_path, .. } = &mount.kind else { continue };
            // Only what looks like a file of the project: folders are rightly made where they are missing.
            let path = Path::new(&*source.value);
            let ours = path.starts_with(&context.compose.directory) && path.extension().is_some();
            let same = path.extension() == Path::new(&*mount.target.value).extension();
            if ours && same && not_alone && *create_host_path && !context.files.exists(path) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                findings.push(
                    RULE.finding(format!("`{}` mounts `{name}`, which is not there", service.name))
                        .label(source.span, "the engine will make an empty folder of this name")
                        .help("put the file there, or correct the path"),
                );
            }
        }
    }
}

fn missing(context: &Context<'_>, kind: &str, name: &str, source: &FileSource) -> Option<Diagnostic> {
    let file = source.file.as_ref().filter(|file| !file.value.as_os_str().is_empty())?;
    let used = context.services().flat_map(|it| it.configs.iter().chain(&it.secrets)).any(|it| &*it.source.value == name);
    (used && !context.files.exists(&file.value)).then(|| {
        let finding = RULE.finding(format!("the file of the {kind} `{name}` is not there"));
        let severity = if kind == "secret" { Severity::Info } else { RULE.severity };
        Diagnostic { severity, ..finding }
            .label(file.span, "containers that use it cannot be made")
            .help("put the file there, or correct the path")
    })
}

/// Whether anything of what the project mounts, builds or reads lies beside it: else the file is looked at by itself,
/// and everything would be called missing.
fn has_neighbours(context: &Context<'_>) -> bool {
    let folder = &context.compose.directory;
    let sources = context.compose.configs.values().chain(context.compose.secrets.values());
    let files = sources.filter_map(|source| source.file.as_ref()).map(|file| file.value.clone());
    let mounts = context.services().flat_map(|service| &service.mounts).filter_map(|mount| match &mount.kind {
        MountKind::Bind { source, .. } => Some(Path::new(&*source.value).to_owned()),
        _ => None,
    });
    let builds =
        context.services().filter_map(|it| it.build.as_ref()?.context.as_ref()).map(|it| folder.join(&*it.value));
    let inside = |path: &std::path::PathBuf| path.starts_with(folder) && path != folder;
    files.chain(mounts).chain(builds).filter(inside).any(|path| context.files.exists(&path))
}
