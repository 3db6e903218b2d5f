//! A module of the ABI by somebody else: one file, the standard library and nothing of ours, not one extension.
//!
//! It pairs rows of one size and opposite sign by ascending id. With the param `fault` set to `lose` it keeps a cent of
//! every third row of a size, which a conformance kit has to notice.

use std::cell::RefCell;
use std::collections::BTreeMap;

const ABOUT: &str = r#"{"abi_version":1,"report_schema":1,"domain":{"id":"other.pairs","version":"3"},
"id":{"name":"row_id","type":"i64"},"input":[{"name":"row_id","type":"i64"},{"name":"amount","type":"i64","amount":true}],
"params":[{"name":"fault","type":"utf8","default":"none"}]}"#;

struct Group {
    id: i64,
    pinned: bool,
    origin: &'static str,
    members: Vec<(i64, i64)>,
}

#[derive(Default)]
struct Session {
    rows: BTreeMap<i64, i64>,
    groups: Vec<Group>,
    last: i64,
    loses: bool,
}

type Outcome = Result<(), (&'static str, i64)>;

impl Session {
    fn add(&mut self, origin: &'static str, members: Vec<(i64, i64)>) {
        self.last += 1;
        self.groups.push(Group {
            id: self.last,
            pinned: false,
            origin,
            members,
        });
    }

    /// Breaks up the groups that a row is in; it has none afterwards.
    fn free(&mut self, row: i64) {
        let (held, kept) = std::mem::take(&mut self.groups)
            .into_iter()
            .partition(|group| group.has(row));
        self.groups = kept;
        for part in held
            .into_iter()
            .flat_map(|group: Group| group.members)
            .filter(|&(id, _)| id != row)
        {
            self.add("unmatched", vec![part]);
        }
    }

    fn upsert(&mut self, batch: &[(i64, i64)]) -> Outcome {
        for (at, (id, _)) in batch.iter().enumerate() {
            if batch[..at].iter().any(|(other, _)| other == id) {
                return Err(("duplicate_id", *id));
            }
        }
        for &(id, amount) in batch {
            if self.rows.get(&id) != Some(&amount) {
                self.free(id);
                self.rows.insert(id, amount);
                self.add("unmatched", vec![(id, amount)]);
            }
        }
        Ok(())
    }

    fn remove(&mut self, ids: &[i64]) -> Outcome {
        if let Some(unknown) = ids.iter().find(|id| !self.rows.contains_key(id)) {
            return Err(("unknown_id", *unknown));
        }
        for id in ids {
            self.free(*id);
            self.rows.remove(id);
        }
        Ok(())
    }

    fn solve(&mut self) {
        self.groups.retain(|group| group.pinned);
        let mut left: Vec<(i64, i64)> = self.rows.iter().map(|(id, amount)| (*id, *amount)).collect();
        left.retain(|(id, _)| !self.groups.iter().any(|group| group.has(*id)));
        let mut sizes: BTreeMap<i64, usize> = BTreeMap::new();
        while !left.is_empty() {
            let (id, amount) = left.remove(0);
            let seen = sizes.entry(amount.abs()).or_default();
            *seen += 1;
            match left.iter().position(|(_, other)| amount != 0 && *other == -amount) {
                Some(at) => {
                    let mate = left.remove(at);
                    self.add("pair", vec![(id, amount), mate]);
                }
                None => {
                    let kept = i64::from(self.loses && *seen > 1);
                    self.add("unmatched", vec![(id, amount - kept)]);
                }
            }
        }
    }

    fn group(&mut self, id: i64) -> Result<&mut Group, (&'static str, i64)> {
        self.groups
            .iter_mut()
            .find(|group| group.id == id)
            .ok_or(("unknown_group", id))
    }

    fn dissolve(&mut self, id: i64) -> Outcome {
        if self.group(id)?.pinned {
            return Err(("frozen_group", id));
        }
        let at = self
            .groups
            .iter()
            .position(|group| group.id == id)
            .ok_or(("unknown_group", id))?;
        for part in self.groups.remove(at).members {
            self.add("unmatched", vec![part]);
        }
        Ok(())
    }

    fn does(&mut self, command: &str, arrow: &[u8]) -> Outcome {
        match text(command, "op") {
            "init" => {
                *self = Self {
                    loses: text(command, "fault") == "lose",
                    ..Self::default()
                };
                self.upsert(&rows(arrow))
            }
            "upsert" => self.upsert(&rows(arrow)),
            "remove" => self.remove(&numbers(command, "ids")),
            "solve" => {
                self.solve();
                Ok(())
            }
            "pin" if text(command, "by") == "group" => self
                .group(numbers(command, "group_id")[0])
                .map(|group| group.pinned = true),
            "unpin" => self
                .group(numbers(command, "group_id")[0])
                .map(|group| group.pinned = false),
            "dissolve" => self.dissolve(numbers(command, "group_id")[0]),
            "merge" if !command.contains("\"id\"") => Err(("degenerate_group", 0)),
            "report" => Ok(()),
            _ => Err(("bad_command", 0)),
        }
    }

    fn report(&mut self) -> String {
        self.groups.sort_by(|one, two| one.members.cmp(&two.members));
        let (mut groups, mut parts) = (Vec::new(), Vec::new());
        for Group {
            id,
            pinned,
            origin,
            members,
        } in &self.groups
        {
            let net: i64 = members.iter().map(|(_, amount)| amount).sum();
            let status = if *pinned { "pinned" } else { "proposed" };
            let size = members.len();
            groups.push(format!(
                r#"{{"group_id":{id},"status":"{status}","net":{net},"size":{size},"origin":"{origin}"}}"#
            ));
            for (row, amount) in members {
                parts.push(format!(r#"{{"id":{row},"group_id":{id},"amount":{amount}}}"#));
            }
        }
        let (groups, parts) = (groups.join(","), parts.join(","));
        format!(r#"{{"ok":true,"report":{{"groups":[{groups}],"allocations":[{parts}]}}}}"#)
    }
}

impl Group {
    fn has(&self, row: i64) -> bool {
        self.members.iter().any(|(id, _)| *id == row)
    }
}

/// What follows `"name":` in a command.
fn after<'a>(command: &'a str, name: &str) -> &'a str {
    let key = format!("\"{name}\":");
    command
        .find(&key)
        .map_or("", |at| command[at + key.len()..].trim_start())
}

fn text<'a>(command: &'a str, name: &str) -> &'a str {
    after(command, name)
        .strip_prefix('"')
        .and_then(|rest| rest.split('"').next())
        .unwrap_or("")
}

/// A number, or a list of them.
fn numbers(command: &str, name: &str) -> Vec<i64> {
    let value = after(command, name);
    let end = value
        .find(if value.starts_with('[') { "]" } else { "}" })
        .unwrap_or(value.len());
    value[..end]
        .split(['[', ','])
        .filter_map(|part| part.trim().parse().ok())
        .collect()
}

/// A little-endian number of `SIZE` bytes.
fn int<const SIZE: usize>(bytes: &[u8], at: usize) -> i64 {
    let mut wide = [if bytes[at + SIZE - 1] > 127 { 255 } else { 0 }; 8];
    wide[..SIZE].copy_from_slice(&bytes[at..at + SIZE]);
    i64::from_le_bytes(wide)
}

fn jump(bytes: &[u8], at: usize) -> usize {
    at + int::<4>(bytes, at) as usize
}

/// Where a table of a flatbuffer has its field of this number.
fn field(bytes: &[u8], table: usize, number: usize) -> Option<usize> {
    let list = (table as i64 - int::<4>(bytes, table)) as usize;
    let slot = 4 + 2 * number;
    let offset = if slot < int::<2>(bytes, list) as usize {
        int::<2>(bytes, list + slot)
    } else {
        0
    };
    (offset > 0).then(|| table + offset as usize)
}

/// The two columns of a stream of Arrow batches.
fn rows(stream: &[u8]) -> Vec<(i64, i64)> {
    const BATCH: u8 = 3;
    let (mut at, mut found) = (0, Vec::new());
    while at + 8 <= stream.len() && int::<4>(stream, at + 4) > 0 {
        let head = &stream[at + 8..];
        let body = at + 8 + int::<4>(stream, at + 4) as usize;
        let message = jump(head, 0);
        let length = field(head, message, 3).map_or(0, |place| int::<8>(head, place));
        if field(head, message, 1).is_some_and(|place| head[place] == BATCH) {
            let batch = jump(head, field(head, message, 2).unwrap());
            let count = field(head, batch, 0).map_or(0, |place| int::<8>(head, place)) as usize;
            let buffers = jump(head, field(head, batch, 2).unwrap()) + 4;
            // validity and values of the one column, then of the other
            let column = |number: usize| body + int::<8>(head, buffers + 16 * number) as usize;
            let cell = |number: usize, row: usize| int::<8>(stream, column(number) + 8 * row);
            found.extend((0..count).map(|row| (cell(1, row), cell(3, row))));
        }
        at = body + length as usize;
    }
    found
}

thread_local! {
    static SESSION: RefCell<Session> = RefCell::default();
}

fn packed(reply: String) -> u64 {
    let bytes = reply.into_bytes().into_boxed_slice();
    let length = bytes.len() as u64;
    (length << 32) | Box::into_raw(bytes) as *mut u8 as u64
}

#[no_mangle]
pub extern "C" fn abi_version() -> u32 {
    1
}

#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    Box::into_raw(vec![0_u8; length].into_boxed_slice()).cast()
}

#[no_mangle]
pub unsafe extern "C" fn dealloc(at: *mut u8, length: usize) {
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(at, length)) });
}

#[no_mangle]
pub extern "C" fn describe() -> u64 {
    packed(ABOUT.to_owned())
}

#[no_mangle]
pub unsafe extern "C" fn dispatch(
    command: *const u8,
    command_length: usize,
    arrow: *const u8,
    arrow_length: usize,
) -> u64 {
    let command = unsafe { std::slice::from_raw_parts(command, command_length) };
    let arrow = if arrow_length == 0 {
        &[][..]
    } else {
        unsafe { std::slice::from_raw_parts(arrow, arrow_length) }
    };
    let command = std::str::from_utf8(command).unwrap_or("");
    packed(SESSION.with_borrow_mut(|session| match session.does(command, arrow) {
        Ok(()) => session.report(),
        Err((code, about)) => {
            format!(r#"{{"ok":false,"error":{{"code":"{code}","message":"refused: {about}"}}}}"#)
        }
    }))
}
