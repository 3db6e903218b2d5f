//! Benchmark of the min-cost-flow solver: `flowbench FILE.mcf [--runs N]` prints one line of JSON for each instance in the file.
//!
//! Times are medians over the runs, in milliseconds: `build_ms` checks the instance and splits it into components,
//! `solve_ms` finds the canonical optimum with its duals and uniqueness marks, `certify_ms` checks the certificate again.
//! Each median comes with its spread, the least and the most.

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use florecon::mcf::{Instance, Options, Prepared, certify};

const MAGIC: i64 = 0x3146_434d;

struct Arguments {
    file: String,
    runs: usize,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let usage = "usage: flowbench FILE.mcf [--runs N]";
    let (mut file, mut runs) = (None, 5);
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--runs" => runs = given.next().ok_or(usage)?.parse()?,
            _ if word.starts_with('-') || file.is_some() => return Err(usage.into()),
            _ => file = Some(word),
        }
    }
    Ok(Arguments {
        file: file.ok_or(usage)?,
        runs: runs.max(1),
    })
}

/// Reads fixed-size little-endian numbers one array after the other.
struct Reader<'a> {
    left: &'a [u8],
}

impl Reader<'_> {
    fn take<const W: usize, T>(&mut self, count: usize, read: fn([u8; W]) -> T) -> Result<Vec<T>, Box<dyn Error>> {
        let size = count.checked_mul(W).ok_or("an array is too long")?;
        let (bytes, left) = self
            .left
            .split_at_checked(size)
            .ok_or("the file is shorter than its header says")?;
        self.left = left;
        Ok(bytes.as_chunks::<W>().0.iter().map(|&chunk| read(chunk)).collect())
    }
}

fn load(reader: &mut Reader<'_>) -> Result<Instance, Box<dyn Error>> {
    let header = reader.take(4, i64::from_le_bytes)?;
    if header[0] != MAGIC {
        return Err("this is no .mcf file".into());
    }
    let [n_sources, n_sinks, n_arcs] =
        [header[1], header[2], header[3]].map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let n = n_sources
        .checked_add(n_sinks)
        .ok_or("the header counts too many nodes")?;
    Ok(Instance {
        n_sources,
        supply: reader.take(n, i64::from_le_bytes)?,
        penalty: reader.take(n, i64::from_le_bytes)?,
        key: (0..n as u64).collect(),
        tail: reader.take(n_arcs, u32::from_le_bytes)?,
        head: reader.take(n_arcs, u32::from_le_bytes)?,
        cost: reader.take(n_arcs, i64::from_le_bytes)?,
    })
}

/// The value that a share of the sorted values does not exceed.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let last = values.len().saturating_sub(1);
    values
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Largest memory the process has held: the resident set on Linux, the linear memory in wasm, else 0.
fn peak_bytes() -> u64 {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size::<0>() as u64 * 65_536;
    #[cfg(not(target_arch = "wasm32"))]
    {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
            .unwrap_or(0)
            * 1024
    }
}

fn time_solve(instance: &Instance, runs: usize) -> Result<String, Box<dyn Error>> {
    let (mut build, mut solve, mut check) = (Vec::new(), Vec::new(), Vec::new());
    let mut report = String::new();
    for _ in 0..runs {
        let start = Instant::now();
        let prepared = Prepared::new(instance)?;
        build.push(milliseconds(start));
        let start = Instant::now();
        let solution = prepared.solve(&Options::default())?;
        solve.push(milliseconds(start));
        let start = Instant::now();
        certify(instance, &solution)?;
        check.push(milliseconds(start));
        let stats = solution.stats;
        report = format!(
            "\"objective\":\"{}\",\"certified\":true,\"components\":{},\"pivots\":{},\"tied_components\":{},\"canonical_pivots\":{}",
            solution.objective, stats.components, stats.pivots, stats.tied_components, stats.canonical_pivots
        );
    }
    let mut line = format!("{report},\"runs\":{runs}");
    for (what, mut times) in [("build", build), ("solve", solve), ("certify", check)] {
        let [least, median, most] = [0.0, 0.5, 1.0].map(|share| quantile(&mut times, share));
        line += &format!(",\"{what}_ms\":{median:.3},\"{what}_spread_ms\":[{least:.3},{most:.3}]");
    }
    Ok(line)
}

fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { file, runs } = arguments()?;
    let bytes = fs::read(&file)?;
    let mut reader = Reader { left: &bytes };
    while !reader.left.is_empty() {
        let instance = load(&mut reader).map_err(|error| format!("{file}: {error}"))?;
        let mut line = time_solve(&instance, runs)?;
        line += &format!(",\"peak_bytes\":{}", peak_bytes());
        println!("{{{line}}}");
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flowbench: {error}");
            ExitCode::FAILURE
        }
    }
}
