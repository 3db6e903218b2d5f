//! Description of a module (`describe`).

use serde::Serialize;
use serde_json::Value;

use super::ABI_VERSION;
use super::params::{self, ParamSpec, ParamValues};
use super::program::Program;
use super::reply;
use super::schema::{Domain, Field, FieldKind, Schema};
use crate::wire::EXTENSIONS;

/// Extensions of a module that takes its strategy from `init`.
const STRATEGY_EXTENSIONS: [&str; 2] = ["init.strategy", "restore.strategy"];

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
    currency: Option<&'a str>,
    account: Option<&'a str>,
    params: Vec<ParamJson<'a>>,
    shard: ShardJson<'a>,
    extensions: Vec<&'static str>,
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

#[derive(Serialize)]
struct ShardJson<'a> {
    /// Whether `shard_keys` keeps anything apart, with the params as they are by default.
    exact: bool,
    /// Absent where the program does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<&'a str>>,
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
pub(crate) fn describe<P: Program>(program: &P, takes_strategy: bool) -> String {
    let params = program.params();
    let exact = params::check(params).is_ok() && program.plan(&ParamValues::defaults(params)).is_routed();
    let build = BuildJson {
        strategy: program.fingerprint(),
        runtime: env!("CARGO_PKG_VERSION"),
        nodes: serde_json::from_slice(program.nodes_json().as_bytes()).unwrap_or_else(|_| Value::Array(Vec::new())),
    };
    let extensions = EXTENSIONS
        .into_iter()
        .filter(|name| takes_strategy || !STRATEGY_EXTENSIONS.contains(name))
        .collect();
    let shard = ShardJson {
        exact,
        columns: program.shard_columns().filter(|_| exact),
    };
    let numeraire = NumeraireJson {
        scale: program.numeraire_scale(),
        column: program.amount_column(),
    };
    written(
        &program.domain(),
        program.schema(),
        params,
        shard,
        numeraire,
        build,
        extensions,
    )
}

/// Not generic: what writes and reads JSON values would be in a module twice.
fn written(
    domain: &Domain,
    schema: &Schema,
    params: &[ParamSpec],
    shard: ShardJson<'_>,
    numeraire: NumeraireJson<'_>,
    build: BuildJson<'_>,
    extensions: Vec<&'static str>,
) -> String {
    let id = schema.fields().iter().find(|field| field.is_id());
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
        numeraire,
        currency: schema.currency_name(),
        account: schema.account_name(),
        params: params.iter().map(param).collect(),
        shard,
        extensions,
        build,
    };
    // texts, numbers and lists of them: nothing in there can fail to be written
    reply::json(&described)
}
