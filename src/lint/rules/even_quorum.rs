//! An even number of members of a system that decides by majority.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::image;
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "H503",
    name: "even-quorum",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "An even number of members of a system that decides by majority.",
    why: "Four members survive the loss of one, as three do, and two survive none: the even one costs and brings nothing. Known are etcd, Consul, ZooKeeper, RabbitMQ, MongoDB, Patroni and Redis Sentinel.",
    ignore: "Where one of them has no vote.",
    example: example!("even_quorum"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let (replicas, asked) = context.replicas(service);
        let Some(system) = service.image.as_ref().and_then(|it| image::quorum(&it.value)) else { continue };
        if replicas > 0 && replicas % 2 == 0 {
            findings.push(
                RULE.finding(format!("{replicas} members of {system} survive no more losses than {}", replicas - 1))
                    .label(asked, "an even number")
                    .help(format!("replicas: {}", replicas + 1)),
            );
        }
    }
}
