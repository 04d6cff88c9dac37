//! Who submits: the hotkey's address, and its secret where something must be signed.

mod hotkey;
#[cfg(feature = "chain")]
mod keyfile;

pub use hotkey::Hotkey;
#[cfg(feature = "chain")]
pub use keyfile::{HotkeySecret, hotkey_file, verify};
