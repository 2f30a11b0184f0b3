//! The embedded cluster as a program of its own: `kdeck demo --serve`.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::{World, kdeck};

/// A served cluster.
pub struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    /// Where its kubeconfig was written.
    pub kubeconfig: PathBuf,
}

impl Server {
    /// Starts one and waits until it says how to reach it.
    pub fn start(world: &World) -> Self {
        let mut child = world
            .command(kdeck())
            .args(["demo", "--serve", "--pods", "40"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("kdeck");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut said = String::new();
        let kubeconfig = loop {
            let mut line = String::new();
            let count = out.read_line(&mut line).expect("text");
            assert!(count > 0, "demo --serve ended after saying {said:?}");
            said.push_str(&line);
            if let Some(path) = line.strip_prefix("export KUBECONFIG=") {
                break PathBuf::from(path.trim_end());
            }
        };
        Self { child, out, kubeconfig }
    }

    /// Returns the port that it listens on.
    pub fn port(&self) -> u16 {
        let text = std::fs::read_to_string(&self.kubeconfig).expect("a kubeconfig");
        let (_, tail) = text.split_once("https://127.0.0.1:").expect("a server on loopback");
        let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().expect("a port")
    }

    /// Ends it as a shell would, and returns how it ended and what else it said.
    pub fn stop(mut self) -> (ExitStatus, String) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a running server");
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).expect("text");
        (self.child.wait().expect("a child"), rest)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
