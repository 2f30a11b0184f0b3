//! The mouse as views see it.

/// A mouse event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// Column, from 0.
    pub x: u16,
    /// Row, from 0.
    pub y: u16,
    /// What happened.
    pub what: MouseWhat,
}

/// What the mouse did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseWhat {
    /// Left button pressed.
    Click,
    /// Wheel towards the user.
    WheelDown,
    /// Wheel away from the user.
    WheelUp,
}
