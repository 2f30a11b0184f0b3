//! The API server that is measured against, behind the proxy: a real one by its kubeconfig, or the embedded one.
//!
//! Owns the proxy, the kubeconfig that leads through it, and counting requests where the server tells of them.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use http::Method;
use kdeck::sim::{self, Sim};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::api::{self, AGENT, Api, PodKey};
use crate::churn::Way;
use crate::kubeconfig::Kubeconfig;
use crate::load;
use crate::proxy::Proxy;
use crate::screen::Names;
use crate::store::Store;

/// The embedded server remembers no more requests than this.
const REMEMBERED: usize = 10_000;

/// Files of kubeconfigs: by loopback, and by this machine's own address.
const NEAR: &str = "kubeconfig";
const FAR: &str = "kubeconfig-far";

/// An address for documentation, which is nobody's.
const ANYWHERE: (Ipv4Addr, u16) = (Ipv4Addr::new(198, 51, 100, 1), 9);

/// Which server.
#[derive(Clone, Debug)]
pub enum Choice {
    /// A running one.
    Bench {
        /// How to reach it.
        kubeconfig: PathBuf,
        /// Where it writes its audit log, if it does.
        audit: Option<PathBuf>,
        /// Its etcd, if it is nobody else's server.
        store: Option<Store>,
    },
    /// The one that `kdeck demo` has.
    Embedded,
}

enum Kind {
    Bench { audit: Option<PathBuf> },
    Embedded(Sim),
}

/// A server with pods in it, and the way to it.
pub struct Server {
    kind: Kind,
    /// What it is, for the report.
    pub label: String,
    /// The meter's own way to it.
    pub api: Api,
    /// How many changes are made to its pods.
    pub way: Way,
    /// What programs pass through.
    pub proxy: Proxy,
    /// All pods.
    pub keys: Arc<[PodKey]>,
    /// Their names.
    pub names: Names,
    dir: TempDir,
}

/// A moment in the server's log of requests.
#[derive(Clone, Copy, Debug)]
pub struct Mark(u64);

impl Server {
    /// Makes the server hold so many pods and puts the proxy before it.
    ///
    /// # Errors
    /// When it can't be reached or filled.
    pub fn start(runtime: &Runtime, choice: &Choice, pods: usize, tell: impl Fn(&str)) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("kdeck-meter-").tempdir()?;
        let (kind, kubeconfig) = match choice {
            Choice::Bench { kubeconfig, audit, .. } => {
                (Kind::Bench { audit: audit.clone() }, Kubeconfig::read(kubeconfig)?)
            }
            Choice::Embedded => {
                // Frozen: controllers that answer to changes would make pods come and go while they are counted.
                let options = sim::Options { pods, rate: 0.0, ..sim::Options::default() };
                let sim =
                    runtime.block_on(sim::start(options)).map_err(|problem| anyhow!("{}", problem.what))?;
                let kubeconfig = Kubeconfig::parse(&sim.kubeconfig("admin"), PathBuf::new())?;
                (Kind::Embedded(sim), kubeconfig)
            }
        };
        let api = Api::new(&kubeconfig)?;
        let way = match choice {
            Choice::Bench { store: Some(store), .. } => {
                Way::Store(store.clone(), runtime.block_on(load::fill_store(&api, store, pods, tell))?)
            }
            Choice::Bench { store: None, .. } => {
                runtime.block_on(load::fill(&api, pods, tell))?;
                Way::Api(api.clone())
            }
            Choice::Embedded => Way::Api(api.clone()),
        };
        let keys = match &way {
            Way::Api(api) => runtime.block_on(api.pods())?,
            Way::Store(store, _) => runtime.block_on(store.pods())?,
        };
        let keys = Arc::<[PodKey]>::from(keys);
        let names = api::names(&keys);
        let (host, port) = kubeconfig.server()?;
        let mut proxy = Proxy::start(runtime.handle(), address(&host, port)?)?;
        kubeconfig.write_through(proxy.address(), &dir.path().join(NEAR))?;
        let far = own_address().and_then(|at| proxy.listen(runtime.handle(), at).ok());
        kubeconfig.write_through(far.unwrap_or_else(|| proxy.address()), &dir.path().join(FAR))?;
        let version = runtime.block_on(version(&api))?;
        let label = match kind {
            Kind::Bench { .. } => format!("kube-apiserver {version}"),
            Kind::Embedded(_) => "embedded cluster of kdeck demo".to_owned(),
        };
        Ok(Self { kind, label, api, way, proxy, keys, names, dir })
    }

    /// The kubeconfig that leads through the proxy, which has a loopback address, or with `far` the machine's own: a
    /// program may take the former for a server that is not far away.
    pub fn kubeconfig(&self, far: bool) -> PathBuf {
        self.dir.path().join(if far { FAR } else { NEAR })
    }

    /// A home directory for a program, as it was after [`Server::keep_home`]: what one measurement leaves there, such as
    /// the order of rows, must not change the next one.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn home(&self, program: &str) -> Result<PathBuf> {
        let (home, kept) = self.homes(program);
        if kept.exists() {
            fs::remove_dir_all(&home)?;
            copy(&kept, &home)?;
        }
        fs::create_dir_all(&home)?;
        Ok(home)
    }

    /// Keeps a program's home directory as it is now, with its caches warm.
    ///
    /// # Errors
    /// When it can't be copied.
    pub fn keep_home(&self, program: &str) -> Result<()> {
        let (home, kept) = self.homes(program);
        copy(&home, &kept)
    }

    fn homes(&self, program: &str) -> (PathBuf, PathBuf) {
        (self.dir.path().join(program), self.dir.path().join(format!("{program}.kept")))
    }

    /// Remembers this moment in the log of requests.
    pub fn mark(&self) -> Mark {
        match &self.kind {
            Kind::Bench { audit } => Mark(audit.as_deref().and_then(size).unwrap_or_default()),
            Kind::Embedded(sim) => {
                sim.clear_requests();
                Mark(0)
            }
        }
    }

    /// Counts the requests since then that are not the meter's own; nothing where the server does not tell.
    pub fn requests_since(&self, mark: Mark) -> Option<usize> {
        match &self.kind {
            Kind::Bench { audit } => audited(audit.as_deref()?, mark.0),
            Kind::Embedded(sim) => {
                let requests = sim.requests();
                let foreign =
                    requests.iter().filter(|request| !request.user_agent.starts_with(AGENT)).count();
                (requests.len() < REMEMBERED).then_some(foreign)
            }
        }
    }
}

/// Copies a directory with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

async fn version(api: &Api) -> Result<String> {
    let answer = api.connect().await?.json(Method::GET, "/version", "application/json", None).await?;
    Ok(answer["gitVersion"].as_str().unwrap_or("of unknown version").to_owned())
}

fn address(host: &str, port: u16) -> Result<SocketAddr> {
    (host, port).to_socket_addrs()?.next().with_context(|| format!("{host} has no address"))
}

/// The address that this machine would send from, if it is connected to anything. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ANYWHERE).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

fn size(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|metadata| metadata.len())
}

/// Counts requests of clients in an audit log from a place on; nothing when the log was rotated since.
fn audited(path: &Path, from: u64) -> Option<usize> {
    if size(path)? < from {
        return None;
    }
    let mut file = fs::File::open(path).ok()?;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    // A request is logged at each of its stages, under one id.
    let ids: HashSet<String> = text.lines().filter_map(client_request).collect();
    Some(ids.len())
}

/// Returns the id of a request that neither the meter nor the server itself sent.
fn client_request(line: &str) -> Option<String> {
    let event: Value = serde_json::from_str(line).ok()?;
    let agent = event["userAgent"].as_str().unwrap_or_default();
    let user = event["user"]["username"].as_str().unwrap_or_default();
    let own = agent.starts_with(AGENT) || user.starts_with("system:");
    (!own).then(|| event["auditID"].as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copied_home_has_everything_that_was_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a"), dir.path().join("b"));
        fs::create_dir_all(from.join("deep/er")).unwrap();
        fs::write(from.join("deep/er/cache"), "warm").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to.join("deep/er/cache")).unwrap(), "warm");
    }

    #[test]
    fn the_audit_log_tells_of_each_request_of_a_client_once() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let event = |id: &str, agent: &str, user: &str| {
            format!(
                "{{\"auditID\":\"{id}\",\"userAgent\":\"{agent}\",\"user\":{{\"username\":\"{user}\"}}}}\n"
            )
        };
        let before = event("0", "k9s/1", "admin");
        let text = before.clone()
            + &event("1", "k9s/1", "admin")
            + &event("1", "k9s/1", "admin")
            + &event("2", AGENT, "admin")
            + &event("3", "kube-apiserver/1", "system:apiserver")
            + "{half a line";
        fs::write(file.path(), text).unwrap();
        assert_eq!(audited(file.path(), before.len() as u64), Some(1));
        assert_eq!(audited(file.path(), 1 << 30), None, "a log that was rotated tells nothing");
    }
}
