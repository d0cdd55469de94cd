//! A limit of swap without a limit of memory.

use crate::diagnostic::{Diagnostic, Severity};
use crate::lint::rule::example;
use crate::lint::{Context, Finder, Group, Needs, Rule};

/// See its `summary`.
pub static RULE: Rule = Rule {
    code: "R411",
    name: "swap-limit-ignored",
    severity: Severity::Info,
    group: Group::Default,
    needs: Needs::Project,
    summary: "A limit of swap without a limit of memory.",
    why: "`memswap_limit` is the sum of memory and swap; without `mem_limit` the engine refuses it or leaves it out.",
    ignore: "",
    example: example!("swap_limit_ignored"),
    finder: Finder::Rule(check),
};

fn check(context: &Context<'_>, findings: &mut Vec<Diagnostic>) {
    for service in context.services() {
        let limits = service.deploy.as_ref().and_then(|deploy| deploy.limits.memory.as_ref());
        let Some(swap) = service.memswap_limit.as_ref().filter(|swap| swap.value.is_some_and(|it| it.0 > 0)) else {
            continue;
        };
        if service.mem_limit.is_none() && limits.is_none() {
            findings.push(
                RULE.finding(format!("`{}` limits swap and not memory", service.name))
                    .label(swap.span, "counts together with `mem_limit` only")
                    .help("set `mem_limit` as well"),
            );
        }
    }
}
