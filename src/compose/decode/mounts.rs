//! Volumes and `tmpfs`: see the Compose Specification, "volumes" and "tmpfs".

use super::Decoder;
use super::fields::{Fields, exact};
use crate::compose::model::{Mount, MountKind, Propagation};
use crate::diagnostic::Diagnostic;
use crate::map::Map;
use crate::source::{Spanned, Text};
use crate::units::Bytes;
use crate::yaml::Node;

impl Decoder<'_, '_> {
    /// What is mounted; of several at the same place the last counts.
    pub(super) fn mounts(&mut self, fields: Fields) -> Vec<Mount> {
        let mut mounts: Map<Mount> = Map::new();
        let volumes = fields.items("volumes").iter().filter(|item| item.as_mapping().is_some());
        for mount in volumes.filter_map(|item| self.mount(item)) {
            mounts.insert(mount.target.value.clone(), mount);
        }
        for text in fields.texts("tmpfs") {
            let mount = tmpfs(&text);
            mounts.get_or_insert_with(mount.target.value.clone(), || mount);
        }
        exact(mounts.into_values())
    }

    fn mount(&mut self, item: &Node) -> Option<Mount> {
        let fields = Fields::of(item);
        let Some(kind) = fields.text("type") else {
            self.incomplete(item, "a `type`", "type: volume");
            return None;
        };
        let Some(target) = fields.text("target") else {
            self.incomplete(item, "a `target`", "target: /path/in/the/container");
            return None;
        };
        let source = fields.text("source").filter(|source| !source.value.is_empty());
        let kind = match &*kind.value {
            "bind" => {
                let Some(source) = source else {
                    self.incomplete(item, "a `source`", "source: ./path/on/the/host");
                    return None;
                };
                bind(source, fields.under("bind"))
            }
            "volume" => MountKind::Volume {
                source,
                nocopy: fields.under("volume").boolean("nocopy").is_some_and(|nocopy| nocopy.value),
                subpath: fields.under("volume").text("subpath").map(Box::new),
                labels: Some(fields.under("volume").labels("labels")).filter(|all| !all.is_empty()).map(Box::new),
            },
            "tmpfs" => MountKind::Tmpfs {
                size: fields.under("tmpfs").bytes("size").map(Box::new),
                mode: fields.under("tmpfs").mode("mode").map(Box::new),
                options: Vec::new(),
            },
            other => MountKind::Other {
                kind: other.into(),
                source,
                subpath: fields.under("image").text("subpath").map(Box::new),
            },
        };
        let read_only = fields.boolean("read_only").is_some_and(|read_only| read_only.value);
        Some(Mount { span: item.span, kind, target, read_only })
    }

    fn incomplete(&mut self, item: &Node, what: &str, help: &str) {
        let finding = Diagnostic::error("C104", format!("a volume needs {what}"));
        self.loader.diagnostics.push(finding.label(item.span, "").help(help));
    }
}

fn bind(source: Spanned<Text>, options: Fields) -> MountKind {
    const PROPAGATIONS: [&str; 6] = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];
    let propagation = |word: &str| PROPAGATIONS.into_iter().find(|known| *known == word).map(Propagation);
    MountKind::Bind {
        source,
        create_host_path: options.boolean("create_host_path").is_none_or(|create| create.value),
        propagation: options.word("propagation", propagation).map(Box::new),
        selinux: options.word("selinux", |word| word.chars().next()).map(|selinux| selinux.value),
        recursive: options.text("recursive").map(Box::new),
    }
}

/// `PATH[:OPTIONS]`.
fn tmpfs(text: &Spanned<Text>) -> Mount {
    let (target, written) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let (mut size, mut mode, mut options, mut read_only) = (None, None, Vec::new(), false);
    for option in written.split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("size", value)) => {
                size = Bytes::parse(value).ok().map(|size| Box::new(Spanned::new(size, text.span)))
            }
            Some(("mode", value)) => {
                mode = u32::from_str_radix(value, 8).ok().map(|mode| Box::new(Spanned::new(mode, text.span)));
            }
            _ if option == "ro" => read_only = true,
            _ => options.push(option.into()),
        }
    }
    let target = Spanned::new(target.into(), text.span);
    Mount { span: text.span, kind: MountKind::Tmpfs { size, mode, options }, target, read_only }
}
