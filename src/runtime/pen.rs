//! Changed cells as bytes for the terminal: cursor moves, colours, attributes, text.
//!
//! Allocates nothing but what `out` grows by, and says of a style only what is another than before: the library's own
//! way makes a text of each attribute. The sixteen named colours keep their own short codes, which the terminals that have
//! only those know.

use std::fmt::Write;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::theme::number_of;

/// Attributes and the codes that switch them on (ECMA-48, SGR).
const ATTRIBUTES: &[(Modifier, u8)] = &[
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// The code of the first colour of the text and of the ground; 8 above it are a long colour and the default.
const TEXT: u8 = 30;
const GROUND: u8 = 40;
/// How much further the bright ones stand.
const BRIGHT: u8 = 60;

/// How the terminal writes at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pen {
    text: Color,
    ground: Color,
    attributes: Modifier,
}

/// Writes cells, each with its column and row. Begins and ends with the terminal's own colours.
pub(super) fn write<'a>(cells: impl Iterator<Item = (u16, u16, &'a Cell)>, out: &mut String) {
    let (mut pen, mut next) = (Pen::default(), None);
    for (x, y, cell) in cells {
        if next != Some((x, y)) {
            put(out, format_args!("\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1));
        }
        let wanted = Pen { text: cell.fg, ground: cell.bg, attributes: cell.modifier };
        pen.turn(wanted, out);
        out.push_str(cell.symbol());
        next = x.checked_add(1).map(|x| (x, y));
    }
    pen.turn(Pen::default(), out);
}

impl Pen {
    /// Says what changes, in one sequence.
    fn turn(&mut self, wanted: Self, out: &mut String) {
        if *self == wanted {
            return;
        }
        let mut codes = Codes { out, any: false };
        // Single attributes can't be switched off everywhere; all of them can.
        if !wanted.attributes.contains(self.attributes) {
            codes.add(format_args!("0"));
            *self = Self::default();
        }
        for (attribute, code) in ATTRIBUTES {
            if wanted.attributes.contains(*attribute) && !self.attributes.contains(*attribute) {
                codes.add(format_args!("{code}"));
            }
        }
        if self.text != wanted.text {
            codes.colour(TEXT, wanted.text);
        }
        if self.ground != wanted.ground {
            codes.colour(GROUND, wanted.ground);
        }
        if codes.any {
            out.push('m');
        }
        *self = wanted;
    }
}

/// The codes of one sequence.
struct Codes<'a> {
    out: &'a mut String,
    any: bool,
}

impl Codes<'_> {
    fn add(&mut self, code: std::fmt::Arguments<'_>) {
        self.out.push_str(if self.any { ";" } else { "\x1b[" });
        self.any = true;
        put(self.out, code);
    }

    fn colour(&mut self, first: u8, colour: Color) {
        match colour {
            Color::Reset => self.add(format_args!("{}", first + 9)),
            Color::Indexed(number) => self.add(format_args!("{};5;{number}", first + 8)),
            Color::Rgb(r, g, b) => self.add(format_args!("{};2;{r};{g};{b}", first + 8)),
            named => {
                let number = number_of(named);
                self.add(format_args!("{}", first + number % 8 + if number < 8 { 0 } else { BRIGHT }));
            }
        }
    }
}

/// Writing to a String cannot fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    fn colour() -> impl Strategy<Value = Color> {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Black),
            Just(Color::Gray),
            Just(Color::DarkGray),
            Just(Color::LightCyan),
            Just(Color::White),
            any::<u8>().prop_map(Color::Indexed),
            any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ]
    }

    /// The attributes that the model of a terminal knows; it takes bold and dim for two degrees of one thing.
    fn attributes() -> impl Strategy<Value = Modifier> {
        let known =
            [Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED].into_iter().collect::<Modifier>();
        let weight = prop_oneof![Just(Modifier::empty()), Just(Modifier::BOLD), Just(Modifier::DIM)];
        (any::<u16>(), weight)
            .prop_map(move |(bits, weight)| Modifier::from_bits_truncate(bits) & known | weight)
    }

    fn seen(colour: Color) -> vt100::Color {
        match colour {
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            Color::Indexed(number) => vt100::Color::Idx(number),
            Color::Black => vt100::Color::Idx(0),
            Color::Gray => vt100::Color::Idx(7),
            Color::DarkGray => vt100::Color::Idx(8),
            Color::LightCyan => vt100::Color::Idx(14),
            Color::White => vt100::Color::Idx(15),
            _ => vt100::Color::Default,
        }
    }

    proptest! {
        #[test]
        fn a_terminal_shows_each_cell_in_its_style(
            styles in proptest::collection::vec((colour(), colour(), attributes(), "[a-z]"), 12),
            gaps in proptest::collection::vec(any::<bool>(), 12),
        ) {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 4, 3));
            let mut changed = Vec::new();
            let places = (0..3u16).flat_map(|y| (0..4u16).map(move |x| (x, y)));
            for ((place, (text, ground, attributes, letter)), is_gap) in places.zip(&styles).zip(&gaps) {
                let style = Style::new().fg(*text).bg(*ground).add_modifier(*attributes);
                if !is_gap {
                    buffer.set_string(place.0, place.1, letter, style);
                    changed.push(place);
                }
            }
            let mut out = String::new();
            write(changed.iter().map(|&(x, y)| (x, y, &buffer[(x, y)])), &mut out);
            let size = |n| std::num::NonZero::new(n).unwrap();
            let mut parser = vt100::Parser::new(size(3), size(4), 0);
            parser.process(out.as_bytes());
            for &(x, y) in &changed {
                let (cell, shown) = (&buffer[(x, y)], parser.screen().cell(y, x).unwrap());
                prop_assert_eq!(shown.contents(), cell.symbol());
                prop_assert_eq!(shown.fgcolor(), seen(cell.fg));
                prop_assert_eq!(shown.bgcolor(), seen(cell.bg));
                let flags = [
                    (Modifier::BOLD, shown.bold()),
                    (Modifier::DIM, shown.dim()),
                    (Modifier::ITALIC, shown.italic()),
                    (Modifier::UNDERLINED, shown.underline()),
                    (Modifier::REVERSED, shown.inverse()),
                ];
                for (attribute, is_on) in flags {
                    prop_assert_eq!(is_on, cell.modifier.contains(attribute), "{:?} {:?}", attribute, &out);
                }
            }
            parser.process(b"\x1b[3;4Hz");
            let after = parser.screen().cell(2, 3).unwrap();
            prop_assert!(after.fgcolor() == vt100::Color::Default && !after.bold() && !after.inverse());
        }
    }

    #[test]
    fn only_what_changes_is_said() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 3, 1));
        buffer.set_string(0, 0, "a", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
        buffer.set_string(1, 0, "b", Style::new().fg(Color::LightRed).add_modifier(Modifier::BOLD));
        buffer.set_string(2, 0, "c", Style::new().bg(Color::Indexed(240)));
        let mut out = String::new();
        write((0..3).map(|x| (x, 0, &buffer[(x, 0)])), &mut out);
        assert_eq!(out, "\x1b[1;1H\x1b[1;31ma\x1b[91mb\x1b[0;48;5;240mc\x1b[49m");
    }
}
