//! Prometheus's `file_sd_configs`: every TCP port of every container as a target.

use serde_json::{Value, json};

use super::{Deployment, Format, Write};

pub(super) static FORMAT: Format = Format { name: "prometheus", write: Write::Whole(write) };

fn write(deployment: &Deployment<'_>) -> String {
    let targets = deployment.listening().filter(|it| it.port.protocol == "tcp").filter_map(|it| {
        let labels = json!({
            "project": deployment.plan.project,
            "service": it.container.service,
            "replica": it.container.number.to_string(),
            "machine": it.machine.name,
            "container_port": it.port.container_port.to_string(),
        });
        Some(json!({ "targets": [it.socket()?], "labels": labels }))
    });
    serde_json::to_string_pretty(&targets.collect::<Vec<Value>>()).unwrap_or_default() + "\n"
}
