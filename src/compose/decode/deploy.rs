//! The `deploy` section.

use super::fields::Fields;
use crate::compose::model::{
    Deploy, DeployMode, DeviceReservation, GenericResource, Limits, Order, Placement, Reservations, RestartCondition,
    RestartPolicy, UpdateConfig,
};
use crate::source::{Span, Spanned};
use crate::yaml::Node;

/// The section whose key stands at `span`.
pub(super) fn deploy(fields: Fields, span: Span) -> Deploy {
    let resources = fields.under("resources");
    Deploy {
        span,
        mode: fields.word("mode", mode),
        replicas: fields.integer("replicas"),
        labels: fields.labels("labels"),
        limits: limits(resources.under("limits")),
        reservations: reservations(resources.under("reservations")),
        placement: placement(fields.under("placement")),
        restart_policy: fields
            .key("restart_policy")
            .map(|span| Box::new(restart_policy(fields.under("restart_policy"), span))),
        update_config: update_config(fields, "update_config"),
        rollback_config: update_config(fields, "rollback_config"),
    }
}

fn update_config(deploy: Fields, key: &str) -> Option<Box<UpdateConfig>> {
    let (span, fields) = (deploy.key(key)?, deploy.under(key));
    Some(Box::new(UpdateConfig {
        span,
        order: fields.word("order", order),
        parallelism: fields.integer("parallelism"),
        delay: fields.duration("delay"),
        monitor: fields.duration("monitor"),
        failure_action: fields.text("failure_action"),
        max_failure_ratio: fields.read("max_failure_ratio", |scalar| scalar.text.parse().ok()),
    }))
}

fn limits(fields: Fields) -> Limits {
    Limits {
        cpus: fields.cpu("cpus").map(Box::new),
        memory: fields.bytes("memory").map(Box::new),
        pids: fields.integer("pids").map(Box::new),
    }
}

fn reservations(fields: Fields) -> Reservations {
    let generic = |item: &Node| {
        let specification = Fields::of(item).under("discrete_resource_spec");
        let value = specification.read("value", |scalar| u64::try_from(scalar.as_int()?).ok())?;
        Some(GenericResource { kind: specification.text("kind")?, value })
    };
    Reservations {
        cpus: fields.cpu("cpus").map(Box::new),
        memory: fields.bytes("memory").map(Box::new),
        devices: fields.items("devices").iter().map(device_reservation).collect(),
        generic: fields.items("generic_resources").iter().filter_map(generic).collect(),
    }
}

/// The value of `gpus`: `all`, or a list of requests.
pub(super) fn gpus(fields: Fields) -> Vec<DeviceReservation> {
    let gpu = |span| vec![Spanned::new("gpu".into(), span)];
    match fields.node("gpus") {
        Some(all) if all.as_scalar().is_some() => vec![DeviceReservation {
            span: all.span,
            capabilities: gpu(all.span),
            count: Some(Spanned::new(None, all.span)),
            device_ids: Vec::new(),
            driver: None,
            options: Fields::of(all).labels("options"),
        }],
        _ => {
            let request = |item: &Node| {
                let mut request = device_reservation(item);
                if !request.capabilities.iter().any(|capability| &*capability.value == "gpu") {
                    request.capabilities.extend(gpu(item.span));
                }
                request
            };
            fields.items("gpus").iter().map(request).collect()
        }
    }
}

fn device_reservation(item: &Node) -> DeviceReservation {
    let fields = Fields::of(item);
    let count = |scalar: &crate::yaml::Scalar| match scalar.as_int() {
        // -1 is how the engine's API says `all`.
        Some(-1) => Some(None),
        Some(count) => u32::try_from(count).ok().map(Some),
        None => (&*scalar.text == "all").then_some(None),
    };
    DeviceReservation {
        span: item.span,
        capabilities: fields.texts("capabilities"),
        count: fields.read("count", count),
        device_ids: fields.texts("device_ids"),
        driver: fields.text("driver"),
        options: fields.labels("options"),
    }
}

fn placement(fields: Fields) -> Placement {
    Placement {
        constraints: fields.texts("constraints"),
        spread: fields.items("preferences").iter().filter_map(|item| Fields::of(item).text("spread")).collect(),
        max_replicas_per_node: fields.integer("max_replicas_per_node").map(Box::new),
    }
}

fn restart_policy(fields: Fields, span: Span) -> RestartPolicy {
    RestartPolicy {
        span,
        condition: fields.word("condition", condition),
        delay: fields.duration("delay"),
        max_attempts: fields.integer("max_attempts"),
        window: fields.duration("window"),
    }
}

fn mode(word: &str) -> Option<DeployMode> {
    Some(match word {
        "replicated" => DeployMode::Replicated,
        "global" => DeployMode::Global,
        "replicated-job" => DeployMode::ReplicatedJob,
        "global-job" => DeployMode::GlobalJob,
        _ => return None,
    })
}

fn condition(word: &str) -> Option<RestartCondition> {
    Some(match word {
        "none" => RestartCondition::None,
        "on-failure" => RestartCondition::OnFailure,
        "any" => RestartCondition::Any,
        "unless-stopped" => RestartCondition::UnlessStopped,
        _ => return None,
    })
}

fn order(word: &str) -> Option<Order> {
    match word {
        "start-first" => Some(Order::StartFirst),
        "stop-first" => Some(Order::StopFirst),
        _ => None,
    }
}
