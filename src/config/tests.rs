//! Settings and memory on a real disk.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::model::{ClusterId, KindId};

fn place() -> (tempfile::TempDir, Paths) {
    let dir = tempfile::tempdir().unwrap();
    let paths = Paths::under(&dir.path().join("kdeck"));
    (dir, paths)
}

fn context() -> ClusterId {
    ClusterId("prod".into())
}

#[test]
fn missing_and_empty_files_are_fine() {
    let (_dir, paths) = place();
    assert_eq!(Config::load(&paths), (Config::default(), vec![]));
    assert_eq!(State::load(&paths), (State::default(), vec![]));
    fs::create_dir_all(paths.config.parent().unwrap()).unwrap();
    fs::write(&paths.config, "").unwrap();
    fs::write(&paths.state, "\n").unwrap();
    assert_eq!(Config::load(&paths), (Config::default(), vec![]));
    assert_eq!(State::load(&paths), (State::default(), vec![]));
}

#[test]
fn an_unreadable_file_is_a_sentence_with_its_path() {
    let (_dir, paths) = place();
    fs::create_dir_all(&paths.config).unwrap();
    fs::create_dir_all(&paths.state).unwrap();
    let (config, problems) = Config::load(&paths);
    assert_eq!(config, Config::default());
    assert!(
        problems[0].what.starts_with(&format!("cannot read {}: ", paths.config.display())),
        "{}",
        problems[0]
    );
    let (mut state, problems) = State::load(&paths);
    assert!(problems[0].what.contains("cannot read"), "{}", problems[0]);
    state.remember(Remember::Command("po".into()));
    assert!(state.save(&paths).unwrap_err().what.contains(&paths.state.display().to_string()));
    assert!(state.is_changed(), "kept for the next attempt");
}

#[test]
fn state_comes_back_as_it_was_saved() {
    let (_dir, paths) = place();
    let mut state = State::default();
    let kind = KindId::new("apps", "deployments");
    for change in [
        Remember::Command("po shop /api".into()),
        Remember::Filter("yes".into()),
        Remember::Filter("status!=Running \"a b\" # : '".into()),
        Remember::View(context(), "deploy shop".into()),
        Remember::Namespace(context(), "shop".into()),
        Remember::Namespace(context(), "on".into()),
        Remember::Favourite(context(), "1".into(), true),
        Remember::TableFilter(kind.clone(), "/api # : '".into()),
        Remember::Table(kind.clone(), Some(("AGE".into(), true)), true),
    ] {
        state.remember(change);
    }
    state.save(&paths).unwrap();
    let (again, problems) = State::load(&paths);
    assert_eq!(problems, []);
    assert_eq!(again, state);
    assert_eq!(again.filters(), ["yes", "status!=Running \"a b\" # : '"]);
    assert_eq!(again.last_context(), Some("prod"));
    let remembered = again.context(&context()).unwrap();
    assert_eq!(remembered.view.as_deref(), Some("deploy shop"));
    assert_eq!(remembered.namespaces, ["on", "shop"]);
    assert_eq!(remembered.favourites, ["1"]);
    let table = again.table(&kind).unwrap();
    assert_eq!(
        (table.sort.clone(), table.wide),
        (Some(Sorted { column: "AGE".into(), descending: true }), true)
    );
    assert_eq!(table.filter, "/api # : '", "sorting leaves the filter alone");
}

#[test]
fn histories_drop_the_oldest_and_repeat_nothing() {
    let mut state = State::default();
    for number in 0..600 {
        state.remember(Remember::Command(format!("po {number}")));
        state.remember(Remember::Command(format!(" po {number} ")));
        state.remember(Remember::Namespace(context(), format!("n{number}").into()));
        state.remember(Remember::Favourite(context(), format!("n{}", number % 12).into(), true));
    }
    state.remember(Remember::Command("  ".into()));
    assert_eq!(state.commands().len(), 500);
    assert_eq!(state.commands().first().map(String::as_str), Some("po 100"));
    assert_eq!(state.commands().last().map(String::as_str), Some("po 599"));
    let remembered = state.context(&context()).unwrap();
    assert_eq!(remembered.namespaces.len(), 20);
    assert_eq!(remembered.namespaces[0], "n599");
    assert_eq!(remembered.favourites.len(), 9);
    state.remember(Remember::Favourite(context(), "n11".into(), false));
    assert_eq!(state.context(&context()).unwrap().favourites[0], "n10");
}

#[test]
fn two_running_kdecks_do_not_lose_each_others_history() {
    let (_dir, paths) = place();
    let (mut one, _) = State::load(&paths);
    let (mut two, _) = State::load(&paths);
    one.remember(Remember::Command("po".into()));
    one.remember(Remember::Favourite(context(), "a".into(), true));
    two.remember(Remember::Command("deploy".into()));
    two.remember(Remember::Favourite(context(), "b".into(), true));
    one.save(&paths).unwrap();
    two.save(&paths).unwrap();
    one.remember(Remember::Favourite(context(), "a".into(), false));
    one.save(&paths).unwrap();
    let (now, _) = State::load(&paths);
    assert_eq!(now.commands(), ["po", "deploy"]);
    assert_eq!(now.context(&context()).unwrap().favourites, ["b"]);
    assert_eq!(one.commands(), now.commands());
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let (_dir, paths) = place();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let paths = &paths;
            scope.spawn(move || {
                for number in 0..10 {
                    let (mut state, problems) = State::load(paths);
                    assert_eq!(problems, []);
                    state.remember(Remember::Command(format!("{writer} {number}")));
                    state.save(paths).unwrap();
                }
            });
        }
    });
    let mut all = State::load(&paths).0.commands().to_vec();
    all.sort();
    all.dedup();
    // Writers of one process share the name of the temporary file, so this proves the lock, too.
    assert_eq!(all.len(), 40);
}

#[test]
fn a_broken_state_file_is_moved_aside_never_overwritten() {
    let (_dir, paths) = place();
    fs::create_dir_all(paths.state.parent().unwrap()).unwrap();
    for (number, text) in ["commands: [", "commands: 7", "\u{0}\u{1}"].iter().enumerate() {
        fs::write(&paths.state, text).unwrap();
        let (mut state, problems) = State::load(&paths);
        assert!(problems[0].what.contains("moved aside"), "{}", problems[0]);
        let aside = if number == 0 { "broken".to_owned() } else { format!("broken.{number}") };
        let aside = paths.state.with_file_name(format!("state.yaml.{aside}"));
        assert_eq!(fs::read_to_string(aside).unwrap(), *text);
        state.remember(Remember::Command("po".into()));
        state.save(&paths).unwrap();
        assert_eq!(State::load(&paths).1, []);
    }
}

#[test]
#[cfg(unix)]
fn state_is_for_its_owner_only_and_leaves_nothing_behind() {
    use std::os::unix::fs::PermissionsExt;
    let (_dir, paths) = place();
    let mut state = State::default();
    state.remember(Remember::Command("po".into()));
    state.save(&paths).unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&paths.state), 0o600);
    assert_eq!(mode(paths.state.parent().unwrap()), 0o700);
    let mut names: Vec<_> =
        fs::read_dir(paths.state.parent().unwrap()).unwrap().map(|file| file.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["state.yaml", "state.yaml.lock"]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_said_with_the_next_step() {
    let problem = files::problem(
        "write",
        std::path::Path::new("/x/state.yaml"),
        &std::io::Error::from(std::io::ErrorKind::StorageFull),
    );
    assert!(problem.what.starts_with("cannot write /x/state.yaml: "));
    assert!(problem.hint.unwrap().contains("full"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_was_typed_comes_back(entry in "[ -~\\t]{0,100}|.{0,20}|(yes|no|~|null|1e3|0x1|: |- |#|'|\\\\){1,3}") {
        let (_dir, paths) = place();
        let mut state = State::default();
        state.remember(Remember::Filter(entry.clone()));
        state.remember(Remember::View(ClusterId(entry.as_str().into()), entry.clone()));
        state.save(&paths).unwrap();
        let (again, problems) = State::load(&paths);
        prop_assert_eq!(problems, vec![]);
        prop_assert_eq!(again, state, "{}", fs::read_to_string(&paths.state).unwrap());
    }
}
