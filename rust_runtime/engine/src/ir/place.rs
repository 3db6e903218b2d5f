//! Place in the JSON of a strategy, for errors.

use florecon::error::Error;
use serde_json::Value;

/// Path from the root of the document: a JSON pointer that is written only where something is wrong.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    above: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Field(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    pub const ROOT: At<'static> = At {
        above: None,
        step: Step::Root,
    };

    pub fn field<'b>(&'b self, name: &'b str) -> At<'b> {
        At {
            above: Some(self),
            step: Step::Field(name),
        }
    }

    pub fn item<'b>(&'b self, index: usize) -> At<'b> {
        At {
            above: Some(self),
            step: Step::Item(index),
        }
    }

    fn write(&self, out: &mut String) {
        if let Some(above) = self.above {
            above.write(out);
        }
        match self.step {
            Step::Root => {}
            Step::Field(name) => {
                out.push('/');
                out.push_str(&name.replace('~', "~0").replace('/', "~1"));
            }
            Step::Item(index) => {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
    }

    pub fn pointer(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        if out.is_empty() { "/".to_owned() } else { out }
    }

    /// The error of this place.
    pub fn refuse<T>(&self, what: impl AsRef<str>) -> Result<T, Refused> {
        let (pointer, what) = (self.pointer(), what.as_ref());
        Err(Refused(format!("the strategy is refused at {pointer}: {what}")))
    }
}

/// A strategy that cannot be run: the place and the fault.
#[derive(Debug)]
pub(crate) struct Refused(pub String);

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::BadStrategy { message: refused.0 }
    }
}

/// A JSON value in a message: as it is when it is short, by its kind otherwise.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.chars().count() <= 40 => format!("\"{text}\""),
        Value::String(_) => "a long text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
