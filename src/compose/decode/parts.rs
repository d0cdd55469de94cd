//! The smaller parts of a service.

use super::Decoder;
use super::fields::Fields;
use crate::compose::model::{
    Attachment, Condition, Dependency, Device, Endpoint, FileReference, Healthcheck, Hook, Link, Logging, PullPolicy,
    Restart, Test, Ulimit,
};
use crate::compose::{ENGINE_REFUSES, shell};
use crate::diagnostic::{Diagnostic, nearest};
use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::yaml::Node;

impl Decoder<'_, '_> {
    /// A command: a list, or a string that is split as a shell would.
    pub(super) fn command(&mut self, fields: Fields, key: &str) -> Option<Spanned<Vec<Text>>> {
        let node = fields.node(key)?;
        match node.as_scalar() {
            None if node.is_null() => None,
            None => Some(Spanned::new(fields.texts(key).into_iter().map(|word| word.value).collect(), node.span)),
            Some(scalar) => match shell::split(&scalar.text) {
                Ok(split) => {
                    if let Some(operator) = split.cut {
                        self.cut_off(key, operator, node.span);
                    }
                    Some(Spanned::new(split.words.into_iter().map(Text::from).collect(), node.span))
                }
                Err(what) => {
                    let finding = Diagnostic::error("C104", format!("`{key}` cannot be split into words: {what}"));
                    let help = "close it, or write the command as a list: `[\"program\", \"argument\"]`";
                    self.loader.diagnostics.push(finding.label(node.span, "").help(help));
                    None
                }
            },
        }
    }

    /// The commands under `key`.
    pub(super) fn hooks(&mut self, fields: Fields, key: &str) -> Vec<Hook> {
        let mut hooks = Vec::new();
        for item in fields.items(key) {
            let fields = Fields::of(item);
            let Some(command) = self.command(fields, "command") else { continue };
            let listed = fields.texts("environment").into_iter().map(|it| it.value);
            let mapped = fields.entries("environment").filter_map(|(name, _, value)| {
                let value = value.as_scalar().map(|value| value.canonical_text())?;
                Some(Text::from(format!("{name}={value}")))
            });
            hooks.push(Hook {
                span: item.span,
                command: command.value,
                user: fields.text("user"),
                privileged: fields.boolean("privileged"),
                working_dir: fields.text("working_dir"),
                environment: listed.chain(mapped).collect(),
            });
        }
        hooks
    }

    fn cut_off(&mut self, key: &str, operator: char, span: Span) {
        let message = format!("`{key}` is not run by a shell: docker compose drops everything from `{operator}` on");
        let help = "name the shell: `[\"sh\", \"-c\", \"…\"]`";
        self.loader.diagnostics.push(Diagnostic::warning("C131", message).label(span, "").help(help));
    }

    pub(super) fn healthcheck(&mut self, fields: Fields) -> Option<Healthcheck> {
        let span = fields.key("healthcheck")?;
        let fields = fields.under("healthcheck");
        let disabled = fields.boolean("disable").filter(|disable| disable.value);
        let test = match disabled {
            Some(disable) => Some(disable.map(|_| Test::None)),
            None => self.test(fields),
        };
        Some(Healthcheck {
            span,
            test,
            interval: fields.duration("interval").map(Box::new),
            timeout: fields.duration("timeout").map(Box::new),
            retries: fields.integer("retries"),
            start_period: fields.duration("start_period").map(Box::new),
            start_interval: fields.duration("start_interval").map(Box::new),
        })
    }

    fn test(&mut self, fields: Fields) -> Option<Spanned<Test>> {
        let node = fields.node("test")?;
        if let Some(scalar) = node.as_scalar() {
            return Some(Spanned::new(Test::Shell(vec![scalar.text.clone()]), node.span));
        }
        let mut words = fields.texts("test").into_iter();
        let first = words.next()?;
        let rest = words.map(|word| word.value);
        let test = match &*first.value {
            "NONE" => Test::None,
            "CMD" => Test::Command(rest.collect()),
            "CMD-SHELL" => Test::Shell(rest.collect()),
            other => {
                let message =
                    format!("a health check's list must begin with `CMD`, `CMD-SHELL` or `NONE`, not `{other}`");
                let finding = Diagnostic::error("C122", message).label(first.span, "");
                self.loader.diagnostics.push(finding.help("put `\"CMD\"` before it"));
                return None;
            }
        };
        Some(Spanned::new(test, node.span))
    }

    pub(super) fn restart(&mut self, fields: Fields) -> Option<Spanned<Restart>> {
        let written = fields.text("restart")?;
        let (word, retries) = written.value.split_once(':').unwrap_or((&written.value, ""));
        let restart = match (word, retries) {
            ("no", _) => Restart::No,
            ("always", _) => Restart::Always,
            ("unless-stopped", _) => Restart::UnlessStopped,
            ("on-failure", "") => Restart::OnFailure { max_retries: None },
            ("on-failure", count) if count.parse::<u32>().is_ok() => {
                Restart::OnFailure { max_retries: count.parse().ok() }
            }
            ("", _) => return None,
            _ => {
                self.unknown_word(
                    ENGINE_REFUSES,
                    "restart",
                    &written,
                    &["no", "always", "unless-stopped", "on-failure"],
                );
                return None;
            }
        };
        Some(Spanned::new(restart, written.span))
    }

    pub(super) fn pull_policy(&mut self, fields: Fields) -> Option<Spanned<PullPolicy>> {
        let written = fields.text("pull_policy")?;
        let policy = match &*written.value {
            "always" => PullPolicy::Always,
            "never" => PullPolicy::Never,
            "missing" | "if_not_present" => PullPolicy::Missing,
            "build" => PullPolicy::Build,
            "daily" | "weekly" | "refresh" => PullPolicy::Periodic,
            other if other.starts_with("every_") => PullPolicy::Periodic,
            _ => {
                return None;
            }
        };
        Some(Spanned::new(policy, written.span))
    }

    fn unknown_word(&mut self, code: &'static str, key: &str, written: &Spanned<Text>, words: &[&str]) {
        let message = format!("`{key}` must be one of `{}`, not `{}`", words.join("`, `"), written.value);
        let finding = Diagnostic::error(code, message).label(written.span, "");
        self.loader.diagnostics.push(match nearest(&written.value, words.iter().copied()) {
            Some(like) => finding.help(format!("did you mean `{like}`?")),
            None => finding,
        });
    }
}

pub(super) fn dependencies(fields: Fields) -> Map<Dependency> {
    let read = |(name, span, node): (&Text, Span, &Node)| {
        let fields = Fields::of(node);
        let dependency = Dependency {
            span,
            condition: fields.word("condition", condition).map_or(Condition::Started, |word| word.value),
            required: fields.boolean("required").is_none_or(|required| required.value),
            restart: fields.boolean("restart").is_some_and(|restart| restart.value),
        };
        (name.clone(), dependency)
    };
    fields.entries("depends_on").map(read).collect()
}

fn condition(word: &str) -> Option<Condition> {
    match word {
        "service_started" => Some(Condition::Started),
        "service_healthy" => Some(Condition::Healthy),
        "service_completed_successfully" => Some(Condition::Completed),
        _ => None,
    }
}

pub(super) fn attachments(fields: Fields) -> Map<Attachment> {
    let read = |(name, span, node): (&Text, Span, &Node)| {
        let fields = Fields::of(node);
        let attachment = Attachment {
            span,
            aliases: fields.texts("aliases"),
            ipv4_address: fields.text("ipv4_address").map(Box::new),
            ipv6_address: fields.text("ipv6_address").map(Box::new),
            mac_address: fields.text("mac_address").map(Box::new),
            priority: fields.integer("priority").map_or(0, |priority| priority.value),
            finer: endpoint(fields),
        };
        (name.clone(), attachment)
    };
    fields.entries("networks").map(read).collect()
}

fn endpoint(fields: Fields) -> Option<Box<Endpoint>> {
    let said = ["driver_opts", "gw_priority", "interface_name", "link_local_ips"];
    said.iter().any(|key| fields.node(key).is_some()).then(|| {
        Box::new(Endpoint {
            driver_opts: fields.labels("driver_opts"),
            gw_priority: fields.integer("gw_priority"),
            interface_name: fields.text("interface_name").filter(|name| !name.value.is_empty()),
            link_local_ips: fields.texts("link_local_ips"),
        })
    })
}

pub(super) fn references(fields: Fields, key: &str) -> Vec<FileReference> {
    let read = |item: &Node| {
        let fields = Fields::of(item);
        Some(FileReference {
            source: fields.text("source")?,
            target: fields.text("target").map(Box::new),
            uid: fields.text("uid").map(Box::new),
            gid: fields.text("gid").map(Box::new),
            mode: fields.mode("mode").map(Box::new),
        })
    };
    fields.items(key).iter().filter_map(read).collect()
}

pub(super) fn links(fields: Fields) -> Vec<Link> {
    let read = |text: Spanned<Text>| {
        let (service, alias) = match text.value.split_once(':') {
            Some((service, alias)) => (service, Some(alias.into())),
            None => (&*text.value, None),
        };
        Link { service: Spanned::new(service.into(), text.span), alias }
    };
    fields.texts("links").into_iter().map(read).collect()
}

pub(super) fn ulimits(fields: Fields) -> Map<Ulimit> {
    let read = |(name, _, node): (&Text, Span, &Node)| {
        let (soft, hard) = match node.as_scalar() {
            Some(scalar) => (scalar.as_int()?, scalar.as_int()?),
            None => {
                let fields = Fields::of(node);
                (fields.integer("soft")?.value, fields.integer("hard")?.value)
            }
        };
        Some((name.clone(), Ulimit { span: node.span, soft, hard }))
    };
    fields.entries("ulimits").filter_map(read).collect()
}

/// Devices: `SOURCE[:TARGET[:PERMISSIONS]]`, a CDI name such as `vendor.com/class=name`, or a mapping.
pub(super) fn devices(fields: Fields) -> Vec<Device> {
    let read = |item: &Node| {
        let owned = |text: &str| Some(Text::from(text)).filter(|text| !text.is_empty());
        if let Some(scalar) = item.as_scalar() {
            let mut parts = scalar.text.splitn(3, ':');
            let source = parts.next().and_then(owned)?;
            let (target, permissions) = (parts.next().and_then(owned), parts.next().and_then(owned));
            return Some(Device { span: item.span, source, target, permissions });
        }
        let fields = Fields::of(item);
        let text = |key| fields.text(key).map(|text| text.value);
        Some(Device {
            span: item.span,
            source: text("source")?,
            target: text("target"),
            permissions: text("permissions"),
        })
    };
    fields.items("devices").iter().filter_map(read).collect()
}

pub(super) fn logging(fields: Fields) -> Option<Logging> {
    let span = fields.key("logging")?;
    let fields = fields.under("logging");
    Some(Logging { span, driver: fields.text("driver"), options: fields.labels("options") })
}
