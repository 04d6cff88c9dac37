//! Lets the tests find libtorch, which a build of the whole workspace turns on in `mantis-models`.

#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    // Libraries that a build has fetched by itself are found by cargo.
    if let Ok(folder) = std::env::var("LIBTORCH") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}/lib");
    }
}
