//! Blocks of Rust in the book, as examples that are compiled and run.

macro_rules! pages {
    ($($name:ident = $path:literal),* $(,)?) => {
        $(#[doc = include_str!(concat!("../../docs/src/", $path))] mod $name {})*
    };
}

pages! {
    challenge = "howto/challenge.md",
    engine = "howto/gbdt-backend.md",
    indicator = "howto/indicator.md",
    source = "howto/source.md",
}
