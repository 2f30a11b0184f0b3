//! The clipboard of the user's own terminal, however far away it is: OSC 52.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::{Problem, ProblemKind};

/// The most text that terminals accept: 100,000 bytes of escape sequence, in base64.
pub const MOST: usize = 74_994;

/// screen drops control strings longer than this; longer ones go in pieces that it joins.
const SCREEN_PIECE: usize = 250;

/// What stands between kdeck and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Multiplexer {
    /// Nothing.
    #[default]
    None,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Multiplexer {
    /// Finds it in the environment.
    pub fn detect(env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).is_some_and(|value| !value.is_empty());
        let term = env("TERM").unwrap_or_default();
        if set("TMUX") {
            Self::Tmux
        } else if set("STY") || term.starts_with("screen") {
            Self::Screen
        } else {
            Self::None
        }
    }
}

/// Returns the bytes that put `text` on the clipboard.
///
/// # Errors
/// When the text is longer than terminals take: half a clipboard would be pasted unnoticed.
pub fn sequence(text: &str, multiplexer: Multiplexer) -> Result<String, Problem> {
    if text.len() > MOST {
        let what = format!("{} bytes are too many for the clipboard, terminals take {MOST}", text.len());
        return Err(Problem::new(ProblemKind::Io, what).hint("save to a file instead"));
    }
    let plain = format!("\x1b]52;c;{}\x07", STANDARD.encode(text));
    Ok(match multiplexer {
        Multiplexer::None => plain,
        // Both ways, because a tmux has one of two settings: `allow-passthrough` hands the wrapped one on,
        // `set-clipboard on` takes the plain one. The other is ignored.
        Multiplexer::Tmux => format!("\x1bPtmux;{}\x1b\\{plain}", plain.replace('\x1b', "\x1b\x1b")),
        Multiplexer::Screen => {
            let mut wrapped = String::with_capacity(plain.len() * 2);
            let mut rest = plain.as_str();
            while !rest.is_empty() {
                // The sequence is ASCII: base64 between fixed bytes.
                let (piece, tail) = rest.split_at(rest.len().min(SCREEN_PIECE));
                wrapped.push_str("\x1bP");
                wrapped.push_str(piece);
                wrapped.push_str("\x1b\\");
                rest = tail;
            }
            wrapped
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(pairs: &'static [(&'static str, &'static str)]) -> Multiplexer {
        Multiplexer::detect(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn multiplexers_are_found_by_their_variables() {
        assert_eq!(within(&[("TERM", "xterm-256color")]), Multiplexer::None);
        assert_eq!(within(&[("TERM", "screen-256color"), ("TMUX", "/tmp/t,1,0")]), Multiplexer::Tmux);
        assert_eq!(within(&[("TERM", "screen")]), Multiplexer::Screen);
        assert_eq!(within(&[("TERM", "xterm"), ("TMUX", "")]), Multiplexer::None);
    }

    #[test]
    fn every_wrapping_carries_the_same_base64() {
        assert_eq!(sequence("pod-1", Multiplexer::None).unwrap(), "\x1b]52;c;cG9kLTE=\x07");
        let tmux = sequence("pod-1", Multiplexer::Tmux).unwrap();
        assert!(tmux.starts_with("\x1bPtmux;\x1b\x1b]52;c;cG9kLTE=\x07\x1b\\"), "{tmux:?}");
        let long = "x".repeat(1_000);
        let screen = sequence(&long, Multiplexer::Screen).unwrap();
        let joined = screen.replace("\x1b\\\x1bP", "");
        let plain = sequence(&long, Multiplexer::None).unwrap();
        assert_eq!(joined.strip_prefix("\x1bP").and_then(|s| s.strip_suffix("\x1b\\")), Some(plain.as_str()));
        assert!(screen.split("\x1b\\").all(|piece| piece.len() <= SCREEN_PIECE + 2));
    }

    #[test]
    fn too_much_text_is_refused_whole_and_says_the_limit() {
        assert!(sequence(&"x".repeat(MOST), Multiplexer::None).is_ok());
        let problem = sequence(&"x".repeat(MOST + 1), Multiplexer::None).unwrap_err();
        assert!(problem.what.contains("74994") && problem.hint.is_some(), "{problem}");
    }
}
