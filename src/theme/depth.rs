//! What the terminal can show: how many colours, and whether more than ASCII.

use ratatui::style::{Color, Modifier, Style};

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None: only bold, underline, reverse. What `NO_COLOR` asks for.
    Mono,
    /// The terminal's sixteen.
    Sixteen,
    /// The 256 of xterm.
    Cube,
    /// All.
    #[default]
    Truecolor,
}

/// Terminals that show all colours but whose `COLORTERM` is lost on the way through ssh.
const TRUE_TERMS: &[&str] = &["kitty", "alacritty", "wezterm", "ghostty", "foot", "-direct"];

/// The sixteen colours with xterm's usual values; the user's own may differ, but not by meaning.
const SIXTEEN: [(Color, [u8; 3]); 16] = [
    (Color::Black, [0, 0, 0]),
    (Color::Red, [205, 0, 0]),
    (Color::Green, [0, 205, 0]),
    (Color::Yellow, [205, 205, 0]),
    (Color::Blue, [0, 0, 238]),
    (Color::Magenta, [205, 0, 205]),
    (Color::Cyan, [0, 205, 205]),
    (Color::Gray, [229, 229, 229]),
    (Color::DarkGray, [127, 127, 127]),
    (Color::LightRed, [255, 0, 0]),
    (Color::LightGreen, [0, 255, 0]),
    (Color::LightYellow, [255, 255, 0]),
    (Color::LightBlue, [92, 92, 255]),
    (Color::LightMagenta, [255, 0, 255]),
    (Color::LightCyan, [0, 255, 255]),
    (Color::White, [255, 255, 255]),
];

/// The six steps of a colour in xterm's cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// Returns the number of a named colour among the sixteen of a terminal; 0, black, for any other.
pub fn number_of(named: Color) -> u8 {
    let place = SIXTEEN.iter().position(|(color, _)| *color == named);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or_default()
}

impl Depth {
    /// Reads `NO_COLOR`, `COLORTERM` and `TERM`.
    pub fn detect(env: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| env(name).unwrap_or_default().to_lowercase();
        let (term, colors) = (get("TERM"), get("COLORTERM"));
        if !get("NO_COLOR").is_empty() || term == "dumb" {
            Self::Mono
        } else if matches!(colors.as_str(), "truecolor" | "24bit")
            || TRUE_TERMS.iter().any(|name| term.contains(name))
            || !get("WT_SESSION").is_empty()
        {
            Self::Truecolor
        } else if term.contains("256") {
            Self::Cube
        } else if term.starts_with("vt") {
            Self::Mono
        } else {
            Self::Sixteen
        }
    }

    /// Returns the nearest colour that can be shown; `None` where there are none.
    pub fn nearest(self, color: Color) -> Option<Color> {
        match (self, color) {
            (Self::Mono, _) => None,
            (Self::Cube, Color::Rgb(r, g, b)) => Some(Color::Indexed(nearest_index([r, g, b]))),
            (Self::Sixteen, Color::Rgb(r, g, b)) => Some(nearest_of_sixteen([r, g, b])),
            (Self::Sixteen, Color::Indexed(index)) => Some(
                SIXTEEN
                    .get(usize::from(index))
                    .map_or_else(|| nearest_of_sixteen(rgb_of_index(index)), |c| c.0),
            ),
            (_, color) => Some(color),
        }
    }

    /// Converts a style. Few colours can make a bar invisible or text vanish in it: then it is reversed.
    pub fn convert(self, style: Style) -> Style {
        let mut out = Style { fg: None, bg: None, ..style };
        out.fg = style.fg.and_then(|color| self.nearest(color));
        out.bg = style.bg.and_then(|color| self.nearest(color));
        let had_bar = style.bg.is_some_and(|color| color != Color::Reset);
        let is_plain = |color: Option<Color>| {
            matches!(
                color,
                None | Some(Color::Reset | Color::Black | Color::White | Color::DarkGray | Color::Gray)
            )
        };
        let lost = match self {
            Self::Mono => had_bar,
            Self::Sixteen => had_bar && (is_plain(out.bg) || out.fg == out.bg),
            _ => false,
        };
        if lost {
            out.fg = None;
            out.bg = None;
            out = out.add_modifier(Modifier::REVERSED);
        }
        out
    }
}

/// Reads from `LC_ALL`, `LC_CTYPE` or `LANG`, the first that is set, whether text is UTF-8.
pub fn is_utf8(env: impl Fn(&str) -> Option<String>) -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| env(name)).find(|value| !value.is_empty());
    set.is_some_and(|value| {
        let value = value.to_lowercase();
        value.contains("utf-8") || value.contains("utf8")
    })
}

/// Returns red, green and blue of any colour but `Reset`.
#[cfg(test)]
pub(super) fn rgb(color: Color) -> Option<[u8; 3]> {
    match color {
        Color::Reset => None,
        Color::Rgb(r, g, b) => Some([r, g, b]),
        Color::Indexed(index) => Some(rgb_of_index(index)),
        named => SIXTEEN.iter().find(|(color, _)| *color == named).map(|(_, rgb)| *rgb),
    }
}

fn nearest_of_sixteen(rgb: [u8; 3]) -> Color {
    SIXTEEN.iter().min_by_key(|(_, known)| distance(*known, rgb)).map_or(Color::Reset, |(color, _)| *color)
}

/// Returns the nearest of the cube and the greys; the first sixteen depend on the user's settings.
fn nearest_index(rgb: [u8; 3]) -> u8 {
    (16..=255).min_by_key(|&index| distance(rgb_of_index(index), rgb)).unwrap_or(15)
}

fn rgb_of_index(index: u8) -> [u8; 3] {
    let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or_default();
    match index {
        0..16 => SIXTEEN.get(usize::from(index)).map_or([0; 3], |(_, rgb)| *rgb),
        16..232 => [step((index - 16) / 36), step((index - 16) / 6), step(index - 16)],
        232.. => [8 + 10 * (index - 232); 3],
    }
}

/// Squared distance, weighted by how much the eye minds each colour.
fn distance(a: [u8; 3], b: [u8; 3]) -> i32 {
    let weights = [3, 4, 2];
    let parts = a.iter().zip(b).zip(weights).map(|((&x, y), weight)| {
        let difference = i32::from(x) - i32::from(y);
        weight * difference * difference
    });
    parts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(vars: &[(&str, &str)]) -> Depth {
        Depth::detect(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn depth_follows_the_environment() {
        for (vars, want) in [
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "1"), ("COLORTERM", "truecolor")][..], Depth::Mono),
            (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Cube),
            (&[("TERM", "tmux-256color"), ("COLORTERM", "truecolor")], Depth::Truecolor),
            (&[("TERM", "xterm-kitty")], Depth::Truecolor),
            (&[("TERM", "screen")], Depth::Sixteen),
            (&[("TERM", "linux")], Depth::Sixteen),
            (&[("TERM", "dumb"), ("COLORTERM", "24bit")], Depth::Mono),
            (&[("TERM", "vt100")], Depth::Mono),
            (&[], Depth::Sixteen),
        ] {
            assert_eq!(detect(vars), want, "{vars:?}");
        }
    }

    #[test]
    fn utf8_is_read_from_the_first_locale_variable_that_is_set() {
        let utf8 = |vars: &[(&str, &str)]| {
            is_utf8(|name| vars.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(utf8(&[("LANG", "en_GB.UTF-8")]));
        assert!(utf8(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]));
        assert!(!utf8(&[("LC_ALL", "C"), ("LANG", "en_GB.UTF-8")]));
        assert!(!utf8(&[]));
    }

    #[test]
    fn colours_fall_to_their_nearest_neighbour() {
        for (rgb, cube, sixteen) in [
            ([255, 0, 0], 196, Color::LightRed),
            ([0, 0, 0], 16, Color::Black),
            ([255, 255, 255], 231, Color::White),
            ([128, 128, 128], 244, Color::DarkGray),
            ([95, 135, 175], 67, Color::DarkGray),
            ([255, 255, 0], 226, Color::LightYellow),
        ] {
            let color = Color::Rgb(rgb[0], rgb[1], rgb[2]);
            assert_eq!(Depth::Cube.nearest(color), Some(Color::Indexed(cube)), "{rgb:?}");
            assert_eq!(Depth::Sixteen.nearest(color), Some(sixteen), "{rgb:?}");
            assert_eq!(Depth::Truecolor.nearest(color), Some(color));
            assert_eq!(Depth::Mono.nearest(color), None);
        }
        assert_eq!(Depth::Sixteen.nearest(Color::Indexed(196)), Some(Color::LightRed));
        assert_eq!(Depth::Cube.nearest(Color::Red), Some(Color::Red));
    }
}
