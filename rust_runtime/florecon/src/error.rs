//! Typed errors, one variant per error code of the wire.

use thiserror::Error as ThisError;

use crate::row_id::RowId;
use crate::value::EvalError;
use crate::wire::ErrorCode;

/// A refused command. Nothing changed: the session is as it was before.
///
/// The message (`Display`) names the row, group or column it is about and says what to do.
///
/// ```
/// use florecon::error::Error;
/// use florecon::row_id::RowId;
/// let error = Error::FrozenGroup { group: 7 };
/// assert_eq!(error.code(), "frozen_group");
/// assert_eq!(error.group_id(), Some(7));
/// assert_eq!(error.to_string(), "group 7 is pinned; unpin it first");
/// assert_eq!(Error::UnknownId { id: RowId::from(3) }.id(), Some(&RowId::from(3)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum Error {
    /// A command that cannot be understood, or an argument out of range.
    #[error("{message}")]
    BadCommand {
        /// Description of the fault, and the remedy.
        message: String,
        /// The row's id, when it is about one.
        id: Option<RowId>,
    },
    /// A command before `init`.
    #[error("there is no session yet; send init first")]
    NoSession,
    /// Bytes that are not one Arrow IPC stream.
    #[error("{message}")]
    BadTable {
        /// Description of the fault.
        message: String,
    },
    /// A column of the schema that the batch lacks.
    #[error("{message}")]
    MissingColumn {
        /// The column.
        message: String,
    },
    /// A column of a type the schema does not accept.
    #[error("{message}")]
    WrongType {
        /// The column, the type given and the types accepted.
        message: String,
    },
    /// A null where the schema allows none.
    #[error("{message}")]
    NullValue {
        /// The column and the row.
        message: String,
        /// The row's id, when it is known.
        id: Option<RowId>,
    },
    /// A value that is no amount: NaN, infinite, not representable in minor units, or a day outside the calendar.
    #[error("{message}")]
    BadAmount {
        /// The column or expression.
        message: String,
        /// The row's id, when it is known.
        id: Option<RowId>,
    },
    /// A sum or an expression that leaves the 64-bit range.
    #[error("{message}")]
    AmountOverflow {
        /// The sum or expression that overflowed.
        message: String,
        /// The row's id, when it is known.
        id: Option<RowId>,
    },
    /// One id twice in a batch or a merge.
    #[error("id {id} occurs twice, in {what} {} and {}; send each id once", .places.0, .places.1)]
    DuplicateId {
        /// The id.
        id: RowId,
        /// Place: `rows` of a batch or `allocations` of a merge.
        what: &'static str,
        /// The first two places there, counted from 0.
        places: (usize, usize),
    },
    /// A param or a strategy that cannot be used.
    #[error("{message}")]
    BadConfig {
        /// The setting and its admissible values.
        message: String,
    },
    /// A strategy as data that cannot be run, or where none is taken.
    #[error("{message}")]
    BadStrategy {
        /// The place (a JSON pointer), the fault and what is expected.
        message: String,
    },
    /// A cost or penalty that is NaN, infinite, out of range or negative where it may not be.
    #[error("{message}")]
    BadCost {
        /// The value, and the rows.
        message: String,
        /// The source of the pair, or the row of the penalty.
        id: RowId,
        /// The sink of the pair.
        other: Option<RowId>,
    },
    /// A snapshot of another strategy or runtime, or a damaged one.
    #[error("{message}")]
    BadSnapshot {
        /// The reason.
        message: String,
    },
    /// An id that no row has.
    #[error("no row has id {id}; check the id or upsert the row first")]
    UnknownId {
        /// The id.
        id: RowId,
    },
    /// A group id that no group has.
    #[error("no group has id {group}; ids of proposed groups change with every solve, read the report again")]
    UnknownGroup {
        /// The group id.
        group: i64,
    },
    /// A row that has no part in the group, or no singleton where one is needed.
    #[error("{message}")]
    UnknownAllocation {
        /// The row and the group.
        message: String,
        /// The row's id.
        id: RowId,
        /// The group, when one was named.
        group: Option<i64>,
    },
    /// A pinned group that may not be taken apart.
    #[error("group {group} is pinned; unpin it first")]
    FrozenGroup {
        /// The group id.
        group: i64,
    },
    /// A row all of whose amount sits in pinned groups.
    #[error("row {id} has no proposed amount left; unpin a group that holds it first")]
    FrozenMember {
        /// The row's id.
        id: RowId,
    },
    /// A merge of fewer than two rows.
    #[error("a merge needs at least two rows; it was given {given}")]
    DegenerateGroup {
        /// The number given.
        given: usize,
    },
    /// A merge of more than is proposed, or of the opposite sign.
    #[error("row {id} has {live} proposed, but {asked} was asked for; ask for a part of it with the same sign")]
    InsufficientLiveAmount {
        /// The row's id.
        id: RowId,
        /// The amount requested.
        asked: i64,
        /// The amount there is.
        live: i64,
    },
    /// A solve whose parts do not add up to the rows: a defect of the runtime, never of the data.
    #[error(
        "row {id} went in with {expected} and came out with {found}; nothing was changed, please report this defect"
    )]
    ConservationViolated {
        /// The row's id.
        id: RowId,
        /// The amount before.
        expected: i128,
        /// The amount after.
        found: i128,
    },

    /// A flow whose certificate does not hold: a defect of the runtime, never of the data.
    #[error("flow (node {node}): {violation}; nothing was changed, please report this defect")]
    Uncertified {
        /// The node.
        node: u32,
        /// The violated condition.
        violation: String,
    },
}

impl Error {
    /// The error code of the wire, such as `"unknown_id"`.
    ///
    /// ```
    /// use florecon::error::Error;
    /// assert_eq!(Error::NoSession.code(), "no_session");
    /// ```
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.error_code().name()
    }

    /// The error code.
    ///
    /// ```
    /// use florecon::error::Error;
    /// use florecon::wire::ErrorCode;
    /// assert_eq!(Error::NoSession.error_code(), ErrorCode::NoSession);
    /// ```
    #[must_use]
    pub fn error_code(&self) -> ErrorCode {
        match self {
            Self::BadCommand { .. } => ErrorCode::BadCommand,
            Self::NoSession => ErrorCode::NoSession,
            Self::BadTable { .. } => ErrorCode::BadTable,
            Self::MissingColumn { .. } => ErrorCode::MissingColumn,
            Self::WrongType { .. } => ErrorCode::WrongType,
            Self::NullValue { .. } => ErrorCode::NullValue,
            Self::BadAmount { .. } => ErrorCode::BadAmount,
            Self::AmountOverflow { .. } => ErrorCode::AmountOverflow,
            Self::DuplicateId { .. } => ErrorCode::DuplicateId,
            Self::BadConfig { .. } => ErrorCode::BadConfig,
            Self::BadStrategy { .. } => ErrorCode::BadStrategy,
            Self::BadCost { .. } => ErrorCode::BadCost,
            Self::BadSnapshot { .. } => ErrorCode::BadSnapshot,
            Self::UnknownId { .. } => ErrorCode::UnknownId,
            Self::UnknownGroup { .. } => ErrorCode::UnknownGroup,
            Self::UnknownAllocation { .. } => ErrorCode::UnknownAllocation,
            Self::FrozenGroup { .. } => ErrorCode::FrozenGroup,
            Self::FrozenMember { .. } => ErrorCode::FrozenMember,
            Self::DegenerateGroup { .. } => ErrorCode::DegenerateGroup,
            Self::InsufficientLiveAmount { .. } => ErrorCode::InsufficientLiveAmount,
            Self::ConservationViolated { .. } | Self::Uncertified { .. } => ErrorCode::ConservationViolated,
        }
    }

    /// The row the error is about, when it is about one and it is known.
    ///
    /// ```
    /// use florecon::prelude::*;
    /// assert_eq!(Error::UnknownId { id: RowId::from(3) }.id(), Some(&RowId::from(3)));
    /// assert_eq!(Error::NoSession.id(), None);
    /// ```
    #[must_use]
    pub fn id(&self) -> Option<&RowId> {
        match self {
            Self::BadCommand { id, .. }
            | Self::NullValue { id, .. }
            | Self::BadAmount { id, .. }
            | Self::AmountOverflow { id, .. } => id.as_ref(),
            Self::DuplicateId { id, .. }
            | Self::BadCost { id, .. }
            | Self::UnknownId { id }
            | Self::UnknownAllocation { id, .. }
            | Self::FrozenMember { id }
            | Self::InsufficientLiveAmount { id, .. }
            | Self::ConservationViolated { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The group the error is about, when it is about one.
    ///
    /// ```
    /// use florecon::error::Error;
    /// assert_eq!(Error::UnknownGroup { group: 7 }.group_id(), Some(7));
    /// ```
    #[must_use]
    pub fn group_id(&self) -> Option<i64> {
        match self {
            Self::UnknownGroup { group } | Self::FrozenGroup { group } => Some(*group),
            Self::UnknownAllocation { group, .. } => *group,
            _ => None,
        }
    }

    /// The error of an expression that has no value for a row.
    ///
    /// ```
    /// use florecon::error::Error;
    /// use florecon::value::EvalError;
    /// assert_eq!(Error::from_eval(EvalError::Overflow, None).code(), "amount_overflow");
    /// ```
    #[must_use]
    pub fn from_eval(error: EvalError, id: Option<RowId>) -> Self {
        let whose = id.as_ref().map_or_else(String::new, |id| format!("row {id}: "));
        Self::of_expression(error, id, &whose)
    }

    pub(crate) fn of_expression(error: EvalError, id: Option<RowId>, whose: &str) -> Self {
        match error {
            EvalError::Overflow => Self::AmountOverflow {
                message: format!("{whose}{error}; use smaller amounts or fewer decimals"),
                id,
            },
            EvalError::BadAmount => Self::BadAmount {
                message: format!("{whose}{error}; correct the value"),
                id,
            },
        }
    }

    /// A `bad_command` with a message.
    ///
    /// ```
    /// use florecon::error::Error;
    /// assert_eq!(Error::bad_command("no such op").code(), "bad_command");
    /// ```
    pub fn bad_command(message: impl Into<String>) -> Self {
        Self::BadCommand {
            message: message.into(),
            id: None,
        }
    }

    /// A `bad_config` with a message.
    ///
    /// ```
    /// use florecon::error::Error;
    /// assert_eq!(Error::bad_config("width is 0").to_string(), "width is 0");
    /// ```
    pub fn bad_config(message: impl Into<String>) -> Self {
        Self::BadConfig {
            message: message.into(),
        }
    }
}
