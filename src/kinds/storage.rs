//! Persistent volumes, claims and storage classes.

use serde::Deserialize;

use super::health::{condition, health, ok, terminating};
use super::meta::{self, Meta, Object, Pairs, Str, nullable};
use super::parts::{Cond, Refs, conditions, flag, quantity_cell, text, text_or};
use super::record::{AGE, CAUSE, NAME, Record, cell, num};
use super::{Drill, Projecting};
use crate::model::{Cell, Facts, Health, Level, Problem, Row};

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The records of this file.
pub const RECORDS: &[Record] = &[
    Record::new("", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", volume)
        .short(&["pv"])
        .cluster_scoped()
        .columns(&[
            NAME,
            num("CAPACITY", 0).drop(2),
            cell("ACCESS MODES", 1).drop(6),
            cell("RECLAIM POLICY", 2).drop(6),
            cell("STATUS", 3).drop(0),
            CAUSE,
            cell("CLAIM", 4).drop(2),
            cell("STORAGECLASS", 5).drop(4),
            cell("VOLUMEATTRIBUTESCLASS", 6).drop(9),
            cell("REASON", 7).drop(8),
            AGE,
            cell("VOLUMEMODE", 8).wide(),
        ])
        .drill(Drill::Reference("claim")),
    Record::new("", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", claim)
        .short(&["pvc"])
        .columns(&[
            NAME,
            cell("STATUS", 0).drop(0),
            CAUSE,
            cell("VOLUME", 1).drop(5),
            num("CAPACITY", 2).drop(2),
            cell("ACCESS MODES", 3).drop(6),
            cell("STORAGECLASS", 4).drop(4),
            cell("VOLUMEATTRIBUTESCLASS", 5).drop(9),
            AGE,
            cell("VOLUMEMODE", 6).wide(),
        ])
        .drill(Drill::Reference("volume")),
    Record::new("storage.k8s.io", "v1", "storageclasses", "storageclass", "StorageClass", class)
        .short(&["sc"])
        .cluster_scoped()
        .columns(&[
            NAME,
            cell("DEFAULT", 4).extra().drop(2),
            cell("PROVISIONER", 0).drop(2),
            cell("RECLAIMPOLICY", 1),
            cell("VOLUMEBINDINGMODE", 2),
            cell("ALLOWVOLUMEEXPANSION", 3).drop(5),
            AGE,
        ]),
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct VolumeSpec<'a> {
    #[serde(borrow)]
    capacity: Pairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    access_modes: Vec<Str<'a>>,
    #[serde(borrow)]
    persistent_volume_reclaim_policy: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    claim_ref: Option<ClaimRef<'a>>,
    #[serde(borrow)]
    storage_class_name: Str<'a>,
    #[serde(borrow)]
    volume_attributes_class_name: Str<'a>,
    #[serde(borrow)]
    volume_mode: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClaimRef<'a> {
    #[serde(borrow)]
    namespace: Str<'a>,
    #[serde(borrow)]
    name: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct VolumeStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow)]
    reason: Str<'a>,
    #[serde(borrow)]
    message: Str<'a>,
}

fn volume(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, VolumeSpec<'_>, VolumeStatus<'_>> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let claim =
        spec.claim_ref.as_ref().map(|c| format!("{}/{}", &*c.namespace, &*c.name)).unwrap_or_default();
    let class = class_name(&object.metadata, &spec.storage_class_name);
    let cells = vec![
        quantity_cell(spec.capacity.get("storage").unwrap_or("0")),
        access_modes(&spec.access_modes, ctx),
        text(ctx, &spec.persistent_volume_reclaim_policy),
        phase(&object.metadata, &status.phase, ctx),
        text(ctx, &claim),
        text(ctx, &class),
        text_or(ctx, &spec.volume_attributes_class_name, Cell::Unset),
        text(ctx, &status.reason),
        text_or(ctx, &spec.volume_mode, Cell::Unset),
    ];
    let mut refs = Refs::default();
    if let Some(claim) = &spec.claim_ref {
        refs.add(ctx, "persistentvolumeclaims", &claim.namespace, &claim.name, "claim");
    }
    refs.add(ctx, "storageclasses.storage.k8s.io", "", &class, "storage class");
    let state = match (terminating(&object.metadata, ctx), &*status.phase) {
        (Some(state), _) => state,
        (None, "Failed") => health(ctx, Level::Broken, &format!("failed: {}", &*status.message)),
        (None, "Released") => health(ctx, Level::Attention, &format!("released, {claim} is gone")),
        (None, "Pending" | "") => health(ctx, Level::Busy, "pending"),
        _ => ok(),
    };
    let facts = Facts { refs: refs.done(), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimSpec<'a> {
    #[serde(borrow)]
    volume_name: Str<'a>,
    #[serde(borrow)]
    storage_class_name: Option<Str<'a>>,
    #[serde(borrow)]
    volume_attributes_class_name: Str<'a>,
    #[serde(borrow)]
    volume_mode: Str<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimStatus<'a> {
    #[serde(borrow)]
    phase: Str<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    access_modes: Vec<Str<'a>>,
    #[serde(borrow)]
    capacity: Pairs<'a>,
    #[serde(borrow, deserialize_with = "nullable")]
    conditions: Vec<Cond<'a>>,
}

fn claim(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Object<'_, ClaimSpec<'_>, ClaimStatus<'_>> = meta::decode(json)?;
    let (spec, status) = (&object.spec, &object.status);
    let class = class_name(&object.metadata, spec.storage_class_name.as_deref().unwrap_or_default());
    // kubectl shows what a claim got only once it names its volume.
    let bound = !spec.volume_name.is_empty();
    let cells = vec![
        phase(&object.metadata, &status.phase, ctx),
        text(ctx, &spec.volume_name),
        if bound { quantity_cell(status.capacity.get("storage").unwrap_or("0")) } else { Cell::Empty },
        if bound { access_modes(&status.access_modes, ctx) } else { Cell::Empty },
        text(ctx, &class),
        text_or(ctx, &spec.volume_attributes_class_name, Cell::Unset),
        text_or(ctx, &spec.volume_mode, Cell::Unset),
    ];
    let mut refs = Refs::default();
    refs.add(ctx, "persistentvolumes", "", &spec.volume_name, "volume");
    refs.add(ctx, "storageclasses.storage.k8s.io", "", &class, "storage class");
    let state = match terminating(&object.metadata, ctx) {
        Some(state) => state,
        None => claim_health(&object, &class, ctx),
    };
    let facts =
        Facts { refs: refs.done(), conditions: conditions(&status.conditions, ctx), ..Facts::default() };
    Ok(meta::row(ctx, &object.metadata, cells, state, facts))
}

fn claim_health(
    object: &Object<'_, ClaimSpec<'_>, ClaimStatus<'_>>,
    class: &str,
    ctx: &mut Projecting,
) -> Health {
    let annotations = &object.metadata.annotations;
    match &*object.status.phase {
        "Lost" => {
            let volume = &*object.spec.volume_name;
            health(ctx, Level::Broken, &format!("volume {volume} is gone"))
        }
        "Pending" if class.is_empty() && object.spec.volume_name.is_empty() => {
            health(ctx, Level::Attention, "no storage class, waits for a volume by hand")
        }
        "Pending" => match annotations.get("volume.kubernetes.io/storage-provisioner") {
            Some(provisioner) => health(ctx, Level::Busy, &format!("waits for {provisioner}")),
            None => health(ctx, Level::Busy, "waits for a volume"),
        },
        _ => {
            let failed = ["ModifyVolumeError", "ControllerResizeError", "NodeResizeError"];
            let of = |wanted: &dyn Fn(&str) -> bool| {
                object.status.conditions.iter().find(|c| &*c.status == "True" && wanted(&c.kind))
            };
            if let Some(found) = of(&|kind| failed.contains(&kind)) {
                return health(ctx, Level::Attention, &condition(found));
            }
            // A claim that no pod uses is complete all the same.
            match of(&|kind| kind != "Unused") {
                Some(found) => health(ctx, Level::Busy, &found.kind),
                None => ok(),
            }
        }
    }
}

/// The old annotation wins over the field, as everywhere in Kubernetes.
fn class_name(metadata: &Meta<'_>, field: &str) -> String {
    metadata.annotations.get(BETA_CLASS).unwrap_or(field).to_owned()
}

fn phase(metadata: &Meta<'_>, phase: &str, ctx: &mut Projecting) -> Cell {
    text(ctx, if metadata.deletion_timestamp.is_empty() { phase } else { "Terminating" })
}

fn access_modes(modes: &[Str<'_>], ctx: &mut Projecting) -> Cell {
    const SHORT: &[(&str, &str)] = &[
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ];
    let named: Vec<&str> = SHORT
        .iter()
        .filter(|(long, _)| modes.iter().any(|mode| &**mode == *long))
        .map(|(_, short)| *short)
        .collect();
    text(ctx, &named.join(","))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Class<'a> {
    #[serde(borrow)]
    metadata: Meta<'a>,
    #[serde(borrow, default)]
    provisioner: Str<'a>,
    #[serde(borrow, default)]
    reclaim_policy: Option<Str<'a>>,
    #[serde(borrow, default)]
    volume_binding_mode: Option<Str<'a>>,
    #[serde(default)]
    allow_volume_expansion: Option<bool>,
}

fn class(json: &str, ctx: &mut Projecting) -> Result<Row, Problem> {
    let object: Class<'_> = meta::decode(json)?;
    let default =
        ["storageclass.kubernetes.io/is-default-class", "storageclass.beta.kubernetes.io/is-default-class"]
            .iter()
            .any(|name| object.metadata.annotations.get(name) == Some("true"));
    let cells = vec![
        text(ctx, &object.provisioner),
        text(ctx, object.reclaim_policy.as_deref().unwrap_or("Delete")),
        text(ctx, object.volume_binding_mode.as_deref().unwrap_or("Immediate")),
        Cell::Bool(object.allow_volume_expansion.unwrap_or(false)),
        if default { flag(ctx, true) } else { Cell::Empty },
    ];
    let state = terminating(&object.metadata, ctx).unwrap_or_default();
    Ok(meta::row(ctx, &object.metadata, cells, state, Facts::default()))
}
