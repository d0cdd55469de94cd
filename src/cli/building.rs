//! Images that services are built to: which of them there are, and building those that are wanted.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cluster::DockerCluster;
use crate::diagnostic::Diagnostic;
use crate::observed::{BuiltImage, Observed};
use crate::placement::{Policy, Problem};
use crate::plan;
use crate::source::Files;
use crate::stack::{self, Recipe};
use crate::view;

use super::deploy::{ask_registries, tell_cluster_error};
use super::disk::Disk;
use super::project::Project;
use super::{Exit, Io};

/// Which images are built before something is planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Building {
    /// None: what lacks its image is told.
    Nothing,
    /// What nobody has, and what is to be built each time.
    Missing,
    /// All.
    All,
}

/// Finds out which image each service is to run: of those that are built, what the engine here has; what registries say; and builds
/// what is wanted.
pub(super) async fn settle_images(
    io: &mut Io,
    project: &Project,
    cluster: &DockerCluster,
    observed: &mut Observed,
    building: Building,
) -> Result<(), Exit> {
    let mut wanted = stack::recipes(&project.compose);
    if !wanted.is_empty() {
        observed.built = cluster.built(wanted.iter().map(|recipe| recipe.image.as_str())).await;
    }
    ask_registries(cluster, &project.images(), observed).await;
    match building {
        Building::Nothing => {
            tell_lacking(io, project, observed);
            wanted.clear();
        }
        Building::Missing => {
            let lacking = lacking(&wanted, observed);
            wanted.retain(|recipe| recipe.always || lacking.contains(&recipe.image));
        }
        Building::All => {}
    }
    build(io, project, cluster, observed, &wanted, false).await?;
    let images: Vec<String> = observed.built.keys().cloned().collect();
    for image in images {
        let alike = cluster.alike(&image, &plan::other_than_built(&image, observed)).await;
        observed.built.entry(image).and_modify(|built| built.alike = alike);
    }
    Ok(())
}

/// The images that nobody has: no machine, no registry, and not the engine here.
fn lacking(recipes: &[Recipe], observed: &Observed) -> BTreeSet<String> {
    let told = |it: &Recipe| it.in_registry && observed.registry.contains_key(&it.image);
    let lacks = |it: &&Recipe| !told(it) && !plan::is_anywhere(&it.image, observed);
    recipes.iter().filter(lacks).map(|recipe| recipe.image.clone()).collect()
}

/// Tells of images that are yet to be built, and notes it for the plan.
pub(super) fn tell_lacking(io: &mut Io, project: &Project, observed: &mut Observed) {
    let recipes = stack::recipes(&project.compose);
    let lacking = lacking(&recipes, observed);
    observed.built.extend(lacking.iter().map(|image| (image.clone(), BuiltImage::default())));
    let told = recipes.iter().filter(|recipe| lacking.contains(&recipe.image)).map(plan::not_built);
    io.tell_findings(&mut told.collect(), &project.sources);
}

/// Whether a plan is of images that are yet to be built.
pub(super) fn is_yet_to_be_built(observed: &Observed) -> bool {
    observed.built.values().any(|built| built.id.is_empty())
}

/// Builds images, one after the other, and notes what came of it. With `aloud`, all that the builder says is told.
pub(super) async fn build(
    io: &mut Io,
    project: &Project,
    cluster: &DockerCluster,
    observed: &mut Observed,
    recipes: &[Recipe],
    aloud: bool,
) -> Result<(), Exit> {
    if recipes.is_empty() {
        return Ok(());
    }
    let (stack, _) = stack::build(&project.compose, project.inventory.as_ref(), Some(observed));
    let problem = Problem::new(&stack, Vec::new(), Policy::default());
    let exists = |path: &Path| Disk.exists(path);
    let mut findings: Vec<Diagnostic> = stack::unbuildable(&project.compose);
    findings.retain(Diagnostic::is_error);
    findings.extend(plan::built_for_others(&problem, recipes));
    findings.extend(recipes.iter().flat_map(|recipe| recipe.missing(&io.directory, &exists)));
    if !findings.is_empty() {
        io.tell_findings(&mut findings, &project.sources);
        return Err(Exit::Error);
    }
    for recipe in recipes {
        let platform = plan::built_for(&problem, recipe).ok().flatten();
        io.tell(&view::building(recipe, platform.as_deref()));
        let variable = |name: &str| project.variable(name);
        let mut said = |line: &str| {
            if aloud {
                io.tell(&format!("  {line}\n"));
            }
        };
        match cluster.build(recipe, platform.as_deref(), &variable, &mut said).await {
            Ok(built) => {
                io.tell(&view::built(recipe, &built.id, built.facts.bytes));
                observed.built.insert(recipe.image.clone(), built);
            }
            Err(error) => {
                tell_cluster_error(io, &error);
                io.tell("Nothing was changed on the machines.\n");
                return Err(Exit::Error);
            }
        }
    }
    Ok(())
}
