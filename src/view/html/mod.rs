//! The report of capacity as one HTML file: for people who have no terminal, to send, to print, to keep.
//!
//! It needs no network and no script (which only sorts and filters), and the same report gives the same bytes.

mod bars;
mod chart;
mod containers;
mod drains;
mod escape;
mod frontier;
mod glance;
mod growth;
mod headroom;
mod losses;
mod page;
mod purchase;
mod table;
mod uses;

use crate::capacity::{Report, buying};

use super::style::count;
use page::{Section, page};

/// The report on a stack and its machines.
pub fn capacity_html(project: &str, report: &Report, is_seen: bool) -> String {
    let basis = if is_seen { "By what runs." } else { "By what the files say, as if nothing ran yet." };
    let (machines, containers) = (report.machines.len(), report.containers.len());
    let lead = format!("{}, {}. {basis}", count(machines, "machine"), count(containers, "container"));
    let mut sections = vec![
        section("glance", "At a glance", glance::glance(report)),
        section("machines", "What the machines hold", bars::machines(&report.machines, &report.containers)),
        section("headroom", "How many more fit", headroom::headroom(report)),
        section("losses", "If this is lost", losses::losses(report)),
    ];
    if let Some(pairs) = &report.pairs {
        sections.push(section("pairs", "If two are lost at once", losses::pairs(pairs)));
    }
    if let Some(drains) = &report.drains {
        sections.push(section("maintenance", "For maintenance", drains::drains(drains)));
    }
    if let Some(growth) = &report.growth {
        sections.push(section("growth", "How far it can grow", growth::growth(growth)));
    }
    sections.push(section("limits", "What may be taken at the most", uses::limits(&report.machines)));
    if let Some(used) = &report.used {
        sections.push(section("used", "What is used now, by all that runs", uses::used(used, &report.machines)));
    }
    if let Some(sizes) = &report.sizes {
        sections.push(section("sizes", "What one container uses", uses::sizes(sizes)));
    }
    sections.push(section("containers", "Containers", containers::containers(&report.containers)));
    page(&format!("Capacity of {project}"), &escape::text(lead), &sections)
}

/// The report on what to buy for a stack.
pub fn buying_html(project: &str, report: &buying::Report) -> String {
    let mut sections = vec![section("glance", "At a glance", purchase::glance(report))];
    let fleet = purchase::fleet(report);
    if let Some(fleet) = fleet {
        sections.push(section("purchase", "What to buy", purchase::bought(fleet, report)));
    }
    if report.steps.len() > 1 {
        sections.push(section("frontier", "Cost against room for more", frontier::frontier(report)));
    }
    if let Some(fleet) = fleet {
        sections.push(section(
            "machines",
            "How it would lie on them",
            bars::machines(&fleet.machines, &fleet.containers),
        ));
        sections.push(section("containers", "Containers", containers::containers(&fleet.containers)));
    }
    page(&format!("Machines for {project}"), &purchase::lead(report), &sections)
}

fn section(id: &'static str, head: &'static str, body: String) -> Section {
    Section { id, head, body }
}

/// A resource as a head.
fn head(resource: &crate::units::Resource) -> String {
    match resource.0.as_str() {
        "cpus" => "CPUs".to_owned(),
        name => name.to_owned(),
    }
}
