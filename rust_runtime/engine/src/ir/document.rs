//! Document of a strategy: version, declarations, tree, source positions.

use std::collections::HashMap;
use std::rc::Rc;

use florecon::value::pattern;
use serde_json::{Map, Value, json};

use super::decode::{Decoder, Fields, MOST_PARTS, Scope, constant, type_of};
use super::place::{At, Refused, shown};
use super::{Column, Constant, Kind, Lane, Node, Param, Strategy, Type};
use crate::canonical;

/// The version of the format that is read.
const VERSION: i64 = 1;
/// The fields of a plugin that are absent where they are null.
const OPTIONAL: [&str; 2] = ["currency", "account"];

/// Reads a strategy and checks all of it.
///
/// # Errors
/// The first place where the document is not what the frontend of this version writes.
pub(crate) fn read(json: &Value) -> Result<Strategy, Refused> {
    let at = &At::ROOT;
    let fields = Fields::of(json, at)?;
    if fields.get("florecon_ir").as_i64() != Some(VERSION) {
        let found = shown(fields.get("florecon_ir"));
        return at.field("florecon_ir").refuse(format!(
            "this engine reads version {VERSION} of the format, found {found}; use the engine of the release that wrote it"
        ));
    }
    let mut names = vec!["florecon_ir", "plugin"];
    names.extend(
        ["source", "explained", "automata"]
            .into_iter()
            .filter(|name| fields.has(name)),
    );
    fields.exactly(&names)?;
    let source = if fields.has("source") {
        sources(fields.get("source"), &at.field("source"))?
    } else {
        Map::new()
    };
    let automata = if fields.has("automata") {
        tables(fields.get("automata"), &at.field("automata"))?
    } else {
        HashMap::new()
    };
    let mut strategy = plugin(fields.get("plugin"), &at.field("plugin"), automata)?;
    strategy.fingerprint = canonical::fingerprint(VERSION, &without_nulls(fields.get("plugin")));
    let mut entries = nodes(&strategy.root, &source);
    if fields.has("explained") {
        explain(&mut entries, fields.list("explained")?, &at.field("explained"))?;
    }
    strategy.nodes_json = Value::Array(entries).to_string();
    Ok(strategy)
}

/// Adds to the entry of each node what a host needs to explain it, which the frontend wrote.
fn explain(entries: &mut [Value], facts: &[Value], at: &At<'_>) -> Result<(), Refused> {
    if facts.len() != entries.len() {
        return at.refuse(format!("expected one object for each of the {} nodes", entries.len()));
    }
    for (index, (entry, facts)) in entries.iter_mut().zip(facts).enumerate() {
        let (Value::Object(entry), Value::Object(facts)) = (entry, facts) else {
            return at
                .item(index)
                .refuse(format!("expected an object, found {}", shown(facts)));
        };
        for (name, fact) in facts {
            entry.entry(name.as_str()).or_insert_with(|| fact.clone());
        }
    }
    Ok(())
}

/// The plugin without optional fields that are null: the fingerprint is that of absent ones.
fn without_nulls(plugin: &Value) -> Value {
    let mut plugin = plugin.clone();
    if let Value::Object(map) = &mut plugin {
        map.retain(|name, value| !(value.is_null() && OPTIONAL.contains(&name.as_str())));
    }
    plugin
}

/// The source positions, by JSON pointer: each a file and a line.
fn sources(json: &Value, at: &At<'_>) -> Result<Map<String, Value>, Refused> {
    let Value::Object(map) = json else {
        return at.refuse(format!("expected an object, found {}", shown(json)));
    };
    for (pointer, place) in map {
        let is_place = place
            .as_array()
            .is_some_and(|two| matches!(two.as_slice(), [Value::String(_), line] if line.is_i64()));
        if !is_place {
            return at.field(pointer).refuse("expected [file, line]");
        }
    }
    Ok(map.clone())
}

/// The tables of the patterns, in hexadecimal digits, by pattern.
fn tables(json: &Value, at: &At<'_>) -> Result<HashMap<String, Rc<[u8]>>, Refused> {
    let Value::Object(map) = json else {
        return at.refuse(format!("expected an object, found {}", shown(json)));
    };
    let mut found = HashMap::new();
    for (name, digits) in map {
        match digits.as_str().and_then(bytes).filter(|table| pattern::is_table(table)) {
            Some(table) => found.insert(name.clone(), Rc::from(table)),
            None => {
                return at
                    .field(name)
                    .refuse("expected the table of an automaton, as the frontend writes it");
            }
        };
    }
    Ok(found)
}

/// The bytes of hexadecimal digits.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok())
        .collect()
}

fn plugin(json: &Value, at: &At<'_>, automata: HashMap<String, Rc<[u8]>>) -> Result<Strategy, Refused> {
    let fields = Fields::of(json, at)?;
    let mut names = vec!["id", "version", "columns", "lanes", "params", "numeraire", "strategy"];
    names.extend(OPTIONAL.iter().filter(|name| fields.has(name)));
    fields.exactly(&names)?;
    let mut decoder = Decoder::new(automata);
    let columns = columns(&fields, &mut decoder)?;
    let lanes = lanes(&fields, &mut decoder)?;
    decoder.params = params(&fields)?;
    let numeraire = decoder.part(&fields, "numeraire", Scope::Lane)?;
    if !(numeraire.of.is(Kind::Integer) || numeraire.of.kind == Kind::Money && !numeraire.of.nullable) {
        return at
            .field("numeraire")
            .refuse("expected money or an integer that is never null");
    }
    let root = decoder.node(fields.get("strategy"), &at.field("strategy"))?;
    Ok(Strategy {
        id: fields.text("id")?.to_owned(),
        version: fields.text("version")?.to_owned(),
        fingerprint: String::new(),
        nodes_json: String::new(),
        lanes,
        params: decoder.params,
        numeraire,
        currency: text_column(&fields, OPTIONAL[0], &columns)?,
        account: text_column(&fields, OPTIONAL[1], &columns)?,
        columns,
        root,
    })
}

/// The text column that an optional field names.
fn text_column(fields: &Fields<'_, '_>, name: &str, columns: &[Column]) -> Result<Option<String>, Refused> {
    if fields.get(name).is_null() {
        return Ok(None);
    }
    let column = fields.text(name)?;
    if columns
        .iter()
        .any(|one| one.name == column && one.of.kind == Kind::Text)
    {
        return Ok(Some(column.to_owned()));
    }
    fields
        .at
        .field(name)
        .refuse(format!("`{}` is no text column", shown(fields.get(name))))
}

/// Names a column or lane, once.
fn declare(decoder: &mut Decoder, name: &str, of: &Type, at: &At<'_>) -> Result<(), Refused> {
    let place = decoder.lanes.len();
    if place >= MOST_PARTS {
        return at.refuse("there are too many columns and lanes");
    }
    match decoder.lanes.insert(name.to_owned(), (place, of.clone())) {
        None => Ok(()),
        Some(_) => at.refuse(format!("the lane `{name}` is declared twice")),
    }
}

fn columns(fields: &Fields<'_, '_>, decoder: &mut Decoder) -> Result<Vec<Column>, Refused> {
    let at = fields.at.field("columns");
    let mut columns = Vec::new();
    for (index, column) in fields.list("columns")?.iter().enumerate() {
        let at = at.item(index);
        let fields = Fields::of(column, &at)?;
        fields.exactly(&["name", "type", "id", "display"])?;
        let column = Column {
            name: fields.text("name")?.to_owned(),
            of: type_of(fields.get("type"), &at.field("type"))?,
            id: fields.flag("id")?,
            display: fields.flag("display")?,
        };
        if matches!(column.of.kind, Kind::List | Kind::Tuple) {
            return at.field("type").refuse("a column is a scalar");
        }
        if column.id && !(column.of.is(Kind::Integer) || column.of.is(Kind::Text)) {
            return at.refuse("the row id is an integer or a text, never null");
        }
        declare(decoder, &column.name, &column.of, &at)?;
        columns.push(column);
    }
    if columns.iter().filter(|column| column.id).count() != 1 {
        return at.refuse("one column is the row id");
    }
    Ok(columns)
}

fn lanes(fields: &Fields<'_, '_>, decoder: &mut Decoder) -> Result<Vec<Lane>, Refused> {
    let at = fields.at.field("lanes");
    let mut lanes = Vec::new();
    for (index, lane) in fields.list("lanes")?.iter().enumerate() {
        let at = at.item(index);
        let fields = Fields::of(lane, &at)?;
        fields.exactly(&["name", "value"])?;
        let value = decoder.part(&fields, "value", Scope::Lane)?;
        declare(decoder, fields.text("name")?, &value.of, &at)?;
        lanes.push(Lane { value });
    }
    Ok(lanes)
}

fn params(fields: &Fields<'_, '_>) -> Result<Vec<Param>, Refused> {
    let at = fields.at.field("params");
    let mut params: Vec<Param> = Vec::new();
    for (index, param) in fields.list("params")?.iter().enumerate() {
        let at = at.item(index);
        let fields = Fields::of(param, &at)?;
        fields.exactly(&["name", "type", "default", "doc"])?;
        let of = type_of(fields.get("type"), &at.field("type"))?;
        if of.nullable || matches!(of.kind, Kind::List | Kind::Tuple) {
            return at.field("type").refuse("a param is a scalar that is never null");
        }
        let param = Param {
            name: fields.text("name")?.to_owned(),
            default: constant(fields.get("default"), &of, &at.field("default"))?,
            doc: fields.text("doc")?.to_owned(),
            of,
        };
        if params.iter().any(|known| known.name == param.name) {
            return at.refuse(format!("the param `{}` is declared twice", param.name));
        }
        params.push(param);
    }
    Ok(params)
}

// -- what `describe` says of the nodes

/// The entries of the nodes, in the order of their ids.
fn nodes(root: &Node, source: &Map<String, Value>) -> Vec<Value> {
    let mut entries = Vec::new();
    enter(root, "", "/plugin/strategy", source, &mut entries);
    entries
}

fn enter(node: &Node, prefix: &str, pointer: &str, source: &Map<String, Value>, entries: &mut Vec<Value>) {
    let (kind, public) = names(node);
    let here = format!("{prefix}{public}");
    let mut entry = json!({"id": entries.len(), "kind": kind, "path": here});
    if let Node::Labeled(tag, _) = node {
        entry["label"] = Value::from(tag.as_str());
    }
    if let Some([file, line]) = source.get(pointer).and_then(Value::as_array).map(Vec::as_slice) {
        entry["file"] = file.clone();
        entry["line"] = line.clone();
    }
    entries.push(entry);
    let mut below = |child: &Node, mark: &str, place: &str| {
        enter(
            child,
            &format!("{here}{mark} > "),
            &format!("{pointer}{place}"),
            source,
            entries,
        );
    };
    match node {
        Node::Seq(steps) => {
            for (index, step) in steps.iter().enumerate() {
                below(step, &format!("[{index}]"), &format!("/steps/{index}"));
            }
        }
        Node::BestOf(_, strategies) => {
            for (index, strategy) in strategies.iter().enumerate() {
                below(strategy, &format!("[{index}]"), &format!("/strategies/{index}"));
            }
        }
        Node::PartitionByTable(_, cases, default) => {
            for (index, (key, case)) in cases.iter().enumerate() {
                below(case, &format!("[{}]", repr(key)), &format!("/cases/{index}/1"));
            }
            below(default, "[default]", "/default");
        }
        _ => node.children().into_iter().for_each(|child| below(child, "", "/inner")),
    }
}

/// The kind of a node, and the name by which an author writes it.
fn names(node: &Node) -> (&'static str, &'static str) {
    use florecon::wire::kind;
    let kind = match node {
        Node::Identity => kind::IDENTITY,
        Node::Seq(_) => kind::SEQ,
        Node::PartitionBy(..) => kind::PARTITION_BY,
        Node::PartitionByTable(..) => return (kind::PARTITION_BY_TABLE, kind::PARTITION_BY_WITH),
        Node::PartitionByWith { .. } => kind::PARTITION_BY_WITH,
        Node::When(..) => kind::WHEN,
        Node::Windowed(..) => kind::WINDOWED,
        Node::Pivot(..) => kind::PIVOT,
        Node::FixedPoint(..) => kind::FIXED_POINT,
        Node::BestOf(..) => kind::BEST_OF,
        Node::Labeled(..) => kind::LABELED,
        Node::AcceptIf(..) => kind::ACCEPT_IF,
        Node::Coalesce(..) => kind::COALESCE,
        Node::Trim(..) => kind::TRIM,
        Node::Snap(..) => kind::SNAP,
        Node::WholeOnly(_) => kind::WHOLE_ONLY,
        Node::Reclaim(..) => kind::RECLAIM,
        Node::Exact1to1 { .. } => kind::EXACT_1TO1,
        Node::AggNet(..) => kind::AGG_NET,
        Node::SignalGroup(..) => kind::SIGNAL_GROUP,
        Node::ReferenceNet(..) => kind::REFERENCE_NET,
        Node::RunningZero { .. } => kind::RUNNING_ZERO,
        Node::SubsetNet { .. } => kind::SUBSET_NET,
        Node::AnchoredSubset(_) => return (kind::ANCHORED_SUBSET, kind::SUBSET_NET),
        Node::Flow(_) => kind::FLOW,
        Node::SoakAll(..) => kind::SOAK_ALL,
        Node::SoakSmall(..) => kind::SOAK_SMALL,
        Node::SoakIf(..) => kind::SOAK_IF,
    };
    (kind, kind)
}

/// A key of a table as the paths of the frontend show it: as Python writes it.
fn repr(key: &[Constant]) -> String {
    let parts: Vec<String> = key.iter().map(repr_constant).collect();
    match parts.as_slice() {
        [one] => one.clone(),
        parts => format!("({})", parts.join(", ")),
    }
}

fn repr_constant(constant: &Constant) -> String {
    match constant {
        Constant::Null => "None".to_owned(),
        Constant::Whole(number) => number.to_string(),
        Constant::Real(real) => canonical::number(*real),
        Constant::Flag(flag) => (if *flag { "True" } else { "False" }).to_owned(),
        Constant::Text(text) => repr_text(text),
    }
}

fn repr_text(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') {
        '"'
    } else {
        '\''
    };
    let mut out = String::from(quote);
    for char in text.chars() {
        match char {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if char == quote => out.extend(['\\', char]),
            _ if is_printable(char) => out.push(char),
            _ => match u32::from(char) {
                code @ ..0x100 => out.push_str(&format!("\\x{code:02x}")),
                code @ ..0x1_0000 => out.push_str(&format!("\\u{code:04x}")),
                code => out.push_str(&format!("\\U{code:08x}")),
            },
        }
    }
    out.push(quote);
    out
}

/// What is no control, format, private or unassigned character, and no separator but the space.
fn is_printable(char: char) -> bool {
    // in the middle of a text a mark that combines is not escaped
    let text = ['a', char].into_iter().collect::<String>();
    matches!(char, '"' | '\'') || !text.escape_debug().to_string().contains("\\u{")
}
