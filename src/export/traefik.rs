//! Traefik's file provider, in JSON, which is YAML as well: a TCP router and a service for each published port. Entry points are named `SERVICE-PORT`: the
//! static configuration says where they listen.

use serde_json::{Map, Value, json};

use super::{Deployment, Format, Write};

pub(super) static FORMAT: Format = Format { name: "traefik", write: Write::Whole(write) };

fn write(deployment: &Deployment<'_>) -> String {
    let (mut routers, mut services) = (Map::new(), Map::new());
    for ((service, port), containers) in deployment.published() {
        let name = format!("{service}-{port}");
        let servers: Vec<Value> = containers.into_iter().map(|(_, socket)| json!({ "address": socket })).collect();
        routers.insert(name.clone(), json!({ "entryPoints": [name], "rule": "HostSNI(`*`)", "service": name }));
        services.insert(name, json!({ "loadBalancer": { "servers": servers } }));
    }
    let document =
        if routers.is_empty() { json!({}) } else { json!({ "tcp": { "routers": routers, "services": services } }) };
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
