//! What is known of some images by their names.

use crate::reference::parse;

/// The last part of the image's path.
fn short(reference: &str) -> &str {
    parse(reference).name.rsplit('/').next().unwrap_or_default()
}

/// The system that decides by majority, if the image is of one that is known to.
pub(super) fn quorum(reference: &str) -> Option<&'static str> {
    const SYSTEMS: [(&str, &str); 9] = [
        ("etcd", "etcd"),
        ("consul", "Consul"),
        ("zookeeper", "ZooKeeper"),
        ("rabbitmq", "RabbitMQ"),
        ("mongo", "MongoDB"),
        ("mongodb", "MongoDB"),
        ("patroni", "Patroni"),
        ("spilo", "Patroni"),
        ("redis-sentinel", "Redis Sentinel"),
    ];
    let name = short(reference);
    SYSTEMS.into_iter().find(|(image, _)| name == *image).map(|(_, system)| system)
}

/// Whether the image is a database's that is known.
pub(super) fn is_database(reference: &str) -> bool {
    const NAMES: [&str; 16] = [
        "postgres",
        "postgresql",
        "mysql",
        "mariadb",
        "mongo",
        "mongodb",
        "redis",
        "valkey",
        "elasticsearch",
        "opensearch",
        "cassandra",
        "influxdb",
        "couchdb",
        "neo4j",
        "clickhouse-server",
        "timescaledb",
    ];
    NAMES.contains(&short(reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_that_decide_by_majority_are_known() {
        assert_eq!(quorum("quay.io/coreos/etcd:v3"), Some("etcd"));
    }
}
