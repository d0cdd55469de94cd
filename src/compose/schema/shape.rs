//! What may stand where: the vocabulary in which the tables are written.

/// What a value may look like: which scalars, and whether a list or a mapping. Everything not named is refused.
#[derive(Clone, Copy)]
pub(in crate::compose) struct Shape {
    /// Which scalars are allowed; none at all without this.
    pub scalar: Option<Scalar>,
    /// Whether nothing is allowed as well.
    pub null: bool,
    /// A list is allowed, of such items.
    pub items: Option<&'static Shape>,
    /// A mapping is allowed, with such entries.
    pub fields: Option<Fields>,
    /// Keys that a mapping must have.
    pub required: &'static [&'static str],
    /// Anything at all.
    pub any: bool,
    /// Equal items of a list are refused.
    pub unique: bool,
    /// Zero, `false` and blank are told from nothing: the canonical form keeps them.
    pub kept: bool,
    /// Whether a mapping here or further below must have some keys.
    pub demands: bool,
}

/// The scalars that are allowed. Where a number or truth value is wanted, docker compose casts strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::compose) enum Scalar {
    /// A string.
    Text,
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// A truth value, or a string that is cast to one.
    Boolean,
    /// A truth value; strings are not cast.
    StrictBoolean,
    /// A truth value that is true where it is not said, or a string that is cast to one.
    OptOut,
    /// A whole number, or a string that is cast to one.
    Integer,
    /// A whole number that is not negative, or a string that is cast to one.
    Natural,
    /// A number, or a string that is cast to one, and at least this; canonically whole.
    Number(i64),
    /// A number, or a string that is cast to one.
    Decimal,
    /// A whole number within bounds, or a string that is cast to one.
    Within(i64, i64),
    /// A whole number within bounds; strings are not cast.
    Strictly(i64, i64),
    /// A number; strings are not cast.
    StrictNumber,
    /// A number of CPUs that is not negative, or a string that is cast to one.
    Cpus,
    /// A number or a string of any kind.
    TextOrNumber,
    /// A whole number or a string of any kind.
    TextOrInteger,
    /// One of the words of `pull_policy`.
    PullPolicy,
    /// A container's name.
    ContainerName,
    /// A number or a string of any kind; canonically a list of one string.
    Option,
    /// A command line, canonically a list of its words.
    Command,
    /// A command line for the container's shell, canonically a list that begins with `CMD-SHELL`.
    Test,
    /// A file's mode: a number, or a string of octal digits, and so it is canonically.
    Mode,
    /// A file's mode: a number, and so it is canonically, or a string of octal digits.
    ModeNumber,
    /// A truth value or a string of any kind.
    TextOrBoolean,
    /// Any scalar.
    Any,
    /// A number of bytes, or a string such as `512m`.
    Size,
    /// A whole number of bytes, or a string such as `512m`.
    SizeInteger,
    /// A string such as `512m`.
    SizeText,
    /// A string such as `1m30s`.
    Duration,
    /// A whole number or `all`.
    Count,
}

/// The entries that a mapping may have.
#[derive(Clone, Copy)]
pub(in crate::compose) enum Fields {
    /// Any keys, with values of this shape.
    Map(&'static Shape),
    /// Keys of letters, digits, `.`, `_` and `-`, with values of this shape.
    Names(&'static Shape),
    /// The keys of both tables, and `x-*`.
    Keys(Table, Table),
    /// These keys alone.
    ExactKeys(Table),
}

/// The keys of a mapping and what may stand under them.
pub(in crate::compose) type Table = &'static [(&'static str, Shape)];

const NOTHING: Shape = Shape {
    scalar: None,
    null: false,
    items: None,
    fields: None,
    required: &[],
    any: false,
    unique: false,
    kept: false,
    demands: false,
};
/// Anything.
pub(in crate::compose) const ANYTHING: Shape = Shape { any: true, ..NOTHING };
/// A string.
pub(in crate::compose) const TEXT: Shape = scalar(Scalar::Text);
/// A truth value.
pub(in crate::compose) const BOOLEAN: Shape = scalar(Scalar::Boolean);
/// A whole number.
pub(in crate::compose) const INTEGER: Shape = scalar(Scalar::Integer);
/// A whole number from 0 on.
pub(in crate::compose) const NATURAL: Shape = scalar(Scalar::Natural);
/// A number of CPUs.
pub(in crate::compose) const CPUS: Shape = scalar(Scalar::Cpus);
/// A number.
pub(in crate::compose) const NUMBER: Shape = scalar(Scalar::Number(i64::MIN));
/// An amount of bytes.
pub(in crate::compose) const SIZE: Shape = scalar(Scalar::Size);
/// An amount of bytes, whole.
pub(in crate::compose) const SIZE_INTEGER: Shape = scalar(Scalar::SizeInteger);
/// An amount of bytes with a unit.
pub(in crate::compose) const SIZE_TEXT: Shape = scalar(Scalar::SizeText);
/// A span of time.
pub(in crate::compose) const DURATION: Shape = scalar(Scalar::Duration);
/// A list of strings.
pub(in crate::compose) const TEXTS: Shape = list(&TEXT);
/// A string or a list of them.
pub(in crate::compose) const TEXT_OR_TEXTS: Shape = TEXT.or_list(&TEXT);
/// `KEY=value` pairs as a list or a mapping.
pub(in crate::compose) const PAIRS: Shape = map(&scalar(Scalar::Any).or_null()).or_list(&TEXT);
/// `KEY=value` pairs as a list or a mapping, of which those without a value are told from blank ones.
pub(in crate::compose) const VARIABLES: Shape = map(&scalar(Scalar::Any).or_null().kept()).or_list(&TEXT);
/// Options of a driver.
pub(in crate::compose) const OPTIONS: Shape = map(&scalar(Scalar::TextOrNumber));

pub(in crate::compose) const fn scalar(scalar: Scalar) -> Shape {
    Shape { scalar: Some(scalar), ..NOTHING }
}

pub(in crate::compose) const fn one_of(words: &'static [&'static str]) -> Shape {
    scalar(Scalar::OneOf(words))
}

pub(in crate::compose) const fn list(items: &'static Shape) -> Shape {
    NOTHING.or_list(items)
}

pub(in crate::compose) const fn map(values: &'static Shape) -> Shape {
    Shape { fields: Some(Fields::Map(values)), demands: values.demands, ..NOTHING }
}

pub(in crate::compose) const fn names(values: &'static Shape) -> Shape {
    Shape { fields: Some(Fields::Names(values)), demands: values.demands, ..NOTHING }
}

pub(in crate::compose) const fn object(keys: Table) -> Shape {
    NOTHING.or_object(keys)
}

/// A mapping with the keys of both tables.
pub(in crate::compose) const fn objects(own: Table, common: Table) -> Shape {
    Shape { fields: Some(Fields::Keys(own, common)), demands: demand(own) || demand(common), ..NOTHING }
}

pub(in crate::compose) const fn exact(keys: Table) -> Shape {
    Shape { fields: Some(Fields::ExactKeys(keys)), demands: demand(keys), ..NOTHING }
}

/// Whether anything in a table demands keys.
const fn demand(keys: Table) -> bool {
    let mut index = 0;
    while index < keys.len() {
        if keys[index].1.demands {
            return true;
        }
        index += 1;
    }
    false
}

impl Shape {
    pub(in crate::compose) const fn or_null(self) -> Shape {
        Shape { null: true, ..self }
    }

    pub(in crate::compose) const fn or_list(self, items: &'static Shape) -> Shape {
        Shape { items: Some(items), demands: self.demands || items.demands, ..self }
    }

    pub(in crate::compose) const fn or_object(self, keys: Table) -> Shape {
        Shape { fields: Some(Fields::Keys(keys, &[])), demands: self.demands || demand(keys), ..self }
    }

    pub(in crate::compose) const fn or_names(self, values: &'static Shape) -> Shape {
        Shape { fields: Some(Fields::Names(values)), demands: self.demands || values.demands, ..self }
    }

    /// Zero is told from nothing.
    pub(in crate::compose) const fn kept(self) -> Shape {
        Shape { kept: true, ..self }
    }

    /// Equal items are refused.
    pub(in crate::compose) const fn unique(self) -> Shape {
        Shape { unique: true, ..self }
    }

    /// A mapping must have these keys.
    pub(in crate::compose) const fn requiring(self, required: &'static [&'static str]) -> Shape {
        Shape { required, demands: true, ..self }
    }

    /// What is allowed, as a noun phrase.
    pub(in crate::compose) fn noun(&self) -> String {
        let scalar = self.scalar.map(Scalar::noun);
        let list = self.items.map(|_| "a list".to_owned());
        let mapping = self.fields.map(|_| "a mapping".to_owned());
        let allowed: Vec<String> = [scalar, list, mapping].into_iter().flatten().collect();
        match allowed.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            Some((last, _)) => last.clone(),
            None => "empty".to_owned(),
        }
    }

    /// What may stand under `key`, if it is a known one.
    pub(in crate::compose) fn key(&self, key: &str) -> Option<&'static Shape> {
        self.keys().find(|(known, _)| *known == key).map(|(_, shape)| shape)
    }

    /// The known keys, if they are known.
    pub(in crate::compose) fn keys(&self) -> impl Iterator<Item = &'static (&'static str, Shape)> + use<> {
        let (table, also) = match self.fields {
            Some(Fields::Keys(table, also)) => (table, also),
            Some(Fields::ExactKeys(table)) => (table, &[] as Table),
            Some(Fields::Map(_) | Fields::Names(_)) | None => (&[] as Table, &[] as Table),
        };
        table.iter().chain(also)
    }
}

impl Scalar {
    fn noun(self) -> String {
        match self {
            Scalar::Text | Scalar::Command | Scalar::Test => "a string".to_owned(),
            Scalar::OneOf(words) => match words.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("`{}` or `{last}`", rest.join("`, `")),
                _ => format!("`{}`", words.concat()),
            },
            Scalar::Boolean | Scalar::StrictBoolean | Scalar::OptOut => "`true` or `false`".to_owned(),
            Scalar::Integer => "a whole number".to_owned(),
            Scalar::Natural => "a whole number from 0".to_owned(),
            Scalar::Number(0) => "a number from 0".to_owned(),
            Scalar::Number(_) | Scalar::Decimal | Scalar::StrictNumber => "a number".to_owned(),
            Scalar::Within(least, i64::MAX) | Scalar::Strictly(least, i64::MAX) => {
                format!("a whole number from {least}")
            }
            Scalar::Within(least, most) | Scalar::Strictly(least, most) => {
                format!("a whole number from {least} to {most}")
            }
            Scalar::Cpus => "a number of CPUs such as `0.5`".to_owned(),
            Scalar::TextOrNumber | Scalar::Mode | Scalar::ModeNumber => "a string or a number".to_owned(),
            Scalar::TextOrBoolean => "a string, `true` or `false`".to_owned(),
            Scalar::Any | Scalar::Option => "a string, a number, `true` or `false`".to_owned(),
            Scalar::Size | Scalar::SizeInteger => "a size such as `512m`".to_owned(),
            Scalar::TextOrInteger => "a string or a whole number".to_owned(),
            Scalar::PullPolicy => {
                "`always`, `never`, `missing`, `build`, `daily`, `weekly` or such as `every_12h`".to_owned()
            }
            Scalar::ContainerName => "a name of letters, digits, `_`, `.` and `-`, two at least".to_owned(),
            Scalar::SizeText => "a string with a size such as `512m`".to_owned(),
            Scalar::Duration => "a duration such as `1m30s`".to_owned(),
            Scalar::Count => "a whole number or `all`".to_owned(),
        }
    }
}
