//! Lets programs find libtorch where the build found it, without `LD_LIBRARY_PATH`.

#[expect(clippy::disallowed_methods, reason = "cargo tells build scripts in the environment")]
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // torch-sys says where its libraries are; link arguments do not travel to its users.
    if let Ok(folder) = std::env::var("DEP_TCH_LIBTORCH_LIB") {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
}
