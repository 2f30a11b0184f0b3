//! What the kernel knows of a program's processes: memory, CPU, wake-ups.
//!
//! Owns the reading of `/proc`. A program's processes are those of its session, so that children whose parent has
//! ended still count.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
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
    /// CPU time so far, children that have ended included.
    pub cpu: Duration,
    /// How often a thread has gone to sleep and was woken.
    pub wakeups: u64,
}

/// Looks at a program's processes again and again, and remembers what the kernel forgets: the peak of a process and the
/// wake-ups of a thread that have ended.
#[derive(Debug)]
pub struct Observer {
    leader: i32,
    peak: u64,
    /// By thread: how often it was woken when last looked at.
    threads: HashMap<u64, u64>,
    wakeups: u64,
}

impl Observer {
    /// Observes all processes of a session, named by its leader.
    pub fn new(leader: i32) -> Self {
        Self { leader, peak: 0, threads: HashMap::new(), wakeups: 0 }
    }

    /// Returns the usage until now.
    pub fn look(&mut self) -> Usage {
        let mut usage = Usage::default();
        for (path, stat) in processes(self.leader) {
            usage.add(&path, &stat);
            for task in fs::read_dir(path.join("task")).into_iter().flatten().flatten() {
                let thread = task.file_name().to_string_lossy().parse().unwrap_or_default();
                let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
                self.woken(thread, number(&status, "voluntary_ctxt_switches:"));
            }
        }
        self.peak = self.peak.max(usage.peak);
        Usage { peak: self.peak, wakeups: self.wakeups, ..usage }
    }

    /// Adds what is new of a thread's count. Programs end and start threads all the time: a sum over those that live
    /// would shrink.
    fn woken(&mut self, thread: u64, count: u64) {
        let before = self.threads.insert(thread, count).unwrap_or_default();
        // A smaller count is that of a new thread with an old number.
        self.wakeups += count.checked_sub(before).unwrap_or(count);
    }

    /// Returns resident memory with shared pages divided among their users, in bytes. The kernel walks over all pages
    /// and holds the program's memory lock meanwhile, so never look at this while something else is measured.
    pub fn proportional(&self) -> u64 {
        let pss = |(path, _): (PathBuf, Stat)| {
            let rollup = fs::read_to_string(path.join("smaps_rollup")).unwrap_or_default();
            kilobytes(&rollup, "Pss:")
        };
        processes(self.leader).map(pss).sum()
    }
}

/// The living processes of a session. One that ends while it is looked at just drops out.
fn processes(leader: i32) -> impl Iterator<Item = (PathBuf, Stat)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbered =
        entries.filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit));
    let read = numbered.filter_map(|entry| Some((entry.path(), Stat::read(&entry.path())?)));
    read.filter(move |(_, stat)| stat.session == leader && stat.state != 'Z')
}

impl Usage {
    fn add(&mut self, process: &Path, stat: &Stat) {
        self.processes += 1;
        self.cpu += stat.cpu;
        let status = fs::read_to_string(process.join("status")).unwrap_or_default();
        self.resident += kilobytes(&status, "VmRSS:");
        self.peak += kilobytes(&status, "VmHWM:");
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
        let usage = Observer::new(session).look();
        assert!(usage.processes >= 1 && usage.resident > 1 << 20 && usage.peak >= usage.resident / 2);
        assert!(Observer::new(session).proportional() > 0);
        assert_eq!(Observer::new(-1).look(), Usage::default());
    }

    #[test]
    fn wake_ups_of_threads_that_have_ended_still_count() {
        let mut observer = Observer::new(-1);
        observer.woken(7, 100);
        observer.woken(8, 5);
        assert_eq!(observer.wakeups, 105);
        // The seventh ends unseen, and another one gets its number.
        observer.woken(7, 2);
        observer.woken(8, 6);
        assert_eq!(observer.wakeups, 108);
    }

    #[test]
    fn a_thread_that_sleeps_is_seen_to_wake_up() {
        let session = Stat::read(Path::new("/proc/self")).unwrap().session;
        let mut observer = Observer::new(session);
        let before = observer.look().wakeups;
        // Long enough for a thread to be counted while it lives.
        let (send, receive) = std::sync::mpsc::sync_channel::<()>(0);
        let sleeper = std::thread::spawn(move || {
            for _ in 0..50 {
                let _ = receive.recv_timeout(Duration::from_millis(1));
            }
            receive.recv()
        });
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        while observer.look().wakeups < before + 50 && std::time::Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(10));
        }
        assert!(observer.look().wakeups >= before + 50);
        drop(send);
        assert!(sleeper.join().unwrap().is_err());
    }

    #[test]
    fn the_machine_has_worked_since_it_started() {
        assert!(machine_busy() > Duration::ZERO);
    }
}
