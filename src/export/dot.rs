//! Graphviz: machines with their containers, and who depends on whom.

use super::{Deployment, Format, Write};
use crate::plan::PlacedContainer;

pub(super) static FORMAT: Format = Format { name: "dot", write: Write::Whole(write) };

fn write(deployment: &Deployment<'_>) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&deployment.plan.project));
    text.push_str(
        "  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fillcolor=white, fontname=Helvetica];\n",
    );
    text.push_str(
        "  graph [style=\"rounded,filled\", fillcolor=\"#f2f4f7\", color=\"#98a2b3\", fontname=Helvetica];\n",
    );
    text.push_str("  edge [color=\"#667085\"];\n");
    for (index, machine) in deployment.stack.machines.iter().enumerate() {
        text.push_str(&format!("  subgraph cluster_{index} {{\n    label={};\n", quoted(&machine.name)));
        for container in deployment.on(machine) {
            let ports = container.ports.iter().map(|port| format!("\n:{}", port.host_port)).collect::<String>();
            let label = quoted(&format!("{}{ports}", deployment.name(container)));
            text.push_str(&format!("    {} [label={label}];\n", id(container)));
        }
        text.push_str("  }\n");
    }
    for (from, to) in deployment.edges() {
        text.push_str(&format!("  {} -> {};\n", id(from), id(to)));
    }
    text.push_str("}\n");
    text
}

fn id(container: &PlacedContainer) -> String {
    quoted(&format!("{}.{}", container.service, container.number))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
