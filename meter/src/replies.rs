//! What a terminal answers when a program asks about it: who it is, where the cursor is, its colours, its
//! keyboard protocol.
//!
//! Owns the table of questions. A question may be cut in two by the pty, so the unfinished end of each chunk is kept.
//! Must not draw: the screen model does.

/// The longest unfinished question that is kept.
const LONGEST: usize = 256;

/// Fixed questions and their answers: a plain colour terminal of our day.
const ANSWERS: &[(&[u8], &[u8])] = &[
    (b"\x1b[c", b"\x1b[?62;22c"),
    (b"\x1b[0c", b"\x1b[?62;22c"),
    (b"\x1b[>c", b"\x1b[>1;10;0c"),
    (b"\x1b[>0c", b"\x1b[>1;10;0c"),
    (b"\x1b[5n", b"\x1b[0n"),
    (b"\x1b[6n", b"\x1b[1;1R"),
    (b"\x1b[?6n", b"\x1b[?1;1R"),
    (b"\x1b[?u", b"\x1b[?0u"),
    (b"\x1b[>q", b"\x1bP>|meter 1\x1b\\"),
    (b"\x1b[>0q", b"\x1bP>|meter 1\x1b\\"),
    (b"\x1b]10;?", b"\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"),
    (b"\x1b]11;?", b"\x1b]11;rgb:1010/1010/1010\x1b\\"),
];

/// Finds questions in the output of a program.
#[derive(Debug, Default)]
pub struct Answerer {
    unfinished: Vec<u8>,
}

impl Answerer {
    /// Returns what to send back for this piece of output; empty for most.
    pub fn answer(&mut self, output: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        let joined;
        let mut rest = if self.unfinished.is_empty() {
            output
        } else {
            self.unfinished.extend_from_slice(output);
            joined = std::mem::take(&mut self.unfinished);
            joined.as_slice()
        };
        while let Some(at) = rest.iter().position(|byte| *byte == 0x1b) {
            rest = rest.get(at..).unwrap_or_default();
            match sequence(rest) {
                Some(length) => {
                    let (whole, after) = rest.split_at(length);
                    reply(whole, &mut answers);
                    rest = after;
                }
                None if rest.len() < LONGEST => {
                    self.unfinished = rest.to_vec();
                    return answers;
                }
                None => rest = rest.get(1..).unwrap_or_default(),
            }
        }
        answers
    }
}

/// Returns the length of the escape sequence that the bytes start with, without an OSC's terminator.
fn sequence(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'[' => bytes.iter().skip(2).position(|byte| (0x40..=0x7e).contains(byte)).map(|at| at + 3),
        b']' => bytes.iter().skip(2).position(|byte| matches!(byte, 0x07 | 0x1b)).map(|at| at + 2),
        _ => Some(2),
    }
}

fn reply(sequence: &[u8], answers: &mut Vec<u8>) {
    if let Some((_, answer)) = ANSWERS.iter().find(|(question, _)| *question == sequence) {
        answers.extend_from_slice(answer);
    } else if let Some(mode) = sequence.strip_prefix(b"\x1b[?").and_then(|rest| rest.strip_suffix(b"$p")) {
        // DECRQM: the mode is known and not set.
        answers.extend_from_slice(b"\x1b[?");
        answers.extend_from_slice(mode);
        answers.extend_from_slice(b";2$y");
    } else if let Some(index) = sequence.strip_prefix(b"\x1b]4;").and_then(|rest| rest.strip_suffix(b";?")) {
        answers.extend_from_slice(b"\x1b]4;");
        answers.extend_from_slice(index);
        answers.extend_from_slice(b";rgb:8080/8080/8080\x1b\\");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(output: &[u8]) -> String {
        String::from_utf8(Answerer::default().answer(output)).unwrap()
    }

    #[test]
    fn every_question_between_other_output_is_answered_in_order() {
        let said = ask(b"\x1b[2J\x1b[?u\x1b[c rows \x1b[31mred\x1b[0m\x1b]11;?\x07\x1b[6n");
        assert_eq!(said, "\x1b[?0u\x1b[?62;22c\x1b]11;rgb:1010/1010/1010\x1b\\\x1b[1;1R");
    }

    #[test]
    fn modes_and_palette_entries_are_answered_by_their_number() {
        assert_eq!(ask(b"\x1b[?2026$p\x1b]4;7;?\x1b\\"), "\x1b[?2026;2$y\x1b]4;7;rgb:8080/8080/8080\x1b\\");
    }

    #[test]
    fn a_question_that_was_cut_in_two_is_answered_once() {
        let mut answerer = Answerer::default();
        assert!(answerer.answer(b"text\x1b[").is_empty());
        assert_eq!(answerer.answer(b"c"), b"\x1b[?62;22c");
        assert!(answerer.answer(b"more").is_empty());
    }

    #[test]
    fn drawing_is_no_question() {
        assert_eq!(ask(b"\x1b[1;1H\x1b[48;5;237m\x1b[?25l\x1b]0;title\x07"), "");
    }
}
