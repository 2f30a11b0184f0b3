//! The last rows: keys that work here, news, and the row of views.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::widgets::strokes::{pieces, put, width};
use crate::commands::flow::{Flash, FlashLevel};
use crate::commands::{Cmd, Family, keymap, table};
use crate::model::Level;
use crate::theme::{Theme, Token};

/// A key and the word beside it.
pub type Hint = (String, &'static str);

/// Returns the hints of a family in the order of the command table, without what can't be run now.
pub fn of(family: Family, refused: impl Fn(Cmd) -> bool) -> Vec<Hint> {
    table::all()
        .filter(|command| command.families.has(family))
        .filter_map(|command| {
            Some((keymap::keys(command, family).next()?.short(), command.hint_for(family)?, command.cmd))
        })
        .filter(|(.., cmd)| !refused(*cmd))
        .map(|(key, word, _)| (key, word))
        .collect()
}

/// Draws as many hints as fit; the last one (`? keys`) always has its place.
pub fn draw(area: Rect, buf: &mut Buffer, hints: &[Hint], theme: &Theme) {
    let (dot, columns) = (if theme.unicode { " · " } else { " | " }, area.width.saturating_sub(1));
    let cost = |hint: &Hint| width(&hint.0) + 1 + width(hint.1);
    let Some((last, others)) = hints.split_last() else { return };
    let mut shown: Vec<&Hint> = Vec::new();
    let mut used = cost(last);
    for hint in others {
        let next = used + cost(hint) + width(dot);
        if next > columns {
            break;
        }
        used = next;
        shown.push(hint);
    }
    shown.push(last);
    let mut x = area.x.saturating_add(1);
    for (n, (key, word)) in shown.into_iter().enumerate() {
        let dot = if n == 0 { "" } else { dot };
        let texts = [
            (dot, theme.style(Token::Dim)),
            (key.as_str(), theme.style(Token::Key)),
            (" ", theme.style(Token::Hint)),
            (word, theme.style(Token::Hint)),
        ];
        x = x.saturating_add(pieces(buf, (x, area.y), area.right().saturating_sub(x), texts));
    }
}

/// Draws news in place of the hints.
pub fn flash(area: Rect, buf: &mut Buffer, flash: &Flash, theme: &Theme) {
    let (sign, token) = match flash.level {
        FlashLevel::Info => (if theme.unicode { "·" } else { "." }, Token::FlashInfo),
        FlashLevel::Warn => (theme.sign(Level::Attention), Token::FlashWarn),
        FlashLevel::Error => (theme.sign(Level::Broken), Token::FlashError),
    };
    let arrow = if theme.unicode { "→" } else { "->" };
    let hint = flash.hint.as_ref().map(|hint| format!("  {arrow} {hint}")).unwrap_or_default();
    let style = theme.style(token);
    let texts = [
        (sign, style),
        (" ", style),
        (flash.text.as_str(), style),
        (hint.as_str(), theme.style(Token::Hint)),
    ];
    pieces(buf, (area.x.saturating_add(1), area.y), area.width.saturating_sub(1), texts);
}

/// Draws the row above the hints: the way back, when there is one, then the chain of the selected row,
/// of which the beginning gives way.
pub fn context(area: Rect, buf: &mut Buffer, views: &[String], chain: &[(String, Token)], theme: &Theme) {
    if chain.is_empty() {
        return crumbs(area, buf, views, theme);
    }
    let mut x = area.x.saturating_add(1);
    if views.len() > 1 {
        let columns =
            views.iter().map(|view| width(view) + 3).sum::<u16>().saturating_add(2).min(area.width / 2);
        crumbs(Rect { width: columns, ..area }, buf, views, theme);
        x = area.x.saturating_add(columns);
    }
    let arrow = if theme.unicode { " → " } else { " > " };
    let room = area.right().saturating_sub(x);
    let cost = |(text, _): &(String, Token)| width(text).saturating_add(width(arrow));
    let mut first = chain.len() - 1;
    let mut used = chain.last().map_or(0, |(text, _)| width(text));
    while let Some(before) = first.checked_sub(1).and_then(|place| chain.get(place)) {
        used = used.saturating_add(cost(before));
        // Room for the sign that something is left out.
        if used.saturating_add(if first > 1 { 2 } else { 0 }) > room {
            break;
        }
        first -= 1;
    }
    if first > 0 {
        x = x.saturating_add(put(buf, x, area.y, room, "… ", theme.style(Token::Dim)));
    }
    for (n, (text, token)) in chain.iter().enumerate().skip(first) {
        let arrow = if n == first { "" } else { arrow };
        let style = theme.style(if *token == Token::Text { Token::Hint } else { *token });
        let texts = [(arrow, theme.style(Token::Dim)), (text.as_str(), style)];
        x = x.saturating_add(pieces(buf, (x, area.y), area.right().saturating_sub(x), texts));
    }
}

/// Draws the row of views, the one on top last; the oldest give way.
fn crumbs(area: Rect, buf: &mut Buffer, crumbs: &[String], theme: &Theme) {
    let arrow = if theme.unicode { " › " } else { " > " };
    let columns = area.width.saturating_sub(1);
    let mut first = crumbs.len().saturating_sub(1);
    let mut used = crumbs.last().map_or(0, |crumb| width(crumb));
    while let Some(before) = first.checked_sub(1).and_then(|place| crumbs.get(place)) {
        used = used.saturating_add(width(before) + width(arrow));
        // Room for the sign that something is left out.
        if used + 4 > columns {
            break;
        }
        first -= 1;
    }
    let mut x = area.x.saturating_add(1);
    if first > 0 {
        let texts = [("…", theme.style(Token::Dim)), (arrow, theme.style(Token::Dim))];
        x += pieces(buf, (x, area.y), area.right().saturating_sub(x), texts);
    }
    let shown = crumbs.get(first..).unwrap_or_default();
    for (n, crumb) in shown.iter().enumerate() {
        let top = n + 1 == shown.len();
        let token = if top { Token::CrumbActive } else { Token::Crumb };
        x = x.saturating_add(put(buf, x, area.y, area.right().saturating_sub(x), crumb, theme.style(token)));
        if !top {
            x = x.saturating_add(put(
                buf,
                x,
                area.y,
                area.right().saturating_sub(x),
                arrow,
                theme.style(Token::Dim),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::widgets::testing::{picture, theme};

    fn row(columns: u16, draw: impl Fn(Rect, &mut Buffer, &Theme)) -> String {
        let mut buf = Buffer::empty(Rect::new(0, 0, columns, 1));
        draw(buf.area, &mut buf, &theme());
        picture(&buf).trim_end().to_owned()
    }

    #[test]
    fn hints_shrink_but_the_way_to_all_keys_stays() {
        let hints = of(Family::Table, |cmd| {
            matches!(cmd, Cmd::Owner | Cmd::Node | Cmd::UseNamespace | Cmd::ToggleFavourite)
        });
        let draw = |columns| row(columns, |area, buf, theme| super::draw(area, buf, &hints, theme));
        assert_eq!(draw(80), " enter open · y yaml · / filter · ^z faults · ^w wide · space mark · ? keys");
        assert_eq!(draw(40), " enter open · y yaml · / filter · ? keys");
        assert_eq!(draw(10), " ? keys");
        assert_eq!(draw(1), "");
    }

    #[test]
    fn the_connection_page_offers_its_own_keys() {
        let hints = of(Family::Connection, |_| false);
        let row = row(80, |area, buf, theme| super::draw(area, buf, &hints, theme));
        assert_eq!(row, " r try now · y copy report · : command · c contexts · ? keys");
    }

    #[test]
    fn news_say_what_and_what_next() {
        let mut news = Flash::warn("no context is in use");
        news.hint = Some(":ctx lists them".into());
        assert_eq!(
            row(80, |area, buf, theme| flash(area, buf, &news, theme)),
            " ▲ no context is in use  → :ctx lists them"
        );
    }

    #[test]
    fn the_chain_of_the_row_follows_the_way_back_and_loses_its_beginning_first() {
        let chain = ["Deployment api", "Pod api-1", "node n-3"].map(|text| (text.to_owned(), Token::Text));
        let draw = |columns, views: &[&str]| {
            let views: Vec<String> = views.iter().map(|view| (*view).to_owned()).collect();
            row(columns, |area, buf, theme| context(area, buf, &views, &chain, theme))
        };
        assert_eq!(draw(60, &["pods"]), " Deployment api → Pod api-1 → node n-3");
        assert_eq!(draw(30, &["pods"]), " … Pod api-1 → node n-3");
        assert_eq!(draw(60, &["svc", "pods"]), " svc › pods    Deployment api → Pod api-1 → node n-3");
        assert_eq!(row(60, |area, buf, theme| context(area, buf, &["pods".into()], &[], theme)), " pods");
        for columns in 0..12 {
            draw(columns, &["svc", "pods"]);
        }
    }

    #[test]
    fn old_crumbs_give_way() {
        let all = ["deployments".to_owned(), "deploy payments/api".into(), "containers".into()];
        let draw = |columns| row(columns, |area, buf, theme| crumbs(area, buf, &all, theme));
        assert_eq!(draw(60), " deployments › deploy payments/api › containers");
        assert_eq!(draw(40), " … › deploy payments/api › containers");
        assert_eq!(draw(20), " … › containers");
    }
}
