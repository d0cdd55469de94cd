//! Short forms become long ones and relative paths absolute, file by file, so that files can be merged entry by entry.
//!
//! What has the wrong form is left as it is: `schema` has reported it.

use std::path::PathBuf;
use std::sync::Arc;

use super::merge::{merge, take};
use super::path;
use super::short_volume;
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::yaml::{Entry, Mapping, Node, Scalar, Style, Value};

/// What relative paths are relative to.
#[derive(Clone, Debug)]
pub(super) struct Base {
    /// The folder.
    pub directory: PathBuf,
    /// What `~` stands for.
    pub home: Option<String>,
}

impl Base {
    /// The path that is meant.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        path::absolute(written, &self.directory, self.home.as_deref())
    }

    fn text(&self, written: &str) -> String {
        self.path(written).to_string_lossy().into_owned()
    }
}

/// Brings a compose file's tree into the long form.
pub(super) fn normalise(root: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    each_under(root, "jobs", &mut |job| {
        under(job, "triggers", |triggers| each_item(triggers, "schedule", &mut |item| long(item, "cron")));
    });
    for section in ["services", "jobs"] {
        each_under(root, section, &mut |service| normalise_service(service, base, diagnostics));
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        each_under(root, section, &mut |resource| {
            external(resource, section, diagnostics);
            under(resource, "labels", pairs);
            under(resource, "file", |node| absolute(node, base));
        });
    }
    each_under(root, "volumes", &mut |volume| local_bind(volume, base));
}

/// The older `external: {name: …}` becomes `external: true` and the name.
fn external(resource: &mut Node, section: &str, diagnostics: &mut Vec<Diagnostic>) {
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

/// Gives builds of which no file says from where the project's own folder.
pub(super) fn default_contexts(root: &mut Node, base: &Base) {
    each_under(root, "services", &mut |service| {
        under(service, "build", |build| {
            let span = build.span.at_start();
            if let Value::Mapping(fields) = &mut build.value
                && !fields.contains_key("context")
            {
                let context = text(base.text("."), span);
                Arc::make_mut(fields).insert("context".into(), Entry { key: span, value: context });
            }
        });
    });
}

/// A local volume that stands for a folder of the host: the folder's path becomes absolute.
fn local_bind(volume: &mut Node, base: &Base) {
    let option = |key: &str| volume.get("driver_opts").and_then(|options| options.get(key)).and_then(text_of);
    if volume.get("driver").and_then(text_of) == Some("local") && option("o") == Some("bind") {
        under(volume, "driver_opts", |options| under(options, "device", |device| absolute(device, base)));
    }
}

fn normalise_service(service: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    // Its containers are like the service's.
    each_item(service, "pre_start", &mut |hook| normalise_service(hook, base, diagnostics));
    for hooks in ["post_start", "pre_stop"] {
        each_item(service, hooks, &mut |hook| under(hook, "environment", pairs));
    }
    developed_early(service);
    under(service, "develop", |develop| {
        each_item(develop, "watch", &mut |watch| {
            under(watch, "path", |path| absolute(path, base));
            for key in ["ignore", "include"] {
                under(watch, key, single);
            }
            renamed(watch, "x-initialSync", "initial_sync");
            under(watch, "exec", |exec| under(exec, "environment", pairs));
        });
    });
    for key in ["environment", "labels", "annotations", "sysctls"] {
        under(service, key, pairs);
    }
    for key in ["dns", "dns_search", "tmpfs", "env_file", "label_file"] {
        under(service, key, single);
    }
    under(service, "dns", |servers| {
        if let Value::Sequence(items) = &mut servers.value {
            Arc::make_mut(items).retain(|item| text_of(item) != Some(""));
        }
    });
    for key in ["networks", "models"] {
        under(service, key, names);
    }
    under(service, "depends_on", dependencies);
    for (key, field) in [("configs", "source"), ("secrets", "source"), ("env_file", "path")] {
        each_item(service, key, &mut |item| long(item, field));
    }
    under(service, "build", |build| {
        long(build, "context");
        for key in ["args", "labels"] {
            under(build, key, pairs);
        }
        under(build, "no_cache_filter", single);
        under(build, "extra_hosts", |node| hosts(node, diagnostics));
        build_context(build, base, diagnostics);
        each_item(build, "secrets", &mut |item| long(item, "source"));
    });
    under(service, "extends", |extends| {
        long(extends, "service");
        under(extends, "file", |file| {
            if !text_of(file).is_some_and(path::is_remote) {
                absolute(file, base);
            }
        });
    });
    under(service, "deploy", |deploy| {
        under(deploy, "labels", pairs);
        under(deploy, "resources", |resources| {
            under(resources, "reservations", |it| each_item(it, "devices", &mut request))
        });
    });
    each_item(service, "gpus", &mut request);
    under(service, "extra_hosts", |node| hosts(node, diagnostics));
    each_item(service, "env_file", &mut |item| {
        under(item, "path", |path| absolute(path, base));
        if let Some((format, span)) = item.get("format").and_then(|format| Some((text_of(format)?, format.span)))
            && !matches!(format, "" | "raw")
        {
            let finding = Diagnostic::error("C104", format!("`{format}` is no format of env files"));
            diagnostics.push(finding.label(span, "").help("remove it, or write `raw`"));
        }
    });
    each_item(service, "label_file", &mut |item| absolute(item, base));
    each_item(service, "volumes", &mut |item| volume(item, base, diagnostics));
}

/// Gives an entry its later name, unless there is one of that name already.
fn renamed(node: &mut Node, old: &str, new: &str) {
    if let Some(entry) = take(node, old)
        && let Value::Mapping(fields) = &mut node.value
    {
        Arc::make_mut(fields).entry(new.into()).or_insert(entry);
    }
}

/// `x-develop`, from when it was new, stands for `develop`.
fn developed_early(service: &mut Node) {
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
fn build_context(build: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
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
fn unpaired(list: &Node, what: &str, is_pair: impl Fn(&str) -> bool, diagnostics: &mut Vec<Diagnostic>) {
    for item in list.as_sequence().unwrap_or_default() {
        if let Some(written) = text_of(item).filter(|written| !is_pair(written)) {
            let finding = Diagnostic::error("C104", format!("{what} needs a value: `{written}`"));
            diagnostics.push(finding.label(item.span, "").help(format!("{written}=…")));
        }
    }
}

/// Applies `change` to the value under `key`.
fn under(node: &mut Node, key: &str, change: impl FnOnce(&mut Node)) {
    if let Value::Mapping(mapping) = &mut node.value
        && mapping.contains_key(key)
        && let Some(entry) = Arc::make_mut(mapping).get_mut(key)
    {
        change(&mut entry.value);
    }
}

/// Applies `change` to every value of the mapping under `key`.
fn each_under(node: &mut Node, key: &str, change: &mut dyn FnMut(&mut Node)) {
    under(node, key, |section| {
        if let Value::Mapping(mapping) = &mut section.value {
            Arc::make_mut(mapping).values_mut().for_each(|entry| change(&mut entry.value));
        }
    });
}

/// Applies `change` to every item of the list under `key`.
fn each_item(node: &mut Node, key: &str, change: &mut dyn FnMut(&mut Node)) {
    under(node, key, |list| {
        if let Value::Sequence(items) = &mut list.value {
            Arc::make_mut(items).iter_mut().for_each(change);
        }
    });
}

fn text_of(node: &Node) -> Option<&str> {
    node.as_scalar().and_then(Scalar::as_str)
}

/// A string node at the place of what it was made from.
pub(super) fn text(text: impl Into<Arc<str>>, span: Span) -> Node {
    Node::new(Value::Scalar(Scalar { text: text.into(), style: Style::Quoted }), span)
}

fn mapping_of(entries: impl IntoIterator<Item = (&'static str, Node)>) -> Value {
    let entry = |(key, value): (&str, Node)| (Arc::from(key), Entry { key: value.span, value });
    Value::Mapping(Arc::new(entries.into_iter().map(entry).collect()))
}

/// A list of `KEY=value` becomes a mapping; a `KEY` alone has no value. The last of equal keys counts.
fn pairs(node: &mut Node) {
    let Value::Sequence(items) = &node.value else { return };
    let mut mapping = Mapping::new();
    for item in items.iter() {
        let Some(written) = text_of(item) else { continue };
        let (key, value) = match written.split_once('=') {
            Some((key, value)) => (key, text(value, item.span)),
            None => (written, Node::new(Value::Null, item.span)),
        };
        mapping.insert(key.into(), Entry { key: item.span, value });
    }
    node.value = Value::Mapping(Arc::new(mapping));
}

/// A string becomes a list of one.
fn single(node: &mut Node) {
    if let Value::Scalar(_) = node.value {
        let item = Node { tag: None, ..node.clone() };
        node.value = Value::Sequence(Arc::new(vec![item]));
    }
}

/// A request for devices that says neither how many nor which is for all of them.
fn request(request: &mut Node) {
    under(request, "options", pairs);
    let span = request.span.at_start();
    if let Value::Mapping(fields) = &mut request.value
        && !fields.contains_key("count")
        && !fields.contains_key("device_ids")
    {
        let count = Node::new(Value::Scalar(Scalar { text: "-1".into(), style: Style::Plain }), span);
        Arc::make_mut(fields).insert("count".into(), Entry { key: span, value: count });
    }
}

/// A list of names becomes a mapping without values.
fn names(node: &mut Node) {
    let Value::Sequence(items) = &node.value else { return };
    let entry = |item: &Node| {
        let key: Arc<str> = text_of(item)?.into();
        Some((key, Entry { key: item.span, value: Node::new(Value::Null, item.span) }))
    };
    node.value = Value::Mapping(Arc::new(items.iter().filter_map(entry).collect()));
}

/// A list of services becomes a mapping: each is to be started, and is required.
fn dependencies(node: &mut Node) {
    if node.as_sequence().is_none() {
        return;
    }
    names(node);
    if let Value::Mapping(services) = &mut node.value {
        for entry in Arc::make_mut(services).values_mut() {
            let required = Scalar { text: "true".into(), style: Style::Plain };
            let required = Node::new(Value::Scalar(required), entry.key);
            entry.value.value = mapping_of([("condition", text("service_started", entry.key)), ("required", required)]);
        }
    }
}

/// A string becomes a mapping with it under `key`.
fn long(node: &mut Node, key: &'static str) {
    if text_of(node).is_some() {
        let inner = Node { tag: None, ..node.clone() };
        node.value = mapping_of([(key, inner)]);
    }
}

/// A relative path becomes an absolute one.
fn absolute(node: &mut Node, base: &Base) {
    if let Some(written) = text_of(node) {
        let absolute = base.text(written);
        node.value = text(absolute, node.span).value;
    }
}

/// A mapping of host names, or a list of `name:address`, becomes a list of `name=address`.
fn hosts(node: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    let mut list = Vec::new();
    let mut bad = |what: String, place: Span| {
        diagnostics
            .push(Diagnostic::error("C104", what).label(place, "").help("write `NAME=ADDRESS`, such as `db=10.0.0.2`"));
    };
    match &node.value {
        Value::Sequence(items) => {
            for item in items.iter() {
                let Some(written) = text_of(item) else { continue };
                let pair = written.split_once('=').or_else(|| written.split_once(':'));
                let Some((name, addresses)) = pair else {
                    bad(format!("the host `{written}` has no address"), item.span);
                    continue;
                };
                if name.is_empty() {
                    bad("a host has no name".to_owned(), item.span);
                }
                list.extend(addresses.split(',').map(|address| host(name, address, item.span)));
            }
        }
        Value::Mapping(mapping) => {
            for (name, entry) in mapping.iter() {
                let addresses = match &entry.value.value {
                    Value::Sequence(items) => items.as_slice(),
                    _ => std::slice::from_ref(&entry.value),
                };
                for address in addresses {
                    let Some(written) = text_of(address) else { continue };
                    list.push(host(name, written, address.span));
                }
            }
        }
        Value::Null | Value::Scalar(_) => return,
    }
    node.value = Value::Sequence(Arc::new(list));
}

/// `name=address`, without the brackets of IPv6.
fn host(name: &str, address: &str, span: Span) -> Node {
    let bare = address.strip_prefix('[').and_then(|address| address.strip_suffix(']')).unwrap_or(address);
    text(format!("{name}={bare}"), span)
}

/// A volume's short form becomes the long one; the path of a bind mount absolute.
fn volume(node: &mut Node, base: &Base, diagnostics: &mut Vec<Diagnostic>) {
    let Some(written) = text_of(node).map(str::to_owned) else {
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
        ("type", text(if is_bind { "bind" } else { "volume" }, span)),
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
        bind.push(("create_host_path", text("true", span)));
    }
    for option in options.split(',') {
        match option {
            "ro" | "rw" => entries.push(("read_only", text(if option == "ro" { "true" } else { "false" }, span))),
            "nocopy" => entries.push(("volume", Node::new(mapping_of([("nocopy", text("true", span))]), span))),
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
pub(super) fn part_span(node: &Node, written: &str, part: &std::ops::Range<usize>) -> Span {
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
