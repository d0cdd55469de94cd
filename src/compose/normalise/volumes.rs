//! What services mount.

use super::Base;
use super::forms::{absolute, mapping_of, pairs, text, text_of, under};
use crate::compose::{path, short_volume};
use crate::diagnostic::Diagnostic;
use crate::source::{Span, word};
use crate::yaml::{Node, Style};

/// A volume's short form becomes the long one; the path of a bind mount absolute.
pub(super) fn volume(node: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    let Some(written) = text_of(node).map(str::to_owned) else {
        under(node, "volume", |volume| under(volume, "labels", pairs));
        under(node, "target", |target| {
            if let Some(written) = text_of(target) {
                target.value = text(cleaned(written), target.span).value;
            }
        });
        if node.get("type").and_then(text_of) == Some("bind") {
            under(node, "source", |source| absolute(source, base));
        }
        return;
    };
    let span = node.span;
    let volume = match short_volume::parse(&written) {
        Ok(volume) => volume,
        Err(what) => {
            let finding = Diagnostic::error("C104", format!("`{written}` is no volume: {what}"));
            diagnostics.push(finding.label(span, "").help("write `SOURCE:TARGET`, or `SOURCE:TARGET:ro`"));
            return;
        }
    };
    let at = |part: &std::ops::Range<usize>| part_span(node, &written, part);
    let source = volume.source.as_ref().map(|part| (&written[part.clone()], at(part)));
    let is_bind = source.is_some_and(|(source, _)| path::is_path(source));
    let mut entries = vec![
        ("type", text(word(if is_bind { "bind" } else { "volume" }), span)),
        ("target", text(cleaned(&written[volume.target.clone()]), at(&volume.target))),
    ];
    if let Some((source, place)) = source {
        let meant = if is_bind { base.text(source) } else { source.to_owned() };
        entries.push(("source", text(meant, place)));
    }
    let options = volume.options.map_or("", |part| &written[part]);
    entries.extend(volume_options(options, is_bind, span));
    node.value = mapping_of(entries);
}

/// A path in the container without `.`, `..` and double slashes.
fn cleaned(target: &str) -> String {
    path::clean(std::path::Path::new(target)).to_string_lossy().into_owned()
}

/// The entries that a short form's options stand for; unknown ones are ignored, as docker compose does.
fn volume_options(options: &str, is_bind: bool, span: Span) -> Vec<(&'static str, Node)> {
    let mut entries = Vec::new();
    let mut bind = Vec::new();
    if is_bind {
        bind.push(("create_host_path", text(word("true"), span)));
    }
    for option in options.split(',') {
        match option {
            "ro" | "rw" => entries.push(("read_only", text(word(if option == "ro" { "true" } else { "false" }), span))),
            "nocopy" => entries.push(("volume", Node::new(mapping_of([("nocopy", text(word("true"), span))]), span))),
            "z" | "Z" => bind.push(("selinux", text(option, span))),
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => {
                bind.push(("propagation", text(option, span)));
            }
            _ => {}
        }
    }
    if !bind.is_empty() {
        entries.push(("bind", Node::new(mapping_of(bind), span)));
    }
    entries
}

/// Where a part of a scalar's text stands; the whole scalar where escapes or variables make that uncertain.
pub(in crate::compose) fn part_span(node: &Node, written: &str, part: &std::ops::Range<usize>) -> Span {
    let span = node.span;
    let substituted = node.as_scalar().is_none_or(|scalar| scalar.style == Style::Substituted);
    let quotes = match (span.end - span.start) as usize {
        length if substituted || length < written.len() => return span,
        length if length == written.len() => 0,
        length if length == written.len() + 2 => 1,
        _ => return span,
    };
    let start = span.start as usize + quotes;
    Span::new(span.file, start + part.start..start + part.end)
}
