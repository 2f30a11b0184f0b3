//! Fits columns into a width: which are left out, how wide each of the others is, where it starts.
//! Pure arithmetic, so that it can be tested without a screen.

/// What a column asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// Cells that would show everything.
    pub width: u16,
    /// Which go first on a narrow screen: 9 first, 0 never.
    pub drop: u8,
    /// Whether this is NAME, which stays while others scroll.
    pub name: bool,
    /// Whether the text may be cut: numbers and ages are never.
    pub elastic: bool,
}

/// A column in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    /// Index among the wishes.
    pub column: usize,
    /// Cells from the left.
    pub x: u16,
    /// Cells.
    pub width: u16,
}

/// Cells that a name keeps while others are still there to give way.
const NAME: u16 = 26;
/// Cells that a text keeps which never goes: `ContainerCreating`.
const STATUS: u16 = 17;
/// Cells of a sentence (CAUSE) that are worth more than the end of a status or the middle of a name.
const SENTENCE: u16 = 24;
/// Cells that another text keeps.
const TEXT: u16 = 12;
/// Cells of a name when nothing else can give way.
const LAST: u16 = 8;
/// Columns with this drop or more go before any text is cut.
const CHEAP: u8 = 5;

/// Columns in their places, and the memory for finding them, kept between frames.
#[derive(Clone, Debug, Default)]
pub(super) struct Fitted {
    /// Columns that are shown, from the left.
    pub placed: Vec<Placed>,
    chosen: Vec<(usize, u16)>,
}

impl Fitted {
    /// Places the columns in `width` cells with `gap` cells between them, or the part that starts
    /// `scroll` columns further right (NAME stays).
    pub fn fit(&mut self, wishes: &[Wish], width: u16, gap: u16, scroll: usize) {
        let Self { placed, chosen } = self;
        chosen.clear();
        chosen.extend(wishes.iter().enumerate().map(|(at, wish)| (at, wish.width.min(cap(wish, width)))));
        if scroll > 0 {
            let mut left = scroll;
            chosen.retain(|(at, _)| {
                let stays = left == 0 || wishes.get(*at).is_some_and(|wish| wish.name);
                left -= usize::from(!stays);
                stays
            });
            // Whoever scrolls wants the columns whole: they run over the right edge instead.
            shrink(wishes, chosen, width, gap, |wish| wish.name, NAME);
        } else {
            squeeze(wishes, chosen, width, gap);
            widen(wishes, chosen, width, gap);
        }
        place(chosen, width, gap, placed);
    }
}

fn fit(wishes: &[Wish], width: u16, gap: u16, scroll: usize) -> Vec<Placed> {
    let mut fitted = Fitted::default();
    fitted.fit(wishes, width, gap, scroll);
    fitted.placed
}

/// Returns how far one can scroll: until the last column is whole.
pub(super) fn scroll_limit(wishes: &[Wish], width: u16, gap: u16) -> usize {
    let others = wishes.iter().filter(|wish| !wish.name).count();
    let hidden = |scroll: usize| {
        let placed = fit(wishes, width, gap, scroll);
        let last = wishes.len().checked_sub(1);
        !placed.iter().any(|column| {
            Some(column.column) == last
                && wishes
                    .get(column.column)
                    .is_some_and(|wish| column.width >= wish.width.min(cap(wish, width)))
        })
    };
    // At rest columns are dropped rather than cut off at the right: is one missing at all?
    if fit(wishes, width, gap, 0).len() == wishes.len() {
        return 0;
    }
    (1..others).find(|&scroll| !hidden(scroll)).unwrap_or_else(|| others.saturating_sub(1))
}

/// No text takes more than its share at first, so that one long annotation doesn't hide the rest.
fn cap(wish: &Wish, width: u16) -> u16 {
    match (wish.elastic, wish.name) {
        (false, _) => u16::MAX,
        (true, true) => (width / 2).max(NAME),
        (true, false) => (width / 3).max(TEXT),
    }
}

fn total(chosen: &[(usize, u16)], gap: u16) -> u32 {
    let gaps = u32::from(gap) * u32::try_from(chosen.len().saturating_sub(1)).unwrap_or(0);
    chosen.iter().map(|(_, width)| u32::from(*width)).sum::<u32>() + gaps
}

/// Gives way step by step: cheap columns go, texts are cut, other columns go, the name is cut.
fn squeeze(wishes: &[Wish], chosen: &mut Vec<(usize, u16)>, width: u16, gap: u16) {
    drop_columns(wishes, chosen, width, gap, CHEAP);
    let is_lesser = |wish: &Wish| wish.elastic && !wish.name && wish.drop > 0;
    shrink(wishes, chosen, width, gap, is_lesser, SENTENCE);
    shrink(wishes, chosen, width, gap, |wish| wish.elastic && !wish.name && wish.drop == 0, STATUS);
    shrink(wishes, chosen, width, gap, |wish| wish.name, NAME);
    shrink(wishes, chosen, width, gap, is_lesser, TEXT);
    drop_columns(wishes, chosen, width, gap, 1);
    shrink(wishes, chosen, width, gap, |wish| wish.elastic && !wish.name, TEXT);
    shrink(wishes, chosen, width, gap, |wish| wish.elastic, LAST);
    // What still does not fit runs over the right edge, the last column first.
}

fn drop_columns(wishes: &[Wish], chosen: &mut Vec<(usize, u16)>, width: u16, gap: u16, least: u8) {
    while total(chosen, gap) > u32::from(width) {
        let drop = |at: usize| wishes.get(at).filter(|wish| !wish.name).map_or(0, |wish| wish.drop);
        let Some(most) = chosen.iter().map(|(at, _)| drop(*at)).max().filter(|most| *most >= least) else {
            return;
        };
        let Some(victim) = chosen.iter().rposition(|(at, _)| drop(*at) == most) else { return };
        chosen.remove(victim);
    }
}

/// Takes cells from the widest of those that may be cut, down to `least`.
fn shrink(
    wishes: &[Wish],
    chosen: &mut [(usize, u16)],
    width: u16,
    gap: u16,
    may: impl Fn(&Wish) -> bool,
    least: u16,
) {
    let mut over = total(chosen, gap).saturating_sub(u32::from(width));
    while over > 0 {
        let candidates = chosen.iter_mut().filter(|(at, _)| wishes.get(*at).is_some_and(&may));
        let Some((_, widest)) = candidates.filter(|(_, cells)| *cells > least).max_by_key(|(_, w)| *w) else {
            return;
        };
        *widest -= 1;
        over -= 1;
    }
}

/// Gives cells that are left over to texts that were capped, from the left.
fn widen(wishes: &[Wish], chosen: &mut [(usize, u16)], width: u16, gap: u16) {
    let mut left = u32::from(width).saturating_sub(total(chosen, gap));
    for (at, cells) in chosen {
        let wanted = wishes.get(*at).map_or(0, |wish| wish.width.saturating_sub(*cells));
        let given = u32::from(wanted).min(left);
        *cells += u16::try_from(given).unwrap_or(0);
        left -= given;
    }
}

fn place(chosen: &[(usize, u16)], width: u16, gap: u16, placed: &mut Vec<Placed>) {
    let mut x = 0u16;
    placed.clear();
    for (column, cells) in chosen {
        if x >= width {
            break;
        }
        let cells = (*cells).min(width - x);
        placed.push(Placed { column: *column, x, width: cells });
        x = x.saturating_add(cells).saturating_add(gap);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(width: u16, drop: u8) -> Wish {
        Wish { width, drop, name: false, elastic: true }
    }

    fn number(width: u16, drop: u8) -> Wish {
        Wish { width, drop, name: false, elastic: false }
    }

    fn pods() -> Vec<Wish> {
        let name = Wish { width: 40, drop: 0, name: true, elastic: true };
        vec![
            text(9, 1),
            name,
            number(5, 0),
            text(17, 0),
            text(50, 1),
            number(12, 2),
            number(4, 6),
            number(4, 0),
        ]
    }

    fn columns(width: u16, scroll: usize) -> Vec<usize> {
        fit(&pods(), width, 1, scroll).iter().map(|placed| placed.column).collect()
    }

    #[test]
    fn a_wide_screen_shows_everything_whole() {
        let placed = fit(&pods(), 200, 1, 0);
        assert!(placed.iter().zip(pods()).all(|(placed, wish)| placed.width == wish.width));
    }

    #[test]
    fn a_narrow_screen_drops_by_priority_and_keeps_name_ready_status_age() {
        assert_eq!(columns(80, 0), [0, 1, 2, 3, 4, 7]);
        assert_eq!(columns(48, 0), [1, 2, 3, 7]);
    }

    #[test]
    fn a_cause_can_be_read_before_a_status_or_a_name_is_whole() {
        let placed = fit(&pods(), 110, 1, 0);
        let width_of = |column| placed.iter().find(|placed| placed.column == column).unwrap().width;
        assert!(width_of(4) >= SENTENCE, "{placed:?}");
        assert!(width_of(1) < 40, "the name gives way: {placed:?}");
    }

    #[test]
    fn scrolling_keeps_the_name_and_reaches_the_last_column() {
        assert_eq!(columns(60, 1).first(), Some(&1), "NAMESPACE is scrolled away, NAME stays");
        let limit = scroll_limit(&pods(), 60, 1);
        assert_eq!(columns(60, limit).last(), Some(&7));
        assert_eq!(scroll_limit(&pods(), 200, 1), 0);
    }

    proptest! {
        #[test]
        fn columns_never_overlap_nor_leave_the_screen(
            widths in proptest::collection::vec((0u16..80, 0u8..10, any::<bool>()), 0..14),
            width in 0u16..200,
            scroll in 0usize..5,
        ) {
            let wishes: Vec<Wish> = widths.iter().enumerate()
                .map(|(at, (width, drop, elastic))| Wish { width: *width, drop: *drop, name: at == 1, elastic: *elastic })
                .collect();
            let placed = fit(&wishes, width, 1, scroll);
            for pair in placed.windows(2) {
                prop_assert!(pair[0].x + pair[0].width < pair[1].x);
            }
            prop_assert!(placed.iter().all(|placed| placed.x + placed.width <= width));
        }
    }
}
