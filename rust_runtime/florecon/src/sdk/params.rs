//! Parameters of a plugin: declaration, validation and values.

use std::cell::RefCell;

use serde_json::{Map, Value};

use super::reply;
use super::schema::{FieldKind, MAX_SCALE};
use crate::error::Error;
use crate::value::{Text, date};

/// The value of a param. Money is minor units, a date days since 1970-01-01.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ParamValue {
    Whole(i64),
    Real(f64),
    Text(Text),
    Boolean(bool),
}

impl ParamValue {
    /// Whether nothing tells the two apart: zero has two signs.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Real(one), Self::Real(other)) => one.to_bits() == other.to_bits(),
            _ => self == other,
        }
    }
}

/// A param: its name, kind, default and what it is for.
///
/// ```
/// use florecon::sdk::params::ParamSpec;
/// let slack = ParamSpec::integer("slack", 100).doc("cents a bucket may be off by");
/// assert_eq!(slack.name(), "slack");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ParamSpec {
    name: String,
    kind: FieldKind,
    default: ParamValue,
    doc: String,
}

impl ParamSpec {
    fn new(name: &str, kind: FieldKind, default: ParamValue) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            default,
            doc: String::new(),
        }
    }

    /// An integer.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::integer("p", 100).kind().to_string(), "integer");
    /// ```
    #[must_use]
    pub fn integer(name: &str, default: i64) -> Self {
        Self::new(name, FieldKind::Integer, ParamValue::Whole(default))
    }

    /// A finite real.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::real("p", 0.5).kind().to_string(), "real");
    /// ```
    #[must_use]
    pub fn real(name: &str, default: f64) -> Self {
        Self::new(name, FieldKind::Real, ParamValue::Real(default))
    }

    /// A text.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::text("p", "EUR").kind().to_string(), "text");
    /// ```
    #[must_use]
    pub fn text(name: &str, default: &str) -> Self {
        Self::new(name, FieldKind::Text, ParamValue::Text(Text::from(default)))
    }

    /// True or false.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::boolean("p", true).kind().to_string(), "boolean");
    /// ```
    #[must_use]
    pub fn boolean(name: &str, default: bool) -> Self {
        Self::new(name, FieldKind::Boolean, ParamValue::Boolean(default))
    }

    /// A day, counted from 1970-01-01.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::date("p", 20_000).kind().to_string(), "date");
    /// ```
    #[must_use]
    pub fn date(name: &str, default: i64) -> Self {
        Self::new(name, FieldKind::Date, ParamValue::Whole(default))
    }

    /// An amount of money with `scale` decimal places; the default is in minor units.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::money("p", 2, 100).kind().to_string(), "money(scale=2)");
    /// ```
    #[must_use]
    pub fn money(name: &str, scale: u32, default: i64) -> Self {
        Self::new(name, FieldKind::Money { scale }, ParamValue::Whole(default))
    }

    /// Description for the user.
    ///
    /// ```
    /// let spec = florecon::sdk::ParamSpec::integer("slack", 100).doc("cents");
    /// assert_eq!(spec.name(), "slack");
    /// ```
    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        doc.clone_into(&mut self.doc);
        self
    }

    /// The param's name.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::ParamSpec::real("penalty", 9.5).name(), "penalty");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Type of the param.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, schema::FieldKind};
    /// assert_eq!(ParamSpec::date("from", 0).kind(), FieldKind::Date);
    /// ```
    #[must_use]
    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// The default as a config would give it: minor units for money, days for a date, 0 or 1 for a boolean.
    pub(crate) fn default_json(&self) -> Value {
        match &self.default {
            ParamValue::Whole(value) => Value::from(*value),
            ParamValue::Real(value) => Value::from(*value),
            ParamValue::Text(value) => Value::from(value.as_str()),
            ParamValue::Boolean(value) => Value::from(i64::from(*value)),
        }
    }

    /// The base type of the param's value in a config: as of a column, but for money, which is exact here too.
    pub(crate) fn base(&self) -> &'static str {
        match self.kind {
            FieldKind::Money { .. } => "i64",
            kind => kind.base(),
        }
    }

    pub(crate) fn doc_text(&self) -> &str {
        &self.doc
    }

    fn read(&self, given: &Value) -> Result<ParamValue, Error> {
        let value = match self.kind {
            FieldKind::Integer => given.as_i64().map(ParamValue::Whole),
            FieldKind::Real => given.as_f64().filter(|real| real.is_finite()).map(ParamValue::Real),
            FieldKind::Text => given.as_str().map(|text| ParamValue::Text(Text::from(text))),
            FieldKind::Boolean => truth(given).map(ParamValue::Boolean),
            FieldKind::Date => day(given).map(ParamValue::Whole),
            FieldKind::Money { .. } => given.as_i64().filter(|minor| *minor != i64::MIN).map(ParamValue::Whole),
        };
        value.ok_or_else(|| {
            let (name, kind, given) = (&self.name, expected(self.kind), reply::json(given));
            Error::bad_config(format!("param `{name}` takes {kind}; it was given {given}"))
        })
    }
}

fn expected(kind: FieldKind) -> String {
    match kind {
        FieldKind::Integer => "a 64-bit integer".to_owned(),
        FieldKind::Real => "a number".to_owned(),
        FieldKind::Text => "a text".to_owned(),
        FieldKind::Boolean => "true or false".to_owned(),
        FieldKind::Date => "a date such as \"2024-12-31\", or days since 1970-01-01".to_owned(),
        FieldKind::Money { scale } => format!("an integer of minor units, {scale} decimals"),
    }
}

fn truth(given: &Value) -> Option<bool> {
    given.as_bool().or_else(|| match given.as_i64() {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => None,
    })
}

fn day(given: &Value) -> Option<i64> {
    match given {
        Value::String(text) => parse_day(text),
        _ => given.as_i64().filter(|days| i32::try_from(*days).is_ok()),
    }
}

/// `YYYY-MM-DD` to days. The calendar knows how a day is written, so a candidate is written and compared.
fn parse_day(text: &str) -> Option<i64> {
    let mut parts = text.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // March-based years put the leap day last
    let (shifted, march) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let (era, of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let of_year = (153 * march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    (date::iso(days) == text).then_some(days)
}

/// The values of all params: what the host gave, defaults for the rest.
///
/// Asking for a param the plugin does not declare, or as another kind, is a mistake in the plugin and panics.
///
/// ```
/// use florecon::sdk::params::{ParamSpec, ParamValues};
/// let values = ParamValues::defaults(&[ParamSpec::integer("slack", 100), ParamSpec::real("penalty", 1000.0)]);
/// assert_eq!(values.integer("slack"), 100);
/// assert_eq!(values.real("penalty"), 1000.0);
/// ```
#[derive(Debug)]
pub struct ParamValues {
    values: Vec<(String, ParamValue)>,
    /// Whether each was asked for.
    asked: RefCell<Vec<bool>>,
}

/// A copy may be asked later, so all of the original counts as asked for.
impl Clone for ParamValues {
    fn clone(&self) -> Self {
        self.asked.borrow_mut().fill(true);
        Self {
            values: self.values.clone(),
            asked: self.asked.clone(),
        }
    }
}

impl PartialEq for ParamValues {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values
    }
}

impl ParamValues {
    /// Every param at its default.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// assert_eq!(ParamValues::defaults(&[ParamSpec::integer("slack", 100)]).integer("slack"), 100);
    /// ```
    #[must_use]
    pub fn defaults(specs: &[ParamSpec]) -> Self {
        Self {
            values: specs
                .iter()
                .map(|spec| (spec.name.clone(), spec.default.clone()))
                .collect(),
            asked: RefCell::new(vec![false; specs.len()]),
        }
    }

    /// These values with those of `config` in their place.
    pub(crate) fn with(&self, specs: &[ParamSpec], config: &Map<String, Value>) -> Result<Self, Error> {
        let mut changed = Self {
            values: self.values.clone(),
            asked: RefCell::new(vec![false; specs.len()]),
        };
        for (name, given) in config {
            let Some(index) = specs.iter().position(|spec| spec.name == *name) else {
                return Err(unknown(specs, name));
            };
            changed.values[index].1 = specs[index].read(given)?;
        }
        Ok(changed)
    }

    /// An integer, a date (in days) or money (in minor units).
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::integer("p", 100)]);
    /// assert_eq!(values.integer("p"), 100);
    /// ```
    #[must_use]
    pub fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            ParamValue::Whole(value) => *value,
            other => mismatch(name, other),
        }
    }

    /// Money, in minor units.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::money("p", 2, 100)]);
    /// assert_eq!(values.money("p"), 100);
    /// ```
    #[must_use]
    pub fn money(&self, name: &str) -> i64 {
        self.integer(name)
    }

    /// A date, in days since 1970-01-01.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::date("p", 20_000)]);
    /// assert_eq!(values.date("p"), 20_000);
    /// ```
    #[must_use]
    pub fn date(&self, name: &str) -> i64 {
        self.integer(name)
    }

    /// A finite real.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::real("p", 0.5)]);
    /// assert_eq!(values.real("p"), 0.5);
    /// ```
    #[must_use]
    pub fn real(&self, name: &str) -> f64 {
        match self.get(name) {
            ParamValue::Real(value) => *value,
            other => mismatch(name, other),
        }
    }

    /// A text.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::text("p", "EUR")]);
    /// assert_eq!(&*values.text("p"), "EUR");
    /// ```
    #[must_use]
    pub fn text(&self, name: &str) -> Text {
        match self.get(name) {
            ParamValue::Text(value) => value.clone(),
            other => mismatch(name, other),
        }
    }

    /// True or false.
    ///
    /// ```
    /// use florecon::sdk::{ParamSpec, ParamValues};
    /// let values = ParamValues::defaults(&[ParamSpec::boolean("p", true)]);
    /// assert_eq!(values.boolean("p"), true);
    /// ```
    #[must_use]
    pub fn boolean(&self, name: &str) -> bool {
        match self.get(name) {
            ParamValue::Boolean(value) => *value,
            other => mismatch(name, other),
        }
    }

    /// Whether all that was asked for is as it is here: a plan that was made of these values is then that of the others.
    pub(crate) fn says_the_same(&self, others: &Self) -> bool {
        let same = self.in_order().zip(others.in_order()).map(|(one, other)| one.is(other));
        same.zip(&*self.asked.borrow()).all(|(same, asked)| same || !asked)
    }

    /// The values in the order of the specs.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &ParamValue> {
        self.values.iter().map(|(_, value)| value)
    }

    /// The same, to be changed to others of their kind.
    pub(super) fn in_order_mut(&mut self) -> impl Iterator<Item = &mut ParamValue> {
        self.values.iter_mut().map(|(_, value)| value)
    }

    fn get(&self, name: &str) -> &ParamValue {
        match self.values.iter().position(|(known, _)| known == name) {
            Some(index) => {
                self.asked.borrow_mut()[index] = true;
                &self.values[index].1
            }
            None => panic!("the plugin declares no param `{name}`; add it to `Plugin::params`"),
        }
    }
}

#[cold]
fn mismatch(name: &str, value: &ParamValue) -> ! {
    let kind = match value {
        ParamValue::Whole(_) => "an integer, money or a date",
        ParamValue::Real(_) => "a real",
        ParamValue::Text(_) => "a text",
        ParamValue::Boolean(_) => "a boolean",
    };
    panic!("param `{name}` is {kind}; read it with the method of its kind")
}

fn unknown(specs: &[ParamSpec], name: &str) -> Error {
    let known: Vec<&str> = specs.iter().map(ParamSpec::name).collect();
    let hint = if known.is_empty() {
        "this plugin has none".to_owned()
    } else {
        format!("known: {}", known.join(", "))
    };
    Error::bad_config(format!("there is no param `{name}`; {hint}"))
}

/// Checks what the wire relies on: names are distinct, defaults are of their kind's range.
pub(crate) fn check(specs: &[ParamSpec]) -> Result<(), String> {
    for (index, spec) in specs.iter().enumerate() {
        let name = &spec.name;
        if specs[..index].iter().any(|other| other.name == *name) {
            return Err(format!("two params are named `{name}`; rename one"));
        }
        let fits = match (&spec.default, spec.kind) {
            (ParamValue::Real(real), _) => real.is_finite(),
            (ParamValue::Whole(days), FieldKind::Date) => i32::try_from(*days).is_ok(),
            (ParamValue::Whole(minor), FieldKind::Money { scale }) => *minor != i64::MIN && scale <= MAX_SCALE,
            _ => true,
        };
        if !fits {
            return Err(format!("the default of param `{name}` is not a {}", spec.kind));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(spec: &ParamSpec, given: &Value) -> Result<ParamValue, Error> {
        spec.read(given)
    }

    #[test]
    fn values_are_read_strictly() {
        let integer = ParamSpec::integer("n", 1);
        assert_eq!(read(&integer, &json!(7)), Ok(ParamValue::Whole(7)));
        for bad in [json!(7.0), json!("7"), json!(null), json!(true), json!(u64::MAX)] {
            assert_eq!(read(&integer, &bad).unwrap_err().code(), "bad_config", "{bad}");
        }
        let real = ParamSpec::real("r", 1.0);
        assert_eq!(read(&real, &json!(7)), Ok(ParamValue::Real(7.0)));
        let boolean = ParamSpec::boolean("b", false);
        assert_eq!(read(&boolean, &json!(1)), Ok(ParamValue::Boolean(true)));
        assert!(read(&boolean, &json!(2)).is_err());
        let amount = ParamSpec::money("m", 2, 0);
        assert_eq!(read(&amount, &json!(105)), Ok(ParamValue::Whole(105)));
        let message = read(&amount, &json!(1.05)).unwrap_err().to_string();
        assert_eq!(
            message,
            "param `m` takes an integer of minor units, 2 decimals; it was given 1.05"
        );
    }

    #[test]
    fn dates_are_days_or_iso() {
        let spec = ParamSpec::date("d", 0);
        for (text, days) in [
            ("1970-01-01", 0),
            ("2000-02-29", 11_016),
            ("0001-01-01", -719_162),
            ("9999-12-31", 2_932_896),
        ] {
            assert_eq!(read(&spec, &json!(text)), Ok(ParamValue::Whole(days)), "{text}");
        }
        for bad in [
            "2001-02-29",
            "2001-2-03",
            "2001-02",
            "2001-02-03-04",
            "20010203",
            "",
            "2001-13-01",
        ] {
            assert!(read(&spec, &json!(bad)).is_err(), "{bad}");
        }
        assert_eq!(read(&spec, &json!(-5)), Ok(ParamValue::Whole(-5)));
        assert!(read(&spec, &json!(1_i64 << 40)).is_err());
    }
}
