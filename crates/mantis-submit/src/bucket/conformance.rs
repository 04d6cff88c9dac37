//! What every [`Bucket`] does, as tests that any implementation can call.
//!
//! ```
//! use mantis_submit::bucket::{MemoryBucket, conformance};
//!
//! conformance::all(&MemoryBucket::default());
//! ```

use super::{Bucket, ObjectKey};

/// All tests below, on an empty bucket.
///
/// # Panics
/// With the name of the promise that is broken.
pub fn all(bucket: &(impl Bucket + Sync)) {
    absent_objects_are_no_error(bucket);
    put_then_get(bucket);
    put_replaces_the_whole_object(bucket);
    keys_do_not_mix(bucket);
    readers_see_whole_objects(bucket);
}

/// An object that was never put is absent.
///
/// # Panics
/// If the promise is broken.
pub fn absent_objects_are_no_error(bucket: &impl Bucket) {
    let key = key("absent");
    assert_eq!(get(bucket, &key), None, "get of an absent object");
    assert_eq!(head(bucket, &key), None, "head of an absent object");
}

/// What was put is what comes back, empty and binary objects included.
///
/// # Panics
/// If the promise is broken.
pub fn put_then_get(bucket: &impl Bucket) {
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for (name, object) in [("empty", &[][..]), ("text", b"{}\r\n"), ("binary", &every_byte)] {
        let key = key(name);
        put(bucket, &key, object);
        assert_eq!(get(bucket, &key).as_deref(), Some(object), "get of {name}");
        assert_eq!(head(bucket, &key), Some(object.len() as u64), "head of {name}");
    }
}

/// A shorter object leaves nothing of a longer one.
///
/// # Panics
/// If the promise is broken.
pub fn put_replaces_the_whole_object(bucket: &impl Bucket) {
    let key = key("replaced");
    put(bucket, &key, b"a long object");
    put(bucket, &key, b"short");
    assert_eq!(get(bucket, &key).as_deref(), Some(&b"short"[..]), "get after two puts");
    assert_eq!(head(bucket, &key), Some(5), "head after two puts");
}

/// Keys are told apart by every character and by case.
///
/// # Panics
/// If the promise is broken.
pub fn keys_do_not_mix(bucket: &impl Bucket) {
    let names = ["key", "Key", "key-1", "key_1", "key.1"];
    for name in names {
        put(bucket, &key(name), name.as_bytes());
    }
    for name in names {
        assert_eq!(get(bucket, &key(name)).as_deref(), Some(name.as_bytes()), "get of {name}");
    }
}

/// A reader beside a writer gets one of the written objects, never a mixture or a part.
///
/// # Panics
/// If the promise is broken.
pub fn readers_see_whole_objects(bucket: &(impl Bucket + Sync)) {
    const OBJECTS: u8 = 40;
    let key = key("contended");
    let object = |n: u8| vec![n; 10_000 + usize::from(n)];
    put(bucket, &key, &object(0));
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (1..=OBJECTS).for_each(|n| put(bucket, &key, &object(n))));
        while !writer.is_finished() {
            let seen = get(bucket, &key).unwrap_or_default();
            let first = seen.first().copied().unwrap_or(u8::MAX);
            assert!(first <= OBJECTS && seen == object(first), "a part of an object was read");
        }
    });
    assert_eq!(get(bucket, &key), Some(object(OBJECTS)), "get after the last put");
}

fn key(name: &str) -> ObjectKey {
    name.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn put(bucket: &impl Bucket, key: &ObjectKey, object: &[u8]) {
    bucket.put(key, object).unwrap_or_else(|error| panic!("put of {key}: {error}"));
}

fn get(bucket: &impl Bucket, key: &ObjectKey) -> Option<Vec<u8>> {
    bucket.get(key).unwrap_or_else(|error| panic!("get of {key}: {error}"))
}

fn head(bucket: &impl Bucket, key: &ObjectKey) -> Option<u64> {
    bucket.head(key).unwrap_or_else(|error| panic!("head of {key}: {error}"))
}
