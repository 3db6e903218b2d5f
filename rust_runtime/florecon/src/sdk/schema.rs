//! Input schema of a plugin: columns, each with a wire type.

use std::fmt;

/// The most decimal places money may have: `10^18` is the largest power of ten in an `i64`.
pub const MAX_SCALE: u32 = 18;

/// Type of a column or a param.
///
/// ```
/// use florecon::sdk::schema::FieldKind;
/// assert_eq!(FieldKind::Money { scale: 2 }.to_string(), "money(scale=2)");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A 64-bit integer.
    Integer,
    /// A finite real.
    Real,
    /// A UTF-8 text.
    Text,
    /// An exact amount: decimals on the wire, `i64` minor units inside.
    Money {
        /// Decimal places, 0 to [`MAX_SCALE`].
        scale: u32,
    },
    /// A day, as days since 1970-01-01.
    Date,
    /// True or false.
    Boolean,
}

impl FieldKind {
    /// The base type of the wire: what a host that knows nothing more may ship.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::schema::FieldKind::Date.base(), "i64");
    /// ```
    #[must_use]
    pub fn base(self) -> &'static str {
        match self {
            Self::Integer | Self::Date | Self::Boolean => "i64",
            Self::Real | Self::Money { .. } => "f64",
            Self::Text => "utf8",
        }
    }

    /// The richer type that rides beside the base type, if there is one.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::schema::FieldKind::Date.logical(), Some("date"));
    /// ```
    #[must_use]
    pub fn logical(self) -> Option<&'static str> {
        match self {
            Self::Money { .. } => Some("money"),
            Self::Date => Some("date"),
            Self::Boolean => Some("boolean"),
            Self::Integer | Self::Real | Self::Text => None,
        }
    }

    /// The decimal places of money.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::schema::FieldKind::Money { scale: 2 }.scale(), Some(2));
    /// ```
    #[must_use]
    pub fn scale(self) -> Option<u32> {
        match self {
            Self::Money { scale } => Some(scale),
            _ => None,
        }
    }

    /// The Arrow types the wire takes for this kind, for messages.
    pub(crate) fn accepts(self) -> &'static str {
        match self {
            Self::Integer => "int8 to int64 or uint8 to uint32",
            Self::Real => "float32, float64 or an integer type",
            Self::Text => "utf8, large_utf8, utf8_view or a dictionary of one of them",
            Self::Money { .. } => "decimal128, float32, float64 or an integer type, in major units",
            Self::Date => "date32, date64 or an integer type counting days since 1970-01-01",
            Self::Boolean => "bool or an integer type holding 0 and 1",
        }
    }
}

impl fmt::Display for FieldKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Real => f.write_str("real"),
            Self::Text => f.write_str("text"),
            Self::Money { scale } => write!(f, "money(scale={scale})"),
            Self::Date => f.write_str("date"),
            Self::Boolean => f.write_str("boolean"),
        }
    }
}

/// One column of the input.
///
/// ```
/// use florecon::sdk::schema::{Field, FieldKind};
/// let field = Field::money("amount", 2).amount();
/// assert_eq!(field.kind(), FieldKind::Money { scale: 2 });
/// assert!(!field.is_nullable());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    name: String,
    kind: FieldKind,
    nullable: bool,
    id: bool,
    amount: bool,
}

impl Field {
    fn new(name: &str, kind: FieldKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            nullable: false,
            id: false,
            amount: false,
        }
    }

    /// A 64-bit integer.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::integer("c").kind().to_string(), "integer");
    /// ```
    #[must_use]
    pub fn integer(name: &str) -> Self {
        Self::new(name, FieldKind::Integer)
    }

    /// A finite real.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::real("c").kind().to_string(), "real");
    /// ```
    #[must_use]
    pub fn real(name: &str) -> Self {
        Self::new(name, FieldKind::Real)
    }

    /// A text.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::text("c").kind().to_string(), "text");
    /// ```
    #[must_use]
    pub fn text(name: &str) -> Self {
        Self::new(name, FieldKind::Text)
    }

    /// An exact amount with `scale` decimal places; the plugin sees minor units.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::money("c", 2).kind().to_string(), "money(scale=2)");
    /// ```
    #[must_use]
    pub fn money(name: &str, scale: u32) -> Self {
        Self::new(name, FieldKind::Money { scale })
    }

    /// A day; the plugin sees days since 1970-01-01.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::date("c").kind().to_string(), "date");
    /// ```
    #[must_use]
    pub fn date(name: &str) -> Self {
        Self::new(name, FieldKind::Date)
    }

    /// True or false.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::boolean("c").kind().to_string(), "boolean");
    /// ```
    #[must_use]
    pub fn boolean(name: &str) -> Self {
        Self::new(name, FieldKind::Boolean)
    }

    /// Nulls may come in this column.
    ///
    /// ```
    /// assert!(florecon::sdk::Field::text("memo").nullable().is_nullable());
    /// ```
    #[must_use]
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// This column is the row's id: caller-owned, stable, an integer or a text.
    ///
    /// ```
    /// assert!(florecon::sdk::Field::integer("row_id").id().is_id());
    /// ```
    #[must_use]
    pub fn id(mut self) -> Self {
        self.id = true;
        self
    }

    /// This column is the headline figure a host shows. It has no other meaning; the numeraire is the plugin's affair.
    ///
    /// ```
    /// assert!(florecon::sdk::Field::money("amount", 2).amount().is_amount());
    /// ```
    #[must_use]
    pub fn amount(mut self) -> Self {
        self.amount = true;
        self
    }

    /// The column's name.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Field::text("memo").name(), "memo");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Type of the column.
    ///
    /// ```
    /// use florecon::sdk::schema::{Field, FieldKind};
    /// assert_eq!(Field::date("day").kind(), FieldKind::Date);
    /// ```
    #[must_use]
    pub fn kind(&self) -> FieldKind {
        self.kind
    }

    /// Whether nulls may come.
    ///
    /// ```
    /// assert!(!florecon::sdk::Field::text("memo").is_nullable());
    /// ```
    #[must_use]
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// Whether this is the id column.
    ///
    /// ```
    /// assert!(!florecon::sdk::Field::text("memo").is_id());
    /// ```
    #[must_use]
    pub fn is_id(&self) -> bool {
        self.id
    }

    /// Whether this is the headline amount.
    ///
    /// ```
    /// assert!(!florecon::sdk::Field::text("memo").is_amount());
    /// ```
    #[must_use]
    pub fn is_amount(&self) -> bool {
        self.amount
    }
}

/// The columns of the input, in the order in which a [`Record`](super::Record) counts them.
///
/// ```
/// use florecon::sdk::schema::{Field, Schema};
/// let schema = Schema::new(vec![Field::integer("row_id").id(), Field::money("amount", 2).amount()]);
/// assert_eq!(schema.check(), Ok(()));
/// assert!(Schema::new(vec![Field::money("amount", 2)]).check().is_err()); // no id
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<Field>,
    currency: Option<String>,
    account: Option<String>,
}

impl Schema {
    /// A schema of these columns. Nothing is checked here; see [`Schema::check`].
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// assert_eq!(Schema::new(vec![Field::integer("row_id").id()]).check(), Ok(()));
    /// ```
    #[must_use]
    pub fn new(fields: Vec<Field>) -> Self {
        Self {
            fields,
            currency: None,
            account: None,
        }
    }

    /// Names the text column of the currency: a host keeps totals of its values apart and never adds them up.
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// let schema = Schema::new(vec![Field::integer("row_id").id(), Field::text("ccy")]).currency("ccy");
    /// assert_eq!((schema.currency_name(), schema.check()), (Some("ccy"), Ok(())));
    /// ```
    #[must_use]
    pub fn currency(mut self, name: &str) -> Self {
        self.currency = Some(name.to_owned());
        self
    }

    /// Names the text column of the account, whose values have totals of their own.
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// let schema = Schema::new(vec![Field::integer("row_id").id(), Field::text("gl")]).account("gl");
    /// assert_eq!(schema.account_name(), Some("gl"));
    /// ```
    #[must_use]
    pub fn account(mut self, name: &str) -> Self {
        self.account = Some(name.to_owned());
        self
    }

    /// The name of the currency column, if one was named.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Schema::new(Vec::new()).currency_name(), None);
    /// ```
    #[must_use]
    pub fn currency_name(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// The name of the account column, if one was named.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Schema::new(Vec::new()).account_name(), None);
    /// ```
    #[must_use]
    pub fn account_name(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// The columns.
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// assert_eq!(Schema::new(vec![Field::text("memo")]).fields()[0].name(), "memo");
    /// ```
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The position of the id column: the first one so marked.
    pub(crate) fn id_index(&self) -> Option<usize> {
        self.fields.iter().position(Field::is_id)
    }

    /// Whether ids are texts (and so travel as ordinals in JSON).
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// assert!(Schema::new(vec![Field::text("invoice").id()]).has_text_id());
    /// ```
    #[must_use]
    pub fn has_text_id(&self) -> bool {
        self.id_index()
            .is_some_and(|index| self.fields[index].kind == FieldKind::Text)
    }

    /// Checks what every session relies on; `init` reports a failure as `bad_config`.
    ///
    /// # Errors
    /// The first rule that is broken, in words: names are distinct and not empty, there is exactly one id, it is an integer or
    /// a text and not nullable, at most one column is the amount and it is a number, scales are at most [`MAX_SCALE`], and the
    /// currency and the account are text columns.
    ///
    /// ```
    /// use florecon::sdk::{Field, Schema};
    /// let told = Schema::new(vec![Field::text("memo")]).check().unwrap_err();
    /// assert_eq!(told, "the schema has 0 id columns; mark exactly one with `.id()`");
    /// ```
    pub fn check(&self) -> Result<(), String> {
        for (index, field) in self.fields.iter().enumerate() {
            check_field(field)?;
            if self.fields[..index].iter().any(|other| other.name == field.name) {
                return Err(format!("the schema has two columns named `{}`; rename one", field.name));
            }
        }
        let ids = self.fields.iter().filter(|field| field.id).count();
        if ids != 1 {
            return Err(format!(
                "the schema has {ids} id columns; mark exactly one with `.id()`"
            ));
        }
        let amounts = self.fields.iter().filter(|field| field.amount).count();
        if amounts > 1 {
            return Err(format!(
                "the schema has {amounts} amount columns; mark at most one with `.amount()`"
            ));
        }
        for (what, named) in [("currency", &self.currency), ("account", &self.account)] {
            let Some(name) = named else { continue };
            let found = self.fields.iter().find(|field| field.name == *name);
            if found.is_none_or(|field| field.kind != FieldKind::Text) {
                return Err(format!("the {what} `{name}` is no text column of the schema"));
            }
        }
        Ok(())
    }
}

fn check_field(field: &Field) -> Result<(), String> {
    let name = &field.name;
    if name.is_empty() {
        return Err("the schema has a column without a name".to_owned());
    }
    if field.id && !matches!(field.kind, FieldKind::Integer | FieldKind::Text) {
        return Err(format!(
            "the id column `{name}` is {}; an id is an integer or a text",
            field.kind
        ));
    }
    if field.id && field.nullable {
        return Err(format!("the id column `{name}` is nullable; every row needs an id"));
    }
    if field.amount
        && !matches!(
            field.kind,
            FieldKind::Integer | FieldKind::Real | FieldKind::Money { .. }
        )
    {
        return Err(format!(
            "the amount column `{name}` is {}; an amount is a number",
            field.kind
        ));
    }
    if field.kind.scale().is_some_and(|scale| scale > MAX_SCALE) {
        return Err(format!(
            "the column `{name}` is {}; a scale is at most {MAX_SCALE}",
            field.kind
        ));
    }
    Ok(())
}

/// The name and version a plugin goes by.
///
/// ```
/// let domain = florecon::sdk::schema::Domain::new("acme.intercompany", "1.0.0");
/// assert_eq!(domain.id(), "acme.intercompany");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    id: String,
    version: String,
}

impl Domain {
    /// A domain of this id and version.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Domain::new("acme.bank", "1.0.0").version(), "1.0.0");
    /// ```
    #[must_use]
    pub fn new(id: &str, version: &str) -> Self {
        Self {
            id: id.to_owned(),
            version: version.to_owned(),
        }
    }

    /// The id, such as `acme.intercompany`.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Domain::new("acme.bank", "1.0.0").id(), "acme.bank");
    /// ```
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The version of the strategy, as its author counts.
    ///
    /// ```
    /// assert_eq!(florecon::sdk::Domain::new("acme.bank", "1.0.0").version(), "1.0.0");
    /// ```
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}
