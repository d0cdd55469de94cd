//! Volumes and `tmpfs`: see the Compose Specification, "volumes" and "tmpfs".

use indexmap::IndexMap;

use super::Decoder;
use super::fields::Fields;
use crate::compose::model::{Mount, MountKind, Propagation};
use crate::diagnostic::Diagnostic;
use crate::source::Spanned;
use crate::units::Bytes;
use crate::yaml::Node;

impl Decoder<'_, '_> {
    /// What is mounted; of several at the same place the last counts.
    pub(super) fn mounts(&mut self, fields: Fields) -> Vec<Mount> {
        let mut mounts: IndexMap<String, Mount> = IndexMap::new();
        let volumes = fields.items("volumes").iter().filter(|item| item.as_mapping().is_some());
        for mount in volumes.filter_map(|item| self.mount(item)) {
            mounts.insert(mount.target.value.clone(), mount);
        }
        for text in fields.texts("tmpfs") {
            let mount = tmpfs(&text);
            mounts.entry(mount.target.value.clone()).or_insert(mount);
        }
        mounts.into_values().collect()
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
                subpath: fields.under("volume").text("subpath"),
            },
            "tmpfs" => MountKind::Tmpfs {
                size: fields.under("tmpfs").bytes("size"),
                mode: fields.under("tmpfs").mode("mode"),
                options: Vec::new(),
            },
            other => {
                MountKind::Other { kind: other.to_owned(), source, subpath: fields.under("image").text("subpath") }
            }
        };
        let read_only = fields.boolean("read_only").is_some_and(|read_only| read_only.value);
        Some(Mount { span: item.span, kind, target, read_only })
    }

    fn incomplete(&mut self, item: &Node, what: &str, help: &str) {
        let finding = Diagnostic::error("C104", format!("a volume needs {what}"));
        self.loader.diagnostics.push(finding.label(item.span, "").help(help));
    }
}

fn bind(source: Spanned<String>, options: Fields) -> MountKind {
    const PROPAGATIONS: [&str; 6] = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];
    let propagation = |word: &str| PROPAGATIONS.into_iter().find(|known| *known == word).map(Propagation);
    MountKind::Bind {
        source,
        create_host_path: options.boolean("create_host_path").is_none_or(|create| create.value),
        propagation: options.word("propagation", propagation),
        selinux: options.word("selinux", |word| word.chars().next()).map(|selinux| selinux.value),
    }
}

/// `PATH[:OPTIONS]`.
fn tmpfs(text: &Spanned<String>) -> Mount {
    let (target, written) = text.value.split_once(':').unwrap_or((&text.value, ""));
    let (mut size, mut mode, mut options, mut read_only) = (None, None, Vec::new(), false);
    for option in written.split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("size", value)) => size = Bytes::parse(value).ok().map(|size| Spanned::new(size, text.span)),
            Some(("mode", value)) => {
                mode = u32::from_str_radix(value, 8).ok().map(|mode| Spanned::new(mode, text.span));
            }
            _ if option == "ro" => read_only = true,
            _ => options.push(option.to_owned()),
        }
    }
    let target = Spanned::new(target.to_owned(), text.span);
    Mount { span: text.span, kind: MountKind::Tmpfs { size, mode, options }, target, read_only }
}
