//! Writing verbs: create, update, patch, delete, and the sub-resources that write.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use super::World;
use super::admit::object;
use super::ask::{Ask, Target};
use super::entry::{Entry, Key};
use super::kinds::Served;
use super::printers::{at, int_at, items_at, text_at};
use super::status::Refusal;
use super::store::{Clash, Expect};
use super::{gc, managed, parts, patch, task, twin};

/// What becomes of dependents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Propagation {
    /// They go afterwards.
    #[default]
    Background,
    /// They go first.
    Foreground,
    /// They stay.
    Orphan,
}

/// The options of a deletion.
#[derive(Clone, Debug, Default)]
pub(crate) struct Removal {
    pub(crate) grace: Option<i64>,
    pub(crate) propagation: Propagation,
    pub(crate) uid: Option<String>,
    pub(crate) rv: Option<String>,
    pub(crate) dry_run: bool,
}

impl Removal {
    fn read(ask: &Ask) -> Result<Self, Refusal> {
        let body = if ask.body.is_empty() { Value::Null } else { ask.json()? };
        let text = |name: &str| {
            let found = text_at(&body, name);
            if found.is_empty() { ask.param(name).map(str::to_owned) } else { Some(found.to_owned()) }
        };
        let grace = at(&body, "gracePeriodSeconds").as_i64();
        let asked = || ask.param("gracePeriodSeconds").and_then(|text| text.parse().ok());
        let propagation = match text("propagationPolicy").as_deref() {
            Some("Foreground") => Propagation::Foreground,
            Some("Orphan") => Propagation::Orphan,
            _ => Propagation::Background,
        };
        let condition = |name: &str| at(&body, &format!("preconditions/{name}")).as_str().map(str::to_owned);
        let dry_run = ask.dry_run() || !items_at(&body, "dryRun").is_empty();
        Ok(Self {
            grace: grace.or_else(asked),
            propagation,
            uid: condition("uid"),
            rv: condition("resourceVersion"),
            dry_run,
        })
    }
}

/// What a deletion came to.
pub(crate) enum Removed {
    /// It is gone; this was its last state.
    Gone(Arc<Entry>),
    /// It is on its way.
    Going(Arc<Entry>),
}

/// Deletes an object.
pub(crate) fn remove(
    world: &Arc<World>,
    kind: &Served,
    key: &Key,
    removal: &Removal,
) -> Result<Removed, Refusal> {
    loop {
        let entry = world.store.get(&kind.id, key).ok_or_else(|| Refusal::not_found(kind, &key.name))?;
        preconditions(kind, &entry, removal)?;
        if removal.dry_run {
            return Ok(Removed::Gone(entry));
        }
        let value = entry.value();
        let finalizers = items_at(&value, "metadata/finalizers");
        let grace = grace(kind, &value, removal);
        let dependents = removal.propagation == Propagation::Foreground
            && !world.store.dependents(&entry.facts.uid).is_empty();
        let waits = grace > 0 || !finalizers.is_empty() || dependents || &*kind.id == "namespaces";
        if removal.propagation == Propagation::Orphan {
            gc::orphan(world, &entry);
        }
        if !waits {
            match gc::erase(world, kind, key, Expect::At(entry.rv)) {
                Ok(gone) => {
                    gc::after(world, gone.clone());
                    return Ok(Removed::Gone(gone));
                }
                Err(Clash::Missing) => return Err(Refusal::not_found(kind, &key.name)),
                Err(_) => continue,
            }
        }
        if entry.facts.deleting {
            return Ok(Removed::Going(entry));
        }
        let draft = gc::mark(world, kind, &entry, removal, grace);
        let Ok(going) = world.store.put(&kind.id, draft, Expect::At(entry.rv)) else { continue };
        follow(world, kind, &going, dependents);
        return Ok(Removed::Going(going));
    }
}

/// Starts what a deletion that waits is waiting for.
fn follow(world: &Arc<World>, kind: &Served, going: &Arc<Entry>, dependents: bool) {
    if &*kind.id == "namespaces" {
        let (world, going) = (world.clone(), going.clone());
        drop(task::spawn(async move { gc::empty_namespace(&world, &going).await }));
    } else if &*kind.id == "persistentvolumeclaims" {
        // Nothing mounts a claim for real, so its protection ends at once.
        gc::release(world, kind, &going.key, "kubernetes.io/pvc-protection");
    } else if dependents {
        for (id, entry) in world.store.dependents(&going.facts.uid) {
            if let Some(kind) = world.catalog.by_id(&id) {
                let _ = remove(world, &kind, &entry.key, &Removal::default());
            }
        }
    }
}

fn preconditions(kind: &Served, entry: &Entry, removal: &Removal) -> Result<(), Refusal> {
    if let Some(uid) = removal.uid.as_ref().filter(|uid| ***uid != *entry.facts.uid) {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            entry.facts.uid
        );
        return Err(Refusal::precondition(kind, &entry.key.name, &why));
    }
    if let Some(rv) = removal.rv.as_ref().filter(|rv| **rv != entry.rv.to_string()) {
        let why = format!(
            "Precondition failed: ResourceVersion in precondition: {rv}, ResourceVersion in object meta: {}",
            entry.rv
        );
        return Err(Refusal::precondition(kind, &entry.key.name, &why));
    }
    Ok(())
}

fn grace(kind: &Served, value: &Value, removal: &Removal) -> i64 {
    if &*kind.id != "pods" {
        return 0;
    }
    let own = at(value, "spec/terminationGracePeriodSeconds").as_i64().unwrap_or(30);
    let done = matches!(text_at(value, "status/phase"), "Succeeded" | "Failed");
    // A pod that no kubelet has taken, or that has ended, has nothing to wait for.
    if text_at(value, "spec/nodeName").is_empty() || done { 0 } else { removal.grace.unwrap_or(own).max(0) }
}

/// An object with the status of the answer.
pub(crate) type Written = (StatusCode, Arc<Entry>);

/// Answers a create.
pub(crate) fn create(world: &World, ask: &Ask, target: &Target) -> Result<Written, Refusal> {
    let mut value = ask.json()?;
    matches_kind(&target.kind, &value)?;
    if let Some(namespace) = &target.namespace {
        let given = text_at(&value, "metadata/namespace");
        if !given.is_empty() && given != namespace {
            let message =
                "the namespace of the provided object does not match the namespace sent on the request";
            return Err(Refusal::bad_request(message));
        }
        object(&mut value, "metadata").insert("namespace".into(), namespace.as_str().into());
    }
    let kind = world.catalog.stored(&target.kind);
    if target.kind.is_twin() {
        value = twin::stored(value);
    }
    if ask.dry_run() {
        let value = super::admit::create(world, &kind, value, &manager(ask))?;
        let draft = world.draft(&kind, value);
        if world.store.get(&kind.id, &draft.key).is_some() {
            return Err(Refusal::exists(&target.kind, &draft.key.name));
        }
        let entry = Entry { key: draft.key, rv: 0, facts: draft.facts, body: draft.body };
        return Ok((StatusCode::CREATED, Arc::new(entry)));
    }
    Ok((StatusCode::CREATED, world.create(&kind, value, &manager(ask))?))
}

/// Refuses a body of another kind than the path's.
fn matches_kind(kind: &Served, value: &Value) -> Result<(), Refusal> {
    let (given, version) = (text_at(value, "kind"), text_at(value, "apiVersion"));
    if !version.is_empty() && version != kind.api_version() {
        return Err(Refusal::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version ({})",
            kind.api_version()
        )));
    }
    if !given.is_empty() && given != &*kind.kind {
        return Err(Refusal::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: no kind \"{given}\" is registered for version \"{version}\"",
            given, kind.version, kind.kind
        )));
    }
    Ok(())
}

fn manager(ask: &Ask) -> String {
    let agent = ask.header("user-agent").split('/').next().unwrap_or("unknown").to_owned();
    ask.param("fieldManager").map_or(agent, str::to_owned)
}

/// Returns the key of the object that a path names.
pub(crate) fn key(target: &Target) -> Key {
    Key::new(target.namespace.as_deref().unwrap_or_default(), target.name.as_deref().unwrap_or_default())
}

/// Answers an update.
pub(crate) fn update(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<Written, Refusal> {
    let value = ask.json()?;
    let scale = target.sub.as_deref() == Some("scale");
    if !scale {
        matches_kind(&target.kind, &value)?;
    }
    let expected = match text_at(&value, "metadata/resourceVersion") {
        "" => None,
        text => Some(super::list::version(text)?),
    };
    let known = world.store.get(&target.kind.stored, &key(target));
    let uid = text_at(&value, "metadata/uid");
    if let Some(known) = known.filter(|known| !uid.is_empty() && *uid != *known.facts.uid) {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            known.facts.uid
        );
        return Err(Refusal::precondition(&target.kind, &known.key.name, &why));
    }
    modify(world, ask, target, expected, &|part| {
        *part = value.clone();
        Ok(())
    })
}

/// Answers a patch.
pub(crate) fn patch(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<Written, Refusal> {
    let media = ask.header("content-type").split(';').next().unwrap_or_default().trim().to_owned();
    let apply = matches!(media.as_str(), "application/apply-patch+yaml" | "application/apply-patch+json");
    let patch: Value = if apply {
        serde_saphyr::from_slice(&ask.body)
            .map_err(|error| Refusal::bad_request(format!("error decoding YAML: {error}")))?
    } else {
        ask.json()?
    };
    if target.kind.custom && media == "application/strategic-merge-patch+json" {
        let message = "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
        return Err(Refusal::new(415, "UnsupportedMediaType", message));
    }
    if apply && world.store.get(&target.kind.stored, &key(target)).is_none() && target.sub.is_none() {
        let mut value = patch;
        let meta = object(&mut value, "metadata");
        meta.insert("name".into(), target.name.clone().into());
        if let Some(namespace) = &target.namespace {
            meta.insert("namespace".into(), namespace.as_str().into());
        }
        let value = if target.kind.is_twin() { twin::stored(value) } else { value };
        return Ok((
            StatusCode::CREATED,
            world.create(&world.catalog.stored(&target.kind), value, &manager(ask))?,
        ));
    }
    let expected = match at(&patch, "metadata/resourceVersion").as_str() {
        Some(text) if !text.is_empty() => Some(super::list::version(text)?),
        _ => None,
    };
    modify(world, ask, target, expected, &|part| {
        match media.as_str() {
            "application/json-patch+json" => {
                return patch::json(part, &patch).map_err(|why| Refusal::new(422, "Invalid", why));
            }
            "application/merge-patch+json" => patch::merge(part, &patch),
            _ => patch::strategic(part, &patch),
        }
        Ok(())
    })
}

/// Changes the part of an object that the sub-resource is about.
fn modify(
    world: &Arc<World>,
    ask: &Ask,
    target: &Target,
    expected: Option<u64>,
    change: &dyn Fn(&mut Value) -> Result<(), Refusal>,
) -> Result<Written, Refusal> {
    let (kind, key) = (&world.catalog.stored(&target.kind), key(target));
    let sub = target.sub.as_deref().unwrap_or_default();
    let (manager, version) = (manager(ask), target.kind.api_version());
    let operation = if ask.header("content-type").contains("apply-patch") { "Apply" } else { "Update" };
    let edit = |value: &mut Value| {
        let old = value.clone();
        match sub {
            "scale" => {
                let mut scale = parts::scale_of(&old);
                change(&mut scale)?;
                object(value, "spec").insert("replicas".into(), int_at(&scale, "spec/replicas").into());
            }
            _ if target.kind.is_twin() => {
                let mut told = twin::told(value.take());
                change(&mut told)?;
                *value = twin::stored(told);
            }
            _ => {
                change(value)?;
                narrow(kind, sub, &old, value);
            }
        }
        if let (false, Some(fields)) = (kind.custom, value.as_object_mut()) {
            fields.remove("kind");
            fields.remove("apiVersion");
        }
        managed::note(&old, value, &manager, operation, &version, sub, &world.now_text());
        Ok(())
    };
    if ask.dry_run() {
        let entry = world.store.get(&kind.id, &key).ok_or_else(|| Refusal::not_found(kind, &key.name))?;
        let mut value = entry.value();
        edit(&mut value)?;
        let draft = world.draft(kind, value);
        let tried = Entry { key: draft.key, rv: entry.rv, facts: draft.facts, body: draft.body };
        return Ok((StatusCode::OK, Arc::new(tried)));
    }
    let before = world.store.get(&kind.id, &key);
    let entry = world.try_change(kind, &key, expected, edit)?;
    if before.is_some_and(|before| before.facts.deleting) && world.store.get(&kind.id, &key).is_none() {
        gc::after(world, entry.clone());
    }
    Ok((StatusCode::OK, entry))
}

/// A write to `status` changes nothing else, and a write to the object leaves its status alone.
fn narrow(kind: &Served, sub: &str, old: &Value, new: &mut Value) {
    if kind.sub("status").is_none() || matches!(sub, "ephemeralcontainers" | "resize") {
        return;
    }
    let status = if sub == "status" { at(new, "status").clone() } else { at(old, "status").clone() };
    let resource_version = at(new, "metadata/resourceVersion").clone();
    if sub == "status" {
        *new = old.clone();
        object(new, "metadata").insert("resourceVersion".into(), resource_version);
    }
    if let Some(fields) = new.as_object_mut() {
        if status.is_null() {
            fields.remove("status");
        } else {
            fields.insert("status".into(), status);
        }
    }
}

/// Answers a delete.
pub(crate) fn delete(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<Removed, Refusal> {
    remove(world, &world.catalog.stored(&target.kind), &key(target), &Removal::read(ask)?)
}

/// Answers the deletion of a collection; returns what was asked to go.
pub(crate) fn delete_all(world: &Arc<World>, ask: &Ask, target: &Target) -> Result<Vec<Arc<Entry>>, Refusal> {
    let filter = super::list::filter(ask, target)?;
    let removal = Removal::read(ask)?;
    let kind = world.catalog.stored(&target.kind);
    let mut items = world.store.list(&kind.id, filter.namespace()).items;
    items.retain(|entry| filter.lets(entry));
    for entry in &items {
        // Gone meanwhile is what was asked for.
        let _ = remove(world, &kind, &entry.key, &removal);
    }
    Ok(items)
}
