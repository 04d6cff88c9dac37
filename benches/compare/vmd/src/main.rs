//! The Rust sides of the VMD comparison. Inputs are files of little-endian f64.
//!
//! `compare-vmd PEER WINDOW STRIDE REPEATS INPUT OUTPUT` decomposes the input (WINDOW = 0: as a whole; else windows of that
//! length, STRIDE apart), writes all modes, and prints the CPU seconds of each repeat as JSON.
//! `compare-vmd limit INPUT` prints the share of the arithmetic limit that a sweep reaches.
//! `compare-vmd warm INPUT WINDOW` prints what a warm start saves and how far it ends from a cold one.

#[cfg(target_arch = "x86_64")]
mod limit;
mod warm;

use std::error::Error;
use std::hint::black_box;

use cpu_time::ProcessTime;
use mantis_vmd::{Vmd, VmdParams};

const K: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        #[cfg(target_arch = "x86_64")]
        ["limit", input] => limit::print(&read(input)?),
        ["warm", input, window] => warm::print(&read(input)?, window.parse()?),
        [peer, window, stride, repeats, input, output] => {
            let x = read(input)?;
            let (window, stride): (usize, usize) = (window.parse()?, stride.parse()?);
            let windows: Vec<Vec<f64>> = if window == 0 {
                vec![x]
            } else {
                x.windows(window).step_by(stride).map(standardised).collect()
            };
            let len = windows[0].len();
            let mut ours = Vmd::new(&VmdParams { trajectory: false, ..VmdParams::vmdpy() }, len)?;
            let mut ours_default = Vmd::new(&VmdParams::default(), len)?;
            let (mut seconds, mut modes) = (Vec::new(), Vec::new());
            for _ in 0..repeats.parse()? {
                modes.clear();
                let start = ProcessTime::now();
                for window in &windows {
                    match *peer {
                        "vmdpy" => modes.extend(black_box(ours.decompose(window)?).modes),
                        "default" => modes.extend(black_box(ours_default.decompose(window)?).modes),
                        "vmd-rs" => {
                            let (u, _, _) = vmd_rs::vmd(window, 2000.0, 0.0, K, 0, 1, 1e-7)?;
                            modes.extend(black_box(u));
                        }
                        other => return Err(format!("no side is called {other}").into()),
                    }
                }
                seconds.push(start.elapsed().as_secs_f64());
            }
            write(output, &modes)?;
            println!("{}", serde_json::json!({ "seconds": seconds, "windows": windows.len() }));
            Ok(())
        }
        _ => Err(
            "expected: limit INPUT, warm INPUT WINDOW, or PEER WINDOW STRIDE REPEATS INPUT OUTPUT"
                .into(),
        ),
    }
}

fn standardised(x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    let deviation = (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    x.iter().map(|v| (v - mean) / deviation).collect()
}

fn read(path: &str) -> Result<Vec<f64>, Box<dyn Error>> {
    let bytes = std::fs::read(path)?;
    Ok(bytes
        .chunks_exact(8)
        .map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")))
        .collect())
}

fn write(path: &str, values: &[f64]) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(path, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>())?)
}
