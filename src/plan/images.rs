//! Images: how engines read their references, and which one is meant by a reference that leads to several.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::observed::{BuiltImage, MachineState, Observed};
use crate::reference::parse;
use crate::stack::{Machine, PullPolicy, Stack};

/// The image that a reference stands for in one plan: every machine gets the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pin {
    /// The registry's digest of it, if it is from one.
    pub digest: Option<String>,
    /// The engines' ids of it; none where no machine has it yet.
    pub ids: BTreeSet<String>,
    /// Its size in bytes on a machine that has it, if one has.
    pub bytes: Option<u64>,
    /// Whether the registry was asked which one it is.
    pub asked: bool,
}

impl Pin {
    /// Whether a reference leads to it on a machine.
    pub(super) fn is_on(&self, image: &str, state: &MachineState) -> bool {
        id_of(image, state).is_some_and(|id| self.ids.contains(id))
    }

    /// Whether a container of a service with this policy runs something else.
    pub(super) fn is_other_than(&self, id: &str, policy: PullPolicy) -> bool {
        let counts = !self.asked || policy == PullPolicy::Always;
        counts && !id.is_empty() && !self.ids.contains(id)
    }
}

/// The pins of a plan: by reference, and by machine's index.
#[derive(Debug, Default)]
pub(super) struct Pins(BTreeMap<String, Vec<Option<Rc<Pin>>>>);

impl Pins {
    /// Those of all images of a stack.
    pub(super) fn new(stack: &Stack, observed: &Observed) -> Pins {
        let mut pins = BTreeMap::new();
        for image in stack.services.iter().map(|service| &service.container.image) {
            if pins.contains_key(image) {
                continue;
            }
            let mut by_kind: BTreeMap<(&str, &str), Option<Rc<Pin>>> = BTreeMap::new();
            let of = |machine: &Machine| {
                let state = observed.machines.get(&machine.name)?;
                by_kind.entry(kind(state)).or_insert_with(|| pin(image, &machine.name, observed).map(Rc::new)).clone()
            };
            pins.insert(image.clone(), stack.machines.iter().map(of).collect());
        }
        Pins(pins)
    }

    /// Which image a reference stands for on a machine; none where nobody knows one.
    pub(super) fn get(&self, image: &str, machine: usize) -> Option<&Pin> {
        self.0.get(image)?.get(machine)?.as_deref()
    }
}

/// Which image a reference stands for on machines of the kind of this one: what was built just now; what the registry said, where
/// it was asked; else the newest that any machine has under it, or the engine here, if it is one that is built. None where nobody knows one, and where the reference has a digest already.
fn pin(image: &str, machine: &str, observed: &Observed) -> Option<Pin> {
    if image.contains('@') {
        return None;
    }
    if let Some(built) = built(image, machine, observed) {
        let ids = built.alike.iter().chain([&built.id]).cloned().collect();
        return Some(Pin { digest: None, ids, bytes: Some(built.facts.bytes), asked: false });
    }
    let asked = observed.registry.get(image);
    let digest = match asked {
        Some(digest) => Some(digest.clone()),
        None => {
            let newest = newest(image, observed.machines.values())?;
            match digest_of(image, newest.1, newest.0) {
                Some(digest) => Some(digest.to_owned()),
                None => return local(image, machine, observed),
            }
        }
    };
    let digested = format!("{}@{}", parse(image).name, digest.as_deref()?);
    let ids = observed.machines.values().filter_map(|state| id_of(&digested, state));
    let ids: BTreeSet<String> = ids.map(str::to_owned).collect();
    let bytes = observed.machines.values().find_map(|state| size(state, &ids));
    Some(Pin { digest, ids, bytes, asked: asked.is_some() })
}

/// The image that was built here, where it is the one that is meant: it was built just now, or no machine has one as new and no
/// registry was asked.
fn built<'o>(image: &str, machine: &str, observed: &'o Observed) -> Option<&'o BuiltImage> {
    let built = observed.built.get(image).filter(|built| !built.id.is_empty())?;
    let is_for = |state: &&MachineState| kind(state) == kind_of(built);
    observed.machines.get(machine).filter(is_for)?;
    let created = |(state, id): (&MachineState, &str)| state.image_facts.get(id).map_or(0, |facts| facts.created);
    let newest = || newest(image, observed.machines.values().filter(is_for)).map(created);
    let is_newer = || newest().is_none_or(|newest| newest < built.facts.created);
    (built.fresh || !observed.registry.contains_key(image) && is_newer()).then_some(built)
}

/// The newest of those that machines of this one's kind have, where no registry gave it.
fn local(image: &str, machine: &str, observed: &Observed) -> Option<Pin> {
    let own = kind(observed.machines.get(machine)?);
    let (_, id) = newest(image, observed.machines.values().filter(|state| kind(state) == own))?;
    let ids = BTreeSet::from([id.to_owned()]);
    let bytes = observed.machines.values().find_map(|state| size(state, &ids));
    Some(Pin { digest: None, ids, bytes, asked: false })
}

/// What images a machine's engine can run: its system and its architecture.
pub(super) fn kind(state: &MachineState) -> (&str, &str) {
    (&state.engine.os, &state.engine.architecture)
}

fn kind_of(built: &BuiltImage) -> (&str, &str) {
    (&built.os, &built.architecture)
}

fn size(state: &MachineState, ids: &BTreeSet<String>) -> Option<u64> {
    ids.iter().find_map(|id| state.image_facts.get(id)).map(|facts| facts.bytes)
}

/// The newest image under a reference; of those of one age that of most machines.
fn newest<'a>(image: &str, states: impl Iterator<Item = &'a MachineState>) -> Option<(&'a MachineState, &'a str)> {
    let mut found: BTreeMap<&str, (i64, usize, &MachineState)> = BTreeMap::new();
    for state in states {
        if let Some(id) = id_of(image, state) {
            let created = state.image_facts.get(id).map_or(0, |facts| facts.created);
            found.entry(id).or_insert((created, 0, state)).1 += 1;
        }
    }
    let newest = found.into_iter().max_by_key(|(id, (created, machines, _))| (*created, *machines, *id));
    newest.map(|(id, (_, _, state))| (state, id))
}

/// The registry's digest of an image, if it was pulled from there.
fn digest_of<'a>(image: &str, id: &str, state: &'a MachineState) -> Option<&'a str> {
    let repository = full_reference(parse(image).name);
    let name = repository.strip_suffix(":latest").unwrap_or(&repository).to_owned();
    state.image_ids.iter().filter(|(_, there)| *there == id).find_map(|(reference, _)| {
        let (of, digest) = reference.split_once('@')?;
        let of = full_reference(of);
        (of.strip_suffix(":latest").unwrap_or(&of) == name).then_some(digest)
    })
}

/// The references of which a registry is to be asked which image they stand for: those that no machine has, and those that
/// are to be asked for each time.
pub fn to_ask(images: &[(String, PullPolicy)], observed: &Observed) -> Vec<String> {
    let known = |image: &str| is_anywhere(image, observed);
    let is_asked = |(image, policy): &&(String, PullPolicy)| match policy {
        PullPolicy::Always => !image.contains('@'),
        PullPolicy::Missing => !image.contains('@') && !known(image),
        PullPolicy::Never | PullPolicy::Built => false,
    };
    let asked: BTreeSet<&String> = images.iter().filter(is_asked).map(|(image, _)| image).collect();
    asked.into_iter().cloned().collect()
}

/// Whether any machine has an image, or the engine here one that was built for a machine.
pub fn is_anywhere(image: &str, observed: &Observed) -> bool {
    let built = observed.built.get(image);
    let is_for = |state| built.is_some_and(|built| !built.id.is_empty() && kind(state) == kind_of(built));
    observed.machines.values().any(|state| has_image(image, state) || is_for(state))
}

/// The machines that have an image under another id than the engine here.
pub fn other_than_built(image: &str, observed: &Observed) -> Vec<String> {
    let Some(built) = observed.built.get(image).filter(|built| !built.id.is_empty()) else { return Vec::new() };
    let other = |state: &MachineState| id_of(image, state).is_some_and(|id| id != built.id);
    observed.machines.iter().filter(|(_, state)| other(state)).map(|(name, _)| name.clone()).collect()
}

/// Whether a machine has an image, however its reference is written.
pub(super) fn has_image(image: &str, state: &MachineState) -> bool {
    let wanted = full_reference(image);
    state.images.iter().any(|there| full_reference(there) == wanted)
}

/// The engine's id of the image that a reference leads to on a machine.
pub(super) fn id_of<'a>(image: &str, state: &'a MachineState) -> Option<&'a str> {
    // Most references are written as the engine has them.
    if let Some(id) = state.image_ids.get(image) {
        return Some(id);
    }
    let wanted = full_reference(image);
    state.image_ids.iter().find(|(there, _)| full_reference(there) == wanted).map(|(_, id)| id.as_str())
}

/// `nginx` → `docker.io/library/nginx:latest`: what the engine makes of a reference.
fn full_reference(image: &str) -> String {
    let (registry, rest) = match image.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest.to_owned()),
        Some(_) => ("docker.io", image.to_owned()),
        None => ("docker.io", format!("library/{image}")),
    };
    let tagged = rest.contains('@') || rest.rsplit('/').next().is_some_and(|name| name.contains(':'));
    format!("{registry}/{rest}{}", if tagged { "" } else { ":latest" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observed::ImageFacts;

    #[test]
    fn references_are_compared_as_the_engine_reads_them() {
        let full = |image| full_reference(image);
        assert_eq!(full("nginx"), "docker.io/library/nginx:latest");
        assert_eq!(full("bitnami/redis:7"), "docker.io/bitnami/redis:7");
        assert_eq!(full("localhost:5000/a"), "localhost:5000/a:latest");
        assert_eq!(full("ghcr.io/a/b@sha256:12"), "ghcr.io/a/b@sha256:12");
    }

    /// A machine that has images, each with its references and its age.
    fn having(images: &[(&str, i64, &[&str])]) -> MachineState {
        let mut state = MachineState::default();
        for (id, created, references) in images {
            state.image_facts.insert((*id).to_owned(), ImageFacts { created: *created, bytes: 7 });
            for reference in *references {
                state.images.push((*reference).to_owned());
                state.image_ids.insert((*reference).to_owned(), (*id).to_owned());
            }
        }
        state
    }

    fn observed(machines: Vec<MachineState>) -> Observed {
        let named = machines.into_iter().enumerate().map(|(index, state)| (format!("m{index}"), state));
        Observed { machines: named.collect(), ..Observed::default() }
    }

    #[test]
    fn the_newest_that_a_machine_has_is_what_a_reference_stands_for() {
        let old = having(&[("old", 1, &["web:1", "web@sha256:0"])]);
        let new = having(&[("new", 2, &["web:1", "docker.io/library/web@sha256:1"])]);
        let pin = pin("web:1", "m0", &observed(vec![old, new])).unwrap();
        assert_eq!((pin.digest.as_deref(), pin.asked, pin.bytes), (Some("sha256:1"), false, Some(7)));
        assert_eq!(pin.ids, BTreeSet::from(["new".to_owned()]));
        assert!(pin.is_other_than("old", PullPolicy::Missing) && !pin.is_other_than("", PullPolicy::Missing));
    }

    #[test]
    fn what_no_registry_gave_is_told_apart_by_kinds_of_machines() {
        let mut arm = having(&[("arm", 9, &["web:1"])]);
        arm.engine.architecture = "arm64".to_owned();
        let amd = having(&[("amd", 1, &["web:1"])]);
        let observed = observed(vec![arm, amd]);
        let ids = |machine| pin("web:1", machine, &observed).unwrap().ids.into_iter().collect::<Vec<_>>();
        assert_eq!((ids("m0"), ids("m1")), (vec!["arm".to_owned()], vec!["amd".to_owned()]));
    }

    #[test]
    fn what_a_registry_says_counts_more_than_what_machines_have() {
        let mut observed = observed(vec![having(&[("old", 1, &["r.example/web:1", "r.example/web@sha256:0"])])]);
        observed.registry.insert("r.example/web:1".to_owned(), "sha256:1".to_owned());
        let pin = pin("r.example/web:1", "m0", &observed).unwrap();
        assert_eq!((pin.digest.as_deref(), pin.ids.len(), pin.asked), (Some("sha256:1"), 0, true));
        assert!(pin.is_other_than("old", PullPolicy::Always) && !pin.is_other_than("old", PullPolicy::Missing));
    }

    fn built(created: i64, fresh: bool) -> BuiltImage {
        let facts = ImageFacts { created, bytes: 5 };
        BuiltImage { id: "here".to_owned(), facts, fresh, ..BuiltImage::default() }
    }

    #[test]
    fn what_was_built_is_meant_where_it_is_newer_or_was_built_just_now() {
        let mut observed = observed(vec![having(&[("there", 2, &["web:1", "web@sha256:0"])])]);
        for (created, fresh, id) in [(1, false, "there"), (3, false, "here"), (1, true, "here")] {
            observed.built.insert("web:1".to_owned(), built(created, fresh));
            let pin = pin("web:1", "m0", &observed).unwrap();
            assert_eq!(pin.ids, BTreeSet::from([id.to_owned()]), "created {created}, fresh {fresh}");
            assert_eq!(pin.digest.is_none(), id == "here");
        }
        // A registry's word counts more than an older build, and less than what was built just now.
        observed.registry.insert("web:1".to_owned(), "sha256:1".to_owned());
        observed.built.insert("web:1".to_owned(), built(3, false));
        assert_eq!(pin("web:1", "m0", &observed).unwrap().digest.as_deref(), Some("sha256:1"));
        observed.built.insert("web:1".to_owned(), built(1, true));
        assert_eq!(pin("web:1", "m0", &observed).unwrap().digest, None);
        // What a machine has under another id, and is the same, is not lacking there.
        assert_eq!(other_than_built("web:1", &observed), ["m0"]);
        assert!(!pin("web:1", "m0", &observed).unwrap().is_on("web:1", &observed.machines["m0"]));
        observed.built.get_mut("web:1").unwrap().alike.insert("there".to_owned());
        assert!(pin("web:1", "m0", &observed).unwrap().is_on("web:1", &observed.machines["m0"]));
    }

    #[test]
    fn what_was_built_for_others_is_nobodys() {
        let mut observed = observed(vec![MachineState::default()]);
        observed.machines.get_mut("m0").unwrap().engine.architecture = "arm64".to_owned();
        observed.built.insert("web:1".to_owned(), built(1, true));
        assert_eq!(pin("web:1", "m0", &observed), None);
        assert!(!is_anywhere("web:1", &observed));
        observed.built.get_mut("web:1").unwrap().architecture = "arm64".to_owned();
        assert!(is_anywhere("web:1", &observed) && pin("web:1", "m0", &observed).is_some());
        // What is yet to be built is nowhere.
        observed.built.insert("web:1".to_owned(), BuiltImage::default());
        assert!(!is_anywhere("web:1", &observed) && pin("web:1", "m0", &observed).is_none());
    }

    #[test]
    fn of_what_is_built_no_registry_is_asked() {
        let nothing = observed(vec![MachineState::default()]);
        let images = [("shop-web".to_owned(), PullPolicy::Built), ("nginx".to_owned(), PullPolicy::Missing)];
        assert_eq!(to_ask(&images, &nothing), ["nginx"]);
    }
}
