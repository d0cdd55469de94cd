//! Capacity for programs; see `docs/formats.md`.

use serde_json::{Value, json};

use crate::capacity::{
    Drains, Emptied, End, Extra, Gain, Growth, Lost, MachineRoom, MachineUse, More, Most, PairLost, Point, Report,
    ResourceUse, Sample, ServiceUse, Sizes, Slot, Stuck, Verdict,
};

/// The version of the form.
const FORMAT_VERSION: &str = "1.0";

/// A machine's room for programs.
pub(in crate::view) fn room_json(it: &MachineRoom) -> Value {
    let resources = it.resources.iter().map(|it| {
        let amounts = json!({ "capacity": it.capacity, "reserved": it.reserved, "used": it.used, "free": it.free });
        (it.resource.to_string(), amounts)
    });
    let resources: serde_json::Map<String, Value> = resources.collect();
    let limits = it.limits.iter().map(|it| {
        (it.resource.to_string(), json!({ "limits": it.limits, "without": it.without, "capacity": it.capacity }))
    });
    let limits: serde_json::Map<String, Value> = limits.collect();
    json!({ "machine": it.machine, "availability": it.availability, "containers": it.containers, "resources": resources, "limits": limits })
}

/// The same for programs; see `docs/formats.md`.
pub fn capacity_json(project: &str, report: &Report) -> String {
    let most = |most: Most| json!({ "containers": most.number(), "exact": matches!(most, Most::Exactly(_)) });
    let slot = |it: &Slot| json!({ "gib_per_cpu": it.shape.0, "size": it.size, "machine": it.machine, "free_in_sum": it.in_sum, "percent_in_one_piece": it.in_one_piece() });
    let of_service = |it: &More| {
        let stops: Vec<Value> = it.stops.iter().map(|(why, on)| json!({ "why": why, "machines": on })).collect();
        json!({
            "service": it.service, "now": it.now, "as_placed": most(it.without_moves),
            "if_others_move": it.with_moves.map(most), "stops": stops,
        })
    };
    let value = json!({
        "format_version": FORMAT_VERSION,
        "project": project,
        "machines": report.machines.iter().map(room_json).collect::<Vec<_>>(),
        "slots": report.slots.iter().map(slot).collect::<Vec<_>>(),
        "more": report.more.iter().map(of_service).collect::<Vec<_>>(),
        "losses": report.losses.iter().map(loss).collect::<Vec<_>>(),
        "pairs": report.pairs.as_ref().map(|it| json!({
            "losses": it.losses.iter().map(pair).collect::<Vec<_>>(), "not_looked_at": it.not_looked_at,
        })),
        "drains": report.drains.as_ref().map(drains),
        "used": report.used.as_ref().map(|used| used.iter().map(machine_use).collect::<Vec<_>>()),
        "sizes": report.sizes.as_ref().map(sizes),
        "growth": report.growth.as_ref().map(growth),
    });
    serde_json::to_string_pretty(&value).unwrap_or_default() + "\n"
}

/// Services, each with how many containers of it find no place.
fn without_place(homeless: &[(String, u32)]) -> Vec<Value> {
    homeless.iter().map(|(service, left)| json!({ "service": service, "containers": left })).collect()
}

fn drains(drains: &Drains) -> Value {
    let stuck = |it: &Stuck| {
        json!({
            "machines": it.machines, "proven": it.is_proven, "why": it.why, "without_place": without_place(&it.stay),
        })
    };
    let rounds = drains.rounds.as_ref();
    json!({
        "order": drains.order.iter().map(emptied).collect::<Vec<_>>(),
        "stuck": drains.stuck.iter().map(stuck).collect::<Vec<_>>(),
        "rounds": rounds.map(|it| it.rounds.iter().map(emptied).collect::<Vec<_>>()),
        "fewest_rounds": rounds.map(|it| it.are_fewest),
    })
}

fn emptied(it: &Emptied) -> Value {
    let moves = it.moves.map(|it| json!({ "away": it.away, "others": it.others, "end": it.end, "least": it.is_least }));
    json!({ "machines": it.machines, "moves": moves })
}

fn growth(growth: &Growth) -> Value {
    let point = |it: &Point| {
        let used =
            it.used.iter().map(|(resource, used, room)| (resource.to_string(), json!({ "used": used, "room": room })));
        let used: serde_json::Map<String, Value> = used.collect();
        json!({ "factor": it.factor.number(), "containers": it.containers, "resources": used, "fits": it.fits })
    };
    let end = match &growth.end {
        End::Plenty | End::Unknown => Value::Null,
        End::Proven { adds, why, homeless } => {
            let adds: Vec<Value> =
                adds.iter().map(|(service, more)| json!({ "service": service, "containers": more })).collect();
            json!({ "adds": adds, "why": why, "without_place": without_place(homeless) })
        }
    };
    json!({
        "most": growth.most.number(),
        "exact": matches!(growth.end, End::Proven { .. }),
        "end": end,
        "points": growth.points.iter().map(point).collect::<Vec<_>>(),
        "held": growth.held,
        "gains": growth.gains.iter().map(gain).collect::<Vec<_>>(),
    })
}

fn gain(it: &Gain) -> Value {
    let (what, resource, amount, machines) = match &it.extra {
        Extra::Everywhere(resource, amount) => ("everywhere", Some(resource), Some(*amount), None),
        Extra::On(resource, amount, machines) => ("on one machine", Some(resource), Some(*amount), Some(machines)),
        Extra::Machine(machines) => ("one more machine", None, None, Some(machines)),
    };
    json!({
        "what": what, "resource": resource.map(ToString::to_string), "amount": amount, "like": machines,
        "most": it.most.number(), "exact": it.is_exact,
    })
}

fn loss(it: &Lost) -> Value {
    let (fits, moves, why, homeless) = match &it.verdict {
        Verdict::Fits(moves) => (Some(true), *moves, Vec::new(), Vec::new()),
        Verdict::Short(why, homeless) => (Some(false), None, why.clone(), homeless.clone()),
        Verdict::Unknown => (None, None, Vec::new(), Vec::new()),
    };
    let homeless = without_place(&homeless);
    let hit: Vec<Value> =
        it.hit.iter().map(|(service, lost)| json!({ "service": service, "containers": lost })).collect();
    let data: Vec<Value> =
        it.data.iter().map(|(service, volume)| json!({ "service": service, "volume": volume })).collect();
    json!({
        "name": it.name, "machines": it.machines, "alike": it.alike, "containers": it.containers, "hit": hit, "fits": fits,
        "moves": moves, "why": why, "without_place": homeless, "down": it.silenced, "without_majority": it.without_majority, "data": data,
    })
}

fn pair(it: &PairLost) -> Value {
    let mut value = loss(&it.lost);
    value["first"] = json!(it.first);
    value["second"] = json!(it.second);
    value["pairs"] = json!(it.pairs);
    value
}

fn sizes(sizes: &Sizes) -> Value {
    let of = |it: &ResourceUse| {
        let amounts = json!({
            "reserved": it.reserved, "p50": it.p50, "p95": it.p95, "max": it.max, "suggested": it.suggested,
        });
        (it.resource.to_string(), amounts)
    };
    let service = |it: &ServiceUse| {
        let resources: serde_json::Map<String, Value> = it.of.iter().map(of).collect();
        json!({ "service": it.service, "samples": it.samples, "resources": resources })
    };
    json!({ "services": sizes.services.iter().map(service).collect::<Vec<_>>(), "unknown": sizes.unknown })
}

fn machine_use(it: &MachineUse) -> Value {
    let container = |it: &Sample| json!({ "container": it.container, "cpus": it.cpu, "memory": it.memory });
    let containers: Vec<Value> = it.containers.iter().map(container).collect();
    json!({ "machine": it.machine, "running": it.running, "containers": containers })
}
