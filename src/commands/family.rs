//! Families of views, and sets of them: where a command can be given.

/// The family of a view: decides which commands can reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Rows: any kind, containers, contexts, kinds.
    Table,
    /// Lines: YAML, log, report, info.
    Text,
    /// The list of keys.
    Help,
    /// The connection page.
    Connection,
}

impl Family {
    /// All families with their names for the documentation.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Table, "tables"),
        (Self::Text, "texts"),
        (Self::Help, "help"),
        (Self::Connection, "connection page"),
    ];
}

/// A set of families.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Families(u8);

impl Families {
    /// Every family.
    pub const ALL: Self = Self(0b1111);
    /// Tables only.
    pub const TABLE: Self = Self::of(Family::Table);
    /// Texts only.
    pub const TEXT: Self = Self::of(Family::Text);
    /// The list of keys only.
    pub const HELP: Self = Self::of(Family::Help);
    /// The connection page only.
    pub const CONNECTION: Self = Self::of(Family::Connection);
    /// Everything that moves and scrolls.
    pub const ROLLS: Self = Self::TABLE.and(Self::TEXT).and(Self::HELP);

    /// The set of one.
    pub const fn of(family: Family) -> Self {
        Self(1 << family as u8)
    }

    /// Joins two sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the family is in the set.
    pub const fn has(self, family: Family) -> bool {
        self.0 & (1 << family as u8) != 0
    }

    /// Returns whether all of `other` is in the set.
    pub const fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}
