//! The command line: what was typed becomes a deck to run or a text to print, and an exit code.
//!
//! Exit codes: 0 it worked, 1 it failed, 2 the command line is wrong. Texts go to stdout, reasons to
//! stderr. A reader that went away (`kdeck info | head -1`) is no failure.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::cluster::Overrides;
use crate::config::{Config, LogLevel, Paths, State};
use crate::model::{Problem, ProblemKind};
use crate::runtime::clipboard::Multiplexer;
use crate::runtime::memory::Keep;
use crate::runtime::terminal::Modes;
use crate::runtime::{Deck, Launch, block_on, log, once, run};
use crate::theme;

pub mod args;
mod complete;
pub mod demo;
pub mod reference;
pub mod reports;

use args::{Cli, Command, Deckwide};

/// The size that plain text is laid out for; width does not cut it.
const PAPER: (u16, u16) = (200, 60);

/// Runs the program for the process's arguments.
pub fn main() -> ExitCode {
    complete::answer();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are "errors" of the parser too: it knows which stream and code each takes.
            let code = error.exit_code();
            let _ = error.print();
            return exit_code(u8::try_from(code).unwrap_or(2));
        }
    };
    match dispatch(cli) {
        Ok(Outcome::Text(text)) => print(&text, 0),
        Ok(Outcome::Failed(text)) => print(&text, 1),
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Err(problem) => complain(&problem),
    }
}

/// How a subcommand ended.
#[derive(Debug)]
enum Outcome {
    /// With a text for stdout.
    Text(String),
    /// With a text for stdout that tells of a failure.
    Failed(String),
    /// With nothing more to say.
    Done,
}

fn dispatch(cli: Cli) -> Result<Outcome, Problem> {
    let Cli { connection, deck, command, words } = cli;
    let overrides = connection.overrides()?;
    match command {
        None => {
            let start = deck.start(&words)?;
            let place = Place::find(&deck);
            let text = wants_text(&deck, &env);
            let patience = overrides.request_timeout.unwrap_or(once::PATIENCE);
            let launch = place.launch(overrides, &deck, start, Keep::Disk)?;
            block_on(show(launch, text, patience))
        }
        Some(Command::Demo(demo)) => demo::run(demo, &overrides, &deck),
        Some(Command::Doctor) => block_on(reports::doctor(overrides)),
        Some(Command::Info) => Ok(Outcome::Text(reports::info(&deck, &env))),
        Some(Command::Version { short }) => Ok(Outcome::Text(reports::version(short))),
        Some(Command::Reference { page }) => reference::page(page).map(Outcome::Text),
        Some(Command::Completion { shell }) => complete::script(shell).map(Outcome::Text),
    }
}

/// Shows a deck: on the terminal, or as text once.
async fn show(launch: Launch, text: bool, patience: Duration) -> Result<Outcome, Problem> {
    let mouse = launch.config.mouse;
    if text {
        launch.problems.iter().for_each(warn);
    }
    let deck = Deck::new(launch, &env);
    if text {
        let (text, missing) = once::once(deck, PAPER, patience).await?;
        missing.iter().for_each(warn);
        return Ok(Outcome::Text(text));
    }
    run::run(deck, Modes::detect(&env, mouse), Multiplexer::detect(&env)).await?;
    Ok(Outcome::Done)
}

/// Tells whether there is no terminal to take over, or none is wanted.
fn wants_text(deck: &Deckwide, env: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = env("TERM").unwrap_or_default();
    deck.once
        || !io::stdout().is_terminal()
        || !io::stdin().is_terminal()
        || term == "dumb"
        || term.is_empty()
}

/// Everything that is read before a deck can be put together.
struct Place {
    paths: Paths,
    config: Config,
    problems: Vec<Problem>,
}

impl Place {
    fn find(deck: &Deckwide) -> Self {
        let (mut paths, mut problems) = Paths::find(env);
        if let Some(file) = &deck.log_file {
            paths.log.clone_from(file);
        }
        if let Some(dir) = &deck.screen_dump_dir {
            paths.dumps = std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
        }
        let (mut config, wrong) = Config::load(&paths);
        if deck.invert {
            config.theme = theme::opposite(&config.theme, Some(&paths.themes)).to_owned();
        }
        problems.extend(wrong);
        Self { paths, config, problems }
    }

    /// Starts the log and gathers all that a deck needs.
    fn launch(
        self,
        mut overrides: Overrides,
        deck: &Deckwide,
        start: Option<String>,
        keep: Keep,
    ) -> Result<Launch, Problem> {
        let Self { paths, config, mut problems } = self;
        let level = deck.log_level.as_deref().and_then(LogLevel::parse).unwrap_or(config.log_level);
        let (recent, wrong) = log::start(&paths.log, level);
        problems.extend(wrong);
        let state = match keep {
            Keep::Disk => {
                let (state, wrong) = State::load(&paths);
                problems.extend(wrong);
                state
            }
            Keep::Nothing => State::default(),
        };
        if deck.refresh.is_some() {
            tracing::info!("--refresh has no meaning here: kdeck watches, it never polls");
        }
        let is_text = wants_text(deck, &env);
        let namespace = overrides.namespace.clone();
        // The connection knows one namespace of its own; more than one is the table's matter.
        overrides.namespace = namespace.as_deref().and_then(first_of);
        Ok(Launch {
            overrides,
            start,
            all_namespaces: deck.all_namespaces,
            wide: deck.output.is_some(),
            is_text,
            namespace,
            // The parser refuses both at once.
            read_only: (deck.readonly || deck.write).then_some(deck.readonly),
            headless: deck.headless,
            crumbsless: deck.crumbsless,
            // A script's view is not where the person wants to start the next day.
            keep: if is_text { Keep::Nothing } else { keep },
            paths,
            config,
            state,
            recent,
            problems,
        })
    }
}

/// Returns the first name of a list such as `a,b`.
fn first_of(list: &str) -> Option<String> {
    list.split(',').map(str::trim).find(|name| !name.is_empty()).map(str::to_owned)
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Prints a text and ends with `code`, unless it could not be printed.
fn print(text: &str, code: u8) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => exit_code(code),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit_code(code),
        Err(error) => {
            complain(&Problem::new(ProblemKind::Io, format!("cannot write to standard output: {error}")))
        }
    }
}

/// Says on stderr what went wrong and ends with the code of such a failure.
fn complain(problem: &Problem) -> ExitCode {
    warn(problem);
    exit_code(if problem.kind == ProblemKind::Usage { 2 } else { 1 })
}

/// Says on stderr what is wrong and what to do next.
fn warn(problem: &Problem) {
    let clean = |text: &str| -> String {
        text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect()
    };
    let mut text = format!("kdeck: {}\n", clean(&problem.what));
    if let Some(hint) = &problem.hint {
        text.push_str(&format!("  hint: {}\n", clean(&in_shell(hint))));
    }
    // Nobody is left to tell when stderr is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Turns what a hint tells to type after a colon, which there is none here, into a command of the shell.
fn in_shell(hint: &str) -> String {
    let mut out = String::with_capacity(hint.len() + 16);
    let mut rest = hint.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        let is_typed = matches!(before, ' ' | '`' | '(') && rest.peek().is_some_and(char::is_ascii_lowercase);
        if c == ':' && is_typed {
            out.push_str("kdeck --once ");
        } else {
            out.push(c);
        }
        before = c;
    }
    out
}

/// The code as the system takes it.
fn exit_code(code: u8) -> ExitCode {
    ExitCode::from(code)
}
