//! How a service is built, and what is watched to build it again.

use std::sync::Arc;

use super::Base;
use super::forms::{absolute, pairs, text_of, under};
use crate::compose::merge::{merge, take};
use crate::compose::path;
use crate::diagnostic::Diagnostic;
use crate::yaml::{Node, Value};

/// Gives an entry its later name, unless there is one of that name already.
pub(super) fn renamed(node: &mut Node, old: &str, new: &str) {
    if let Some(entry) = take(node, old)
        && let Value::Mapping(fields) = &mut node.value
    {
        Arc::make_mut(fields).get_or_insert_with(new.into(), || entry);
    }
}

/// `x-develop`, from when it was new, stands for `develop`.
pub(super) fn developed_early(service: &mut Node) {
    let Some(early) = take(service, "x-develop").filter(|early| early.value.as_mapping().is_some()) else { return };
    if let Value::Mapping(fields) = &mut service.value {
        let fields = Arc::make_mut(fields);
        match fields.get_mut("develop") {
            Some(develop) => {
                let own = std::mem::replace(&mut develop.value, early.value);
                merge(&mut develop.value, own, &mut Vec::new());
            }
            None => {
                fields.insert("develop".into(), early);
            }
        }
    }
}

/// The folders of a build become absolute; what is remote, or another service, stays.
pub(super) fn build_context(build: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    let local =
        |node: &Node| text_of(node).is_some_and(|context| !context.is_empty() && !path::is_build_remote(context));
    let resolve = |node: &mut Node| {
        if local(node) {
            absolute(node, base);
        }
    };
    under(build, "context", resolve);
    under(build, "additional_contexts", |contexts| {
        unpaired(contexts, "an additional context", |written| written.contains('='), diagnostics);
        pairs(contexts);
        if let Value::Mapping(contexts) = &mut contexts.value {
            Arc::make_mut(contexts).values_mut().for_each(|entry| resolve(&mut entry.value));
        }
    });
    under(build, "ssh", |keys| {
        let is_key = |written: &str| written == "default" || written.contains('=');
        unpaired(keys, "a key for ssh other than `default`", is_key, diagnostics);
        pairs(keys);
        if let Value::Mapping(keys) = &mut keys.value {
            Arc::make_mut(keys).values_mut().for_each(|entry| absolute(&mut entry.value, base));
        }
    });
}

/// Reports the items of a list that lack the value which they need.
pub(super) fn unpaired(list: &Node, what: &str, is_pair: impl Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    for item in list.as_sequence().unwrap_or_default() {
        if let Some(written) = text_of(item).filter(|written| !is_pair(written)) {
            let finding = Diagnostic::error("C104", format!("{what} needs a value: `{written}`"));
            diagnostics.push(finding.label(item.span, "").help(format!("{written}=…")));
        }
    }
}
