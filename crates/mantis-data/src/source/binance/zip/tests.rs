use super::*;
use crate::testing::zip_of;

fn refused(archive: &[u8], part: &str) {
    let message = single_file("a.zip", archive, "a.csv").unwrap_err().to_string();
    assert!(message.contains(part), "{message:?} lacks {part:?}");
    assert!(message.starts_with("a.zip: ") && message.contains("stored"), "{message}");
}

#[test]
fn one_file_with_the_right_name_is_read() {
    assert_eq!(single_file("a.zip", &zip_of("a.csv", b"1,2\n"), "a.csv").unwrap(), b"1,2\n");
}

#[test]
fn everything_else_is_refused() {
    let good = zip_of("a.csv", &b"12345,67890\n".repeat(100));
    refused(&good[..good.len() - 30], "zip");
    refused(&good[..good.len() / 2], "zip");
    refused(b"", "zip");
    refused(b"<html></html>", "zip");
    refused(&zip_of("b.csv", b"x"), "holds \"b.csv\", expected \"a.csv\"");
    refused(&zip_of("../a.csv", b"x"), "expected \"a.csv\"");
    let mut flipped = good.clone();
    flipped[45] ^= 0xff;
    refused(&flipped, "damaged");
}

#[test]
fn a_bomb_is_not_unpacked() {
    let bomb = zip_of("a.csv", &vec![b'0'; 64 << 20]);
    assert!(bomb.len() < 100_000);
    refused(&bomb, "unpacks to more than");
    // One that lies about its size in the directory and in the header.
    let mut liar = bomb;
    let size = (64_u32 << 20).to_le_bytes();
    let lie = 1_000_u32.to_le_bytes();
    for at in 0..liar.len() - 4 {
        if liar[at..at + 4] == size {
            liar[at..at + 4].copy_from_slice(&lie);
        }
    }
    assert!(single_file("a.zip", &liar, "a.csv").is_err());
}
