//! What stands against a replacement that starts while the old container still runs (`update_config.order: start-first`),
//! whatever room there is, and what containers count for meanwhile.

use crate::stack::Stack;
use crate::units::Amounts;

use super::steps::completes;
use super::work::{Work, host_services};

/// Why a container cannot serve beside the one whose place it takes: data that both would write to, a host port that both
/// would want, others that live in the old one's namespaces.
pub(super) fn obstacle(stack: &Stack, work: &Work<'_>) -> Option<String> {
    let service = work.service;
    let here = || work.old.iter().filter(|old| old.machine == work.machine && old.state.is_up());
    if let Some(volume) = service.local_volumes.first() {
        return Some(format!("it keeps data in `{}`", volume.value));
    }
    let unnamed =
        work.old.iter().filter(|old| old.machine == work.machine).flat_map(|old| &old.state.anonymous_volumes);
    if let Some(volume) = unnamed.into_iter().next() {
        return Some(format!("it keeps data in {}", volume.target));
    }
    if completes(stack, &service.name) {
        return Some("others wait for it to end".to_owned());
    }
    if let Some(guest) = stack.services.iter().find(|other| host_services(other).contains(&service.name.as_str())) {
        return Some(format!("`{}` lives in its namespaces", guest.name));
    }
    let mut held = here().flat_map(|old| &old.state.ports);
    let port = held.find(|held| work.ports.iter().any(|port| super::order::clash(port, held)))?;
    Some(format!("both want host port {}/{}", port.host_port, port.protocol))
}

/// What a container counts for: one that comes back, what it was promised when it was made; else what the files say.
pub(super) fn counts_for<'w>(work: &'w Work<'_>) -> &'w Amounts {
    match work.kept {
        Some(kept) if work.comes_back() => &kept.state.reserved,
        _ => &work.service.demand,
    }
}

/// What an old container counts for: what the files say now, or what it was promised when it was made, if that is more.
pub(super) fn larger(demand: &Amounts, reserved: &Amounts) -> Amounts {
    let mut larger = demand.clone();
    for (resource, amount) in reserved.iter() {
        larger.set(resource.clone(), amount.max(demand.named(resource).unwrap_or(0)));
    }
    larger
}
