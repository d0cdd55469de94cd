//! Networks, volumes, configs and secrets.

use std::sync::Arc;

use super::Base;
use super::forms::{absolute, text_of, under};
use crate::diagnostic::Diagnostic;
use crate::yaml::{Entry, Node, Scalar, Style, Value};

/// The older `external: {name: …}` becomes `external: true` and the name.
pub(super) fn external(resource: &mut Node, section: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Value::Mapping(fields) = &mut resource.value else { return };
    let Some(Entry { value: Node { span, value: Value::Mapping(inner), .. }, .. }) = fields.get("external") else {
        return;
    };
    let (span, name) = (*span, inner.get("name").cloned());
    let fields = Arc::make_mut(fields);
    if let Some(entry) = fields.get_mut("external") {
        entry.value = Node::new(Value::Scalar(Scalar { text: "true".into(), style: Style::Plain }), span);
    }
    let Some(name) = name else { return };
    match fields.get("name") {
        Some(own) if own.value.as_scalar().map(|own| &own.text) != name.value.as_scalar().map(|name| &name.text) => {
            let message = format!("one of the {section} is given two names");
            let finding = Diagnostic::error("C117", message)
                .label(name.value.span, "the name of old")
                .label(own.value.span, "and another");
            diagnostics.push(finding.help("remove `external.name`, and write `external: true`"));
        }
        Some(_) => {}
        None => {
            fields.insert("name".into(), name);
        }
    }
}

/// A local volume that stands for a folder of the host: the folder's path becomes absolute.
pub(super) fn local_bind(volume: &mut Node, base: &Base) {
    let option = |key: &str| volume.get("driver_opts").and_then(|options| options.get(key)).and_then(text_of);
    if volume.get("driver").and_then(text_of) == Some("local") && option("o") == Some("bind") {
        under(volume, "driver_opts", |options| under(options, "device", |device| absolute(device, base)));
    }
}
