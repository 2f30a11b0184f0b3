//! What themes promise: readable everywhere, whole at every depth, forgiving to wrong files.

use ratatui::style::Color;

use super::*;

const NAMES: [&str; 3] = ["dark", "light", "high-contrast"];

/// Tokens that are text to be read on the terminal's own background.
fn texts() -> impl Iterator<Item = Token> {
    Token::ALL.iter().map(|(token, _)| *token)
}

fn luminance([r, g, b]: [u8; 3]) -> f64 {
    let linear = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn load(name: &str, depth: Depth) -> Theme {
    let (theme, problems) = Theme::load(Some(name), None, depth, true);
    assert_eq!(problems, [], "{name}");
    theme
}

#[test]
fn every_text_can_be_read_on_the_backgrounds_that_terminals_have() {
    for name in NAMES {
        let theme = load(name, Depth::Truecolor);
        let (behind, own_text): (&[[u8; 3]], _) = match theme.background {
            Background::Dark => (&[[0, 0, 0], [0x1e, 0x1e, 0x2e]], [0xe0, 0xe0, 0xe0]),
            Background::Light => (&[[255, 255, 255], [0xf4, 0xf4, 0xf4]], [0x20, 0x20, 0x20]),
        };
        let least = if name == "high-contrast" { 7.0 } else { 4.5 };
        for token in texts() {
            let style = theme.style(token);
            for &plain in behind {
                let fg = style.fg.and_then(depth::rgb).unwrap_or(own_text);
                let bg = style.bg.and_then(depth::rgb).unwrap_or(plain);
                let found = contrast(fg, bg);
                assert!(found >= least, "{name} {}: {found:.2} on {bg:?}", token.name());
            }
        }
    }
}

#[test]
fn levels_stay_readable_on_the_selected_row() {
    for name in NAMES {
        let theme = load(name, Depth::Truecolor);
        let selected = theme.style(Token::Selected);
        // A reversed bar turns a level's ink into its background: readable wherever the ink was.
        let Some(bar) = selected.bg.and_then(depth::rgb) else {
            assert!(selected.add_modifier.contains(Modifier::REVERSED), "{name}");
            continue;
        };
        for token in [Token::Busy, Token::Attention, Token::Broken, Token::Good, Token::Marked] {
            let ink = theme.style(token).fg.and_then(depth::rgb).unwrap();
            let found = contrast(ink, bar);
            assert!(found >= 4.5, "{name} {}: {found:.2}", token.name());
        }
    }
}

#[test]
fn every_token_of_every_theme_is_set_and_the_important_ones_differ() {
    for name in NAMES {
        for depth in [Depth::Truecolor, Depth::Cube, Depth::Sixteen, Depth::Mono] {
            let theme = load(name, depth);
            let plain = theme.style(Token::Text);
            for token in [
                Token::Selected,
                Token::Marked,
                Token::Match,
                Token::Attention,
                Token::Broken,
                Token::FlashError,
                Token::Focus,
                Token::Found,
                Token::FoundCurrent,
                Token::HeaderGuarded,
            ] {
                assert_ne!(theme.style(token), plain, "{name} {depth:?} {}", token.name());
            }
            assert_ne!(theme.style(Token::Found), theme.style(Token::FoundCurrent), "{name} {depth:?}");
            assert_ne!(theme.style(Token::Selected), theme.style(Token::Match), "{name} {depth:?}");
        }
    }
}

#[test]
fn few_colours_never_hide_text_or_the_bar() {
    for name in NAMES {
        let theme = load(name, Depth::Sixteen);
        for token in texts() {
            let style = theme.style(token);
            let colours = [style.fg, style.bg].into_iter().flatten();
            assert!(
                colours.clone().all(|c| !matches!(c, Color::Rgb(..) | Color::Indexed(_))),
                "{}",
                token.name()
            );
            assert!(style.bg.is_none() || style.bg != style.fg, "{name} {}", token.name());
        }
        let selected = theme.style(Token::Selected);
        assert!(
            selected.add_modifier.contains(Modifier::REVERSED)
                || selected.bg.is_some_and(|c| c != Color::Black)
        );
        let mono = load(name, Depth::Mono);
        assert!(texts().all(|token| mono.style(token).fg.is_none() && mono.style(token).bg.is_none()));
        assert!(mono.style(Token::Selected).add_modifier.contains(Modifier::REVERSED));
    }
}

#[test]
fn a_users_theme_inherits_and_changes_what_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "mine.yaml",
        "inherits: light\npalette: {red: '#f00'}\nselected: {bg: 17, bold: false}\ntitle: bright-red\n",
    );
    write("dark.yaml", "inherits: dark\nbusy: magenta\n");
    let load = |name: &str| Theme::load(Some(name), Some(dir.path()), Depth::Truecolor, true);
    let (mine, problems) = load("mine");
    assert_eq!(problems, []);
    assert_eq!(mine.style(Token::Broken).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(mine.style(Token::Selected).bg, Some(Color::Indexed(17)));
    assert_eq!(mine.style(Token::Selected).fg, Some(Color::Rgb(0, 0, 0)));
    assert!(!mine.style(Token::Selected).add_modifier.contains(Modifier::BOLD));
    assert_eq!(mine.style(Token::Title).fg, Some(Color::LightRed));
    assert_eq!(mine.background, Background::Light);
    let (dark, problems) = load("dark");
    assert_eq!((dark.style(Token::Busy).fg, problems), (Some(Color::Magenta), vec![]));
    assert_eq!(names(Some(dir.path())), ["dark", "light", "high-contrast", "mine"]);
}

#[test]
fn wrong_entries_are_named_by_place_and_the_rest_counts() {
    let dir = tempfile::tempdir().unwrap();
    let text = "inherits: dark\nselectd: red\ntitle: {fg: rouge, blod: true, dim: 1}\nbusy: #00ff00\nborder: 300\nbackground: pink\ndone: green\n";
    std::fs::write(dir.path().join("bad.yaml"), text).unwrap();
    let (theme, problems) = Theme::load(Some("bad"), Some(dir.path()), Depth::Truecolor, true);
    let all: Vec<String> = problems.iter().map(ToString::to_string).collect();
    for part in [
        "bad.yaml:2:1: there is no style \"selectd\" (did you mean selected?)",
        "bad.yaml:3:9: \"rouge\" is no colour",
        "a style has no \"blod\" (did you mean bold?)",
        "dim is true or false, not a number",
        "bad.yaml:4:1: no colour here: write one that begins with # in quotes",
        "300 is not from 0 to 255",
        "background is dark or light",
    ] {
        assert!(all.iter().any(|line| line.contains(part)), "{part}: {all:#?}");
    }
    assert_eq!(all.len(), 7);
    assert_eq!(theme.style(Token::Done).fg, load("dark", Depth::Truecolor).style(Token::Good).fg);
}

#[test]
fn unknown_broken_and_circular_themes_still_give_a_theme() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("broken.yaml"), "a: [").unwrap();
    std::fs::write(dir.path().join("a.yaml"), "inherits: b").unwrap();
    std::fs::write(dir.path().join("b.yaml"), "inherits: a").unwrap();
    let dark = load("dark", Depth::Truecolor);
    for (name, part) in [
        ("drak", "did you mean dark?"),
        ("../dark", "there is no theme"),
        ("broken", "broken.yaml:"),
        ("a", "inherit"),
        ("", "there are dark, light"),
    ] {
        let (theme, problems) = Theme::load(Some(name), Some(dir.path()), Depth::Truecolor, false);
        assert_eq!(problems.len(), 1, "{name}: {problems:?}");
        assert!(problems[0].to_string().contains(part), "{name}: {}", problems[0]);
        assert_eq!(theme.style(Token::Selected), dark.style(Token::Selected), "{name}");
    }
}

#[test]
fn the_opposite_of_a_theme_is_for_the_other_background() {
    assert_eq!(
        ["dark", "light", "high-contrast"].map(|name| opposite(name, None)),
        ["light", "dark", "light"]
    );
}
