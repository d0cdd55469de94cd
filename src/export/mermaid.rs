//! Mermaid: machines with their containers, and who depends on whom, as Markdown pages draw it.

use super::{Deployment, Format, Write};
use crate::plan::PlacedContainer;

pub(super) static FORMAT: Format = Format { name: "mermaid", write: Write::Whole(write) };

fn write(deployment: &Deployment<'_>) -> String {
    let mut text = "flowchart LR\n".to_owned();
    let index = |container: &PlacedContainer| {
        let at = deployment.plan.placement.iter().position(|it| it == container);
        format!("c{}", at.unwrap_or_default())
    };
    for (number, machine) in deployment.stack.machines.iter().enumerate() {
        text.push_str(&format!("  subgraph m{number} [{}]\n", quoted(&machine.name)));
        for container in deployment.on(machine) {
            let ports = container.ports.iter().map(|port| format!("<br/>:{}", port.host_port)).collect::<String>();
            let name = quoted(&deployment.name(container)).trim_end_matches('"').to_owned();
            text.push_str(&format!("    {}[{name}{ports}\"]\n", index(container)));
        }
        text.push_str("  end\n");
    }
    for (from, to) in deployment.edges() {
        text.push_str(&format!("  {} --> {}\n", index(from), index(to)));
    }
    text
}

/// Mermaid reads entities within quotes, and nothing else that is special.
fn quoted(text: &str) -> String {
    let plain =
        |c: char| if c.is_alphanumeric() || " .-_".contains(c) { c.to_string() } else { format!("#{};", c as u32) };
    format!("\"{}\"", text.chars().map(plain).collect::<String>())
}
