//! The shape of a built-in kind's record: plain constant data, one per kind, in its group's file.
//!
//! [`Record::def`] turns a record into the [`KindDef`] that the rest of kdeck uses. What a server
//! really serves (version, verbs, sub-resources) is laid over it by the catalog.

use super::{Align, Column, Drill, KindDef, Metric, Projecting, Projector, Shown, Source, Tags};
use crate::model::{Gvr, KindId, Problem, Row, Scope, Text};

/// JSON text to row.
pub type ProjectFn = fn(&str, &mut Projecting) -> Result<Row, Problem>;

/// A column as constant data.
#[derive(Clone, Copy, Debug)]
pub struct Col {
    /// Upper-case title.
    pub title: &'static str,
    /// Where the value comes from.
    pub source: Source,
    /// Left or right.
    pub align: Align,
    /// Default, wide or extra.
    pub shown: Shown,
    /// Which columns go first on a narrow screen: 9 goes first.
    pub drop: u8,
}

impl Col {
    /// A left-aligned column of the default table.
    pub const fn new(title: &'static str, source: Source) -> Self {
        Self { title, source, align: Align::Left, shown: Shown::Always, drop: 3 }
    }

    /// Aligns to the right.
    #[must_use]
    pub const fn right(self) -> Self {
        Self { align: Align::Right, ..self }
    }

    /// Moves the column to kubectl's wide table.
    #[must_use]
    pub const fn wide(self) -> Self {
        Self { shown: Shown::Wide, drop: 7, ..self }
    }

    /// Marks the column as kdeck's addition to the default table.
    #[must_use]
    pub const fn extra(self) -> Self {
        Self { shown: Shown::Extra, drop: 5, ..self }
    }

    /// Marks the column as kdeck's addition to the wide table.
    #[must_use]
    pub const fn extra_wide(self) -> Self {
        Self { shown: Shown::ExtraWide, drop: 8, ..self }
    }

    /// Sets how long the column survives on a narrow screen.
    #[must_use]
    pub const fn drop(self, drop: u8) -> Self {
        Self { drop, ..self }
    }

    /// Returns the column for a kind.
    pub fn column(&self) -> Column {
        Column {
            title: self.title.into(),
            source: self.source,
            align: self.align,
            shown: self.shown,
            drop: self.drop,
        }
    }
}

/// A text column of the projector's cells.
pub const fn cell(title: &'static str, index: u16) -> Col {
    Col::new(title, Source::Cell(index))
}

/// A number column of the projector's cells.
pub const fn num(title: &'static str, index: u16) -> Col {
    cell(title, index).right()
}

/// A figure of metrics.k8s.io.
pub const fn metric(title: &'static str, metric: Metric) -> Col {
    Col::new(title, Source::Metric(metric)).right().extra()
}

/// `NAME`.
pub const NAME: Col = Col::new("NAME", Source::Name).drop(0);
/// `AGE`.
pub const AGE: Col = Col::new("AGE", Source::Age).drop(1);
/// `CAUSE`: why the row is not well.
pub const CAUSE: Col = Col::new("CAUSE", Source::Cause).extra().drop(1);
/// `LABELS`, the last column of every kind.
pub const LABELS: Col = Col::new("LABELS", Source::Labels).extra_wide().drop(9);

/// A built-in kind as constant data.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// The version that the projector was written for.
    pub version: &'static str,
    /// Plural resource name.
    pub plural: &'static str,
    /// Lower-case singular.
    pub singular: &'static str,
    /// CamelCase kind.
    pub kind: &'static str,
    /// The server's short names.
    pub short_names: &'static [&'static str],
    /// Names that k9s users type and that the server does not know.
    pub aliases: &'static [&'static str],
    /// Categories.
    pub categories: &'static [&'static str],
    /// Namespaced or not.
    pub scope: Scope,
    /// Columns without LABELS.
    pub columns: &'static [Col],
    /// JSON text to row.
    pub project: ProjectFn,
    /// What Enter opens.
    pub drill: Drill,
    /// What can be done.
    pub tags: Tags,
    /// Title of the column that the table is ordered by at first; by name when absent.
    pub order: Option<&'static str>,
}

impl Record {
    /// Starts a namespaced record of `group/version`.
    pub const fn new(
        group: &'static str,
        version: &'static str,
        plural: &'static str,
        singular: &'static str,
        kind: &'static str,
        project: ProjectFn,
    ) -> Self {
        Self {
            group,
            version,
            plural,
            singular,
            kind,
            short_names: &[],
            aliases: &[],
            categories: &[],
            scope: Scope::Namespaced,
            columns: &[],
            project,
            drill: Drill::Text,
            tags: Tags::NONE,
            order: None,
        }
    }

    /// Sets the server's short names.
    #[must_use]
    pub const fn short(self, short_names: &'static [&'static str]) -> Self {
        Self { short_names, ..self }
    }

    /// Sets extra names.
    #[must_use]
    pub const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Puts the kind in the category `all`.
    #[must_use]
    pub const fn in_all(self) -> Self {
        Self { categories: &["all"], ..self }
    }

    /// Puts the kind in categories.
    #[must_use]
    pub const fn categories(self, categories: &'static [&'static str]) -> Self {
        Self { categories, ..self }
    }

    /// Makes the kind cluster-scoped.
    #[must_use]
    pub const fn cluster_scoped(self) -> Self {
        Self { scope: Scope::Cluster, ..self }
    }

    /// Sets the columns.
    #[must_use]
    pub const fn columns(self, columns: &'static [Col]) -> Self {
        Self { columns, ..self }
    }

    /// Sets what Enter opens.
    #[must_use]
    pub const fn drill(self, drill: Drill) -> Self {
        Self { drill, ..self }
    }

    /// Sets what can be done.
    #[must_use]
    pub const fn tags(self, tags: Tags) -> Self {
        Self { tags, ..self }
    }

    /// Sets the first order.
    #[must_use]
    pub const fn ordered_by(self, title: &'static str) -> Self {
        Self { order: Some(title), ..self }
    }

    /// Returns the version-less identity.
    pub fn id(&self) -> KindId {
        KindId::new(self.group, self.plural)
    }

    /// Returns the kind as known before a server was asked.
    pub fn def(&self) -> KindDef {
        KindDef {
            id: self.id(),
            gvr: Gvr::new(self.group, self.version, self.plural),
            kind: self.kind.into(),
            singular: self.singular.into(),
            short_names: texts(self.short_names),
            categories: texts(self.categories),
            scope: self.scope,
            verbs: Vec::new(),
            subresources: Vec::new(),
            columns: self.columns.iter().chain([&LABELS]).map(Col::column).collect(),
            projector: Projector::Builtin(self.project),
            order: self.order,
            drill: self.drill,
            tags: self.tags,
        }
    }
}

fn texts(names: &[&'static str]) -> Vec<Text> {
    names.iter().map(|name| Text::from(*name)).collect()
}
