//! Prints the arguments of cargo for every feature combination of every library, one combination a line.

#![expect(clippy::print_stdout, reason = "a script reads these lines")]

use std::io;

fn main() -> io::Result<()> {
    for package in mantis_checks::packages()?.iter().filter(|package| package.is_library()) {
        for combination in package.combinations() {
            println!("-p {} {}", package.name, combination.join(" "));
        }
    }
    Ok(())
}
