//! Number of nodes and buffers of a field in a batch, so that unrequested columns can be skipped.

use arrow_ipc::{Field, MetadataVersion, Type, UnionMode};

/// A deeper nesting than any table has.
const MAX_DEPTH: usize = 64;

/// Nodes and buffers of a field and its children.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub nodes: usize,
    pub buffers: usize,
    /// Each of these fields takes one entry of the variadic counts, and as many buffers more as that entry says.
    pub variadic: usize,
}

/// The extent of `field`; `None` for a type this runtime has never heard of.
pub(super) fn extent(field: Field<'_>, version: MetadataVersion) -> Option<Extent> {
    measure(field, version, 0)
}

fn measure(field: Field<'_>, version: MetadataVersion, depth: usize) -> Option<Extent> {
    if depth > MAX_DEPTH {
        return None;
    }
    if field.dictionary().is_some() {
        return Some(Extent {
            nodes: 1,
            buffers: 2,
            variadic: 0,
        });
    }
    let (buffers, variadic) = own_buffers(field, version)?;
    let mut total = Extent {
        nodes: 1,
        buffers,
        variadic,
    };
    for child in field.children().into_iter().flatten() {
        let inner = measure(child, version, depth + 1)?;
        total.nodes += inner.nodes;
        total.buffers += inner.buffers;
        total.variadic += inner.variadic;
    }
    Some(total)
}

fn own_buffers(field: Field<'_>, version: MetadataVersion) -> Option<(usize, usize)> {
    Some(match field.type_type() {
        Type::Null | Type::RunEndEncoded => (0, 0),
        Type::FixedSizeList | Type::Struct_ => (1, 0),
        Type::Int
        | Type::FloatingPoint
        | Type::Bool
        | Type::Decimal
        | Type::Date
        | Type::Time
        | Type::Timestamp
        | Type::Interval
        | Type::Duration
        | Type::FixedSizeBinary
        | Type::List
        | Type::LargeList
        | Type::Map => (2, 0),
        Type::Utf8 | Type::Binary | Type::LargeUtf8 | Type::LargeBinary | Type::ListView | Type::LargeListView => {
            (3, 0)
        }
        Type::Utf8View | Type::BinaryView => (2, 1),
        Type::Union => {
            let offsets = usize::from(field.type_as_union()?.mode() == UnionMode::Dense);
            // a union had a validity bitmap before version 5
            (1 + offsets + usize::from(version < MetadataVersion::V5), 0)
        }
        _ => return None,
    })
}
