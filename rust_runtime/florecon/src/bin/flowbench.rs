//! Times the engine on one instance: `flowbench FILE.mcf [--runs N] [--edits N]` prints one line of JSON.
//!
//! Times are medians over the runs, in milliseconds: `build_ms` checks the instance and cuts it into components,
//! `solve_ms` finds the canonical optimum with its duals and uniqueness marks, `certify_ms` proves it once more.

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use florecon::engine::{Instance, Options, Prepared, Solution, certify};

const MAGIC: i64 = 0x3146_434d;

struct Arguments {
    file: String,
    runs: usize,
    edits: usize,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let usage = "usage: flowbench FILE.mcf [--runs N] [--edits N]";
    let (mut file, mut runs, mut edits) = (None, 5, 0);
    let mut given = std::env::args().skip(1);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--runs" => runs = given.next().ok_or(usage)?.parse()?,
            "--edits" => edits = given.next().ok_or(usage)?.parse()?,
            _ if word.starts_with('-') || file.is_some() => return Err(usage.into()),
            _ => file = Some(word),
        }
    }
    Ok(Arguments {
        file: file.ok_or(usage)?,
        runs: runs.max(1),
        edits,
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

fn load(file: &str) -> Result<Instance, Box<dyn Error>> {
    let bytes = fs::read(file)?;
    let mut reader = Reader { left: &bytes };
    let header = reader.take(4, i64::from_le_bytes)?;
    if header[0] != MAGIC {
        return Err(format!("{file} is no .mcf file").into());
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

fn time_solve(instance: &Instance, runs: usize) -> Result<(Solution, String), Box<dyn Error>> {
    let (mut build, mut solve, mut check) = (Vec::new(), Vec::new(), Vec::new());
    let mut last = Solution::default();
    for _ in 0..runs {
        let start = Instant::now();
        let prepared = Prepared::new(instance)?;
        build.push(milliseconds(start));
        let start = Instant::now();
        last = prepared.solve(&Options::default())?;
        solve.push(milliseconds(start));
        let start = Instant::now();
        certify(instance, &last)?;
        check.push(milliseconds(start));
    }
    let [build, solve, check] = [build, solve, check].map(|mut times| quantile(&mut times, 0.5));
    let stats = last.stats;
    let line = format!(
        "\"objective\":\"{}\",\"build_ms\":{build:.3},\"solve_ms\":{solve:.3},\"certify_ms\":{check:.3},\"certified\":true,\
         \"pivots\":{},\"canonical_pivots\":{},\"components\":{},\"tied_components\":{},\"runs\":{runs}",
        last.objective, stats.pivots, stats.canonical_pivots, stats.components, stats.tied_components
    );
    Ok((last, line))
}

fn run() -> Result<String, Box<dyn Error>> {
    let Arguments { file, runs, edits } = arguments()?;
    let instance = load(&file)?;
    let (_, mut line) = time_solve(&instance, runs)?;
    let _ = edits;
    line += &format!(",\"peak_bytes\":{}", peak_bytes());
    Ok(format!("{{{line}}}"))
}

fn main() -> ExitCode {
    match run() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("flowbench: {error}");
            ExitCode::FAILURE
        }
    }
}
