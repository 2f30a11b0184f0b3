//! All kinds of the current cluster, the names they go by, and which of them may not be listed.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Cx;
use super::contexts::copied;
use super::list::{Entry, List};
use super::page::{ListPage, Page};
use crate::commands::flow::Ask;
use crate::commands::{Answer, Cmd, NamespaceSet, Open, Step, World};
use crate::model::{ClusterId, KindId, Scope, Text};
use crate::theme::Token;

/// The list of kinds.
pub type KindsView = ListPage<Kinds>;

/// What the list of kinds has of its own.
#[derive(Debug)]
pub struct Kinds {
    /// Only kinds of this category.
    category: Option<Text>,
    /// Whose rights are asked, and where.
    place: Option<(ClusterId, Text)>,
    /// Kinds that may not be listed there; empty while nobody knows.
    denied: BTreeSet<KindId>,
    // What the entries were made from: comparing pointers is enough, catalogs are replaced whole.
    made_from: (usize, usize),
}

impl KindsView {
    /// Builds the list from the current context's catalog: all kinds, or those of a category.
    pub fn new(world: &World, category: Option<Text>) -> Self {
        let titles = &["RESOURCE", "GROUP", "VERSION", "SHORT NAMES", "KIND", "SCOPE", "RIGHTS"];
        let place = world.current.clone().map(|id| {
            let namespace = match world.current_facts().map(|facts| &facts.active) {
                Some(NamespaceSet::Only(names)) => names.first().cloned(),
                _ => world.context(&id).map(|context| context.namespace.clone()),
            };
            (id, namespace.filter(|name| !name.is_empty()).unwrap_or_else(|| "default".into()))
        });
        let mut page = Kinds { category, place, denied: BTreeSet::new(), made_from: (0, 0) };
        page.made_from = page.stamp(world);
        let list = List::new(titles, page.all(world));
        Self { page, list }
    }
}

impl Kinds {
    fn stamp(&self, world: &World) -> (usize, usize) {
        let catalog = world.current_facts().map_or(0, |facts| Arc::as_ptr(&facts.catalog) as usize);
        (catalog, self.denied.len())
    }

    fn all(&self, world: &World) -> Vec<Entry<KindId>> {
        let Some(facts) = world.current_facts() else { return Vec::new() };
        let kinds = match &self.category {
            Some(category) => facts.catalog.category(category),
            None => facts.catalog.all().to_vec(),
        };
        let mut entries: Vec<Entry<KindId>> = kinds
            .iter()
            .map(|kind| {
                let is_denied = self.denied.contains(&kind.id);
                Entry {
                    key: Some(kind.id.clone()),
                    cells: vec![
                        kind.gvr.resource.to_string(),
                        kind.gvr.group.to_string(),
                        kind.gvr.version.to_string(),
                        kind.short_names.join(" "),
                        kind.kind.to_string(),
                        if kind.scope == Scope::Namespaced { "namespace" } else { "cluster" }.into(),
                        if is_denied { self.refusal_words(kind.scope) } else { String::new() },
                    ],
                    sign: " ",
                    token: if is_denied { Token::Dim } else { Token::Text },
                }
            })
            .collect();
        entries.sort_by(|a, b| a.cells.cmp(&b.cells));
        entries
    }

    fn refusal_words(&self, scope: Scope) -> String {
        match (&self.place, scope) {
            (Some((_, namespace)), Scope::Namespaced) => format!("no list in {namespace}"),
            _ => "no list".into(),
        }
    }
}

impl Page for Kinds {
    type Key = KindId;
    const OWN: &'static [Cmd] = &[Cmd::Enter, Cmd::CopyName];

    fn open(&self) -> Open {
        Open::Kinds(self.category.clone())
    }

    fn crumb(&self) -> String {
        self.category.as_ref().map_or_else(|| "kinds".into(), |category| format!("kinds of {category}"))
    }

    fn title(&self, cx: &Cx<'_>) -> String {
        let discovered = cx.world.current_facts().is_some_and(|facts| facts.discovered);
        match (&self.category, discovered) {
            (Some(category), _) => format!("Kinds of the category {category}"),
            (None, true) => "Kinds".to_owned(),
            (None, false) => "Kinds (built-in ones; the server has not told its own yet)".to_owned(),
        }
    }

    fn entries(&mut self, cx: &Cx<'_>) -> Option<Vec<Entry<KindId>>> {
        let now = self.stamp(cx.world);
        (std::mem::replace(&mut self.made_from, now) != now).then(|| self.all(cx.world))
    }

    fn run(&self, cmd: Cmd, list: &List<KindId>) -> Option<Vec<Step>> {
        let id = list.selected()?;
        match cmd {
            Cmd::Enter => Some(vec![Step::Line(id.to_string())]),
            Cmd::CopyName => Some(copied(&id.0)),
            _ => None,
        }
    }

    fn opening(&self) -> Vec<Step> {
        let ask = |(id, namespace): &(ClusterId, Text)| Step::Ask(Ask::Rights(id.clone(), namespace.clone()));
        self.place.iter().map(ask).collect()
    }

    fn answer(&mut self, answer: Answer) {
        // Without an answer nothing is marked: opening a kind tells as well.
        if let Answer::Denied(Ok(denied)) = answer {
            self.denied = denied;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::ClusterFacts;
    use crate::kinds::catalog::Catalog;

    #[test]
    fn kinds_that_may_not_be_listed_are_marked_once_the_rights_are_known() {
        let id = ClusterId("prod".into());
        let facts = ClusterFacts {
            catalog: Arc::new(Catalog::builtin()),
            active: NamespaceSet::Only(vec!["shop".into()]),
            ..ClusterFacts::default()
        };
        let mut world = World { current: Some(id.clone()), ..World::default() };
        world.clusters.insert(id.clone(), facts);
        let mut view = KindsView::new(&world, None);
        assert_eq!(view.page.opening(), [Step::Ask(Ask::Rights(id, "shop".into()))]);
        let line = |view: &KindsView, kind: &str| {
            let cells = view.page.all(&world).into_iter().find(|entry| entry.cells[0] == kind).unwrap().cells;
            cells[6].clone()
        };
        assert_eq!(line(&view, "secrets"), "");
        let denied = ["secrets", "nodes"].map(|kind| KindId(kind.into())).into();
        view.page.answer(Answer::Denied(Ok(denied)));
        assert_eq!(line(&view, "secrets"), "no list in shop");
        assert_eq!(line(&view, "nodes"), "no list");
        assert_eq!(line(&view, "pods"), "");
    }
}
