//! The loop of the screen: input, data, answers, signals and time in; frames out.
//!
//! Input is drawn at once. Data is drawn at a pace however much of it comes, and only where it is on screen. Time
//! wakes the loop only when something on screen would change by it. Nothing here waits for a cluster.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior};

use super::clipboard::{self, Multiplexer};
use super::clock;
use super::deck::{Deck, Inbound, Outward};
use super::handover::Lend;
use super::input::Input;
use super::pace::Pace;
use super::screen::Screen;
use super::signals::{Asked, Signals, can_stop};
use super::terminal::{self, Modes, Terminal};
use crate::commands::{Flash, Msg};
use crate::model::{Problem, ProblemKind};
use crate::store::Bell;

/// The least time that a tick waits, should a view ask for less.
const SHORTEST_TICK: Duration = Duration::from_millis(20);

/// A turn of the loop that takes longer makes a key wait: it is worth a line in the log.
const SLOW: Duration = Duration::from_millis(8);

/// How often the terminal is checked to be there still: one that went without a SIGHUP leaves the
/// terminal library's reader spinning for ever.
const PULSE: Duration = Duration::from_secs(5);

/// What woke the loop.
enum Event {
    /// Messages from the keyboard and mouse; `None` when the terminal is gone.
    Input(Option<Vec<Msg>>),
    Signal(Asked),
    Inbound(Inbound),
    /// The bell: data changed.
    Rung,
    /// The moment for the data's frame has come.
    Frame,
    /// What changed beside the rows on screen has waited long enough.
    Aside,
    /// Nothing else is to be done: time for work that was put off.
    Free,
    Tick,
    Pulse,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Signal(_) => "signal",
            Self::Inbound(_) => "inbound",
            Self::Rung => "rung",
            Self::Frame => "frame",
            Self::Aside => "aside",
            Self::Free => "free",
            Self::Tick => "tick",
            Self::Pulse => "pulse",
        }
    }
}

/// Whether the loop goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    On,
    End,
}

struct Loop {
    deck: Deck,
    bell: Arc<Bell>,
    terminal: Terminal,
    screen: Screen,
    /// Absent while another program has the terminal.
    input: Option<Input>,
    signals: Signals,
    multiplexer: Multiplexer,
    /// When data that rang the bell is to be drawn.
    due: Option<Instant>,
    /// When what changed beside the rows on screen is to be drawn.
    aside: Option<Instant>,
    tick: Option<Instant>,
    pace: Pace,
    pulse: Interval,
}

/// Runs the deck on the terminal until the user, a signal or the terminal's end ends it.
///
/// # Errors
/// When the terminal or the signals can't be taken over.
pub async fn run(mut deck: Deck, modes: Modes, multiplexer: Multiplexer) -> Result<(), Problem> {
    let signals = Signals::new()
        .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot watch for signals: {error}")))?;
    terminal::restore_on_panic();
    let terminal = Terminal::enter(modes)?;
    // Before the size is read: it tells of every change after this moment.
    let input = Some(Input::new());
    let (width, height) = terminal.size();
    deck.lend_terminal();
    let mut pulse = tokio::time::interval(PULSE);
    // After a suspend of hours there is nothing to make up for.
    pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut turning = Loop {
        bell: deck.bell(),
        deck,
        terminal,
        screen: Screen::new(width, height),
        input,
        signals,
        multiplexer,
        due: None,
        aside: None,
        tick: None,
        pace: Pace::default(),
        pulse,
    };
    if let Err(error) = turning.turn(width, height).await {
        // The terminal is gone: nobody to tell, and nothing to restore.
        tracing::info!(%error, "terminal lost");
    }
    turning.deck.close();
    Ok(())
}

impl Loop {
    async fn turn(&mut self, width: u16, height: u16) -> io::Result<()> {
        let first = self.deck.start(width, height);
        if self.outward(first).await? == Next::End {
            return Ok(());
        }
        self.draw()?;
        loop {
            let event = self.next().await;
            if self.handle(event).await? == Next::End {
                return Ok(());
            }
        }
    }

    async fn next(&mut self) -> Event {
        let (due, aside, tick, is_busy) = (self.due, self.aside, self.tick, self.deck.is_busy());
        tokio::select! {
            // In this order: a key is never behind data.
            biased;
            asked = self.signals.next() => Event::Signal(asked),
            messages = batch(&mut self.input) => Event::Input(messages),
            () = at(due) => Event::Frame,
            inbound = self.deck.arrival() => Event::Inbound(inbound),
            () = at(tick) => Event::Tick,
            () = at(aside) => Event::Aside,
            _ = self.pulse.tick() => Event::Pulse,
            () = self.bell.rung(), if due.is_none() => Event::Rung,
            () = std::future::ready(()), if is_busy => Event::Free,
        }
    }

    async fn handle(&mut self, event: Event) -> io::Result<Next> {
        let (began, name) = (clock::instant(), event.name());
        let next = self.take(event).await;
        let took = began.elapsed();
        // Only signals and lent terminals may take their time.
        if took > SLOW && name != "signal" {
            tracing::debug!(event = name, ?took, "a slow turn");
        }
        next
    }

    async fn take(&mut self, event: Event) -> io::Result<Next> {
        let mut is_due = true;
        let outward = match event {
            Event::Signal(asked) => return self.signal(asked).await,
            Event::Input(None) => return Ok(Next::End),
            Event::Input(Some(messages)) => {
                let size = messages.iter().rev().find_map(|message| match message {
                    Msg::Resize(width, height) => Some((*width, *height)),
                    _ => None,
                });
                if let Some((width, height)) = size {
                    self.screen.resize(width, height);
                }
                self.deck.take(messages)
            }
            Event::Inbound(inbound) => self.deck.arrived(inbound),
            Event::Rung => {
                // More will come: the frame shows all that has arrived when its moment comes.
                self.due = Some(self.pace.rung(clock::instant()));
                return Ok(Next::On);
            }
            Event::Frame => {
                self.due = None;
                self.bell.take();
                self.look(&mut is_due)
            }
            Event::Free => self.look(&mut is_due),
            Event::Aside => Vec::new(),
            Event::Pulse => return Ok(if self.terminal.is_there() { Next::On } else { Next::End }),
            Event::Tick => self.deck.take([Msg::Tick]),
        };
        let next = self.outward(outward).await?;
        if next == Next::On && is_due {
            self.draw()?;
        }
        Ok(next)
    }

    /// Looks at the data. What is on screen is due at once, the rest in a while.
    fn look(&mut self, is_due: &mut bool) -> Vec<Outward> {
        let outward = self.deck.rung();
        let now = clock::instant();
        // Shards ring for what they could not hand over in one look.
        self.pace.looked(now, self.bell.is_rung());
        *is_due = self.deck.take_fresh() || !outward.is_empty();
        if !*is_due {
            self.aside.get_or_insert(self.pace.aside(now));
        }
        outward
    }

    fn draw(&mut self) -> io::Result<()> {
        // All of it is in this frame.
        self.deck.take_fresh();
        let (deck, now) = (&self.deck, clock::now());
        let bytes = self.screen.frame(|area, buf| deck.draw(area, buf, now));
        self.terminal.write(bytes)?;
        self.terminal.title(&self.deck.title())?;
        let now = clock::instant();
        self.pace.drew(now);
        self.aside = None;
        self.tick = self.deck.next_tick().map(|wait| now + wait.max(SHORTEST_TICK));
        Ok(())
    }

    async fn outward(&mut self, wishes: Vec<Outward>) -> io::Result<Next> {
        for wish in wishes {
            match wish {
                Outward::Quit => return Ok(Next::End),
                Outward::Suspend => {
                    if self.suspend().await? == Next::End {
                        return Ok(Next::End);
                    }
                }
                Outward::Redraw => self.screen.forget(),
                Outward::Copy(text) => self.copy(&text)?,
                Outward::Mouse(on) => self.terminal.mouse(on)?,
                Outward::Lend(lend) => {
                    if self.lend(lend).await? == Next::End {
                        return Ok(Next::End);
                    }
                }
            }
        }
        Ok(Next::On)
    }

    async fn signal(&mut self, asked: Asked) -> io::Result<Next> {
        match asked {
            Asked::End(name) => {
                tracing::info!(name, "ended by a signal");
                return Ok(Next::End);
            }
            Asked::Stop => {
                if self.suspend().await? == Next::End {
                    return Ok(Next::End);
                }
            }
            Asked::Continued => {
                if let Some(name) = self.signals.foreground().await {
                    tracing::info!(name, "ended by a signal in the background");
                    return Ok(Next::End);
                }
                self.back()?;
            }
        }
        self.draw()?;
        Ok(Next::On)
    }

    /// Gives the terminal to the shell and waits to be continued.
    async fn suspend(&mut self) -> io::Result<Next> {
        if let Err(problem) = can_stop() {
            self.tell(Flash::from(problem));
            return Ok(Next::On);
        }
        // Dropped, not merely left alone: it would steal the shell's keys.
        self.input = None;
        self.terminal.away();
        let stopped = self.signals.stop_here().await;
        if let Ok(Some(name)) = stopped {
            tracing::info!(name, "ended by a signal while stopped");
            return Ok(Next::End);
        }
        self.back()?;
        if let Err(problem) = stopped {
            self.tell(Flash::from(problem));
        }
        Ok(Next::On)
    }

    /// Lends the terminal to a program until that ends.
    async fn lend(&mut self, lend: Lend) -> io::Result<Next> {
        self.input = None;
        self.terminal.away();
        // Signals first: the Ctrl-C that ended the program came to kdeck, too, and must not be left over for later.
        let end = tokio::select! {
            biased;
            asked = ended(&mut self.signals) => Some(asked),
            () = lend.out() => None,
        };
        if let Some(name) = end {
            tracing::info!(name, "ended by a signal while a plugin had the terminal");
            return Ok(Next::End);
        }
        self.back()?;
        Ok(Next::On)
    }

    /// Takes the terminal again, at whatever size it has now.
    fn back(&mut self) -> io::Result<()> {
        self.input = None;
        self.terminal.back()?;
        self.input = Some(Input::new());
        self.resize();
        Ok(())
    }

    /// Takes the terminal's size as it is now.
    fn resize(&mut self) {
        let (width, height) = self.terminal.size();
        self.screen.resize(width, height);
        // A size leads to no wishes that are worth another round.
        self.deck.take([Msg::Resize(width, height)]);
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        match clipboard::sequence(text, self.multiplexer) {
            Ok(bytes) => {
                self.terminal.write(bytes.as_bytes())?;
                self.tell(Flash::info(copied(text)));
            }
            Err(problem) => self.tell(Flash::from(problem)),
        }
        Ok(())
    }

    fn tell(&mut self, flash: Flash) {
        // News leads to no wishes that are worth another round.
        self.deck.take([Msg::Flash(flash)]);
    }
}

/// Says how much went to the clipboard: whether it took it, no terminal tells.
fn copied(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => format!("copied {} characters", text.chars().count()),
        lines => format!("copied {lines} lines, {} bytes", text.len()),
    }
}

/// Waits for a signal that ends the program; others are for whoever has the terminal now. Ctrl-C is one of
/// those: the plugin's way out, not kdeck's.
async fn ended(signals: &mut Signals) -> &'static str {
    loop {
        if let Asked::End(name) = signals.next().await
            && name != "SIGINT"
        {
            return name;
        }
    }
}

async fn batch(input: &mut Option<Input>) -> Option<Vec<Msg>> {
    match input {
        Some(input) => input.batch().await,
        None => std::future::pending().await,
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}
