//! The integer program in plain numbers, free of any solver's types: constraints write rows, strategies solve them.

use super::problem::{Layout, Problem};

/// A variable of a [`Program`], by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Variable(pub usize);

/// The range of a variable, and whether it is whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Domain {
    /// At least.
    pub lower: f64,
    /// At most.
    pub upper: f64,
    /// Whole numbers only.
    pub integer: bool,
}

/// A sum of variables, each times a factor.
pub type Terms = Vec<(Variable, f64)>;

/// `lower <= terms <= upper`; an infinite side is open.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The sum.
    pub terms: Terms,
    /// At least.
    pub lower: f64,
    /// At most.
    pub upper: f64,
}

/// Variables and rows. For each service and machine that may go together there is one variable, the number of the
/// service's containers there: counts, not one variable for each container, which solvers find far harder.
#[derive(Clone, Debug)]
pub struct Program {
    /// By [`Variable`].
    pub variables: Vec<Domain>,
    /// In the order in which they were added.
    pub rows: Vec<Row>,
    counts: Vec<Vec<Option<Variable>>>,
}

impl Program {
    /// The variables of a problem, without any row.
    pub fn new(problem: &Problem<'_>) -> Self {
        let mut program = Program { variables: Vec::new(), rows: Vec::new(), counts: Vec::new() };
        for service in problem.services() {
            let row = problem.machines().map(|machine| match problem.at_most(service, machine) {
                0 => None,
                most => Some(program.variable(0.0, f64::from(most), true)),
            });
            let row = row.collect();
            program.counts.push(row);
        }
        program
    }

    /// The number of the service's containers on the machine; none where there can be none.
    pub fn count(&self, service: usize, machine: usize) -> Option<Variable> {
        self.counts[service][machine]
    }

    /// All variables of a service, by machine.
    pub fn counts_of(&self, service: usize) -> impl Iterator<Item = (usize, Variable)> + '_ {
        self.counts[service].iter().enumerate().filter_map(|(machine, variable)| Some((machine, (*variable)?)))
    }

    /// One more variable.
    pub fn variable(&mut self, lower: f64, upper: f64, integer: bool) -> Variable {
        self.variables.push(Domain { lower, upper, integer });
        Variable(self.variables.len() - 1)
    }

    /// `terms <= upper`.
    pub fn at_most(&mut self, terms: Terms, upper: f64) {
        self.rows.push(Row { terms, lower: f64::NEG_INFINITY, upper });
    }

    /// `terms >= lower`.
    pub fn at_least(&mut self, terms: Terms, lower: f64) {
        self.rows.push(Row { terms, lower, upper: f64::INFINITY });
    }

    /// `terms == value`.
    pub fn equal(&mut self, terms: Terms, value: f64) {
        self.rows.push(Row { terms, lower: value, upper: value });
    }

    /// The layout that an assignment of the variables stands for.
    pub fn layout(&self, values: &[f64]) -> Layout {
        let read = |variable: &Option<Variable>| variable.map_or(0, |v| values[v.0].round().max(0.0) as u32);
        Layout { counts: self.counts.iter().map(|row| row.iter().map(read).collect()).collect() }
    }
}
