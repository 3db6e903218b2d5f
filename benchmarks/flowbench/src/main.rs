//! Times the engine on one instance: `flowbench FILE.mcf [--runs N] [--edits N]` prints one line of JSON, or one for each
//! instance where the file holds several, one after the other.
//!
//! Times are medians over the runs, in milliseconds: `build_ms` checks the instance and cuts it into components,
//! `solve_ms` finds the canonical optimum with its duals and uniqueness marks, `certify_ms` proves it once more.
//! Beside each median stands the spread, the least and the most.
//! `--edits N` gives N random nodes another amount, then removes N random arcs that carry flow, one after the other in a
//! warm network; the times are of one edit, in microseconds, and after each the flow is compared with a cold solve.

use std::error::Error;
use std::fs;
use std::process::ExitCode;
use std::time::Instant;

use florecon::mcf::{Instance, Options, Prepared, Warm, certify, solve};

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

/// SplitMix64.
struct Random(u64);

impl Random {
    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (x ^ (x >> 31)) % bound.max(1)
    }
}

/// A warm network, the instance it should be equal to, and the name of each of its arcs.
struct Bench {
    warm: Warm,
    instance: Instance,
    names: Vec<u32>,
    random: Random,
    equal: bool,
    times: Vec<f64>,
}

impl Bench {
    fn new(instance: Instance) -> Result<Self, Box<dyn Error>> {
        let (warm, names) = (Warm::new(&instance)?, (0..instance.n_arcs() as u32).collect());
        Ok(Self {
            warm,
            instance,
            names,
            random: Random(1),
            equal: true,
            times: Vec::new(),
        })
    }

    /// Gives a random node up to twice its amount.
    fn edit_supply(&mut self) -> Result<(), Box<dyn Error>> {
        let node = self.random.below(self.instance.n_nodes() as u64) as usize;
        let supply = self.instance.supply[node];
        let amount = 1 + self.random.below(supply.unsigned_abs().saturating_mul(2)) as i64;
        let start = Instant::now();
        self.warm.set_supply(node as u32, amount)?;
        self.times.push(milliseconds(start) * 1e3);
        self.instance.supply[node] = if node < self.instance.n_sources {
            amount
        } else {
            -amount
        };
        self.compare()
    }

    /// Removes a random arc that carries flow.
    fn remove_arc(&mut self) -> Result<(), Box<dyn Error>> {
        let used: Vec<usize> = (0..self.names.len())
            .filter(|&arc| self.warm.flow(self.names[arc]) > 0)
            .collect();
        let Some(&arc) = used.get(self.random.below(used.len() as u64) as usize) else {
            return Ok(());
        };
        let start = Instant::now();
        self.warm.remove_arc(self.names[arc])?;
        self.times.push(milliseconds(start) * 1e3);
        self.names.remove(arc);
        self.instance.tail.remove(arc);
        self.instance.head.remove(arc);
        self.instance.cost.remove(arc);
        self.compare()
    }

    fn compare(&mut self) -> Result<(), Box<dyn Error>> {
        let cold = solve(&self.instance, &Options::default())?;
        self.equal &= self.warm.objective() == Some(cold.objective)
            && self
                .names
                .iter()
                .zip(&cold.flow)
                .all(|(&name, &flow)| self.warm.flow(name) == flow);
        Ok(())
    }

    /// Median and 99th percentile of the times since the last call.
    fn spread(&mut self) -> [f64; 2] {
        let mut times = std::mem::take(&mut self.times);
        [0.5, 0.99].map(|share| quantile(&mut times, share))
    }
}

fn time_edits(instance: Instance, edits: usize) -> Result<String, Box<dyn Error>> {
    let mut bench = Bench::new(instance)?;
    for _ in 0..edits {
        bench.edit_supply()?;
    }
    let mut all = bench.times.clone();
    let [supply, supply_p99] = bench.spread();
    for _ in 0..edits {
        bench.remove_arc()?;
    }
    all.extend(&bench.times);
    let [removal, removal_p99] = bench.spread();
    let [median, p99] = [0.5, 0.99].map(|share| quantile(&mut all, share));
    Ok(format!(
        "\"edits\":{},\"edits_equal\":{},\"edit_us_median\":{median:.2},\"edit_us_p99\":{p99:.2},\
         \"supply_us_median\":{supply:.2},\"supply_us_p99\":{supply_p99:.2},\
         \"removal_us_median\":{removal:.2},\"removal_us_p99\":{removal_p99:.2}",
        all.len(),
        bench.equal
    ))
}

fn run() -> Result<(), Box<dyn Error>> {
    let Arguments { file, runs, edits } = arguments()?;
    let bytes = fs::read(&file)?;
    let mut reader = Reader { left: &bytes };
    while !reader.left.is_empty() {
        let instance = load(&mut reader).map_err(|error| format!("{file}: {error}"))?;
        let mut line = time_solve(&instance, runs)?;
        line += &format!(",\"peak_bytes\":{}", peak_bytes());
        if edits > 0 {
            line += &format!(",{}", time_edits(instance, edits)?);
        }
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
