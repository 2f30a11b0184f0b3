//! What every scene stands on: the cluster's kubeconfigs, kubectl, a namespace of its own, the script that breaks things.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::pty::Pty;
use crate::world::{World, kdeck};

/// How long the API server may take to be ready again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The size that shows every column a scene asks for.
pub const SIZE: (u16, u16) = (160, 40);

/// A home with a kubeconfig in it.
pub struct Stage {
    pub world: World,
    pub kubeconfig: PathBuf,
}

impl Stage {
    /// As the administrator.
    pub fn admin() -> Self {
        Self::with(&std::fs::read_to_string(admin_file()).expect("the kubeconfig of KDECK_E2E_KUBECONFIG"))
    }

    /// As the user who may read everyday objects of the namespace `team-a` only.
    pub fn dev() -> Option<Self> {
        let file = given("KDECK_E2E_DEV_KUBECONFIG", "no user with few rights is given")?;
        Some(Self::with(&std::fs::read_to_string(file).expect("the kubeconfig of KDECK_E2E_DEV_KUBECONFIG")))
    }

    /// With this kubeconfig.
    pub fn with(text: &str) -> Self {
        let world = World::new();
        let kubeconfig = world.file("kubeconfig", text);
        Self { world, kubeconfig }
    }

    /// Starts the program on a terminal. Its home is the stage's: keep it as long.
    pub fn deck(&self, args: &[&str]) -> Pty {
        self.deck_of(SIZE, args)
    }

    /// Starts the program on a terminal of this size.
    pub fn deck_of(&self, size: (u16, u16), args: &[&str]) -> Pty {
        let all = [&["--kubeconfig", self.kubeconfig.to_str().expect("UTF-8")], args].concat();
        Pty::start(&self.world, size, kdeck(), &all)
    }

    /// Runs the program in pipes.
    pub fn once(&self, args: &[&str]) -> Output {
        let all = [&["--kubeconfig", self.kubeconfig.to_str().expect("UTF-8"), "--once"], args].concat();
        self.world.command(kdeck()).args(all).stdin(Stdio::null()).output().expect("kdeck")
    }
}

fn admin_file() -> String {
    std::env::var("KDECK_E2E_KUBECONFIG")
        .expect("KDECK_E2E_KUBECONFIG: the kubeconfig of a cluster (`cargo xtask cluster test` brings one)")
}

fn given(name: &str, why: &str) -> Option<String> {
    let value = std::env::var(name).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        eprintln!("left out: {why} ({name} is not set)");
    }
    value
}

/// Tells whether pods really run, and says so when they do not.
pub fn has_nodes() -> bool {
    if !runs_pods() {
        eprintln!("left out: nothing runs pods here (KDECK_E2E_TIER is not \"node\")");
    }
    runs_pods()
}

fn runs_pods() -> bool {
    std::env::var("KDECK_E2E_TIER").is_ok_and(|tier| tier == "node")
        || std::env::var("KDECK_E2E_TIER").is_err()
}

/// The image that scenes run; it has a shell and `sleep`.
pub fn image() -> String {
    std::env::var("KDECK_E2E_IMAGE").unwrap_or_else(|_| "localhost/busybox:1".to_owned())
}

/// The script that stops and starts parts of the cluster.
pub struct Control(String);

impl Control {
    pub fn given() -> Option<Self> {
        given("KDECK_E2E_CONTROL", "nothing here may stop parts of this cluster").map(Self)
    }

    /// Runs a sub-command and returns what it printed.
    pub fn run(&self, args: &[&str]) -> String {
        let output =
            Command::new(&self.0).args(args).stdin(Stdio::null()).output().expect("the control script");
        told(&output, &format!("control {args:?}"))
    }

    /// Stops a part; the guard starts it again, also when the scene fails.
    pub fn stop(&self, part: &'static str) -> Stopped<'_> {
        self.run(&["kill", part]);
        Stopped { control: self, part }
    }
}

/// A part of the cluster that does not run.
pub struct Stopped<'a> {
    control: &'a Control,
    part: &'static str,
}

impl Stopped<'_> {
    /// Starts it again and waits for a cluster that is well.
    pub fn start(self) {}
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        let _ = Command::new(&self.control.0).args(["start", self.part]).stdin(Stdio::null()).status();
        until_ready();
    }
}

/// Waits until the API server says that it is ready.
fn until_ready() {
    let deadline = std::time::Instant::now() + PATIENCE;
    // Each question takes a while by itself: this does not spin.
    while std::time::Instant::now() < deadline {
        if try_kubectl(&["get", "--raw", "/readyz", "--request-timeout=5s"]).status.success() {
            return;
        }
    }
}

/// Runs kubectl as the administrator.
pub fn try_kubectl(args: &[&str]) -> Output {
    kubectl_command().args(args).stdin(Stdio::null()).output().expect("kubectl on the PATH")
}

/// Runs kubectl as the administrator and returns what it printed.
pub fn kubectl(args: &[&str]) -> String {
    told(&try_kubectl(args), &format!("kubectl {args:?}"))
}

/// Applies manifests.
pub fn apply(yaml: &str) {
    let mut command = kubectl_command();
    command.args(["apply", "-f", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("kubectl on the PATH");
    child.stdin.take().expect("a pipe").write_all(yaml.as_bytes()).expect("kubectl that reads");
    told(&child.wait_with_output().expect("kubectl"), yaml);
}

fn kubectl_command() -> Command {
    let mut command = Command::new("kubectl");
    command.env("KUBECONFIG", admin_file());
    command
}

fn told(output: &Output, what: &str) -> String {
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// A name that no other run has.
pub fn fresh(word: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("kdeck-e2e-{word}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A namespace of a scene's own; it goes with the guard.
pub struct Place {
    pub name: String,
}

impl Place {
    pub fn new(word: &str) -> Self {
        let place = Self { name: fresh(word) };
        kubectl(&["create", "namespace", &place.name]);
        if runs_pods() {
            // A bare pod is refused until its namespace has this account.
            kubectl(&["wait", "--for=create", "serviceaccount/default", "-n", &place.name, "--timeout=30s"]);
        }
        place
    }

    /// Runs kubectl in this namespace.
    pub fn kubectl(&self, args: &[&str]) -> String {
        kubectl(&[&["-n", &self.name], args].concat())
    }

    /// Creates a pod that runs a shell script.
    pub fn pod(&self, name: &str, script: &str) {
        let (image, namespace) = (image(), &self.name);
        apply(&format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, namespace: {namespace}}}, spec: {{\
               terminationGracePeriodSeconds: 0, containers: [\
               {{name: main, image: \"{image}\", command: [sh, -c, \"{script}\"]}}]}}}}"
        ));
    }

    /// Creates small objects that no controller touches.
    pub fn settings(&self, names: &[String]) {
        let one = |name: &String| {
            let namespace = &self.name;
            format!(
                "---\n{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: {namespace}}}}}\n"
            )
        };
        apply(&names.iter().map(one).collect::<String>());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = try_kubectl(&["delete", "namespace", &self.name, "--wait=false", "--ignore-not-found"]);
    }
}
