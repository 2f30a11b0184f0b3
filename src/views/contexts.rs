//! The kubeconfig's contexts. Needs no network: it is where kdeck starts when no context can be used.

use super::Cx;
use super::list::{Entry, List};
use super::page::{ListPage, Page};
use crate::commands::flow::Flash;
use crate::commands::{Cmd, Effect, Open, Step, World};
use crate::model::ClusterId;
use crate::theme::Token;

/// The list of contexts.
pub type ContextsView = ListPage<Contexts>;

/// What the list of contexts has of its own.
#[derive(Debug)]
pub struct Contexts;

impl ContextsView {
    /// Builds the list with the cursor on the current context.
    pub fn new(world: &World) -> Self {
        let mut list = List::new(&["NAME", "CLUSTER", "USER", "NAMESPACE", "SERVER"], entries(world));
        list.select(world.current.as_ref());
        Self { page: Contexts, list }
    }
}

fn entries(world: &World) -> Vec<Entry<ClusterId>> {
    world
        .contexts
        .iter()
        .map(|context| {
            let current = world.current.as_ref() == Some(&context.id);
            Entry {
                key: Some(context.id.clone()),
                cells: [&context.id.0, &context.cluster, &context.user, &context.namespace, &context.server]
                    .map(|text| text.to_string())
                    .to_vec(),
                sign: if current { "*" } else { " " },
                token: if current { Token::Good } else { Token::Text },
            }
        })
        .collect()
}

impl Page for Contexts {
    type Key = ClusterId;
    const OWN: &'static [Cmd] = &[Cmd::Enter, Cmd::CopyName];

    fn open(&self) -> Open {
        Open::Contexts
    }

    fn crumb(&self) -> String {
        "contexts".into()
    }

    fn title(&self, _cx: &Cx<'_>) -> String {
        "Contexts".into()
    }

    fn entries(&mut self, cx: &Cx<'_>) -> Option<Vec<Entry<ClusterId>>> {
        Some(entries(cx.world))
    }

    fn run(&self, cmd: Cmd, list: &List<ClusterId>) -> Option<Vec<Step>> {
        let id = list.selected()?;
        match cmd {
            Cmd::Enter => Some(vec![Step::UseContext(id.clone())]),
            Cmd::CopyName => Some(copied(&id.0)),
            _ => None,
        }
    }

    fn when_empty(&self) -> &'static [&'static str] {
        &[
            "No context was found in a kubeconfig.",
            "",
            "kdeck looks where kubectl does: --kubeconfig, $KUBECONFIG, ~/.kube/config, then inside a pod.",
            "Without a cluster at hand, `kdeck demo` starts one inside kdeck.",
        ]
    }
}

/// Copies a name and says so.
pub(super) fn copied(name: &str) -> Vec<Step> {
    vec![Step::Effect(Effect::Copy(name.to_owned())), Step::Flash(Flash::info(format!("copied {name}")))]
}
