//! An engine that is spoken to over TCP without TLS.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "S616",
    name: "daemon-api-tcp",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "An engine that is spoken to over TCP without TLS.",
    why: "Who reaches the port is root on that machine; port 2375 is the one without any check.",
    ignore: "For a socket proxy on a network of its own that lets only harmless calls pass.",
    example: example!("daemon_api_tcp"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let tls = service.environment.get("DOCKER_TLS_VERIFY").is_some_and(|it| it.value.as_deref() == Some("1"));
        if let Some(host) = service.environment.get("DOCKER_HOST").filter(|_| !tls) {
            let address = host.value.as_deref().unwrap_or_default();
            if address.starts_with("tcp://") && address.trim_end_matches('/').ends_with(":2375") {
                findings.push(
                    RULE.finding(format!("`{}` speaks to an engine without any check", service.name))
                        .label(host.span, "who reaches this port is root there")
                        .help("use ssh:// or TLS (port 2376, DOCKER_TLS_VERIFY: 1)"),
                );
            }
        }
        let command = service.command.iter().chain(&service.entrypoint);
        for words in command {
            if words.value.iter().any(|word| word.contains("tcp://0.0.0.0:2375")) {
                findings.push(
                    RULE.finding(format!("`{}` opens an engine to everybody", service.name))
                        .label(words.span, "no TLS, every address")
                        .help("listen on a socket, or with --tlsverify on port 2376"),
                );
            }
        }
    }
}
