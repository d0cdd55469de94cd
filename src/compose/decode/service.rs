//! A service.

use super::fields::Fields;
use super::{Decoder, build, deploy, parts, tuning};
use crate::compose::model::{CredentialSpec, Hooks, Rare, Service, Watch};
use crate::map::Map;
use crate::source::{Span, Spanned, Text};
use crate::units::Bytes;
use crate::yaml::{Node, Scalar};

impl Decoder<'_, '_> {
    /// The service under `name`, whose key stands at `span`. The files of an inactive one are not read.
    pub(super) fn service(&mut self, name: &Text, span: Span, node: &Node, active: bool) -> Service {
        let fields = Fields::of(node);
        let mut service = Service { name: name.clone(), span, ..Service::default() };
        self.image(&mut service, fields);
        self.process(&mut service, fields, active);
        self.network(&mut service, fields);
        self.storage(&mut service, fields);
        self.operation(&mut service, fields);
        resources(&mut service, fields);
        isolation(&mut service, fields);
        service.extensions = fields.extensions();
        service.unmodelled = unmodelled(fields);
        service
    }

    fn image(&mut self, service: &mut Service, fields: Fields) {
        // Of any type, so that a number is not reported as no image as well.
        let image = fields.read("image", |scalar| Some(scalar.canonical_text()));
        service.image = image.filter(|image| !image.value.is_empty());
        service.build = fields.key("build").map(|span| Box::new(build::build(fields.under("build"), span)));
        service.platform = fields.text("platform").map(Box::new);
        service.pull_policy = self.pull_policy(fields);
        service.provider = fields.under("provider").text("type").map(Box::new);
    }

    fn process(&mut self, service: &mut Service, fields: Fields, active: bool) {
        service.command = self.command(fields, "command").map(Box::new);
        service.entrypoint = self.command(fields, "entrypoint").map(Box::new);
        service.environment = self.variables(fields, active);
        service.labels = self.container_labels(fields, active);
        service.annotations = fields.labels("annotations");
        service.working_dir = fields.text("working_dir").map(Box::new);
        service.user = fields.text("user").map(Box::new);
        service.group_add = fields.texts("group_add");
        service.tty = fields.boolean("tty");
        service.stdin_open = fields.boolean("stdin_open");
        service.init = fields.boolean("init");
        service.stop_signal = fields.text("stop_signal").map(Box::new);
        service.stop_grace_period = fields.duration("stop_grace_period").map(Box::new);
        let hooks = Hooks { post_start: self.hooks(fields, "post_start"), pre_stop: self.hooks(fields, "pre_stop") };
        service.hooks = Some(hooks).filter(|it| !it.post_start.is_empty() || !it.pre_stop.is_empty()).map(Box::new);
    }

    fn network(&mut self, service: &mut Service, fields: Fields) {
        service.container_name = fields.text("container_name");
        service.hostname = fields.text("hostname").map(Box::new);
        service.domainname = fields.text("domainname").map(Box::new);
        service.ports = self.ports(fields);
        service.expose = fields.texts("expose");
        service.networks = parts::attachments(fields);
        service.network_mode = fields.text("network_mode").map(Box::new);
        service.dns = fields.texts("dns").into_iter().filter(|server| !server.value.is_empty()).collect();
        service.dns_opt = fields.texts("dns_opt");
        service.dns_search = fields.texts("dns_search");
        service.extra_hosts = fields.texts("extra_hosts");
        service.links = parts::links(fields);
        service.external_links = fields.texts("external_links");
        service.mac_address = fields.text("mac_address").map(Box::new);
    }

    fn storage(&mut self, service: &mut Service, fields: Fields) {
        service.mounts = self.mounts(fields);
        service.volumes_from = fields.texts("volumes_from");
        service.configs = parts::references(fields, "configs");
        service.secrets = parts::references(fields, "secrets");
        service.models = fields.entries("models").map(|(name, span, _)| (name.clone(), span)).collect();
    }

    fn operation(&mut self, service: &mut Service, fields: Fields) {
        service.depends_on = parts::dependencies(fields);
        service.healthcheck = self.healthcheck(fields).map(Box::new);
        let watched = |item: &Node| {
            let fields = Fields::of(item);
            let target = fields.text("target").filter(|target| !target.value.is_empty());
            Some(Watch { action: fields.text("action")?, target })
        };
        service.watch = fields.under("develop").items("watch").iter().filter_map(watched).collect();
        service.restart = self.restart(fields);
        service.profiles = fields.texts("profiles");
        service.deploy = fields.key("deploy").map(|span| Box::new(deploy::deploy(fields.under("deploy"), span)));
        service.scale = fields.integer("scale");
        service.logging = parts::logging(fields).map(Box::new);
    }
}

/// What of the service nothing is made of, where it asks for something.
fn unmodelled(fields: Fields) -> Map<Span> {
    let asks = [
        ("pre_start", !fields.items("pre_start").is_empty()),
        ("pull_refresh_after", fields.node("pull_refresh_after").is_some_and(|node| !node.is_null())),
        ("use_api_socket", fields.boolean("use_api_socket").is_some_and(|it| it.value)),
    ];
    asks.into_iter().filter(|(_, asks)| *asks).filter_map(|(key, _)| Some((key, fields.key(key)?))).collect()
}

fn credential_spec(fields: Fields) -> Rare<CredentialSpec> {
    let fields = fields.under("credential_spec");
    let said = |key: &str, kind: fn(Text) -> CredentialSpec| {
        let text = fields.text(key).filter(|text| !text.value.is_empty())?;
        Some(Box::new(Spanned::new(kind(text.value), text.span)))
    };
    said("file", CredentialSpec::File)
        .or_else(|| said("registry", CredentialSpec::Registry))
        .or_else(|| said("config", CredentialSpec::Config))
}

fn resources(service: &mut Service, fields: Fields) {
    service.cpus = fields.cpu("cpus").map(Box::new);
    service.cpu_shares = fields.integer("cpu_shares").map(Box::new);
    service.cpuset = fields.text("cpuset").map(Box::new);
    service.mem_limit = fields.bytes("mem_limit").map(Box::new);
    service.mem_reservation = fields.bytes("mem_reservation").map(Box::new);
    service.memswap_limit = memswap_limit(fields).map(Box::new);
    service.pids_limit = fields.integer("pids_limit").map(Box::new);
    service.shm_size = fields.bytes("shm_size").map(Box::new);
    service.oom_score_adj = fields.integer("oom_score_adj").map(Box::new);
    service.ulimits = parts::ulimits(fields);
    service.gpus = deploy::gpus(fields);
    service.devices = parts::devices(fields);
    service.tuning = tuning::tuning(fields);
}

fn memswap_limit(fields: Fields) -> Option<Spanned<Option<Bytes>>> {
    let read = |scalar: &Scalar| match scalar.as_int() {
        Some(-1) => Some(None),
        _ => Bytes::parse(&scalar.canonical()).ok().map(Some),
    };
    fields.read("memswap_limit", read)
}

fn isolation(service: &mut Service, fields: Fields) {
    service.privileged = fields.boolean("privileged");
    service.read_only = fields.boolean("read_only");
    service.cap_add = fields.texts("cap_add");
    service.cap_drop = fields.texts("cap_drop");
    service.security_opt = fields.texts("security_opt");
    service.credential_spec = credential_spec(fields);
    service.sysctls = fields.labels("sysctls");
    service.pid = fields.text("pid").map(Box::new);
    service.ipc = fields.text("ipc").map(Box::new);
    service.uts = fields.text("uts").map(Box::new);
    service.userns_mode = fields.text("userns_mode").map(Box::new);
    service.cgroup = fields.text("cgroup").map(Box::new);
    service.cgroup_parent = fields.text("cgroup_parent").map(Box::new);
    service.runtime = fields.text("runtime").map(Box::new);
}
