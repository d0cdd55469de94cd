//! `planner config`: the project as docker compose reads it.

use std::collections::BTreeSet;

use crate::cli::args::{ConfigArgs, ConfigFormat};
use crate::cli::disk::Disk;
use crate::cli::project::load_options;
use crate::cli::{Exit, Io};
use crate::compose::{self, LoadOptions, Loaded, Model, NoValue, Section};
use crate::diagnostic;
use crate::source::Sources;
use crate::view::{self, ModelFormat};

pub(in crate::cli) fn run(args: &ConfigArgs, io: &mut Io) -> Exit {
    let mut sources = Sources::new();
    let (literal, keep_written) = (args.no_interpolate, args.origin.is_some());
    let options = LoadOptions { literal, keep_written, ..load_options(io, &args.project) };
    let mut loaded = compose::load(&Disk, &options, &mut sources);
    let mut findings = std::mem::take(&mut loaded.diagnostics);
    // As docker compose has it: what the engines will say is not asked here.
    let failed = findings.iter().any(|finding| finding.is_error() && finding.code != compose::ENGINE_REFUSES);
    io.tell_findings(&mut findings, &sources);
    if !loaded.complete {
        return Exit::Incomplete;
    } else if failed {
        return Exit::Error;
    } else if args.quiet {
        std::mem::forget(loaded);
        return Exit::Fine;
    }
    let exit = match loaded.model() {
        None => Exit::Error,
        Some(model) => match &args.origin {
            Some(path) => origin(args, io, &loaded, &sources, path),
            None => show(args, io, &loaded, &model),
        },
    };
    // The program ends here: a large project is not given back piece by piece.
    std::mem::forget((loaded, sources));
    exit
}

fn show(args: &ConfigArgs, io: &mut Io, loaded: &Loaded, model: &Model) -> Exit {
    let format = match args.format {
        ConfigFormat::Yaml => ModelFormat::Yaml,
        ConfigFormat::Json => ModelFormat::Json,
    };
    let what = &args.what;
    let text = if what.services {
        lines(loaded.compose.services.keys().map(ToString::to_string).collect())
    } else if what.volumes {
        lines(names(model, "volumes"))
    } else if what.networks {
        lines(names(model, "networks"))
    } else if what.models {
        lines(names(model, "models"))
    } else if what.images {
        lines(images(loaded))
    } else if what.profiles {
        lines(profiles(loaded))
    } else if what.variables {
        view::variables(loaded.origins.variables(), format, io.style)
    } else if args.output.is_some() {
        view::model(model, format, args.no_interpolate)
    } else {
        // A reader that has gone is no fault of ours.
        let _ = view::write_model(model, format, args.no_interpolate, &mut io.out);
        return Exit::Fine;
    };
    io.give(&text, args.output.as_deref())
}

fn origin(args: &ConfigArgs, io: &mut Io, loaded: &Loaded, sources: &Sources, path: &str) -> Exit {
    match loaded.provenance(path, sources) {
        Ok(provenance) => {
            let text = match args.format {
                ConfigFormat::Yaml => view::origin(&provenance, sources, io.style),
                ConfigFormat::Json => view::origin_json(&provenance, sources),
            };
            io.print(&text);
            Exit::Fine
        }
        Err(NoValue { nearest, known }) => {
            let place = if nearest.is_empty() { "the model".to_owned() } else { format!("`{nearest}`") };
            let wanted = path.strip_prefix(nearest.as_str()).unwrap_or(path).trim_start_matches('.');
            let wanted = wanted.split('.').next().unwrap_or_default();
            let help = if let Some(like) = diagnostic::nearest(wanted, known.iter().map(String::as_str)) {
                format!("did you mean `{}`?", [nearest.as_str(), like].join(".").trim_start_matches('.'))
            } else if known.is_empty() {
                format!("{place} has nothing below it")
            } else {
                format!("{place} has: {}", known.join(", "))
            };
            io.refuse(&format!("there is no `{path}`"), Some(&help));
            Exit::Error
        }
    }
}

fn lines(names: BTreeSet<String>) -> String {
    names.into_iter().map(|name| name + "\n").collect()
}

fn names(model: &Model, section: &str) -> BTreeSet<String> {
    let of = |(key, _, found): (std::sync::Arc<str>, _, Section)| match found {
        Section::Whole(node) if &*key == section => node.as_mapping().cloned(),
        Section::Whole(_) | Section::Services => None,
    };
    let entries = model.sections().into_iter().find_map(of);
    entries.into_iter().flatten().map(|(name, _)| name.to_string()).collect()
}

/// The images of the active services; what is built without a name for it is named by docker compose.
fn images(loaded: &Loaded) -> BTreeSet<String> {
    let image = |service: &compose::model::Service| loaded.compose.image(service).map(|image| image.to_string());
    loaded.compose.services.values().filter_map(image).collect()
}

fn profiles(loaded: &Loaded) -> BTreeSet<String> {
    let services = loaded.compose.services.values().chain(loaded.compose.inactive.values());
    services.flat_map(|service| &service.profiles).map(|profile| profile.value.to_string()).collect()
}
