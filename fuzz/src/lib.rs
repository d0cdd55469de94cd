//! What must hold of everything that is read, whatever the text.

use planner::compose::{self, LoadOptions, Loaded};
use planner::diagnostic::Diagnostic;
use planner::source::{MemoryFiles, Sources, Span};
use planner::view::{self, ModelFormat, Style};
use planner::yaml::{Node, Value};

/// How many findings are drawn: drawing is slow, and the first few are of many kinds over many runs.
const DRAWN: usize = 4;

/// A span lies in its file's text, on the borders of characters.
pub fn assert_span(span: Span, sources: &Sources) {
    let file = sources.iter().find(|(id, _)| *id == span.file).map(|(_, file)| file);
    // What is filled in where nothing was written stands at the start of the first file, which may not be there.
    let Some(file) = file else {
        assert_eq!((span.file.0, span.start, span.end), (0, 0, 0), "a span in a file that was not read");
        return;
    };
    assert!(file.text.get(span.range()).is_some(), "{span:?} is no range of {:?}", file.text);
}

/// The places of findings are places, and findings can be drawn.
pub fn assert_findings(findings: &[Diagnostic], sources: &Sources) {
    for label in findings.iter().flat_map(|finding| &finding.labels) {
        assert_span(label.span, sources);
    }
    view::findings(&findings[..findings.len().min(DRAWN)], sources, Style::PLAIN);
}

/// The places in a tree are places.
pub fn assert_tree(node: &Node, sources: &Sources) {
    assert_span(node.span, sources);
    if let Some(tag) = &node.tag {
        assert_span(tag.span, sources);
    }
    match &node.value {
        Value::Null | Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| assert_tree(item, sources)),
        Value::Mapping(entries) => {
            for entry in entries.values() {
                assert_span(entry.key, sources);
                assert_tree(&entry.value, sources);
            }
        }
    }
}

/// The files of a project in one text: `#@ PATH` on a line of its own begins the file of that path, below the project's
/// folder; what stands before the first such line is `compose.yaml`.
pub fn project(text: &str) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    let (mut path, mut rest) = ("compose.yaml", text);
    while let Some((content, more)) = rest.split_once("\n#@ ") {
        files = files.with(format!("/p/{path}"), content);
        (path, rest) = more.split_once('\n').unwrap_or((more, ""));
    }
    files.with(format!("/p/{path}"), rest)
}

/// Loads the project in `/p` and asserts what must hold of it.
pub fn load(files: &MemoryFiles, literal: bool) -> (Sources, Loaded) {
    let options = LoadOptions { working_directory: "/p".into(), literal, ..LoadOptions::default() };
    let mut sources = Sources::new();
    let loaded = compose::load(files, &options, &mut sources);
    assert_findings(&loaded.diagnostics, &sources);
    if let Some(root) = loaded.canonical() {
        assert_tree(&root, &sources);
    }
    (sources, loaded)
}

/// The canonical model as text, of a project that is without fault.
pub fn canonical(loaded: &Loaded, format: ModelFormat) -> Option<String> {
    let sound = loaded.complete && !loaded.diagnostics.iter().any(Diagnostic::is_error);
    loaded.model().filter(|_| sound).map(|model| view::model(&model, format, false))
}

/// What is printed of a project without fault reads the same in both forms. It need not be printed the same again: of a
/// blank that docker compose leaves out, nothing tells the next reader.
pub fn assert_stable(loaded: &Loaded) {
    let read = |format| {
        let files = MemoryFiles::new().with("/p/compose.yaml", canonical(loaded, format)?);
        let (_, again) = load(&files, false);
        let messages: Vec<String> = again.diagnostics.iter().map(|finding| finding.message.clone()).collect();
        Some((canonical(&again, ModelFormat::Json), messages.into_iter().collect::<std::collections::BTreeSet<_>>()))
    };
    assert_eq!(read(ModelFormat::Yaml), read(ModelFormat::Json), "YAML and JSON read differently");
}
