//! How often an idle program wakes up: kdeck on a pseudo-terminal before a table that does not change.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

const PROGRAM: &str = "target/release/kdeck";
/// The terminal counts as settled when nothing was written to it for so long.
const SETTLED: Duration = Duration::from_secs(3);
/// How long is counted.
const WATCHED: Duration = Duration::from_secs(15);
/// How often a terminal that does not settle is given another chance.
const PATIENCE: usize = 2_000;

/// A child that ends with its owner.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Returns voluntary context switches a second of all threads, or nothing where there is no `/proc`.
pub fn wakeups_per_second() -> Result<Option<f64>> {
    // It may be missing, or that of another namespace, where our numbers mean other processes.
    let own = std::process::id().to_string();
    if std::fs::read_link("/proc/self").ok().as_deref() != Some(Path::new(&own)) {
        println!("   wake-ups are not counted: no /proc here, or not of these processes");
        return Ok(None);
    }
    crate::tools::cargo(&["build", "--release", "--package", "kdeck", "--bin", "kdeck"])?;
    let home = std::env::temp_dir().join(format!("kdeck-idle-{}", std::process::id()));
    std::fs::create_dir_all(&home)?;
    let counted = count(&home);
    std::fs::remove_dir_all(&home)?;
    counted.map(Some)
}

fn count(home: &Path) -> Result<f64> {
    let command = |program: &str| {
        let mut command = Command::new(program);
        command.env("KDECK_CONFIG_DIR", home).env("TMPDIR", home).env("TERM", "xterm-256color");
        command
    };
    let mut server = Kept(
        command(PROGRAM)
            .args(["demo", "--serve", "--pods", "40"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {PROGRAM}"))?,
    );
    let said = BufReader::new(server.0.stdout.take().context("no output")?);
    let lines = said.lines().map_while(Result::ok);
    let kubeconfig = lines
        .filter_map(|line| line.strip_prefix("export KUBECONFIG=").map(str::to_owned))
        .next()
        .context("the embedded cluster did not say how to reach it")?;

    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?.into_string()?;
    let slave = OpenOptions::new().read(true).write(true).open(name)?;
    tcsetwinsize(&master, Winsize { ws_col: 200, ws_row: 50, ws_xpixel: 0, ws_ypixel: 0 })?;
    let deck = Kept(
        // Becomes the program: the same process.
        command("setsid")
            .args(["--ctty", PROGRAM, "--kubeconfig", &kubeconfig, "-A", "configmaps"])
            .stdin(slave.try_clone()?)
            .stdout(slave.try_clone()?)
            .stderr(slave)
            .spawn()
            .context("cannot start setsid")?,
    );
    watch(&deck, File::from(master))
}

fn watch(deck: &Kept, mut master: File) -> Result<f64> {
    let (sender, written) = sync_channel(64);
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count) = master.read(&mut bytes) {
            if count == 0 || sender.send(count).is_err() {
                return;
            }
        }
    });
    let settled = (0..PATIENCE).any(|_| written.recv_timeout(SETTLED) == Err(RecvTimeoutError::Timeout));
    ensure!(settled, "the terminal never came to rest");
    let before = switches(deck.0.id())?;
    // What is written now is read, so that the program never waits for its terminal.
    let began = std::time::Instant::now();
    while let Some(left) = WATCHED.checked_sub(began.elapsed()) {
        if written.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
            break;
        }
    }
    let after = switches(deck.0.id()).context("it ended while it was watched")?;
    Ok(after.saturating_sub(before) as f64 / began.elapsed().as_secs_f64())
}

/// Voluntary context switches of a process so far: each is a thread that waited and will be woken.
fn switches(pid: u32) -> Result<u64> {
    let mut sum = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let status = std::fs::read_to_string(task?.path().join("status"))?;
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sum += count.context("no count of switches")?.trim().parse::<u64>()?;
    }
    Ok(sum)
}
