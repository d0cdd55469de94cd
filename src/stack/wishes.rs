//! `x-planner` on a service: where it is to be beside what the Compose Specification can say (`docs/placement.md`).

use std::collections::BTreeSet;

use crate::compose::model::{self as compose, Compose};
use crate::diagnostic::{Diagnostic, nearest};
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// What a service asks for under `x-planner`, and where Compose's own words would rather have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wishes {
    /// How it lies over domains such as zones.
    pub spread: Vec<Spread>,
    /// Services of which each domain that has a container of this one has one.
    pub near: Vec<Bond>,
    /// Services of which no domain has a container beside one of this.
    pub apart: Vec<Bond>,
    /// Losses after which enough of it is still there.
    pub survive: Vec<Survive>,
    /// Who finds a place where not all do: the higher first; 0 where nothing is said.
    pub priority: i32,
    /// Over which domains it is best spread, the first the most important (`deploy.placement.preferences`).
    pub preferences: Vec<By>,
}

/// What divides the machines into domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// Each machine is a domain.
    Machine,
    /// Machines with the same value of an attribute, such as `node.labels.zone`.
    Attribute(String),
}

/// How a service lies over domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// The domains.
    pub over: By,
    /// The fullest has at most so many containers more than the emptiest.
    pub skew: Option<u32>,
    /// At least so many of them have a container.
    pub at_least: Option<u32>,
    /// Only these count; where none are named, those that may hold a container of the service.
    pub among: Option<BTreeSet<String>>,
    /// Where it was written.
    pub span: Span,
}

/// A bond to another service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bond {
    /// Its name.
    pub service: Spanned<String>,
    /// The domains.
    pub by: By,
}

/// A loss to be survived: of any one domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survive {
    /// What is lost.
    pub loss: By,
    /// So many containers are left.
    pub keep: u32,
    /// Where it was written.
    pub span: Span,
}

impl By {
    /// `machine`, a label's name, or a whole attribute such as `node.platform.arch`.
    pub fn parse(text: &str) -> By {
        match text {
            "machine" | "node.hostname" => By::Machine,
            text if text.starts_with("node.") || text.starts_with("engine.") => By::Attribute(text.to_owned()),
            label => By::Attribute(format!("node.labels.{label}")),
        }
    }

    /// The attribute; none for machines.
    pub fn attribute(&self) -> Option<&str> {
        match self {
            By::Machine => None,
            By::Attribute(key) => Some(key),
        }
    }

    /// For people: `zone`, `machine`.
    pub fn word(&self) -> &str {
        match self {
            By::Machine => "machine",
            By::Attribute(key) => key.strip_prefix("node.labels.").unwrap_or(key),
        }
    }
}

const KEYS: [&str; 5] = ["spread", "near", "apart", "survive", "priority"];

/// Reads a service's `x-planner`; what cannot be understood is reported, and left out.
pub(super) fn wishes(compose: &Compose, written: &compose::Service, findings: &mut Vec<Diagnostic>) -> Wishes {
    let mut reader = Reader { compose, service: &written.name, findings };
    let mut wishes = Wishes { preferences: preferences(written), ..Wishes::default() };
    let Some(node) = written.extensions.get("x-planner").filter(|node| !node.is_null()) else { return wishes };
    let Some(mapping) = node.as_mapping() else {
        reader.report(
            node.span,
            &format!("`x-planner` is {}, not a mapping", node.noun()),
            "x-planner: {spread: zone}",
        );
        return wishes;
    };
    for (key, entry) in mapping {
        let items = entry.value.as_sequence().unwrap_or(std::slice::from_ref(&entry.value));
        match &**key {
            "spread" => wishes.spread.extend(items.iter().filter_map(|item| reader.spread(item))),
            "near" => wishes.near.extend(items.iter().filter_map(|item| reader.bond(item))),
            "apart" => wishes.apart.extend(items.iter().filter_map(|item| reader.bond(item))),
            "survive" => wishes.survive.extend(items.iter().filter_map(|item| reader.survive(item))),
            "priority" => wishes.priority = reader.priority(&entry.value).unwrap_or_default(),
            // Other rooms' words are theirs to judge.
            other => {
                if let Some(near) = nearest(other, KEYS.iter().copied()) {
                    let message = format!("`{other}` is not known under `x-planner`");
                    reader.report(entry.key, &message, &format!("did you mean `{near}`?"));
                }
            }
        }
    }
    wishes
}

/// Compose Deploy Specification, `placement.preferences`.
fn preferences(written: &compose::Service) -> Vec<By> {
    let spread = written.deploy.iter().flat_map(|deploy| deploy.placement.spread.iter());
    spread.map(|over| By::Attribute(over.value.to_string())).collect()
}

/// The losses that the stack as a whole is to survive: `x-planner: {survive: machine}` beside the services.
pub(super) fn losses(compose: &Compose, findings: &mut Vec<Diagnostic>) -> Vec<By> {
    const HELP: &str = "for example `survive: machine`, or `survive: [machine, zone]`";
    let mut losses: Vec<By> = Vec::new();
    let node = compose.extensions.get("x-planner").and_then(|node| node.get("survive"));
    let items = node.map_or(&[][..], |node| node.as_sequence().unwrap_or(std::slice::from_ref(node)));
    for item in items {
        match item.as_scalar().map(|scalar| scalar.canonical()).filter(|text| !text.is_empty()) {
            Some(text) if losses.contains(&By::parse(&text)) => {}
            Some(text) => losses.push(By::parse(&text)),
            None => {
                let message = format!("`x-planner`: a loss is named by a label or `machine`, not by {}", item.noun());
                findings.push(Diagnostic::error("M326", message).label(item.span, "here").help(HELP));
            }
        }
    }
    losses
}

struct Reader<'a> {
    compose: &'a Compose,
    service: &'a str,
    findings: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn report(&mut self, span: Span, message: &str, help: &str) {
        let message = format!("`{}`: {message}", self.service);
        self.findings.push(Diagnostic::error("M326", message).label(span, "here").help(help));
    }

    /// The texts and numbers of a mapping with known keys.
    fn fields<'n>(&mut self, item: &'n Node, keys: &[&str], help: &str) -> Option<Vec<(&'n str, &'n Node)>> {
        let Some(mapping) = item.as_mapping() else {
            self.report(item.span, &format!("{} is not understood here", item.noun()), help);
            return None;
        };
        let mut fields = Vec::new();
        for (key, entry) in mapping {
            if keys.contains(&&**key) {
                fields.push((&**key, &entry.value));
            } else {
                self.report(entry.key, &format!("`{key}` is not known here"), help);
            }
        }
        Some(fields)
    }

    fn text(&mut self, node: &Node, help: &str) -> Option<String> {
        let text = node.as_scalar().map(|scalar| scalar.canonical().into_owned()).filter(|text| !text.is_empty());
        if text.is_none() {
            self.report(node.span, &format!("a name is expected, not {}", node.noun()), help);
        }
        text
    }

    fn number(&mut self, node: &Node, least: u32, help: &str) -> Option<u32> {
        let number = node.as_scalar().and_then(|scalar| u32::try_from(scalar.as_int()?).ok());
        let number = number.filter(|number| *number >= least);
        if number.is_none() {
            self.report(node.span, &format!("a whole number from {least} is expected"), help);
        }
        number
    }

    /// `10`, `-1`.
    fn priority(&mut self, item: &Node) -> Option<i32> {
        let number = item.as_scalar().and_then(|scalar| i32::try_from(scalar.as_int()?).ok());
        if number.is_none() {
            let help = "for example `priority: 10`: the higher finds a place first; 0 where nothing is said";
            self.report(item.span, &format!("a whole number is expected, not {}", item.noun()), help);
        }
        number
    }

    /// `zone`, or `{over: zone, skew: 1, at_least: 2}`.
    fn spread(&mut self, item: &Node) -> Option<Spread> {
        const HELP: &str = "for example `spread: zone`, or `spread: {over: zone, skew: 1, at_least: 2}`";
        let mut spread = Spread { over: By::Machine, skew: None, at_least: None, among: None, span: item.span };
        if item.as_scalar().is_some() {
            let over = By::parse(&self.text(item, HELP)?);
            return Some(Spread { over, skew: Some(1), ..spread });
        }
        let mut over = None;
        for (key, node) in self.fields(item, &["over", "skew", "at_least"], HELP)? {
            match key {
                "over" => over = Some(By::parse(&self.text(node, HELP)?)),
                "skew" => spread.skew = Some(self.number(node, 1, HELP)?),
                _ => spread.at_least = Some(self.number(node, 1, HELP)?),
            }
        }
        let Some(over) = over else {
            self.report(item.span, "over what to spread is not said", HELP);
            return None;
        };
        if spread.skew.is_none() && spread.at_least.is_none() {
            spread.skew = Some(1);
        }
        Some(Spread { over, ..spread })
    }

    /// `db`, or `{service: db, by: zone}`.
    fn bond(&mut self, item: &Node) -> Option<Bond> {
        const HELP: &str = "for example `near: db`, or `near: {service: db, by: zone}`";
        let (mut service, mut by) = (None, By::Machine);
        if item.as_scalar().is_some() {
            service = Some(Spanned::new(self.text(item, HELP)?, item.span));
        } else {
            for (key, node) in self.fields(item, &["service", "by"], HELP)? {
                match key {
                    "service" => service = Some(Spanned::new(self.text(node, HELP)?, node.span)),
                    _ => by = By::parse(&self.text(node, HELP)?),
                }
            }
        }
        let Some(service) = service else {
            self.report(item.span, "which service is not said", HELP);
            return None;
        };
        if service.value == self.service {
            self.report(
                service.span,
                "it cannot be near or apart from itself",
                "`spread` is for a service's own replicas",
            );
            return None;
        }
        if !self.compose.services.contains_key(&service.value) {
            if self.compose.inactive.contains_key(&service.value) {
                return None;
            }
            let names = self.compose.services.keys().map(|key| &**key);
            let help = nearest(&service.value, names).map_or(HELP.to_owned(), |near| format!("did you mean `{near}`?"));
            self.report(service.span, &format!("there is no service `{}`", service.value), &help);
            return None;
        }
        Some(Bond { service, by })
    }

    /// `zone`, or `{loss: zone, keep: 2}`.
    fn survive(&mut self, item: &Node) -> Option<Survive> {
        const HELP: &str = "for example `survive: machine`, or `survive: {loss: zone, keep: 2}`";
        if item.as_scalar().is_some() {
            let loss = By::parse(&self.text(item, HELP)?);
            return Some(Survive { loss, keep: 1, span: item.span });
        }
        let (mut loss, mut keep) = (None, 1);
        for (key, node) in self.fields(item, &["loss", "keep"], HELP)? {
            match key {
                "loss" => loss = Some(By::parse(&self.text(node, HELP)?)),
                _ => keep = self.number(node, 1, HELP)?,
            }
        }
        let Some(loss) = loss else {
            self.report(item.span, "what loss to survive is not said", HELP);
            return None;
        };
        Some(Survive { loss, keep, span: item.span })
    }
}
