//! How much memory this machine can spare: the kernel's figures and the limits of control groups.
//!
//! Reads files of the kernel, knows nothing of the store.

use std::path::{Path, PathBuf};

/// Where nothing is told (other systems than Linux): half of 4 GB.
const UNKNOWN: usize = 2_000_000_000;

/// Where a version of control groups is mounted, what its lines in `/proc/self/cgroup` call it, and its limit's file.
const GROUPS: &[(&str, &str, &str)] =
    &[("/sys/fs/cgroup", "", "memory.max"), ("/sys/fs/cgroup/memory", "memory", "memory.limit_in_bytes")];

/// Returns the bytes that objects may take unless the user says otherwise: half of what is free now and allowed.
pub fn share() -> usize {
    share_of(|path| std::fs::read_to_string(path).ok())
}

fn share_of(read: impl Fn(&Path) -> Option<String>) -> usize {
    let available = read(Path::new("/proc/meminfo")).and_then(|text| available(&text));
    let groups = read(Path::new("/proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(files).filter_map(|file| read(&file)?.trim().parse().ok());
    available.into_iter().chain(limits).min().map_or(UNKNOWN, |bytes| bytes / 2)
}

/// Reads `MemAvailable:   12345 kB`.
fn available(text: &str) -> Option<usize> {
    let rest = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    rest.split_whitespace().next()?.parse::<usize>().ok()?.checked_mul(1024)
}

/// The files that may hold a limit for one line `number:controllers:path`: of the group and of all above it. Inside a
/// container the path is often one of the host, and only the mount itself is there.
fn files(line: &str) -> Vec<PathBuf> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { return Vec::new() };
    let group = GROUPS.iter().find(|(_, name, _)| controllers.split(',').any(|one| one == *name));
    let Some((mount, _, file)) = group else { return Vec::new() };
    let within = Path::new(path.trim_start_matches('/'));
    within.ancestors().map(|folder| Path::new(mount).join(folder).join(file)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(files: &[(&str, &str)]) -> usize {
        share_of(|path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == path);
            found.map(|(_, text)| (*text).to_owned())
        })
    }

    const MACHINE: (&str, &str) = ("/proc/meminfo", "MemTotal:  9000 kB\nMemAvailable:    8000 kB\n");

    #[test]
    fn half_of_what_is_free_unless_a_control_group_allows_less() {
        assert_eq!(with(&[]), UNKNOWN);
        assert_eq!(with(&[MACHINE]), 4_096_000);
        let unified = ("/proc/self/cgroup", "0::/user.slice/session-2.scope\n");
        let top = |limit: &'static str| ("/sys/fs/cgroup/user.slice/memory.max", limit);
        assert_eq!(with(&[MACHINE, unified, top("max\n")]), 4_096_000);
        assert_eq!(with(&[MACHINE, unified, top("1000000\n")]), 500_000, "a group above limits too");
        let inside = ("/sys/fs/cgroup/memory.max", "600000\n");
        assert_eq!(with(&[MACHINE, unified, inside]), 300_000, "the mount of a container");
    }

    #[test]
    fn the_older_control_groups_have_their_own_place() {
        let groups = ("/proc/self/cgroup", "11:cpu,cpuacct:/x\n4:memory:/docker/ab\n1:name=systemd:/x\n");
        let limit = ("/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes", "2000000\n");
        assert_eq!(with(&[MACHINE, groups, limit]), 1_000_000);
        let none = ("/sys/fs/cgroup/memory/docker/ab/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(with(&[MACHINE, groups, none]), 4_096_000);
    }
}
