//! `labeled`: replaces the reason of groups by the author's label.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use crate::error::Error;
use crate::plan::lot::Lot;
use crate::plan::names::Name;
use crate::plan::node_id::NodeId;
use crate::plan::operator::{ChildResult, GroupTransform};
use crate::plan::run_state::Run;
use crate::plan::tree::Plan;
use crate::wire::kind;

/// Puts `tag` before the reason of every group that `inner` forms: `tag: reason`. The residual is never labeled.
///
/// ```
/// use florecon::prelude::*;
/// let plan: Plan<i64> = labeled("same day", exact_1to1(one_bucket, by_id));
/// ```
#[must_use]
pub fn labeled<R: 'static>(tag: &str, inner: Plan<R>) -> Plan<R> {
    Plan::wrap(kind::LABELED, tag, inner, Labeled { tag: tag.to_owned() })
}

struct Labeled {
    tag: String,
}

impl<R> GroupTransform<R> for Labeled {
    fn is_local(&self) -> bool {
        true
    }

    fn apply(&self, run: &mut Run<'_, R>, _: NodeId, done: ChildResult, _: &mut [Lot]) -> Result<usize, Error> {
        let ChildResult { mark, left } = done;
        let mut renamed: HashMap<Name, Name, FxBuildHasher> = HashMap::default();
        let mut label = String::new();
        let mut last = None;
        for index in mark..run.groups.len() {
            let reason = run.groups.tag(index).reason;
            let new = match last {
                Some((known, new)) if known == reason => new,
                _ => *renamed.entry(reason).or_insert_with(|| match run.names.get(reason) {
                    None => run.names.intern(&self.tag),
                    Some(text) => {
                        label.clear();
                        label.extend([&self.tag, ": ", text]);
                        run.names.intern(&label)
                    }
                }),
            };
            run.groups.tag_mut(index).reason = new;
            last = Some((reason, new));
        }
        Ok(left)
    }
}
