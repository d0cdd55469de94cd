//! Steps and what they wait for, put into an order at the end.

use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use super::model::{Operation, Step};

/// A step while the plan is being made.
pub(super) type Node = NodeIndex;

/// Steps, and for each the ones before it.
#[derive(Default)]
pub(super) struct Graph {
    graph: DiGraph<Step, ()>,
}

impl Graph {
    /// One more step that waits for `before`.
    pub(super) fn add(&mut self, address: &str, machine: &str, operation: Operation, before: &[Node]) -> Node {
        let (address, machine) = (address.to_owned(), machine.to_owned());
        let node = self.graph.add_node(Step { id: 0, address, machine, operation, waits_for: Vec::new() });
        for first in before {
            self.wait(node, *first);
        }
        node
    }

    /// `step` waits for `first`.
    pub(super) fn wait(&mut self, step: Node, first: Node) {
        if step != first {
            self.graph.update_edge(first, step, ());
        }
    }

    /// `step` waits for `first`, unless `first` already waits for `step`: a wish, not a need.
    pub(super) fn wait_if_possible(&mut self, step: Node, first: Node) {
        if !has_path_connecting(&self.graph, step, first, None) {
            self.wait(step, first);
        }
    }

    /// The steps whose operation is of a kind.
    pub(super) fn find(&self, is: impl Fn(&Operation) -> bool) -> Vec<Node> {
        self.graph.node_indices().filter(|node| is(&self.graph[*node].operation)).collect()
    }

    /// All steps, each behind those it waits for; the order is the same for the same steps.
    ///
    /// # Errors
    /// The address of a step that waits for itself in the end: there is no order.
    pub(super) fn into_steps(self) -> Result<Vec<Step>, String> {
        toposort(&self.graph, None)
            .map_err(|cycle| format!("the steps around {} wait for each other", self.graph[cycle.node_id()].address))?;
        // Among the orders that would do, the one nearest to that in which the steps were added.
        let order = nearest_to_insertion(&self.graph);
        let mut places = vec![0; order.len()];
        for (place, node) in order.iter().enumerate() {
            places[node.index()] = place;
        }
        let step = |node: &NodeIndex| {
            let mut waits_for: Vec<usize> =
                self.graph.neighbors_directed(*node, petgraph::Incoming).map(|first| places[first.index()]).collect();
            waits_for.sort_unstable();
            Step { id: places[node.index()], waits_for, ..self.graph[*node].clone() }
        };
        Ok(order.iter().map(step).collect())
    }
}

/// Kahn's algorithm with the earliest added step first among those that are ready.
fn nearest_to_insertion(graph: &DiGraph<Step, ()>) -> Vec<NodeIndex> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|node| graph.neighbors_directed(node, petgraph::Incoming).count()).collect();
    let mut ready: std::collections::BTreeSet<NodeIndex> =
        graph.node_indices().filter(|node| waiting[node.index()] == 0).collect();
    let mut order = Vec::with_capacity(graph.node_count());
    while let Some(node) = ready.pop_first() {
        order.push(node);
        for next in graph.neighbors(node) {
            waiting[next.index()] -= 1;
            if waiting[next.index()] == 0 {
                ready.insert(next);
            }
        }
    }
    order
}
