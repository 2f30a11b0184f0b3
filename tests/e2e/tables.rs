//! Every kind that the server lists: our table is the server's, cell by cell.

use std::collections::BTreeMap;

use futures::StreamExt;
use kdeck::kinds::registry;

use crate::huge;
use crate::objects;
use crate::oracle::{self, Counts};
use crate::place::{AT_ONCE, Place, run};

/// Kinds of which a server need not have any object, and why none is made here.
const MAY_BE_EMPTY: &[(&str, &str)] = &[
    ("componentstatuses", "only the server makes them"),
    ("nodes.metrics.k8s.io", "only metrics-server makes them"),
    ("pods.metrics.k8s.io", "only metrics-server makes them"),
    ("csinodes.storage.k8s.io", "only a kubelet makes them"),
];

#[test]
fn every_kind_shows_exactly_what_this_server_prints() {
    let Some(mut place) = Place::open() else { return };
    run(async {
        let mut all = objects::read("", &place);
        all.extend(objects::read("examples", &place));
        all.extend(objects::read("more", &place));
        all.extend(huge::objects(&place));
        if place.is_ours {
            all.extend(objects::read("own", &place));
        } else {
            println!("left out: fake nodes, default classes and policies, as this cluster is not ours alone");
        }
        let filled = objects::fill(&mut place, all).await;
        filled.left_out.iter().for_each(|what| println!("left out: {what}"));
        every_kind(&place).await;
    });
}

async fn every_kind(place: &Place) {
    let catalog = place.catalog().await;
    let kinds: Vec<_> = catalog.all().iter().filter(|def| def.is_listable()).cloned().collect();
    let missing = kinds.iter().filter(|def| is_built_in(&def.gvr.group));
    let missing: Vec<String> = missing
        .filter(|def| registry::find(&def.gvr.group, &def.gvr.resource).is_none())
        .map(|def| def.id.to_string())
        .collect();
    assert!(missing.is_empty(), "no record of {missing:?}");
    let compared = kinds.iter().map(|def| async move {
        let table = place.table(&format!("{}?limit=500", def.gvr.path(None))).await;
        (def.id.to_string(), oracle::compare(def, &table))
    });
    let compared: BTreeMap<String, Result<Counts, String>> =
        futures::stream::iter(compared).buffer_unordered(AT_ONCE).collect().await;
    let (mut total, mut wrong, mut empty) = (Counts::default(), Vec::new(), Vec::new());
    for (kind, result) in &compared {
        match result {
            Ok(counts) => {
                total += *counts;
                if counts.rows == 0 {
                    empty.push(kind.as_str());
                }
            }
            Err(differences) => wrong.push(differences.as_str()),
        }
    }
    println!(
        "summary: {} kinds, {} objects, {} cells of the default tables, {} of the wide ones, {} differ as intended",
        compared.len(),
        total.rows,
        total.cells,
        total.wide,
        total.intended,
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    empty.retain(|kind| !MAY_BE_EMPTY.iter().any(|(known, _)| known == kind));
    assert!(empty.is_empty() || !place.is_ours, "no object of {empty:?}");
    assert!(compared.len() >= 60, "only {} kinds", compared.len());
    assert!(total.rows >= 150 && total.cells >= 800 && total.wide >= 300, "{total:?}");
}

/// Groups of Kubernetes itself end so, or have no dot.
fn is_built_in(group: &str) -> bool {
    !group.contains('.') || group.ends_with(".k8s.io")
}
