//! What rules see: the narrow interface between them and the project.

use std::collections::BTreeMap;

use super::Settings;
use crate::compose::model::{Compose, DeployMode, Service};
use crate::compose::{Environment, Loaded};
use crate::diagnostic::Edit;
use crate::inventory::{Availability, Inventory};
use crate::source::{FileId, Files, Sources, Span, Spanned};
use crate::stack::{Machine, Stack};
use crate::yaml::{Entry, Mapping, Node, Outline, outline};

/// Everything that a rule may look at.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The project as loaded.
    pub loaded: &'a Loaded,
    /// The machines, if there is an inventory.
    pub inventory: Option<&'a Inventory>,
    /// The stack on these machines, if there is an inventory.
    pub stack: Option<&'a Stack>,
    /// The texts.
    pub sources: &'a Sources,
    /// Where files can be looked for.
    pub files: &'a dyn Files,
}

/// [`Input`] with what is derived from it once.
pub struct Context<'a> {
    /// The project: merged, interpolated, typed.
    pub compose: &'a Compose,
    /// The compose files' documents as they were written.
    pub written: &'a [Node],
    /// Those of them that are merged into the project; what comes later decides.
    pub layers: Vec<&'a Node>,
    /// Where env files set variables of the project.
    pub assigned: &'a [Spanned<String>],
    /// The variables of the project.
    pub environment: &'a Environment,
    /// The machines, if there is an inventory.
    pub inventory: Option<&'a Inventory>,
    /// The stack, if there is an inventory.
    pub stack: Option<&'a Stack>,
    /// The texts.
    pub sources: &'a Sources,
    /// Where files can be looked for.
    pub files: &'a dyn Files,
    /// What the user has settled.
    pub settings: &'a Settings,
    /// Comments and anchors of each compose file.
    pub outlines: BTreeMap<FileId, Outline>,
    /// Whether all of the project was read, so that what is not there is missing.
    pub complete: bool,
}

impl<'a> Context<'a> {
    pub(super) fn new(input: Input<'a>, settings: &'a Settings) -> Self {
        let mut outlines = BTreeMap::new();
        for (file, source) in input.sources.iter() {
            let tree = input.loaded.written.iter().any(|root| root.span.file == file);
            let inventory = input.inventory.is_some_and(|it| it.machines.iter().any(|it| it.span.file == file));
            if tree || inventory {
                outlines.insert(file, outline(file, &source.text));
            }
        }
        Context {
            compose: &input.loaded.compose,
            written: &input.loaded.written,
            layers: input.loaded.layers().collect(),
            assigned: &input.loaded.assigned,
            environment: &input.loaded.environment,
            inventory: input.inventory,
            stack: input.stack,
            sources: input.sources,
            files: input.files,
            settings,
            outlines,
            complete: input.loaded.complete,
        }
    }

    /// The active services, in the files' order.
    pub fn services(&self) -> impl Iterator<Item = &'a Service> {
        self.compose.services.values()
    }

    /// Active services and those of inactive profiles.
    pub fn all_services(&self) -> impl Iterator<Item = &'a Service> {
        self.compose.services.values().chain(self.compose.inactive.values())
    }

    /// Every service of every file as written: its name and its entry.
    pub fn written_services(&self) -> impl Iterator<Item = (&'a str, &'a Entry)> {
        self.mappings("services").map(|(name, entry)| (&**name, entry))
    }

    /// The entries under a top-level key, of every file as written.
    pub fn mappings(&self, key: &'static str) -> impl Iterator<Item = (&'a std::sync::Arc<str>, &'a Entry)> {
        let mappings = self.written.iter().filter_map(move |root| root.get(key).and_then(Node::as_mapping));
        mappings.flat_map(Mapping::iter)
    }

    /// What the file says at a place.
    pub fn slice(&self, span: Span) -> &'a str {
        self.sources.slice(span)
    }

    /// Machines that take containers; none without an inventory.
    pub fn machines(&self) -> Vec<&'a Machine> {
        let machines = self.stack.map_or(&[][..], |stack| &stack.machines);
        machines.iter().filter(|machine| machine.availability == Availability::Active).collect()
    }

    /// Whether the inventory has several machines for containers.
    pub fn several_machines(&self) -> bool {
        self.machines().len() > 1
    }

    /// Whether the project is meant for several machines: the inventory has them, or the files place or repeat services.
    pub fn meant_for_several(&self) -> bool {
        if self.inventory.is_some() {
            return self.several_machines();
        }
        self.services().filter_map(|service| service.deploy.as_ref()).any(|deploy| {
            let placement = &deploy.placement;
            let global = deploy.mode.as_ref().is_some_and(|mode| mode.value == DeployMode::Global);
            global
                || !placement.constraints.is_empty()
                || !placement.spread.is_empty()
                || placement.max_replicas_per_node.is_some()
        })
    }

    /// The machines that a service's constraints allow.
    pub fn allowed(&self, service: &str) -> Vec<&'a Machine> {
        let constraints = self.stack.and_then(|stack| stack.service(service)).map_or(&[][..], |it| &it.constraints);
        let holds = |machine: &&Machine| {
            constraints.iter().all(|constraint| {
                let value = machine.attributes.get(&constraint.value.key).map_or("", String::as_str);
                (value == constraint.value.value) == constraint.value.equal
            })
        };
        self.machines().into_iter().filter(holds).collect()
    }

    /// How many containers a service is to have, and where that was said; one where nothing was.
    pub fn replicas(&self, service: &Service) -> (u32, Span) {
        let stated = service.deploy.as_ref().and_then(|deploy| deploy.replicas.as_ref()).or(service.scale.as_ref());
        stated.map_or((1, service.span), |count| (count.value, count.span))
    }

    /// The edit that removes whole lines: what is at `span` with its indentation and line break. None where something
    /// else stands on these lines, or where an anchor is within, which others may need.
    pub fn remove_lines(&self, span: Span) -> Option<Edit> {
        let text: &str = &self.sources.get(span.file).text;
        let range = span.range();
        let start = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[range.end..].find('\n').map_or(text.len(), |at| range.end + at + 1);
        let before = text[start..range.start].trim();
        let after = text[range.end..end].trim();
        let clear = (before.is_empty() || before == "-") && (after.is_empty() || after.starts_with('#'));
        let anchored = self.outlines.get(&span.file).is_some_and(|outline| {
            outline
                .anchors
                .iter()
                .any(|(anchor, _)| range.start <= anchor.span.range().start && anchor.span.range().start < range.end)
        });
        let whole = clear && !anchored && !text[range.clone()].contains("planner:");
        whole.then(|| Edit { span: Span::new(span.file, start..end), text: String::new() })
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("project", &self.compose.name).finish_non_exhaustive()
    }
}
