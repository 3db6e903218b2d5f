//! Description of a module (`describe`).

use serde::Serialize;
use serde_json::Value;

use super::ABI_VERSION;
use super::dispatch::plan;
use super::params::{self, ParamSpec, ParamValues};
use super::plugin::{AmountColumn, BuildInfo, Plugin};
use super::reply;
use super::schema::{Domain, Field, FieldKind, Schema};
use crate::wire::EXTENSIONS;

/// The version of the report's shape.
const REPORT_SCHEMA: u32 = 1;

#[derive(Serialize)]
struct Described<'a> {
    abi_version: u32,
    report_schema: u32,
    domain: DomainJson<'a>,
    id: NamedType<'a>,
    input: Vec<FieldJson<'a>>,
    numeraire: NumeraireJson<'a>,
    params: Vec<ParamJson<'a>>,
    shard: ShardJson,
    extensions: [&'static str; EXTENSIONS.len()],
    build: BuildJson<'a>,
}

#[derive(Serialize)]
struct DomainJson<'a> {
    id: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct NumeraireJson<'a> {
    scale: u32,
    /// Absent where the plugin does not say, null where the amounts are computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<Option<&'a str>>,
}

/// Whether `shard_keys` keeps anything apart, with the params as they are by default.
#[derive(Serialize)]
struct ShardJson {
    exact: bool,
}

#[derive(Serialize)]
struct NamedType<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    base: &'static str,
}

#[derive(Serialize)]
struct KindJson {
    #[serde(rename = "type")]
    base: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scale: Option<u32>,
}

impl From<FieldKind> for KindJson {
    fn from(kind: FieldKind) -> Self {
        Self {
            base: kind.base(),
            logical: kind.logical(),
            scale: kind.scale(),
        }
    }
}

#[derive(Serialize)]
struct FieldJson<'a> {
    name: &'a str,
    #[serde(flatten)]
    kind: KindJson,
    #[serde(skip_serializing_if = "is_false")]
    nullable: bool,
    #[serde(skip_serializing_if = "is_false")]
    id: bool,
    #[serde(skip_serializing_if = "is_false")]
    amount: bool,
}

#[derive(Serialize)]
struct ParamJson<'a> {
    name: &'a str,
    #[serde(flatten)]
    kind: KindJson,
    default: Value,
    doc: &'a str,
}

#[derive(Serialize)]
struct BuildJson<'a> {
    strategy: &'a str,
    runtime: &'a str,
    nodes: Value,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde calls")]
fn is_false(flag: &bool) -> bool {
    !flag
}

fn field(field: &Field) -> FieldJson<'_> {
    FieldJson {
        name: field.name(),
        kind: field.kind().into(),
        nullable: field.is_nullable(),
        id: field.is_id(),
        amount: field.is_amount(),
    }
}

fn param(spec: &ParamSpec) -> ParamJson<'_> {
    let kind = KindJson {
        base: spec.base(),
        ..spec.kind().into()
    };
    ParamJson {
        name: spec.name(),
        kind,
        default: spec.default_json(),
        doc: spec.doc_text(),
    }
}

/// The JSON that `describe` replies with.
pub(crate) fn describe<P: Plugin>() -> String {
    let params = P::params();
    let exact = params::check(&params).is_ok() && plan::<P>(&ParamValues::defaults(&params)).is_routed();
    written(&P::domain(), &P::schema(), &params, exact, &P::build())
}

/// Not generic: what writes and reads JSON values would be in a module twice.
fn written(domain: &Domain, schema: &Schema, params: &[ParamSpec], exact: bool, build: &BuildInfo) -> String {
    let id = schema.id_index().map(|index| &schema.fields()[index]);
    let described = Described {
        abi_version: ABI_VERSION,
        report_schema: REPORT_SCHEMA,
        domain: DomainJson {
            id: domain.id(),
            version: domain.version(),
        },
        id: NamedType {
            name: id.map_or("", Field::name),
            base: id.map_or("i64", |field| field.kind().base()),
        },
        input: schema.fields().iter().map(field).collect(),
        numeraire: NumeraireJson {
            scale: build.numeraire_scale,
            column: match build.amount_column {
                AmountColumn::Unstated => None,
                AmountColumn::Named(name) => Some(Some(name)),
                AmountColumn::Computed => Some(None),
            },
        },
        params: params.iter().map(param).collect(),
        shard: ShardJson { exact },
        extensions: EXTENSIONS,
        build: BuildJson {
            strategy: build.strategy,
            runtime: env!("CARGO_PKG_VERSION"),
            nodes: serde_json::from_slice(build.nodes_json.as_bytes()).unwrap_or_else(|_| Value::Array(Vec::new())),
        },
    };
    // texts, numbers and lists of them: nothing in there can fail to be written
    reply::json(&described)
}
