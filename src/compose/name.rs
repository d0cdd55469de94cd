//! The project's name: see the Compose Specification, "Name top-level element".

use std::path::Path;

use super::environment::Environment;
use super::options::LoadOptions;
use super::template;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::Node;

/// The project's name, and where it was written if that was in a file: the flag, else `COMPOSE_PROJECT_NAME`, else the
/// last `name:` of the files, else the folder's name.
pub(super) fn project_name<'a>(
    options: &LoadOptions,
    environment: &Environment,
    documents: impl Iterator<Item = &'a Node>,
    folder: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> (String, Option<Span>) {
    let variable = environment.get("COMPOSE_PROJECT_NAME").filter(|name| !name.is_empty());
    if let Some(given) = options.project_name.as_deref().filter(|name| !name.is_empty()).or(variable) {
        let name = normalise(given);
        if name != given {
            let finding = Diagnostic::error("C104", format!("`{given}` cannot be a project's name"));
            let help = "names consist of lower-case letters, digits, `-` and `_`, and begin with a letter or digit";
            diagnostics.push(finding.help(if name.is_empty() { help.to_owned() } else { format!("{help}: `{name}`") }));
        }
        return (name, None);
    }
    let written = documents
        .filter_map(|root| root.get("name"))
        .filter(|name| name.as_scalar().is_some_and(|it| !it.text.is_empty()))
        .last();
    if let Some((node, scalar)) = written.and_then(|node| Some((node, node.as_scalar()?))) {
        let lookup = |name: &str| environment.get(name).map(str::to_owned);
        let name =
            normalise(&template::substitute(&scalar.text, &lookup, &mut { template::MAX_GROWTH }, &mut Vec::new()));
        if name.is_empty() {
            let finding = Diagnostic::error("C104", "the project's name is empty");
            diagnostics.push(finding.label(node.span, "no letter or digit is left of this"));
        }
        return (name, Some(node.span));
    }
    let name = folder.file_name().map_or_else(String::new, |name| normalise(&name.to_string_lossy()));
    if name.is_empty() {
        let finding = Diagnostic::error("C104", "the project has no name, and its folder's name gives none");
        diagnostics.push(finding.help("give one: `name: my-project` at the top of the file, or `-p my-project`"));
    }
    (name, None)
}

/// Lower case, and only letters, digits, `-` and `_`, the first of them a letter or digit.
fn normalise(name: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let kept: String = name.to_lowercase().chars().filter(allowed).collect();
    kept.trim_start_matches(['-', '_']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised_as_docker_compose_does() {
        let cases = [("My Dir.x", "mydirx"), ("Bad.Name", "badname"), ("_-a_b", "a_b"), ("ÄÖ", "")];
        for (name, expected) in cases {
            assert_eq!(normalise(name), expected, "{name}");
        }
    }
}
