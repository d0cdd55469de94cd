//! An integer program in plain numbers, free of any solver's types: rules write rows, strategies solve them.

/// A variable of a [`Program`], by its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
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

/// Variables and rows.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// By [`Variable`].
    pub variables: Vec<Domain>,
    /// In the order in which they were added.
    pub rows: Vec<Row>,
}

impl Program {
    /// One more variable.
    pub fn variable(&mut self, lower: f64, upper: f64, integer: bool) -> Variable {
        self.variables.push(Domain { lower, upper, integer });
        Variable(self.variables.len() - 1)
    }

    /// Whether any variable must be whole.
    pub fn is_integer(&self) -> bool {
        self.variables.iter().any(|domain| domain.integer)
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
}
