//! Custom resources: every type, format and priority of a column, paths of all shapes, values of all kinds.

use crate::objects;
use crate::oracle::{self, Counts};
use crate::place::{Place, run};

#[test]
fn custom_resources_show_exactly_what_this_server_prints() {
    let Some(mut place) = Place::open() else { return };
    run(async {
        let objects = objects::read("custom", &place);
        let instances = objects.iter().filter(|object| object["kind"] != "CustomResourceDefinition").count();
        objects::fill(&mut place, objects).await;
        let catalog = place.catalog().await;
        let group = format!("{}.example.com", place.name);
        let mut total = Counts::default();
        let mut wrong = Vec::new();
        let mut kinds = 0;
        for def in catalog.all().iter().filter(|def| *def.gvr.group == *group) {
            kinds += 1;
            match oracle::compare(def, &place.table(&def.gvr.path(None)).await) {
                Ok(counts) => total += counts,
                Err(differences) => wrong.push(differences),
            }
        }
        println!(
            "summary: {kinds} custom kinds, {} objects, {} cells, {} wide",
            total.rows, total.cells, total.wide
        );
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!((kinds, total.rows), (3, instances));
        assert!(total.cells >= 250 && total.wide >= 40, "{total:?}");
    });
}
