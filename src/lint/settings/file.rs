//! The keys of the settings.

use super::{Exception, Selector, Settings, mistake, severity};
use crate::diagnostic::{Diagnostic, nearest};
use crate::lint::rules;
use crate::source::{Span, Spanned};
use crate::yaml::{Mapping, Node};

const KEYS: [&str; 8] =
    ["select", "ignore", "severity", "exceptions", "variables", "host-paths", "fail-on", "discovery"];
const EXCEPTION_KEYS: [&str; 4] = ["rules", "services", "files", "reason"];

/// Takes the settings of a tree up into `settings`; `what` names the place where they stand.
pub fn read(root: &Node, what: &str, settings: &mut Settings) -> Vec<Diagnostic> {
    let mut reader = Reader { findings: Vec::new() };
    if let Some(mapping) = reader.mapping(root, what, &KEYS) {
        reader.switches(mapping, settings);
        reader.severities(mapping, settings);
        if let Some(entry) = mapping.get("exceptions") {
            for item in reader.list(&entry.value, "exceptions") {
                settings.exceptions.extend(reader.exception(item));
            }
        }
        settings.variables.extend(reader.texts(mapping, "variables").into_iter().map(|it| it.value));
        settings.host_paths.extend(reader.texts(mapping, "host-paths").into_iter().map(|it| it.value));
        if let Some(entry) = mapping.get("fail-on") {
            settings.fail_on = reader.severity(&entry.value, "fail-on").or(settings.fail_on);
        }
    }
    reader.findings
}

struct Reader {
    findings: Vec<Diagnostic>,
}

impl Reader {
    fn mistake(&mut self, span: Span, message: impl AsRef<str>) -> &mut Diagnostic {
        self.findings.push(mistake(message.as_ref(), &Spanned::new((), span)));
        let last = self.findings.len() - 1;
        &mut self.findings[last]
    }

    fn mapping<'n>(&mut self, node: &'n Node, what: &str, keys: &[&str]) -> Option<&'n Mapping> {
        let Some(mapping) = node.as_mapping() else {
            self.mistake(node.span, format!("{what} must be a mapping, not {}", node.noun()));
            return None;
        };
        for (key, entry) in mapping.iter().filter(|(key, _)| !keys.contains(&&***key)) {
            let help = match nearest(key, keys.iter().copied()) {
                Some(like) => format!("did you mean `{like}`?"),
                None => format!("known keys: {}", keys.join(", ")),
            };
            self.mistake(entry.key, format!("{what} has no key `{key}`")).help = Some(help);
        }
        Some(mapping)
    }

    fn switches(&mut self, mapping: &Mapping, settings: &mut Settings) {
        for (key, on) in [("select", true), ("ignore", false)] {
            for name in self.texts(mapping, key) {
                settings.switches.extend(self.selector(&name).map(|selector| (selector, on)));
            }
        }
    }

    fn severities(&mut self, mapping: &Mapping, settings: &mut Settings) {
        let Some(entry) = mapping.get("severity") else { return };
        let Some(rules) = entry.value.as_mapping() else {
            self.mistake(entry.value.span, "`severity` must be a mapping of rules");
            return;
        };
        for (name, entry) in rules {
            let Some(rule) = rules::find(name) else {
                self.selector(&Spanned::new(name.to_string(), entry.key));
                continue;
            };
            if let Some(severity) = self.severity(&entry.value, name) {
                settings.severities.insert(rule.code, severity);
            }
        }
    }

    fn severity(&mut self, node: &Node, key: &str) -> Option<crate::diagnostic::Severity> {
        let found = node.as_scalar().and_then(|scalar| severity(&scalar.text));
        if found.is_none() {
            self.mistake(node.span, format!("`{key}` must be `error`, `warning` or `info`"));
        }
        found
    }

    fn exception(&mut self, node: &Node) -> Option<Exception> {
        let mapping = self.mapping(node, "an exception", &EXCEPTION_KEYS)?;
        let rules: Vec<Selector> = self.texts(mapping, "rules").iter().filter_map(|name| self.selector(name)).collect();
        let services = self.texts(mapping, "services").into_iter().map(|it| it.value).collect();
        let mut files = Vec::new();
        for pattern in self.texts(mapping, "files") {
            match glob::Pattern::new(&pattern.value) {
                Ok(pattern) => files.push(pattern),
                Err(error) => {
                    self.mistake(pattern.span, format!("`{}` is no pattern of paths: {error}", pattern.value));
                }
            }
        }
        let reason = mapping.get("reason").and_then(|entry| entry.value.as_scalar()).map(|it| it.text.to_string());
        let reason = reason.filter(|reason| !reason.trim().is_empty());
        if rules.is_empty() {
            self.mistake(node.span, "an exception names no rules").help = Some("rules = [\"S601\"]".to_owned());
        }
        if reason.is_none() {
            let help = "reason = \"reads the labels of its neighbours\"";
            self.mistake(node.span, "an exception gives no reason").help = Some(help.to_owned());
        }
        Some(Exception { rules, services, files, reason: reason? })
    }

    fn selector(&mut self, name: &Spanned<String>) -> Option<Selector> {
        match Selector::parse(&name.value) {
            Ok(selector) => Some(selector),
            Err(like) => {
                let help = like.map_or("`planner rules` lists them".to_owned(), |it| format!("did you mean `{it}`?"));
                self.mistake(name.span, format!("there is no rule or group `{}`", name.value)).help = Some(help);
                None
            }
        }
    }

    fn list<'n>(&mut self, node: &'n Node, key: &str) -> &'n [Node] {
        node.as_sequence().unwrap_or_else(|| {
            self.mistake(node.span, format!("`{key}` must be a list, not {}", node.noun()));
            &[]
        })
    }

    /// The texts of a list; one alone may stand without the list.
    fn texts(&mut self, mapping: &Mapping, key: &str) -> Vec<Spanned<String>> {
        let Some(entry) = mapping.get(key) else { return Vec::new() };
        let text = |node: &Node| Some(Spanned::new(node.as_scalar()?.text.to_string(), node.span));
        if let Some(one) = text(&entry.value) {
            return vec![one];
        }
        let items = self.list(&entry.value, key);
        let texts: Vec<_> = items.iter().filter_map(text).collect();
        if texts.len() < items.len() {
            self.mistake(entry.value.span, format!("`{key}` must be a list of strings"));
        }
        texts
    }
}
