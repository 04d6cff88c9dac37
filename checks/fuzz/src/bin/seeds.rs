//! Writes what each body begins with into FOLDER/BODY, and prints the names of the bodies.

#![expect(clippy::print_stdout, reason = "a program talks to its caller")]

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "target/fuzz".into()));
    for body in mantis_fuzz::BODIES {
        let folder = folder.join(body.name);
        std::fs::create_dir_all(&folder)?;
        for (i, seed) in (body.seeds)().iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{i}")), seed)?;
        }
        println!("{}", body.name);
    }
    Ok(())
}
