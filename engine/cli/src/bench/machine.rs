//! What a figure was measured on, as far as it says something about the figure.

use std::fmt;
use std::fs;

use serde::Serialize;

/// A machine while it was measured on.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many of them there are.
    pub cores: usize,
    /// Memory, MB.
    pub memory_mb: u64,
    /// Processes that wanted to run, in the last minute, when the run began.
    pub load_before: String,
    /// The same when it ended.
    pub load_after: String,
}

impl Machine {
    /// Looks around; `ended` completes it.
    pub(super) fn look() -> Self {
        let load = load();
        Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mb: kilobytes("/proc/meminfo", "MemTotal") / 1024,
            load_before: load.clone(),
            load_after: load,
        }
    }

    /// The same after the run.
    pub(super) fn ended(self) -> Self {
        Self { load_after: load(), ..self }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, memory_mb, load_before, load_after } = self;
        write!(f, "{processor}, {cores} cores, {memory_mb} MB; load {load_before} before, {load_after} after")
    }
}

/// Memory that this process holds, MB.
pub(super) fn resident_mb() -> f64 {
    kilobytes("/proc/self/status", "VmRSS") as f64 / 1024.0
}

/// Processor time that this process has used, seconds. The system counts in hundredths.
pub(super) fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in the second field may hold anything; what follows its bracket does not.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or_default().to_owned()
}

fn kilobytes(file: &str, name: &str) -> u64 {
    let value = field(file, name).unwrap_or_default();
    value.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}
