//! Steps and what they wait for, put into an order at the end.

use std::collections::BTreeSet;

use petgraph::algo::{has_path_connecting, toposort};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

use super::model::{Operation, Step};

/// A step while the plan is being made.
pub(super) type Node = NodeIndex;

/// How a step waits for another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// That one must have succeeded.
    Success,
    /// That one must have ended.
    End,
}

/// Steps, and for each the ones before it.
#[derive(Default)]
pub(super) struct Graph {
    graph: DiGraph<Step, Edge>,
}

impl Graph {
    /// One more step that waits for `before`.
    pub(super) fn add(&mut self, address: &str, machine: &str, operation: Operation, before: &[Node]) -> Node {
        let (address, machine) = (address.to_owned(), machine.to_owned());
        let node =
            self.graph.add_node(Step { id: 0, address, machine, operation, waits_for: Vec::new(), after: Vec::new() });
        for first in before {
            self.wait(node, *first);
        }
        node
    }

    /// `step` waits for `first`.
    pub(super) fn wait(&mut self, step: Node, first: Node) {
        if step != first {
            self.graph.update_edge(first, step, Edge::Success);
        }
    }

    /// `step` waits for the end of `first`, whether it succeeds or not; a wish as in [`wait_if_possible`](Self::wait_if_possible).
    pub(super) fn follow_if_possible(&mut self, step: Node, first: Node) {
        if self.graph.find_edge(first, step).is_none() && !has_path_connecting(&self.graph, step, first, None) {
            self.graph.update_edge(first, step, Edge::End);
        }
    }

    /// `step` waits for `first`, unless `first` already waits for `step`: a wish, not a need.
    pub(super) fn wait_if_possible(&mut self, step: Node, first: Node) {
        if !has_path_connecting(&self.graph, step, first, None) {
            self.wait(step, first);
        }
    }

    /// The steps that do something of a kind.
    pub(super) fn find(&self, is: impl Fn(&Operation) -> bool) -> Vec<Node> {
        self.graph.node_indices().filter(|node| is(&self.graph[*node].operation)).collect()
    }

    /// These steps, and all that they wait for in the end.
    pub(super) fn ancestors(&self, of: &[Node]) -> BTreeSet<Node> {
        let (mut found, mut left) = (BTreeSet::new(), of.to_vec());
        while let Some(node) = left.pop() {
            if found.insert(node) {
                left.extend(self.graph.neighbors_directed(node, petgraph::Incoming));
            }
        }
        found
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
        let before = |node: NodeIndex, kind: Edge| {
            let edges = self.graph.edges_directed(node, petgraph::Incoming).filter(|edge| *edge.weight() == kind);
            let mut before: Vec<usize> = edges.map(|edge| places[edge.source().index()]).collect();
            before.sort_unstable();
            before
        };
        let step = |node: &NodeIndex| Step {
            id: places[node.index()],
            waits_for: before(*node, Edge::Success),
            after: before(*node, Edge::End),
            ..self.graph[*node].clone()
        };
        Ok(order.iter().map(step).collect())
    }
}

/// Kahn's algorithm with the earliest added step first among those that are ready.
fn nearest_to_insertion(graph: &DiGraph<Step, Edge>) -> Vec<NodeIndex> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|node| graph.neighbors_directed(node, petgraph::Incoming).count()).collect();
    let mut ready: BTreeSet<NodeIndex> = graph.node_indices().filter(|node| waiting[node.index()] == 0).collect();
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
