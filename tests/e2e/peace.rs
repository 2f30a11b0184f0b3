//! Who may break the cluster, and when. Tests run side by side; those that kill a part of the cluster need it for
//! themselves, and the others need a cluster that is well.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static CONTROL_PLANE: RwLock<()> = RwLock::new(());
static AGGREGATED: RwLock<()> = RwLock::new(());

/// Holds off those who would stop the API server or etcd.
pub fn peace() -> RwLockReadGuard<'static, ()> {
    CONTROL_PLANE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits for peace to end: the API server and etcd may be stopped until the guard goes.
pub fn war() -> RwLockWriteGuard<'static, ()> {
    CONTROL_PLANE.write().unwrap_or_else(PoisonError::into_inner)
}

/// Holds off those who would stop metrics-server: discovery and the end of namespaces need it.
pub fn metrics_peace() -> RwLockReadGuard<'static, ()> {
    AGGREGATED.read().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until metrics-server may be stopped.
pub fn metrics_war() -> RwLockWriteGuard<'static, ()> {
    AGGREGATED.write().unwrap_or_else(PoisonError::into_inner)
}
