//! A service is told to find another one at `localhost`.

use crate::compose::model::Service;
use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "M319",
    name: "localhost-reference",
    severity: Severity::Warning,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A service is told to find another one at `localhost`.",
    why: "Within a container `localhost` is the container itself. Another service of the project is found under its name, and over machines under the address at which it is published.",
    ignore: "Where a program of the same container listens there.",
    example: example!("localhost_reference"),
    finder: Finder::Rule(check),
};

const HERE: [&str; 2] = ["localhost", "127.0.0.1"];

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services().filter(|service| service.network_mode.is_none()) {
        for (key, value) in &service.environment {
            let Some((host, port)) = value.value.as_deref().and_then(address) else { continue };
            // Its own port, under whatever name, is rightly at localhost.
            let own = |it: &Service| it.ports.iter().any(|it| it.target.value == port) || exposes(it, port);
            let published = |it: &Service| {
                it.ports.iter().any(|it| it.published.as_ref().is_some_and(|range| range.value.contains(port)))
            };
            // What a browser is told is no matter of containers.
            let outward = [
                "PUBLIC",
                "EXTERNAL",
                "ORIGIN",
                "CORS",
                "CALLBACK",
                "REDIRECT",
                "FRONTEND",
                "BROWSER",
                "ALLOWED",
                "REACT_APP",
                "VITE_",
                "ROOT_URL",
                "BASE_URL",
                "SITE_URL",
            ];
            if own(service) || published(service) || outward.iter().any(|word| key.to_uppercase().contains(word)) {
                continue;
            }
            let depends = |it: &&Service| service.depends_on.contains_key(&it.name);
            let others = || context.services().filter(|other| other.name != service.name);
            let Some(other) = others().filter(depends).find(|it| own(it)) else { continue };
            findings.push(
                RULE.finding(format!("`{}` looks for `{}` at {host}, which is itself", service.name, other.name))
                    .label(value.span, format!("port {port} is that of `{}`", other.name))
                    .help(format!("{key}: …{}:{port}…", other.name)),
            );
        }
    }
}

fn exposes(service: &Service, port: u16) -> bool {
    service.expose.iter().any(|it| it.value.split('/').next() == Some(&port.to_string()))
}

/// The host and port of a text such as `http://localhost:8080/x` or `127.0.0.1:5432`.
fn address(text: &str) -> Option<(&'static str, u16)> {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let host = HERE.into_iter().find(|host| rest.strip_prefix(host).is_some_and(|rest| rest.starts_with(':')))?;
    let digits: String = rest[host.len() + 1..].chars().take_while(char::is_ascii_digit).collect();
    Some((host, digits.parse().ok()?))
}
