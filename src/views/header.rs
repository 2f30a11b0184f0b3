//! The two rows at the top: which cluster, which namespaces, live or not, and what is broken.
//!
//! Every piece has a rank; on a narrow screen the least important ones go first, whole.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::connection::summary;
use super::widgets::strokes::{put, tint, width};
use crate::model::link::LinkState;
use crate::model::time::human_duration;
use crate::model::{Freshness, Level, Timestamp};
use crate::theme::{Theme, Token};

/// Below this width the state of the link is told in two words.
const NARROW: u16 = 60;

/// How many objects are not well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Broken.
    pub broken: usize,
    /// Wants a look.
    pub attention: usize,
}

/// Use of the whole cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Per cent of the allocatable CPU.
    pub cpu: u32,
    /// Per cent of the allocatable memory.
    pub memory: u32,
    /// The last samples of both, oldest first.
    pub history: (Vec<u32>, Vec<u32>),
}

/// Everything the header says, as data.
#[derive(Clone, Debug, Default)]
pub struct Header<'a> {
    /// Contexts of the view on top.
    pub contexts: String,
    /// Namespaces in words; empty for cluster-wide kinds.
    pub namespaces: String,
    /// The link of the first context.
    pub link: Option<&'a LinkState>,
    /// The worst freshness of what is shown.
    pub freshness: Freshness,
    /// Number of nodes and how they are.
    pub nodes: Option<(usize, Counts)>,
    /// CPU and memory.
    pub usage: Option<Usage>,
    /// How the objects of the view are.
    pub counts: Counts,
    /// The context is marked as one to be careful with.
    pub guarded: bool,
    /// Writes are refused.
    pub read_only: bool,
}

struct Piece {
    text: String,
    token: Token,
    rank: u8,
}

fn piece(rank: u8, token: Token, text: impl Into<String>) -> Piece {
    Piece { text: text.into(), token, rank }
}

impl Header<'_> {
    /// Draws into one or two rows; nothing when there are none.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, now: Timestamp, theme: &Theme) {
        if area.is_empty() {
            return;
        }
        let band = if self.guarded { Token::HeaderGuarded } else { Token::Header };
        for y in area.top()..area.bottom() {
            tint(buf, area, y, theme.style(band));
        }
        let mut first = self.first_row(area.width < NARROW, now, theme);
        if area.height == 1 {
            first.extend(self.counts(theme, true));
        }
        draw_pieces(buf, area, area.y, first, band, theme);
        if area.height > 1 {
            self.second_row(Rect { y: area.y + 1, ..area }, buf, band, now, theme);
        }
    }

    fn first_row(&self, is_narrow: bool, now: Timestamp, theme: &Theme) -> Vec<Piece> {
        let mut pieces = vec![piece(9, Token::Header, "kdeck")];
        let (arrow, contexts) = (if theme.unicode { "▸" } else { ">" }, self.contexts.as_str());
        pieces.push(piece(0, Token::HeaderStrong, if contexts.is_empty() { "no context" } else { contexts }));
        if !self.namespaces.is_empty() {
            pieces.push(piece(2, Token::Header, format!("{arrow} {}", self.namespaces)));
        }
        if let Some(link) = self.link {
            let (text, token) = self.state(link, is_narrow, now, theme);
            pieces.push(piece(1, token, text));
            let facts = [
                (7, link.version.as_ref().map(ToString::to_string)),
                (6, link.round_trip.map(|time| format!("{} ms", calm(time.as_millis())))),
                (8, (!link.user.is_empty()).then(|| link.user.to_string())),
            ];
            pieces
                .extend(facts.into_iter().filter_map(|(rank, text)| Some(piece(rank, Token::Header, text?))));
        }
        if let Some((nodes, counts)) = self.nodes {
            let ill = counts.broken + counts.attention;
            let (text, token) = match ill {
                0 => (format!("nodes {nodes}"), Token::Header),
                _ => (format!("nodes {nodes} {}{ill}", theme.sign(Level::Attention)), Token::Attention),
            };
            pieces.push(piece(5, token, text));
        }
        if let Some(usage) = &self.usage {
            for (name, value, history) in
                [("cpu", usage.cpu, &usage.history.0), ("mem", usage.memory, &usage.history.1)]
            {
                let token = Token::of_share(value).unwrap_or(Token::Header);
                pieces.push(piece(4, token, format!("{name} {value}%{}", spark(history, theme))));
            }
        }
        pieces
    }

    fn state(&self, link: &LinkState, is_narrow: bool, now: Timestamp, theme: &Theme) -> (String, Token) {
        let sign = |level| theme.sign(level);
        let for_long = |since: &Timestamp| {
            let mut text = String::new();
            human_duration(since.elapsed(now), &mut text);
            text
        };
        if !link.connected {
            let (text, token) = summary(link, now);
            let level = if token == Token::Broken { Level::Broken } else { Level::Busy };
            // When the next attempt starts is a luxury; that there is no connection is not.
            let text = if is_narrow { text.split(',').next().unwrap_or_default().to_owned() } else { text };
            return (format!("{} {text}", sign(level)), token);
        }
        let live = if theme.unicode { "●" } else { "*" };
        match &self.freshness {
            Freshness::Live => (format!("{live} live"), Token::Good),
            Freshness::Idle => (format!("{live} connected"), Token::Good),
            Freshness::Loading { .. } => (format!("{} loading", sign(Level::Busy)), Token::Busy),
            Freshness::Reconnecting { since, .. } => {
                (format!("{} reconnecting {}", sign(Level::Attention), for_long(since)), Token::Attention)
            }
            Freshness::Stale { since, .. } => {
                (format!("{} stale {}", sign(Level::Attention), for_long(since)), Token::Attention)
            }
            Freshness::Forbidden(_) => (format!("{} forbidden", sign(Level::Attention)), Token::Attention),
            Freshness::Gone(_) => (format!("{} kind gone", sign(Level::Attention)), Token::Attention),
            Freshness::Halted(_) => (format!("{} memory limit", sign(Level::Attention)), Token::Attention),
        }
    }

    fn counts(&self, theme: &Theme, short: bool) -> Vec<Piece> {
        [(Level::Broken, self.counts.broken, "broken"), (Level::Attention, self.counts.attention, "degraded")]
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(level, count, word)| {
                let sign = theme.sign(level);
                let text = if short { format!("{sign}{count}") } else { format!("{sign} {count} {word}") };
                piece(3, Theme::level(level), text)
            })
            .collect()
    }

    fn second_row(&self, area: Rect, buf: &mut Buffer, band: Token, now: Timestamp, theme: &Theme) {
        let mut facts: Vec<String> = Vec::new();
        if self.guarded {
            facts.push("guarded".into());
        }
        // Writes are what a Kubernetes user expects; only their absence is news.
        if self.read_only {
            facts.push("read-only".into());
        }
        facts.push(format!("{:02}:{:02} UTC", now.0.rem_euclid(86_400) / 3600, now.0.rem_euclid(3600) / 60));
        let right = facts.join(" · ");
        let columns = width(&right);
        let mut room = area;
        if columns + 2 <= area.width {
            put(buf, area.right() - 1 - columns, area.y, columns, &right, theme.style(band));
            room.width = area.width - columns - 2;
        }
        draw_pieces(buf, room, area.y, self.counts(theme, false), band, theme);
    }
}

/// Draws what fits, two blanks apart; the highest rank goes first.
fn draw_pieces(buf: &mut Buffer, area: Rect, y: u16, mut pieces: Vec<Piece>, band: Token, theme: &Theme) {
    let total =
        |pieces: &[Piece]| -> usize { pieces.iter().map(|piece| usize::from(width(&piece.text)) + 2).sum() };
    while pieces.len() > 1 && total(&pieces) > usize::from(area.width) + 1 {
        let Some(least) = (0..pieces.len()).max_by_key(|&place| pieces.get(place).map(|piece| piece.rank))
        else {
            break;
        };
        pieces.remove(least);
    }
    let mut x = area.x.saturating_add(1);
    for piece in &pieces {
        let style = theme.style(band).patch(theme.style(piece.token));
        x = x
            .saturating_add(put(buf, x, y, area.right().saturating_sub(x), &piece.text, style))
            .saturating_add(2);
    }
}

/// Rounds a round trip so that it does not flicker: two figures are enough.
fn calm(millis: u128) -> u128 {
    if millis < 20 { millis } else { (millis + 5) / 10 * 10 }
}

/// Draws up to six samples of per cent as bars.
fn spark(samples: &[u32], theme: &Theme) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    if !theme.unicode || samples.len() < 2 {
        return String::new();
    }
    let recent = samples.get(samples.len().saturating_sub(6)..).unwrap_or_default();
    let bar = |value: &u32| BARS.get((*value as usize * 8 / 101).min(7)).copied().unwrap_or('█');
    std::iter::once(' ').chain(recent.iter().map(bar)).collect()
}

#[cfg(test)]
mod tests;
