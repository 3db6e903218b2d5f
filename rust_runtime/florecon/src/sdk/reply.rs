//! JSON replies, serialised straight from the report without an intermediate document.

use serde::Serialize;

use super::ordinals::Ordinals;
use super::row_lines::RowLine;
use crate::error::Error;
use crate::recon::Progress;
use crate::report::ReportView;
use crate::row_id::RowId;
use crate::wire::Status;

/// Content of a reply besides the report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    /// Nothing.
    None,
    /// Pinned groups that were demoted.
    Demoted(Vec<i64>),
    /// The group a merge made.
    GroupId(i64),
    /// Number of groups pinned.
    Pinned(usize),
    /// Progress of a solve in steps, and the number of flows certified, if requested.
    Solved {
        progress: Option<Progress>,
        certified: Option<u64>,
    },
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    code: &'a str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<i64>,
}

#[derive(Serialize)]
struct GroupJson<'a> {
    group_id: i64,
    status: &'static str,
    net: i64,
    size: usize,
    origin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct AllocationJson {
    id: i64,
    group_id: i64,
    amount: i64,
}

#[derive(Serialize)]
struct ProgressJson {
    done: u64,
    total: u64,
}

#[derive(Serialize)]
struct SummaryJson {
    rows: usize,
    groups: usize,
    allocations: usize,
    proposed: usize,
    pinned: usize,
    unmatched_rows: usize,
}

/// Writes a value that serde can always write: numbers, texts and lists of them, into memory.
fn put(out: &mut Vec<u8>, value: &impl Serialize) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "plain values are always written");
}

/// The same as a text of its own; the `Display` of a value would bring another writer into every module.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    put(&mut out, value);
    String::from_utf8(out).unwrap_or_default()
}

fn put_list<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, put_item: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        put_item(out, item);
    }
    out.push(b']');
}

/// `{"ok":true` and what there is to say besides; the caller closes the brace.
fn open(extra: &Extra) -> Vec<u8> {
    let mut out = br#"{"ok":true"#.to_vec();
    match extra {
        Extra::None => {}
        Extra::Demoted(groups) => {
            out.extend_from_slice(br#","demoted":"#);
            put(&mut out, groups);
        }
        Extra::GroupId(group_id) => {
            out.extend_from_slice(br#","group_id":"#);
            put(&mut out, group_id);
        }
        Extra::Pinned(count) => {
            out.extend_from_slice(br#","pinned":"#);
            put(&mut out, count);
        }
        Extra::Solved { progress, certified } => {
            if let Some(Progress { done, total, .. }) = *progress {
                out.extend_from_slice(br#","progress":"#);
                put(&mut out, &ProgressJson { done, total });
            }
            if let Some(certified) = certified {
                out.extend_from_slice(br#","certified":"#);
                put(&mut out, certified);
            }
        }
    }
    out
}

/// The reply without a report.
pub(crate) fn nothing(extra: &Extra) -> Vec<u8> {
    let mut out = open(extra);
    out.push(b'}');
    out
}

/// The reply with counts.
pub(crate) fn summary(view: &ReportView<'_>, rows: &[RowLine<'_>], extra: &Extra) -> Vec<u8> {
    let pinned = view.groups().filter(|group| group.pinned()).count();
    let summary = SummaryJson {
        rows: rows.len(),
        groups: view.len(),
        allocations: view.groups().map(|group| group.size()).sum(),
        proposed: view.len() - pinned,
        pinned,
        unmatched_rows: rows.iter().filter(|row| row.is_unmatched).count(),
    };
    let mut out = open(extra);
    out.extend_from_slice(br#","summary":"#);
    put(&mut out, &summary);
    out.push(b'}');
    out
}

/// The reply with the whole report.
pub(crate) fn report(view: &ReportView<'_>, ordinals: &Ordinals, extra: &Extra) -> Vec<u8> {
    let mut out = open(extra);
    // about the size of a line of each
    out.reserve(160 * view.len() + 64);
    out.extend_from_slice(br#","report":{"groups":"#);
    put_list(&mut out, view.groups(), |out, group| {
        let line = group.line();
        let json = GroupJson {
            group_id: line.group_id,
            status: status(line.pinned),
            net: line.net,
            size: line.size,
            origin: &line.origin,
            reason: line.reason.as_deref(),
        };
        put(out, &json);
    });
    out.extend_from_slice(br#","allocations":"#);
    let allocations = view.groups().flat_map(|group| {
        let group_id = group.id();
        group.members().map(move |(id, amount)| (id, group_id, amount))
    });
    put_list(&mut out, allocations, |out, (id, group_id, amount)| {
        put(
            out,
            &AllocationJson {
                id: ordinals.number_or_none(id),
                group_id,
                amount,
            },
        );
    });
    out.extend_from_slice(b"}}");
    out
}

/// The word for a group's lifecycle.
pub(crate) fn status(pinned: bool) -> &'static str {
    let status = if pinned { Status::Pinned } else { Status::Proposed };
    status.name()
}

/// The reply of an error. A text that has no ordinal (before `init`, or of no row) is only in `id_text`.
pub(crate) fn error(error: &Error, ordinals: Option<&Ordinals>) -> Vec<u8> {
    let id = error.id().and_then(|id| match ordinals {
        Some(ordinals) => ordinals.number(id),
        None => Ordinals::default().number(id),
    });
    let described = ErrorJson {
        code: error.code(),
        message: error.to_string(),
        id,
        id_text: match error.id() {
            Some(RowId::Text(text)) => Some(text),
            _ => None,
        },
        group_id: error.group_id(),
    };
    let mut out = br#"{"ok":false,"error":"#.to_vec();
    put(&mut out, &described);
    out.push(b'}');
    out
}
