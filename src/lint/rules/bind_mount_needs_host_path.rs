//! A bind mount in a stack for several machines: the path must be on each of them.

use crate::compose::model::MountKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M305",
    name: "bind-mount-needs-host-path",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A bind mount in a stack for several machines: the path must be on each of them.",
    why: "A relative path exists where the project's folder is; on another machine the engine makes an empty folder in its place, or fails. For an absolute path somebody must see to it on every machine.",
    ignore: "Where the files are brought to every machine by other means; or name the paths in `host-paths` of the settings.",
    example: example!("bind_mount_needs_host_path"),
    finder: Finder::Rule(check),
};

/// On every machine by themselves.
const EVERYWHERE: [&str; 11] = [
    "/var/run",
    "/run",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/proc",
    "/sys",
    "/dev",
    "/var/lib/docker",
    "/lib/modules",
];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    if !context.meant_for_several() {
        return;
    }
    for service in context.services() {
        if context.inventory.is_some() && context.allowed(&service.name).len() < 2 {
            continue;
        }
        for mount in &service.mounts {
            let MountKind::Bind { source, .. } = &mount.kind else { continue };
            let below = |root: &str| *source.value == *root || source.value.starts_with(&format!("{root}/"));
            let declared = context.settings.host_paths.iter().any(|path| below(path.trim_end_matches('/')));
            if &*source.value == "/" || declared || EVERYWHERE.into_iter().any(below) {
                continue;
            }
            let below_project = std::path::Path::new(&*source.value).strip_prefix(&context.compose.directory).ok();
            let written = match below_project {
                Some(path) => format!("./{}", path.display()),
                None => source.value.to_string(),
            };
            let relative = below_project.is_some();
            let mut finding =
                RULE.finding(format!("`{}` needs `{written}` on every machine it may run on", service.name)).label(
                    source.span,
                    if relative { "only where the project's folder is" } else { "a path of the machine" },
                );
            if relative {
                finding = finding
                    .help("put it into the image, or use a config, a secret or a volume that all machines reach");
            } else {
                finding.severity = Severity::Info;
            }
            findings.push(finding);
        }
    }
}
