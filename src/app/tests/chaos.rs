use proptest::prelude::*;

use super::*;
use crate::commands::flow::{Mouse, MouseWhat, Ticket};
use crate::commands::table;

/// Everything that can come in, with small values so that things meet.
fn message() -> impl Strategy<Value = Msg> {
    let names: Vec<&str> =
        table::all().flat_map(|command| command.keys.iter().map(|(key, _)| *key)).collect();
    // Keys to type with, and those that the prompt knows.
    let extra = [
        "p",
        "o",
        "s",
        "Space",
        "@",
        "all",
        "Enter",
        "Tab",
        "Esc",
        "Backspace",
        "Up",
        "Down",
        ":",
        "/",
        "(",
        "1",
        "9",
    ];
    let keys: Vec<Key> = names.into_iter().chain(extra).filter_map(Key::parse).collect();
    let what = prop::sample::select(vec![MouseWhat::Click, MouseWhat::WheelDown, MouseWhat::WheelUp]);
    let cluster = prop::sample::select(vec!["prod", "staging", "stranger"]);
    prop_oneof![
        12 => prop::sample::select(keys).prop_map(Msg::Key),
        1 => "[a-z \\n:/@é]{0,8}".prop_map(Msg::Paste),
        1 => (0_u16..90, 0_u16..30, what).prop_map(|(x, y, what)| Msg::Mouse(Mouse { x, y, what })),
        1 => (0_u16..130, 0_u16..40).prop_map(|(x, y)| Msg::Resize(x, y)),
        1 => Just(Msg::Bell),
        1 => Just(Msg::Tick),
        1 => (cluster.clone(), any::<bool>(), any::<bool>()).prop_map(|(cluster, connected, fails)| {
            let problem = fails.then(|| Problem::new(ProblemKind::Tcp, "refused"));
            Msg::Link(id(cluster), Box::new(LinkState { connected, problem, ..LinkState::default() }))
        }),
        1 => cluster.clone().prop_map(|cluster| Msg::Catalog(id(cluster), Arc::new(Catalog::builtin()))),
        1 => cluster.prop_map(|cluster| Msg::Namespaces(id(cluster), Ok(vec!["shop".into(), "web".into()]))),
        1 => any::<bool>().prop_map(|current| Msg::Contexts(vec![context("prod", current), context("staging", false)])),
        1 => (0_u64..6).prop_map(|ticket| Msg::Answer(Ticket(ticket), Box::new(Answer::Text(Ok("text".into()))))),
        1 => Just(Msg::Flash(Flash::warn("news"))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_messages_leave_a_screen_that_can_be_drawn(is_real in any::<bool>(), messages in prop::collection::vec(message(), 0..60)) {
        let mut options = AppOptions { crumbs: true, ..AppOptions::default() };
        options.remembered.favourites.insert(id("prod"), vec!["shop".into()]);
        // The real views, and the stand-ins that always have something to open.
        let mut desk = Desk::with(options, if is_real { factory::build } else { build });
        for message in messages {
            desk.now += 1;
            let effects = desk.send(message);
            prop_assert!(desk.app.layers.depth() >= 1);
            // What is asked for is always the whole of what is on screen, told once.
            let watches = effects.iter().filter(|effect| matches!(effect, Effect::Watch(_))).count();
            prop_assert!(watches <= 1, "{effects:?}");
            // An answer can only be waited for by a view that is there.
            let alive: Vec<_> = desk.app.layers.iter().map(|layer| layer.id).collect();
            prop_assert!(desk.app.asked.values().all(|asker| alive.contains(asker)));
            if let Some(current) = &desk.app.world.current {
                prop_assert!(desk.app.world.clusters.contains_key(current));
            }
            let (columns, rows) = desk.app.size;
            desk.screen(columns, rows);
            desk.app.next_tick(&desk.store, &desk.theme, Timestamp(desk.now));
        }
    }
}
