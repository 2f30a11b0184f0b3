//! The first view as plain text, once: for pipes, tickets, screen readers and CI.

use std::time::Duration;

use super::deck::Deck;
use crate::model::{Problem, ProblemKind};

/// How long the view may take to load when `--request-timeout` says nothing.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// How often at most the view takes what arrived: a big list rings for every batch.
const BREATH: Duration = Duration::from_millis(20);

/// Loads the first view and returns it as text, with what is missing from it.
///
/// # Errors
/// Why it could not be loaded, or that it took longer than `patience`.
pub async fn once(
    mut deck: Deck,
    (width, height): (u16, u16),
    patience: Duration,
) -> Result<(String, Vec<Problem>), Problem> {
    let result = tokio::time::timeout(patience, load(&mut deck, width, height)).await;
    deck.close();
    result.unwrap_or_else(|_| {
        let what = format!("the view was not complete within {} s", patience.as_secs_f32());
        Err(Problem::new(ProblemKind::Timeout, what).hint("see: kdeck doctor; or raise --request-timeout"))
    })?;
    Ok((deck.print(), deck.shortfall()))
}

/// Loads the first view and returns a frame of it as SVG.
///
/// # Errors
/// Why it could not be loaded, or that it took longer than `patience`.
pub async fn picture(
    mut deck: Deck,
    (width, height): (u16, u16),
    patience: Duration,
) -> Result<String, Problem> {
    let loaded = tokio::time::timeout(patience, load(&mut deck, width, height)).await;
    loaded
        .unwrap_or_else(|_| Err(Problem::new(ProblemKind::Timeout, "the view was not complete in time")))?;
    let area = ratatui::layout::Rect::new(0, 0, width, height);
    let mut frame = ratatui::buffer::Buffer::empty(area);
    deck.draw(area, &mut frame, super::clock::now());
    deck.close();
    Ok(super::screenshot::svg(&frame))
}

async fn load(deck: &mut Deck, width: u16, height: u16) -> Result<(), Problem> {
    let bell = deck.bell();
    deck.start(width, height);
    while !deck.loaded()? {
        // Nothing here owns a terminal, so what the deck asks of one is left out.
        tokio::select! {
            inbound = deck.arrival() => {
                deck.arrived(inbound);
            }
            () = bell.rung() => {
                deck.rung();
                tokio::time::sleep(BREATH).await;
            }
            // Work that a view put off for the sake of keys, which don't come here.
            () = std::future::ready(()), if deck.is_busy() => {
                deck.rung();
            }
        }
    }
    Ok(())
}
