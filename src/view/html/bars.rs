//! Machines as bars: each container a piece, what is kept back hatched, what is free empty.

use std::collections::BTreeMap;

use crate::capacity::{Container, MachineRoom, ResourceRoom};
use crate::units::Resource;

use super::escape::text;
use super::head;
use super::table::{Cell, Table};

/// With more machines than this, bars are low and bear no names.
const MOST_TALL: usize = 40;
/// With more containers than this, those of a service on a machine are one piece.
const MOST_PIECES: usize = 1500;
/// Services take turns with so many colours.
const COLORS: usize = 8;
/// A whole bar: pieces are counted in such parts.
const WHOLE: u128 = 10_000;

/// A part of a bar.
struct Piece {
    name: String,
    class: String,
    amount: u64,
}

/// What all bars have in common.
struct Drawn<'a> {
    /// The containers by machine, in the order of their names.
    on: BTreeMap<&'a str, Vec<&'a Container>>,
    /// A colour for each service.
    colors: BTreeMap<&'a str, usize>,
    merged: bool,
}

pub(super) fn machines(rooms: &[MachineRoom], containers: &[Container]) -> String {
    let mut on: BTreeMap<&str, Vec<&Container>> = BTreeMap::new();
    containers.iter().for_each(|it| on.entry(&it.machine).or_default().push(it));
    let mut colors: BTreeMap<&str, usize> = containers.iter().map(|it| (it.service.as_str(), 0)).collect();
    colors.values_mut().enumerate().for_each(|(index, color)| *color = index % COLORS);
    let drawn = Drawn { on, colors, merged: containers.len() > MOST_PIECES };
    let class = if rooms.len() > MOST_TALL { "machines many" } else { "machines" };
    let mut table = Table::new("What is taken and free on each machine", ["machine", "taken and free"]).class(class);
    for room in rooms {
        let bars: String = room.resources.iter().map(|it| bar(room, it, &drawn)).collect();
        table.row([Cell::html(name(room)), Cell::html(format!("<div class=\"rooms\">{bars}</div>"))]);
    }
    let piece = if drawn.merged { "the containers of one service" } else { "one container" };
    format!(
        "<ul class=\"key\"><li><i class=\"s0\"></i> a piece is {piece}, with its name where there is room for it</li>\
         <li><i class=\"kept\"></i> hatched: kept back, or held by others</li><li><i></i> empty: free</li></ul>\n{}",
        table.html()
    )
}

fn name(room: &MachineRoom) -> String {
    let state = match room.availability.as_str() {
        "active" => String::new(),
        other => format!(", {other}"),
    };
    let containers = crate::view::style::count(room.containers as usize, "container");
    format!("{}<small>{}{}</small>", text(&room.machine), containers, text(state))
}

/// "CPUs: 4 of 6 taken, 2 free", and the bar.
fn bar(room: &MachineRoom, of: &ResourceRoom, drawn: &Drawn<'_>) -> String {
    let show = |amount| of.resource.show(amount);
    let kept =
        if of.reserved > 0 { format!(", {} of it kept back or by others", show(of.reserved)) } else { String::new() };
    let figures = format!(
        "{}: {} of {} taken{kept}, {} free",
        head(&of.resource),
        show(of.capacity - of.free),
        show(of.capacity),
        show(of.free)
    );
    let pieces = pieces(room, of, drawn);
    let all: u128 = pieces.iter().map(|it| u128::from(it.amount)).sum();
    let part = |amount: u64| (u128::from(amount) * WHOLE).checked_div(all).unwrap_or(0);
    let one = |it: &Piece| {
        let (name, amount) = (text(&it.name), text(show(it.amount)));
        format!(
            "<i class=\"{}\" style=\"flex-grow:{}\" title=\"{name}: {amount}\">{name}</i>",
            it.class,
            part(it.amount)
        )
    };
    let inside: String = pieces.iter().map(one).collect();
    let names: Vec<String> = pieces.iter().map(|it| format!("{} {}", it.name, show(it.amount))).collect();
    let label = text(format!("{} of {}: {}", head(&of.resource), room.machine, names.join(", ")));
    format!("<div><p>{}</p><div class=\"bar\" role=\"img\" aria-label=\"{label}\">{inside}</div></div>", text(figures))
}

fn pieces(room: &MachineRoom, of: &ResourceRoom, drawn: &Drawn<'_>) -> Vec<Piece> {
    let here = drawn.on.get(room.machine.as_str()).map_or(&[][..], Vec::as_slice);
    let mut pieces: Vec<Piece> = match drawn.merged {
        true => by_service(here, &of.resource, drawn),
        false => {
            here.iter().map(|it| piece(format!("{}.{}", it.service, it.number), it, &of.resource, drawn)).collect()
        }
    };
    let other = |name: &str, class: &str, amount| Piece { name: name.to_owned(), class: class.to_owned(), amount };
    pieces.push(other("kept back or by others", "kept", of.reserved));
    pieces.push(other("free", "free", of.free));
    pieces.retain(|it| it.amount > 0);
    pieces
}

fn piece(name: String, of: &Container, resource: &Resource, drawn: &Drawn<'_>) -> Piece {
    let class = format!("s{}", drawn.colors.get(of.service.as_str()).unwrap_or(&0));
    Piece { name, class, amount: of.demand.get(resource) }
}

/// "web × 3".
fn by_service(here: &[&Container], resource: &Resource, drawn: &Drawn<'_>) -> Vec<Piece> {
    here.chunk_by(|a, b| a.service == b.service)
        .map(|like| {
            let name = if like.len() == 1 {
                like[0].service.clone()
            } else {
                format!("{} × {}", like[0].service, like.len())
            };
            let one = piece(name, like[0], resource, drawn);
            Piece { amount: one.amount * like.len() as u64, ..one }
        })
        .collect()
}
