//! What the kernel knows of a program's processes: memory, CPU, wake-ups.
//!
//! Owns the reading of `/proc`. A program's processes are those of its session, so that children whose parent has
//! ended still count.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The kernel's unit of CPU time in `stat`: USER_HZ, which is 100 on every Linux platform that Rust knows.
const TICK: Duration = Duration::from_millis(10);

/// What a program uses at one moment, summed over its processes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// How many processes there are.
    pub processes: usize,
    /// Resident memory, in bytes.
    pub resident: u64,
    /// The most that each process ever had resident, in bytes.
    pub peak: u64,
    /// Resident memory with shared pages divided among their users, in bytes.
    pub proportional: u64,
    /// CPU time so far, children that have ended included.
    pub cpu: Duration,
    /// How often a thread has gone to sleep and was woken.
    pub wakeups: u64,
}

impl Usage {
    /// Returns the usage of all processes of a session, named by its leader.
    pub fn of_session(leader: i32) -> Self {
        let mut usage = Self::default();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let path = entry.path();
            if !entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit) {
                continue;
            }
            // A process that ends while it is looked at just drops out.
            let Some(stat) = Stat::read(&path) else { continue };
            if stat.session == leader && stat.state != 'Z' {
                usage.add(&path, &stat);
            }
        }
        usage
    }

    fn add(&mut self, process: &Path, stat: &Stat) {
        self.processes += 1;
        self.cpu += stat.cpu;
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        self.resident += kilobytes(&status, "VmRSS:");
        self.peak += kilobytes(&status, "VmHWM:");
        let rollup = fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
        self.proportional += kilobytes(&rollup, "Pss:");
        for task in fs::read_dir(process.join("task")).into_iter().flatten().flatten() {
            let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
            self.wakeups += number(&status, "voluntary_ctxt_switches:");
        }
    }
}

/// Returns the CPU time of this process's children that have ended and were waited for.
pub fn ended_children() -> Duration {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let field = |index: usize| -> u64 {
        let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
        fields.split(' ').nth(index).and_then(|text| text.parse().ok()).unwrap_or_default()
    };
    ticks(field(13) + field(14))
}

/// Returns the one-minute load average of the machine.
pub fn load_average() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Returns the CPU time that the whole machine has spent on work since it started.
pub fn machine_busy() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    // user nice system idle iowait irq softirq steal: all but the fourth and fifth are work.
    let fields = line.split_whitespace().skip(1).take(8).enumerate();
    ticks(
        fields
            .filter(|(index, _)| !(3..=4).contains(index))
            .filter_map(|(_, text)| text.parse::<u64>().ok())
            .sum(),
    )
}

/// The fields of `stat` that matter here.
struct Stat {
    state: char,
    session: i32,
    cpu: Duration,
}

impl Stat {
    fn read(process: &Path) -> Option<Self> {
        Self::parse(&fs::read_to_string(process.join("stat")).ok()?)
    }

    /// The name stands in parentheses and may hold anything, so the fields are counted from its end.
    fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.rsplit_once(") ")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let time = |index: usize| fields.get(index).and_then(|text| text.parse::<u64>().ok());
        let sum: u64 = (11..=14).map(time).sum::<Option<u64>>()?;
        Some(Self {
            state: fields.first()?.chars().next()?,
            session: fields.get(3)?.parse().ok()?,
            cpu: ticks(sum),
        })
    }
}

fn ticks(count: u64) -> Duration {
    TICK.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX))
}

fn number(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn kilobytes(text: &str, name: &str) -> u64 {
    number(text, name) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let text = "7 (a) b (c) S 1 7 42 0 -1 4194304 99 0 0 0 100 50 7 3 20 0 4 0";
        let stat = Stat::parse(text).unwrap();
        assert_eq!((stat.state, stat.session, stat.cpu), ('S', 42, TICK * 160));
        assert!(Stat::parse("7 (a) S 1").is_none());
    }

    #[test]
    fn fields_are_read_by_their_whole_name() {
        let text = "VmHWM:\t  2048 kB\nVmRSS:\t 1024 kB\nnonvoluntary_ctxt_switches:\t9\nvoluntary_ctxt_switches:\t5\n";
        assert_eq!(kilobytes(text, "VmRSS:"), 1024 * 1024);
        assert_eq!(number(text, "voluntary_ctxt_switches:"), 5);
        assert_eq!(number(text, "Pss:"), 0);
    }

    #[test]
    fn this_process_is_found_in_its_session_and_uses_memory() {
        let session = Stat::read(Path::new("/proc/self")).unwrap().session;
        let usage = Usage::of_session(session);
        assert!(usage.processes >= 1 && usage.resident > 1 << 20 && usage.peak >= usage.resident / 2);
        assert_eq!(Usage::of_session(-1), Usage::default());
    }

    #[test]
    fn the_machine_has_worked_since_it_started() {
        assert!(machine_busy() > Duration::ZERO);
    }
}
