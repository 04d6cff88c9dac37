//! Who submits: the hotkey's address.

mod hotkey;

pub use hotkey::Hotkey;
