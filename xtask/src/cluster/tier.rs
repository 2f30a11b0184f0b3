//! Which cluster this machine can run: a whole node, or the API server alone.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::str::FromStr;

use anyhow::{Result, bail};

/// How much of a cluster runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// etcd and the API server, on loopback.
    Api,
    /// One whole node with real containers, in namespaces.
    Node,
}

impl Tier {
    /// The parts that `build.sh` builds for it.
    pub fn parts(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["api"],
            Self::Node => &["api", "node"],
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Api => "api",
            Self::Node => "node",
        })
    }
}

impl FromStr for Tier {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "api" => Ok(Self::Api),
            "node" => Ok(Self::Node),
            _ => bail!("there is no tier {text:?}: api or node"),
        }
    }
}

/// A program that must be there: one of these paths or names, and the Debian package that brings it.
struct Need {
    program: &'static str,
    package: &'static str,
}

const API_NEEDS: &[Need] = &[Need { program: "openssl", package: "openssl" }];

const NODE_NEEDS: &[Need] = &[
    Need { program: "containerd", package: "containerd" },
    Need { program: "runc", package: "runc" },
    Need { program: "/usr/lib/cni/bridge", package: "containernetworking-plugins" },
    Need { program: "busybox", package: "busybox-static" },
    Need { program: "iptables", package: "iptables" },
    Need { program: "conntrack", package: "conntrack" },
    Need { program: "ip", package: "iproute2" },
];

/// Something that a node needs from the machine, and a command that succeeds where it is given.
struct Probe {
    wants: &'static str,
    command: &'static [&'static str],
}

const PROBES: &[Probe] = &[
    Probe {
        wants: "namespaces (CAP_SYS_ADMIN)",
        command: &["unshare", "--net", "--pid", "--mount", "--mount-proc", "--fork", "true"],
    },
    Probe {
        wants: "network links (CAP_NET_ADMIN)",
        command: &["unshare", "--net", "ip", "link", "add", "probe", "type", "veth"],
    },
    Probe { wants: "iptables", command: &["unshare", "--net", "iptables", "-t", "nat", "-L"] },
    Probe {
        wants: "cgroups that can be written",
        command: &[
            "sh",
            "-c",
            "d=/sys/fs/cgroup; [ -f $d/cgroup.controllers ] || d=$d/memory; mkdir $d/kdeck-$$ && rmdir $d/kdeck-$$",
        ],
    },
];

/// The tier asked for, or the best that the machine can run; what is missing is installed if root asks.
pub fn choose(asked: Option<Tier>) -> Result<Tier> {
    provide(API_NEEDS).or_else(|missing| bail!("a cluster needs {missing}"))?;
    let obstacle = if asked == Some(Tier::Api) { None } else { obstacle() };
    let tier = decide(asked, obstacle.as_deref())?;
    if let (Tier::Api, Some(obstacle)) = (tier, obstacle) {
        println!("no node with containers here: {obstacle}. Only etcd and the API server run (tier api)");
    }
    Ok(tier)
}

fn decide(asked: Option<Tier>, obstacle: Option<&str>) -> Result<Tier> {
    match (asked, obstacle) {
        (Some(Tier::Node), Some(obstacle)) => bail!("a node with containers cannot run here: {obstacle}"),
        (Some(tier), _) => Ok(tier),
        (None, Some(_)) => Ok(Tier::Api),
        (None, None) => Ok(Tier::Node),
    }
}

/// Why no node can run here, if so.
fn obstacle() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some("it needs Linux".into());
    }
    if !root() {
        return Some("it needs root".into());
    }
    if let Err(missing) = provide(NODE_NEEDS) {
        return Some(format!("it needs {missing}"));
    }
    let refused = PROBES.iter().find(|probe| !succeeds(probe.command))?;
    Some(format!("it needs {}, and `{}` fails", refused.wants, refused.command.join(" ")))
}

/// Installs what is missing; says what still is.
fn provide(needs: &[Need]) -> Result<(), String> {
    let missing = |needs: &[Need]| -> Vec<&'static str> {
        needs.iter().filter(|need| !there(need.program)).map(|need| need.package).collect()
    };
    let packages = missing(needs);
    if packages.is_empty() {
        return Ok(());
    }
    if root() && there("apt-get") {
        println!("installing {}", packages.join(" "));
        install(&packages);
    }
    let packages = missing(needs);
    if packages.is_empty() {
        return Ok(());
    }
    Err(format!("what these Debian packages bring: {}", packages.join(" ")))
}

/// Without the lists of packages the first try fails, as on a fresh machine.
fn install(packages: &[&str]) {
    let install = [&["apt-get", "install", "-qq", "-y", "--no-install-recommends"], packages].concat();
    if !succeeds(&install) && succeeds(&["apt-get", "update", "-qq"]) {
        succeeds(&install);
    }
}

/// On PATH or where administrators' programs are; busybox must be the static one, as it is copied into an image.
fn there(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let found = path
        .split(':')
        .chain(["/usr/sbin", "/sbin"])
        .map(|dir| Path::new(dir).join(program))
        .find(|path| path.is_file());
    match found {
        Some(path) if program == "busybox" => is_static(&path),
        found => found.is_some(),
    }
}

/// A program that is not names the loader that it wants near its beginning.
fn is_static(program: &Path) -> bool {
    let head = std::fs::read(program).map(|text| text.into_iter().take(4096).collect::<Vec<u8>>());
    head.is_ok_and(|head| !head.windows(4).any(|window| window == b"/ld-"))
}

fn root() -> bool {
    succeeds(&["sh", "-c", "[ $(id -u) = 0 ]"])
}

fn succeeds(words: &[&str]) -> bool {
    let [program, args @ ..] = words else { return false };
    Command::new(program)
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_can_runs_a_node_and_another_the_api_server() -> Result<()> {
        assert_eq!(decide(None, None)?, Tier::Node);
        assert_eq!(decide(None, Some("it needs root"))?, Tier::Api);
        Ok(())
    }

    #[test]
    fn a_node_that_is_asked_for_and_cannot_run_is_an_error_with_the_reason() {
        let error = decide(Some(Tier::Node), Some("it needs root")).map_err(|error| error.to_string());
        assert_eq!(error, Err("a node with containers cannot run here: it needs root".into()));
    }

    #[test]
    fn the_api_server_alone_runs_wherever_it_is_asked_for() -> Result<()> {
        assert_eq!(decide(Some(Tier::Api), None)?, Tier::Api);
        assert_eq!(decide(Some(Tier::Api), Some("it needs root"))?, Tier::Api);
        Ok(())
    }

    #[test]
    fn a_tier_reads_as_it_is_written() -> Result<()> {
        for tier in [Tier::Api, Tier::Node] {
            assert_eq!(tier.to_string().parse::<Tier>()?, tier);
        }
        Ok(())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_program_that_wants_a_loader_is_not_static() {
        assert!(!is_static(Path::new("/bin/sh")));
        assert!(!is_static(Path::new("/no/such/program")));
    }

    #[test]
    fn what_is_missing_is_named_by_its_package() {
        let needs =
            [Need { program: "sh", package: "dash" }, Need { program: "/no/such/program", package: "" }];
        assert!(there(needs[0].program));
        assert!(!there(needs[1].program));
    }
}
