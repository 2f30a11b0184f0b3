//! What follows a removal: dependents go with their owner, namespaces empty themselves, definitions take
//! their objects along.

use std::sync::Arc;

use serde_json::{Value, json};

use super::World;
use super::admit::object;
use super::entry::{Draft, Entry, Key};
use super::kinds::Served;
use super::printers::{items_at, text_at};
use super::store::{Clash, Expect};
use super::task;
use super::write::{Propagation, Removal, remove};
use crate::model::Text;

/// After so many removals the collector lets others run.
const BREATH: usize = 200;

/// Takes an object out of the store; what depends on it follows by [`after`].
pub(crate) fn erase(world: &World, kind: &Served, key: &Key, expect: Expect) -> Result<Arc<Entry>, Clash> {
    let gone = world.store.remove(&kind.id, key, expect)?;
    if &*kind.id == "customresourcedefinitions.apiextensions.k8s.io" {
        world.catalog.remove(&key.name);
        world.store.drop_kind(&key.name);
    }
    Ok(gone)
}

/// Starts the collection that a removal calls for.
pub(crate) fn after(world: &Arc<World>, gone: Arc<Entry>) {
    let has_dependents = !world.store.dependents(&gone.facts.uid).is_empty();
    if has_dependents
        || !gone.facts.owners.is_empty()
        || leaving_namespace(world, &gone.key.namespace).is_some()
    {
        let world = world.clone();
        drop(task::spawn(async move { collect(&world, &gone).await }));
    }
}

async fn collect(world: &Arc<World>, gone: &Entry) {
    let mut count = 0;
    for (kind, entry) in world.store.dependents(&gone.facts.uid) {
        let Some(served) = world.catalog.by_id(&kind) else { continue };
        let owned_still =
            entry.facts.owners.iter().any(|uid| *uid != gone.facts.uid && alive(world, &entry, uid));
        if !owned_still {
            // Already gone or going is as good as removed.
            let _ = remove(world, &served, &entry.key, &Removal::default());
        }
        count += 1;
        if count % BREATH == 0 {
            tokio::task::yield_now().await;
        }
    }
    release_owners(world, gone);
    if let Some(namespace) = leaving_namespace(world, &gone.key.namespace) {
        empty_namespace(world, &namespace).await;
    }
}

/// Returns whether the owner with this uid is there and staying.
fn alive(world: &World, dependent: &Entry, uid: &Text) -> bool {
    let value = dependent.value();
    let Some(owner) =
        items_at(&value, "metadata/ownerReferences").iter().find(|owner| text_at(owner, "uid") == &**uid)
    else {
        return false;
    };
    find_owner(world, owner, &dependent.key.namespace).is_some_and(|(_, entry)| entry.facts.uid == *uid)
}

/// Finds the object that an owner reference names.
pub(crate) fn find_owner(world: &World, owner: &Value, namespace: &str) -> Option<(Arc<Served>, Arc<Entry>)> {
    let (group, version) =
        text_at(owner, "apiVersion").split_once('/').unwrap_or(("", text_at(owner, "apiVersion")));
    let kinds = world.catalog.all();
    let kind = kinds.into_iter().find(|kind| {
        &*kind.group == group && &*kind.version == version && &*kind.kind == text_at(owner, "kind")
    })?;
    let place = if kind.namespaced { namespace } else { "" };
    let entry = world.store.get(&kind.id, &Key::new(place, text_at(owner, "name")))?;
    Some((kind, entry))
}

/// Lets owners go that only waited for this last dependent.
fn release_owners(world: &Arc<World>, gone: &Entry) {
    for owner in items_at(&gone.value(), "metadata/ownerReferences") {
        let Some((kind, entry)) = find_owner(world, owner, &gone.key.namespace) else { continue };
        if entry.facts.deleting && world.store.dependents(&entry.facts.uid).is_empty() {
            release(world, &kind, &entry.key, "foregroundDeletion");
        }
    }
}

/// Takes a finalizer off an object, which may be its end.
pub(crate) fn release(world: &Arc<World>, kind: &Served, key: &Key, finalizer: &str) {
    let changed = world.change(kind, key, |value| {
        if let Some(list) = object(value, "metadata").get_mut("finalizers").and_then(Value::as_array_mut) {
            list.retain(|item| item != finalizer);
        }
    });
    if let Ok(entry) = changed
        && world.store.get(&kind.id, key).is_none()
    {
        after(world, entry);
    }
}

fn leaving_namespace(world: &World, namespace: &str) -> Option<Arc<Entry>> {
    let found = world.store.get("namespaces", &Key::new("", namespace))?;
    found.facts.deleting.then_some(found)
}

/// Removes what is in a namespace that is going away, and the namespace once it is empty.
pub(crate) async fn empty_namespace(world: &Arc<World>, namespace: &Entry) {
    let name = namespace.key.name.clone();
    let Some(kind) = world.catalog.by_id("namespaces") else { return };
    let mut count = 0;
    let mut content = world.store.in_namespace(&name);
    // Owners first, so that no controller makes good what goes.
    content.sort_by_key(|(kind, _)| matches!(&**kind, "pods"));
    let grace = Removal { grace: (world.rate() == 0.0).then_some(0), ..Removal::default() };
    for (id, entry) in content {
        if let Some(served) = world.catalog.by_id(&id)
            && !entry.facts.deleting
        {
            let _ = remove(world, &served, &entry.key, &grace);
        }
        count += 1;
        if count % BREATH == 0 {
            tokio::task::yield_now().await;
        }
    }
    if world.store.in_namespace(&name).is_empty() {
        let _ = erase(world, &kind, &namespace.key, Expect::Anything);
    }
}

/// Cuts the ties of an owner's dependents.
pub(crate) fn orphan(world: &World, owner: &Entry) {
    for (id, entry) in world.store.dependents(&owner.facts.uid) {
        let Some(kind) = world.catalog.by_id(&id) else { continue };
        let _ = world.change(&kind, &entry.key, |value| {
            if let Some(list) =
                object(value, "metadata").get_mut("ownerReferences").and_then(Value::as_array_mut)
            {
                list.retain(|reference| text_at(reference, "uid") != &*owner.facts.uid);
            }
        });
    }
}

/// Marks an object as going; returns the draft.
pub(crate) fn mark(world: &World, kind: &Served, entry: &Entry, removal: &Removal, grace: i64) -> Draft {
    let mut value = entry.value();
    let until = world.now().0 + grace;
    let meta = object(&mut value, "metadata");
    meta.insert("deletionTimestamp".into(), crate::model::Timestamp(until).rfc3339().into());
    meta.insert("deletionGracePeriodSeconds".into(), grace.into());
    if let Some(generation) = meta.get("generation").and_then(Value::as_i64) {
        meta.insert("generation".into(), (generation + 1).into());
    }
    if removal.propagation == Propagation::Foreground {
        let list = meta.entry("finalizers").or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push("foregroundDeletion".into());
        }
    }
    if &*kind.id == "namespaces" {
        object(&mut value, "status").insert("phase".into(), "Terminating".into());
    }
    world.draft(kind, value)
}
