//! Image references, and what is known of some images by their names.

/// A reference taken apart: `registry/path/name:tag@digest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Image<'t> {
    /// Everything before the tag.
    pub name: &'t str,
    /// The tag, if there is one.
    pub tag: Option<&'t str>,
    /// The digest, if there is one.
    pub digest: Option<&'t str>,
}

/// Takes a reference apart. A port of the registry is no tag.
pub(super) fn parse(reference: &str) -> Image<'_> {
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    let path = rest.rfind('/').map_or(0, |at| at + 1);
    match rest[path..].find(':') {
        Some(colon) => Image { name: &rest[..path + colon], tag: Some(&rest[path + colon + 1..]), digest },
        None => Image { name: rest, tag: None, digest },
    }
}

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
    fn references_are_taken_apart() {
        let of = |text| {
            let image = parse(text);
            (image.name, image.tag, image.digest)
        };
        assert_eq!(of("nginx"), ("nginx", None, None));
        assert_eq!(of("localhost:5000/a/b"), ("localhost:5000/a/b", None, None));
        assert_eq!(of("r.io:5000/a/b:1@sha256:0"), ("r.io:5000/a/b", Some("1"), Some("sha256:0")));
        assert_eq!(quorum("quay.io/coreos/etcd:v3"), Some("etcd"));
    }
}
