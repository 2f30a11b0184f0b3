//! The terminal library's events as kdeck's own: keys, mouse, paste, sizes.
//!
//! The only place that knows how terminals encode keys. What the library has read is taken in one wake; its poll
//! backend reads one event at a time, so that most wakes bring one. The terminal is looked at only when it has
//! something to say.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crossterm::event::{
    Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent,
    MouseEventKind,
};
use futures::Stream;
use futures::task::AtomicWaker;

use crate::commands::flow::{Mouse, MouseWhat};
use crate::commands::{Code, Key, Msg};

/// Most events of one wake; the rest comes with the next one, after a frame.
const MOST: usize = 256;

/// Longest pasted text, in bytes; a prompt line has no use for more.
const LONGEST_PASTE: usize = 64 * 1024;

/// The stream of input. Dropped while another program owns the terminal: not polling it is not enough.
#[derive(Debug)]
pub struct Input<S = EventStream> {
    events: S,
    gate: Arc<Gate>,
    /// Wakes the gate, which wakes the loop.
    waker: Waker,
}

/// Keeps the loop, which comes by for every piece of data, from asking a terminal that is silent. Each such question
/// fights with the library's reading thread over a lock that this one holds while it waits, and gives the processor
/// away up to seven times on the way: when all processors are busy decoding, a key waits for tens of milliseconds.
#[derive(Debug, Default)]
struct Gate {
    is_open: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Gate {
    fn wake(self: Arc<Self>) {
        self.is_open.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Input {
    /// Starts reading the terminal.
    pub fn new() -> Self {
        Self::of(EventStream::new())
    }
}

impl Default for Input {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Stream<Item = io::Result<Event>> + Unpin> Input<S> {
    fn of(events: S) -> Self {
        let gate = Arc::new(Gate { is_open: AtomicBool::new(true), task: AtomicWaker::new() });
        Self { events, waker: Waker::from(gate.clone()), gate }
    }

    /// Waits for input and returns all that is ready; `None` when the terminal is gone.
    pub async fn batch(&mut self) -> Option<Vec<Msg>> {
        loop {
            let messages = translate(poll_fn(|cx| self.poll(cx)).await?);
            if !messages.is_empty() {
                return Some(messages);
            }
        }
    }

    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Vec<Event>>> {
        // Registered first: the gate may open right after it was found shut.
        self.gate.task.register(cx.waker());
        if !self.gate.is_open.swap(false, Ordering::AcqRel) {
            return Poll::Pending;
        }
        let mut own = Context::from_waker(&self.waker);
        let mut events: Vec<Event> = Vec::new();
        // To the end, or the stream wakes nobody.
        loop {
            if events.len() >= MOST {
                self.gate.is_open.store(true, Ordering::Release);
                break;
            }
            match Pin::new(&mut self.events).poll_next(&mut own) {
                Poll::Ready(Some(Ok(event))) => events.push(event),
                Poll::Ready(Some(Err(error))) if error.kind() == io::ErrorKind::Interrupted => {}
                Poll::Ready(Some(Err(_)) | None) => {
                    // The end itself is told next time.
                    self.gate.is_open.store(true, Ordering::Release);
                    return Poll::Ready(Some(events).filter(|events| !events.is_empty()));
                }
                Poll::Pending => break,
            }
        }
        if events.is_empty() { Poll::Pending } else { Poll::Ready(Some(events)) }
    }
}

/// Turns a run of events into messages.
fn translate(events: Vec<Event>) -> Vec<Msg> {
    let mut messages: Vec<Msg> = Vec::with_capacity(events.len());
    for event in events {
        match event {
            Event::Key(event) => messages.extend(key(event).map(Msg::Key)),
            Event::Mouse(event) => messages.extend(mouse(event).map(Msg::Mouse)),
            Event::Paste(text) => messages.push(Msg::Paste(cut(text))),
            Event::Resize(width, height) => messages.push(Msg::Resize(width, height)),
            Event::FocusGained | Event::FocusLost => {}
        }
    }
    messages
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST_PASTE {
        let end = (0..=LONGEST_PASTE).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

/// Keys that have one name on both sides.
const CODES: [(KeyCode, Code); 15] = [
    (KeyCode::Enter, Code::Enter),
    (KeyCode::Esc, Code::Esc),
    (KeyCode::Tab, Code::Tab),
    (KeyCode::BackTab, Code::BackTab),
    (KeyCode::Backspace, Code::Backspace),
    (KeyCode::Delete, Code::Delete),
    (KeyCode::Insert, Code::Insert),
    (KeyCode::Up, Code::Up),
    (KeyCode::Down, Code::Down),
    (KeyCode::Left, Code::Left),
    (KeyCode::Right, Code::Right),
    (KeyCode::Home, Code::Home),
    (KeyCode::End, Code::End),
    (KeyCode::PageUp, Code::PageUp),
    (KeyCode::PageDown, Code::PageDown),
];

/// What the bytes 0x1C to 0x1F are called on keyboards; the terminal library names them Ctrl-4 to Ctrl-7.
const CONTROLS: [(char, char); 4] = [('4', '\\'), ('5', ']'), ('6', '^'), ('7', '_')];

/// Turns a key event into a key; `None` for releases and keys that kdeck has no name for.
fn key(event: KeyEvent) -> Option<Key> {
    let held = |modifier| event.modifiers.contains(modifier);
    if event.kind == KeyEventKind::Release || held(KeyModifiers::SUPER) || held(KeyModifiers::HYPER) {
        return None;
    }
    let (ctrl, shift) = (held(KeyModifiers::CONTROL), held(KeyModifiers::SHIFT));
    let alt = held(KeyModifiers::ALT) || held(KeyModifiers::META);
    match event.code {
        // The line feed of a program that types for its user; nobody has it on a key of its own.
        KeyCode::Char('j') if ctrl && !shift => Some(Key { code: Code::Enter, ctrl: false, alt, shift }),
        KeyCode::Char(c) => {
            let c = if ctrl { control(c, shift) } else { shifted(c, shift) };
            Some(Key { code: Code::Char(c), ctrl, alt, shift: false })
        }
        // An empty byte is what Ctrl-Space (and Ctrl-@) send on terminals without better words for it.
        KeyCode::Null => Some(Key { code: Code::Char(' '), ctrl: true, alt, shift: false }),
        // Newer protocols say Shift-Tab in two words.
        KeyCode::Tab if shift => Some(Key { code: Code::BackTab, ctrl, alt, shift: false }),
        KeyCode::BackTab => Some(Key { code: Code::BackTab, ctrl, alt, shift: false }),
        KeyCode::F(n) => Some(Key { code: Code::F(n), ctrl, alt, shift }),
        code => {
            let (_, code) = CODES.iter().find(|(theirs, _)| *theirs == code)?;
            Some(Key { code: *code, ctrl, alt, shift })
        }
    }
}

/// Folds shift into a letter; other characters come shifted already.
fn shifted(c: char, shift: bool) -> char {
    if shift && c.is_lowercase() { c.to_uppercase().next().unwrap_or(c) } else { c }
}

/// Names the character of a control key: small unless shift is held, whatever the protocol.
fn control(c: char, shift: bool) -> char {
    let c = CONTROLS.iter().find(|(theirs, _)| *theirs == c).map_or(c, |(_, ours)| *ours);
    match (shift, c.is_ascii_alphabetic()) {
        (true, true) => c.to_ascii_uppercase(),
        (false, true) => c.to_ascii_lowercase(),
        // Ctrl-@ is typed as Ctrl-Space everywhere.
        _ if c == '@' => ' ',
        _ => c,
    }
}

/// Turns a mouse event into kdeck's; moves, drags and releases mean nothing here.
fn mouse(event: MouseEvent) -> Option<Mouse> {
    let what = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseWhat::Click,
        MouseEventKind::ScrollDown => MouseWhat::WheelDown,
        MouseEventKind::ScrollUp => MouseWhat::WheelUp,
        _ => return None,
    };
    Some(Mouse { x: event.column, y: event.row, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A terminal that counts how often it is asked.
    #[derive(Debug, Default)]
    struct Terminal {
        typed: std::collections::VecDeque<Event>,
        asked: usize,
        waker: Option<Waker>,
    }

    impl Stream for Terminal {
        type Item = io::Result<Event>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            self.asked += 1;
            self.waker = Some(cx.waker().clone());
            self.typed.pop_front().map_or(Poll::Pending, |event| Poll::Ready(Some(Ok(event))))
        }
    }

    impl Terminal {
        fn types(&mut self, keys: usize) {
            let key = Event::Key(KeyEvent::new(KeyCode::Char('j'), KeyModifiers::NONE));
            self.typed.extend(vec![key; keys]);
            if let Some(waker) = self.waker.take() {
                waker.wake();
            }
        }
    }

    #[test]
    fn a_silent_terminal_is_asked_once_however_often_the_loop_comes_by() {
        let mut input = Input::of(Terminal::default());
        let cx = Context::from_waker(Waker::noop());
        for _ in 0..100 {
            assert!(input.poll(&cx).is_pending());
        }
        assert_eq!(input.events.asked, 1);
        input.events.types(2);
        let Poll::Ready(Some(events)) = input.poll(&cx) else { panic!("two keys were typed") };
        assert_eq!((events.len(), input.events.asked), (2, 4));
        assert!(input.poll(&cx).is_pending());
        assert_eq!(input.events.asked, 4);
    }

    #[tokio::test]
    async fn more_keys_than_one_wake_takes_are_all_there_and_a_key_wakes_who_waits() {
        let mut input = Input::of(Terminal::default());
        input.events.types(MOST + 3);
        assert_eq!(input.batch().await.unwrap().len(), MOST);
        assert_eq!(input.batch().await.unwrap().len(), 3);
        let cx = Context::from_waker(Waker::noop());
        assert!(input.poll(&cx).is_pending());
        input.events.types(1);
        assert_eq!(input.batch().await.unwrap().len(), 1);
    }

    fn press(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
        key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn shift_is_folded_into_characters_in_every_protocol() {
        const NONE: KeyModifiers = KeyModifiers::NONE;
        const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
        let both = KeyModifiers::CONTROL | SHIFT;
        for (code, modifiers, want) in [
            (KeyCode::Char('a'), NONE, Key::char('a')),
            (KeyCode::Char('A'), SHIFT, Key::char('A')),
            (KeyCode::Char('a'), SHIFT, Key::char('A')),
            (KeyCode::Char('?'), SHIFT, Key::char('?')),
            (KeyCode::Char('A'), KeyModifiers::CONTROL, Key::ctrl('a')),
            (KeyCode::Char('a'), both, Key::ctrl('A')),
        ] {
            assert_eq!(press(code, modifiers), Some(want), "{code:?} {modifiers:?}");
        }
        let left = press(KeyCode::Left, SHIFT).unwrap();
        assert!(left.shift, "shift stays on keys that are no characters");
        assert_eq!(press(KeyCode::Tab, SHIFT), Some(Key::plain(Code::BackTab)));
        assert_eq!(press(KeyCode::BackTab, SHIFT), Some(Key::plain(Code::BackTab)));
    }

    #[test]
    fn control_space_and_control_backslash_are_known_in_old_and_new_forms() {
        for event in [(KeyCode::Char(' '), KeyModifiers::CONTROL), (KeyCode::Null, KeyModifiers::NONE)] {
            assert_eq!(press(event.0, event.1), Some(Key::ctrl(' ')));
        }
        for c in ['4', '\\'] {
            assert_eq!(press(KeyCode::Char(c), KeyModifiers::CONTROL), Some(Key::ctrl('\\')));
        }
    }

    #[test]
    fn a_line_feed_is_enter() {
        assert_eq!(press(KeyCode::Char('j'), KeyModifiers::CONTROL), Some(Key::plain(Code::Enter)));
    }

    #[test]
    fn releases_and_unknown_keys_are_dropped() {
        let mut event = KeyEvent::new(KeyCode::Char('a'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Repeat;
        assert_eq!(key(event), Some(Key::char('a')));
        event.kind = KeyEventKind::Release;
        assert_eq!(key(event), None);
        assert_eq!(press(KeyCode::CapsLock, KeyModifiers::NONE), None);
        assert_eq!(press(KeyCode::Char('q'), KeyModifiers::SUPER), None);
    }

    #[test]
    fn a_huge_paste_is_cut_at_a_character() {
        let text = cut("é".repeat(LONGEST_PASTE));
        assert!(text.len() <= LONGEST_PASTE && text.chars().all(|c| c == 'é'));
    }
}
