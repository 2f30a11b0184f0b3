//! The state that server and controllers share, and the two ways to change it: create and change.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch::Sender;

use super::Options;
use super::access::Access;
use super::entry::{Draft, Entry, Key};
use super::faults::Faults;
use super::kinds::{Catalog, Served};
use super::printers::{items_at, text_at};
use super::slots::Slots;
use super::status::Refusal;
use super::store::{Clash, Expect, Store};
use super::time::Random;
use super::tls::Authority;
use super::{admit, crd, gc, time};
use crate::model::{Problem, ProblemKind, Timestamp};

/// A request as it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestLog {
    /// Method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Query, undecoded.
    pub query: String,
    /// Name of the user.
    pub user: String,
    /// The client's `User-Agent`.
    pub user_agent: String,
    /// The answer's status; 0 when none was given.
    pub status: u16,
}

/// How many requests are remembered; the oldest go first.
const LOGGED: usize = 10_000;

/// Everything that one simulated cluster is made of.
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) slots: Slots,
    pub(crate) catalog: Catalog,
    pub(crate) access: Access,
    pub(crate) faults: Faults,
    pub(crate) authority: String,
    pub(crate) tls: Arc<rustls::ServerConfig>,
    pub(crate) log: Mutex<VecDeque<RequestLog>>,
    pub(crate) random: Mutex<Random>,
    /// Keys and looks of the pods that were generated in bulk.
    pub(crate) bulk: Mutex<super::fill::Bulk>,
    /// True while the server is going down.
    pub(crate) stop: Sender<bool>,
    address: Mutex<SocketAddr>,
    rate: AtomicU64,
    churn: AtomicU64,
    /// Seconds between the machine's clock and the world's; other than 0 only while history is being made.
    shift: AtomicI64,
}

impl World {
    /// Makes an empty world.
    pub(crate) fn new(options: Options) -> Result<Self, Problem> {
        let authority = Authority::new()?;
        let access = Access::new(&authority, &options.users)?;
        let faults = Faults::default();
        faults.set(options.faults.clone());
        Ok(Self {
            store: Store::new(options.window),
            slots: Slots::new(),
            catalog: Catalog::new(options.metrics),
            access,
            faults,
            tls: authority.server(options.bind.ip())?,
            authority: authority.pem(),
            log: Mutex::default(),
            random: Mutex::new(Random::new(options.seed)),
            bulk: Mutex::default(),
            stop: Sender::new(false),
            address: Mutex::new(options.bind),
            rate: AtomicU64::new(options.rate.to_bits()),
            churn: AtomicU64::new(0.0_f64.to_bits()),
            shift: AtomicI64::new(0),
            options,
        })
    }

    /// Returns where the server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.lock()
    }

    /// Notes where the server listens.
    pub(crate) fn listens_on(&self, address: SocketAddr) {
        *self.address.lock() = address;
    }

    /// Returns this second in the world.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(time::now().0 + self.shift.load(Ordering::Relaxed))
    }

    /// Returns this second in the world as Kubernetes writes it.
    pub(crate) fn now_text(&self) -> String {
        self.now().rfc3339()
    }

    /// Moves the world's clock against the machine's.
    pub(crate) fn shift(&self, seconds: i64) {
        self.shift.store(seconds, Ordering::Relaxed);
    }

    /// Returns the speed of the controllers.
    pub(crate) fn rate(&self) -> f64 {
        f64::from_bits(self.rate.load(Ordering::Relaxed))
    }

    /// Changes the speed of the controllers.
    pub(crate) fn set_rate(&self, rate: f64) {
        self.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Returns how many pods change each second for the benches.
    pub(crate) fn churn(&self) -> f64 {
        f64::from_bits(self.churn.load(Ordering::Relaxed))
    }

    /// Changes how many pods change each second.
    pub(crate) fn set_churn(&self, churn: f64) {
        self.churn.store(churn.to_bits(), Ordering::Relaxed);
    }

    /// Notes a request.
    pub(crate) fn note(&self, request: RequestLog) {
        let mut log = self.log.lock();
        if log.len() >= LOGGED {
            log.pop_front();
        }
        log.push_back(request);
    }

    /// Finds a kind by its id.
    pub(crate) fn kind(&self, id: &str) -> Result<Arc<Served>, Problem> {
        let found = self.catalog.by_id(id);
        found.ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("the simulated cluster has no kind {id}"))
        })
    }

    /// Prepares an object for the store. Built-in kinds are stored without kind and version, because the
    /// items of their lists carry none.
    pub(crate) fn draft(&self, kind: &Served, mut value: Value) -> Draft {
        if let (false, Some(fields)) = (kind.custom, value.as_object_mut()) {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        Draft::of(value, kind.fields)
    }

    /// Creates an object.
    pub(crate) fn create(&self, kind: &Served, value: Value, manager: &str) -> Result<Arc<Entry>, Refusal> {
        let value = admit::create(self, kind, value, manager)?;
        let draft = self.draft(kind, value);
        let name = draft.key.name.clone();
        let entry =
            self.store.put(&kind.id, draft, Expect::Absent).map_err(|_| Refusal::exists(kind, &name))?;
        self.created(kind, &entry);
        Ok(entry)
    }

    fn created(&self, kind: &Served, entry: &Entry) {
        if &*kind.id == "customresourcedefinitions.apiextensions.k8s.io"
            && let Some(custom) = crd::served(&entry.value())
        {
            self.catalog.add(custom);
        }
    }

    /// Changes an object, whatever happens to it meanwhile; `change` is called again on a fresh copy then.
    pub(crate) fn change(
        &self,
        kind: &Served,
        key: &Key,
        mut change: impl FnMut(&mut Value),
    ) -> Result<Arc<Entry>, Refusal> {
        self.try_change(kind, key, None, |value| {
            change(value);
            Ok(())
        })
    }

    /// Changes an object, at the version `expected` if one is given.
    pub(crate) fn try_change(
        &self,
        kind: &Served,
        key: &Key,
        expected: Option<u64>,
        mut change: impl FnMut(&mut Value) -> Result<(), Refusal>,
    ) -> Result<Arc<Entry>, Refusal> {
        loop {
            let before = self.store.get(&kind.id, key).ok_or_else(|| Refusal::not_found(kind, &key.name))?;
            if expected.is_some_and(|expected| expected != before.rv) {
                return Err(Refusal::conflict(kind, &key.name));
            }
            let old = before.value();
            let mut new = old.clone();
            change(&mut new)?;
            admit::keep(&old, &mut new);
            if new == old {
                return Ok(before);
            }
            // An object that was only waiting for its last finalizer goes with it.
            let leaving = before.facts.deleting
                && items_at(&new, "metadata/finalizers").is_empty()
                && !items_at(&old, "metadata/finalizers").is_empty()
                && text_at(&new, "spec/nodeName").is_empty();
            let done = if leaving {
                gc::erase(self, kind, key, Expect::At(before.rv))
            } else {
                self.store.put(&kind.id, self.draft(kind, new), Expect::At(before.rv))
            };
            match done {
                Ok(entry) => {
                    if !leaving {
                        self.created(kind, &entry);
                    }
                    return Ok(entry);
                }
                Err(Clash::Missing) => return Err(Refusal::not_found(kind, &key.name)),
                Err(_) if expected.is_some() => return Err(Refusal::conflict(kind, &key.name)),
                Err(_) => {}
            }
        }
    }
}
