//! Messages of a stream: the schema and the batch.

use arrow_ipc as ipc;
use flatbuffers::{FlatBufferBuilder, UnionWIPOffset, WIPOffset};

/// Buffers and messages begin at multiples of this many bytes, as the format recommends.
const ALIGNMENT: usize = 64;

/// Name and type of a column.
pub(super) struct Type<'n> {
    pub name: &'n str,
    pub kind: Kind,
    pub nullable: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Int64,
    UInt64,
    Int32,
    Float64,
    Bool,
    Text,
    Decimal128,
}

impl Kind {
    /// Bytes of the values of so many cells; of texts, of their offsets.
    pub fn size(self, cells: usize) -> usize {
        match self {
            Self::Int64 | Self::UInt64 | Self::Float64 => 8 * cells,
            Self::Int32 => 4 * cells,
            Self::Bool => cells.div_ceil(8),
            Self::Text => 4 * (cells + 1),
            Self::Decimal128 => 16 * cells,
        }
    }
}

pub(super) fn padded(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT)
}

pub(super) fn pad(out: &mut Vec<u8>) {
    out.resize(padded(out.len()), 0);
}

pub(super) fn push_message(out: &mut Vec<u8>, metadata: &[u8]) {
    let framed = padded(8 + metadata.len());
    out.extend_from_slice(&[0xff; 4]);
    // metadata is a few hundred bytes
    out.extend_from_slice(&((framed - 8) as u32).to_le_bytes());
    out.extend_from_slice(metadata);
    pad(out);
}

pub(super) fn schema_message(types: &[Type<'_>]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let fields: Vec<_> = types.iter().map(|column| field(&mut builder, column)).collect();
    let fields = builder.create_vector(&fields);
    let mut schema = ipc::SchemaBuilder::new(&mut builder);
    schema.add_fields(fields);
    let schema = schema.finish().as_union_value();
    finish(builder, ipc::MessageHeader::Schema, schema, 0)
}

fn field<'b>(builder: &mut FlatBufferBuilder<'b>, column: &Type<'_>) -> WIPOffset<ipc::Field<'b>> {
    let name = builder.create_string(column.name);
    let children = builder.create_vector::<WIPOffset<ipc::Field<'b>>>(&[]);
    let (kind, logical) = logical_type(builder, column.kind);
    let mut field = ipc::FieldBuilder::new(builder);
    field.add_name(name);
    field.add_nullable(column.nullable);
    field.add_type_type(kind);
    field.add_type_(logical);
    field.add_children(children);
    field.finish()
}

fn logical_type(builder: &mut FlatBufferBuilder<'_>, kind: Kind) -> (ipc::Type, WIPOffset<UnionWIPOffset>) {
    match kind {
        Kind::Int64 => (ipc::Type::Int, int_type(builder, 64, true)),
        Kind::UInt64 => (ipc::Type::Int, int_type(builder, 64, false)),
        Kind::Int32 => (ipc::Type::Int, int_type(builder, 32, true)),
        Kind::Bool => (
            ipc::Type::Bool,
            ipc::BoolBuilder::new(builder).finish().as_union_value(),
        ),
        Kind::Text => (
            ipc::Type::Utf8,
            ipc::Utf8Builder::new(builder).finish().as_union_value(),
        ),
        Kind::Float64 => {
            let mut float = ipc::FloatingPointBuilder::new(builder);
            float.add_precision(ipc::Precision::DOUBLE);
            (ipc::Type::FloatingPoint, float.finish().as_union_value())
        }
        Kind::Decimal128 => {
            let mut decimal = ipc::DecimalBuilder::new(builder);
            decimal.add_precision(38);
            decimal.add_scale(0);
            decimal.add_bitWidth(128);
            (ipc::Type::Decimal, decimal.finish().as_union_value())
        }
    }
}

fn int_type(builder: &mut FlatBufferBuilder<'_>, bits: i32, is_signed: bool) -> WIPOffset<UnionWIPOffset> {
    let mut int = ipc::IntBuilder::new(builder);
    int.add_bitWidth(bits);
    int.add_is_signed(is_signed);
    int.finish().as_union_value()
}

pub(super) fn batch_message(rows: usize, nulls: &[usize], written: &[Vec<u8>], body: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let nodes: Vec<_> = nulls
        .iter()
        .map(|&nulls| ipc::FieldNode::new(rows as i64, nulls as i64))
        .collect();
    let mut offset = 0;
    let mut buffers = Vec::with_capacity(written.len());
    for buffer in written {
        buffers.push(ipc::Buffer::new(offset, buffer.len() as i64));
        offset += padded(buffer.len()) as i64;
    }
    let nodes = builder.create_vector(&nodes);
    let buffers = builder.create_vector(&buffers);
    let mut batch = ipc::RecordBatchBuilder::new(&mut builder);
    batch.add_length(rows as i64);
    batch.add_nodes(nodes);
    batch.add_buffers(buffers);
    let batch = batch.finish().as_union_value();
    finish(builder, ipc::MessageHeader::RecordBatch, batch, body as i64)
}

fn finish(
    mut builder: FlatBufferBuilder<'_>,
    kind: ipc::MessageHeader,
    header: WIPOffset<UnionWIPOffset>,
    body: i64,
) -> Vec<u8> {
    let mut message = ipc::MessageBuilder::new(&mut builder);
    message.add_version(ipc::MetadataVersion::V5);
    message.add_header_type(kind);
    message.add_header(header);
    message.add_bodyLength(body);
    let message = message.finish();
    builder.finish(message, None);
    builder.finished_data().to_vec()
}
