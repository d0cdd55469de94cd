//! What there is to be room for, as it is said on the command line: a size, or one more of a service.

use crate::capacity::buying::Wanted;
use crate::diagnostic::nearest;
use crate::placement::{Policy, Problem};
use crate::stack::{Replicas, Stack};

use super::{Exit, Io};

/// Sets what the policy is to keep room for, where that is said.
pub(super) fn keep_room(io: &mut Io, problem: &mut Problem<'_>, said: Option<&str>) -> Result<(), Exit> {
    let Some(text) = said else { return Ok(()) };
    if problem.policy != Policy::Headroom {
        io.refuse("`--headroom` says what the policy `headroom` keeps room for", Some("add `--policy headroom`"));
        return Err(Exit::Error);
    }
    let size = match wanted(text, problem.stack, io)? {
        Wanted::Shape(size) => size,
        Wanted::Service(name) => problem.stack.service(&name).map(|service| service.demand.clone()).unwrap_or_default(),
    };
    if size.iter().all(|(_, amount)| amount == 0) {
        let help = "give it `deploy.resources.reservations`, or say a size such as `2:8g`";
        io.refuse(&format!("`{text}` states no size: any room is room for it"), Some(help));
        return Err(Exit::Error);
    }
    problem.headroom = Some(size);
    Ok(())
}

/// A size, or one more of a service.
pub(super) fn wanted(text: &str, stack: &Stack, io: &mut Io) -> Result<Wanted, Exit> {
    if let Some(service) = stack.service(text) {
        if service.replicas.value == Replicas::Global {
            let message = format!("`{text}` runs once on each machine: there is no more of it");
            io.refuse(&message, Some("name another service, or a size such as `2:8g`"));
            return Err(Exit::Error);
        }
        return Ok(Wanted::Service(text.to_owned()));
    }
    if let Some(size) = Wanted::size(text) {
        return Ok(size);
    }
    let help = match nearest(text, stack.services.iter().map(|service| service.name.as_str())) {
        Some(like) => format!("did you mean `{like}`?"),
        None => "for example `4` (CPUs), `2:8g` (CPUs and memory), or the name of a service".to_owned(),
    };
    io.refuse(&format!("`{text}` is neither a service nor a size"), Some(&help));
    Err(Exit::Error)
}
