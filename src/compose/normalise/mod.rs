//! Short forms become long ones and relative paths absolute, file by file, so that files can be merged entry by entry.
//!
//! What has the wrong form is left as it is: `schema` has reported it.

mod build;
mod forms;
mod hosts;
mod resources;
mod volumes;

use std::path::PathBuf;
use std::sync::Arc;

use super::path;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Entry, Node, Value};
use build::{build_context, developed_early, renamed};
use forms::{absolute, dependencies, each_item, each_under, long, names, pairs, request, single, text_of, under};
use hosts::hosts;
use resources::{external, local_bind};
use volumes::volume;

pub(super) use forms::text;
pub(super) use volumes::part_span;

/// What relative paths are relative to.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// The folder.
    pub directory: PathBuf,
    /// What `~` stands for.
    pub home: Option<String>,
}

impl Base {
    /// The path that is meant.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        path::absolute(written, &self.directory, self.home.as_deref())
    }

    fn text(&self, written: &str) -> String {
        self.path(written).to_string_lossy().into_owned()
    }
}

/// Brings a compose file's tree into the long form.
pub(super) fn normalise(root: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    each_under(root, "jobs", &mut |job| {
        under(job, "triggers", |triggers| each_item(triggers, "schedule", &mut |item| long(item, "cron")));
    });
    for section in ["services", "jobs"] {
        each_under(root, section, &mut |service| normalise_service(service, base, diagnostics));
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        each_under(root, section, &mut |resource| {
            external(resource, section, diagnostics);
            under(resource, "labels", pairs);
            under(resource, "file", |node| absolute(node, base));
        });
    }
    each_under(root, "volumes", &mut |volume| local_bind(volume, base));
}

/// Gives builds of which no file says from where the project's own folder.
pub(super) fn default_contexts(root: &mut Node, base: &Base) {
    each_under(root, "services", &mut |service| {
        under(service, "build", |build| {
            let span = build.span.at_start();
            if let Value::Mapping(fields) = &mut build.value
                && !fields.contains_key("context")
            {
                let context = text(base.text("."), span);
                Arc::make_mut(fields).insert("context".into(), Entry { key: span, value: context });
            }
        });
    });
}

fn normalise_service(service: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    // Its containers are like the service's.
    each_item(service, "pre_start", &mut |hook| normalise_service(hook, base, diagnostics));
    for hooks in ["post_start", "pre_stop"] {
        each_item(service, hooks, &mut |hook| under(hook, "environment", pairs));
    }
    developed_early(service);
    under(service, "develop", |develop| {
        each_item(develop, "watch", &mut |watch| {
            under(watch, "path", |path| absolute(path, base));
            for key in ["ignore", "include"] {
                under(watch, key, single);
            }
            renamed(watch, "x-initialSync", "initial_sync");
            under(watch, "exec", |exec| under(exec, "environment", pairs));
        });
    });
    for key in ["environment", "labels", "annotations", "sysctls"] {
        under(service, key, pairs);
    }
    for key in ["dns", "dns_search", "tmpfs", "env_file", "label_file"] {
        under(service, key, single);
    }
    under(service, "dns", |servers| {
        if let Value::Sequence(items) = &mut servers.value {
            Arc::make_mut(items).retain(|item| text_of(item) != Some(""));
        }
    });
    for key in ["networks", "models"] {
        under(service, key, names);
    }
    under(service, "depends_on", dependencies);
    for (key, field) in [("configs", "source"), ("secrets", "source"), ("env_file", "path")] {
        each_item(service, key, &mut |item| long(item, field));
    }
    under(service, "build", |build| {
        long(build, "context");
        for key in ["args", "labels"] {
            under(build, key, pairs);
        }
        under(build, "no_cache_filter", single);
        under(build, "extra_hosts", |node| hosts(node, diagnostics));
        build_context(build, base, diagnostics);
        each_item(build, "secrets", &mut |item| long(item, "source"));
    });
    under(service, "extends", |extends| {
        long(extends, "service");
        under(extends, "file", |file| {
            if !text_of(file).is_some_and(path::is_remote) {
                absolute(file, base);
            }
        });
    });
    under(service, "deploy", |deploy| {
        under(deploy, "labels", pairs);
        under(deploy, "resources", |resources| {
            under(resources, "reservations", |it| each_item(it, "devices", &mut request))
        });
    });
    each_item(service, "gpus", &mut request);
    under(service, "extra_hosts", |node| hosts(node, diagnostics));
    each_item(service, "env_file", &mut |item| {
        under(item, "path", |path| absolute(path, base));
        if let Some((format, span)) = item.get("format").and_then(|format| Some((text_of(format)?, format.span)))
            && !matches!(format, "" | "raw")
        {
            let finding = Diagnostic::error("C104", format!("`{format}` is no format of env files"));
            diagnostics.push(finding.label(span, "").help("remove it, or write `raw`"));
        }
    });
    each_item(service, "label_file", &mut |item| absolute(item, base));
    each_item(service, "volumes", &mut |item| volume(item, base, diagnostics));
}
