//! `kdeck demo`: the embedded cluster, with the deck on it or for other clients.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::args::{Deckwide, Demo};
use super::{Outcome, Place, env, print, show, wants_text};
use crate::cluster::Overrides;
use crate::model::{Problem, ProblemKind};
use crate::runtime::files;
use crate::runtime::memory::Keep;
use crate::runtime::signals::{Asked, Signals};
use crate::runtime::terminal::hush;
use crate::runtime::{Deck, block_on, once};
use crate::sim::{self, Sim};

/// The user of the embedded cluster that the deck runs as.
const USER: &str = "admin";

/// Starts the embedded cluster and shows or serves it.
///
/// # Errors
/// When the port is taken or the kubeconfig can't be written.
pub(super) fn run(demo: Demo, flags: &Overrides, deck: &Deckwide) -> Result<Outcome, Problem> {
    let start = deck.start(&demo.words)?;
    let usual = sim::Options::default();
    let options = sim::Options {
        pods: demo.pods.unwrap_or(usual.pods),
        nodes: demo.nodes.unwrap_or(usual.nodes),
        seed: demo.seed.unwrap_or(usual.seed),
        bind: SocketAddr::from((Ipv4Addr::LOCALHOST, demo.port)),
        ..usual
    };
    // Where to look and what to trust is the demo's own; the rest is the user's wish.
    let flags = Overrides {
        namespace: flags.namespace.clone(),
        request_timeout: flags.request_timeout,
        ..Overrides::default()
    };
    let patience = flags.request_timeout.unwrap_or(once::PATIENCE);
    let (mut deck, text) = (deck.clone(), wants_text(deck, &env));
    // Who tries the demo wants to see it: the default namespace of the scenario is empty.
    deck.all_namespaces |= flags.namespace.is_none();
    // Certificates and a scenario take a moment: what is typed meanwhile is meant for the first view.
    let _hushed = (!text && !demo.serve).then(hush);
    block_on(async move {
        let sim = sim::start(options).await?;
        if let Some(churn) = demo.churn {
            sim.churn(churn);
        }
        let kubeconfig = TempFile::write("kubeconfig.yaml", &sim.kubeconfig(USER))?;
        if demo.serve {
            return serve(&sim, &kubeconfig).await;
        }
        let overrides = Overrides { kubeconfig: Some(kubeconfig.path.clone()), ..flags };
        let launch = Place::find(&deck).launch(overrides, &deck, start, Keep::Nothing)?;
        // The server is dropped after this, and so outlives the last frame.
        show(launch, text, patience).await
    })
}

/// Runs the demo without a terminal until its first view is complete, and returns the frame as SVG.
///
/// # Errors
/// When the embedded cluster can't be started or its pods do not arrive.
pub(super) fn screenshot(flags: &Overrides, patience: Duration) -> Result<String, Problem> {
    let text = Deckwide { all_namespaces: true, once: true, ..Deckwide::default() };
    let flags = flags.clone();
    block_on(async move {
        let sim = sim::start(sim::Options::default()).await?;
        let kubeconfig = TempFile::write("kubeconfig.yaml", &sim.kubeconfig(USER))?;
        let overrides = Overrides { kubeconfig: Some(kubeconfig.path.clone()), ..flags };
        let launch = Place::find(&text).launch(overrides, &text, Some(PICTURE_LINE.into()), Keep::Nothing)?;
        once::picture(Deck::new(launch, &picture_env), PICTURE, patience).await
    })
}

/// Columns and rows of the screenshot.
const PICTURE: (u16, u16) = (132, 34);

/// What the screenshot shows: namespaces in which things go well, degrade and fail.
const PICTURE_LINE: &str = "pods payments,shop";

/// The terminal that the screenshot pretends to have: colours and UTF-8, whatever the real one has.
fn picture_env(name: &str) -> Option<String> {
    match name {
        "TERM" => Some("xterm-256color".into()),
        "COLORTERM" => Some("truecolor".into()),
        "LANG" => Some("C.UTF-8".into()),
        "NO_COLOR" | "LC_ALL" | "LC_CTYPE" => None,
        name => env(name),
    }
}

async fn serve(sim: &Sim, kubeconfig: &TempFile) -> Result<Outcome, Problem> {
    // Before the text is out: whoever reads it may send the signal at once.
    let mut signals = Signals::new()
        .map_err(|error| Problem::new(ProblemKind::Io, format!("cannot watch for signals: {error}")))?;
    let path = kubeconfig.path.display();
    print(&format!("serving a simulated cluster at {}\nexport KUBECONFIG={path}\n", sim.url()), 0);
    loop {
        if let Asked::End(_) = signals.next().await {
            return Ok(Outcome::Done);
        }
    }
}

/// A private file in a private directory, gone with its owner.
struct TempFile {
    dir: PathBuf,
    path: PathBuf,
}

impl TempFile {
    fn write(name: &str, contents: &str) -> Result<Self, Problem> {
        let dir = fresh_dir()?;
        let path = files::save_new(&dir, name, contents.as_bytes())?;
        Ok(Self { dir, path })
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        // Only what was written here; a directory that somebody else put files into stays.
        let _ = std::fs::remove_file(&self.path);
        let _ = std::fs::remove_dir(&self.dir);
    }
}

/// Makes a directory that did not exist: in a shared place, one that did may be somebody else's.
fn fresh_dir() -> Result<PathBuf, Problem> {
    let base = std::env::temp_dir();
    for n in 0..1_000 {
        let dir = base.join(format!("kdeck-demo-{}-{n}", std::process::id()));
        if std::fs::symlink_metadata(&dir).is_err() {
            let mut builder = std::fs::DirBuilder::new();
            #[cfg(unix)]
            {
                use std::os::unix::fs::DirBuilderExt;
                builder.mode(0o700);
            }
            match builder.create(&dir) {
                Ok(()) => return Ok(dir),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let what = format!("cannot make a directory in {}: {error}", base.display());
                    return Err(Problem::new(ProblemKind::Io, what).hint("set TMPDIR to a writable one"));
                }
            }
        }
    }
    let what = format!("cannot make a directory in {}: all names are taken", base.display());
    Err(Problem::new(ProblemKind::Io, what).hint("remove old kdeck-demo-* directories"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubeconfig_is_private_and_goes_with_the_demo() {
        let file = TempFile::write("kubeconfig.yaml", "users: []\n").unwrap();
        let (path, dir) = (file.path.clone(), file.dir.clone());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "users: []\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(&dir)), (0o600, 0o700));
        }
        let other = TempFile::write("kubeconfig.yaml", "").unwrap();
        assert_ne!(other.dir, dir, "two demos do not share a directory");
        drop(file);
        assert!(!path.exists() && !dir.exists());
    }
}
