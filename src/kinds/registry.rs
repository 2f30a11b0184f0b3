//! The list of all built-in records, group by group. A new kind is one record in its group's file.

use super::record::Record;

const GROUPS: &[&[Record]] = &[
    super::pods::RECORDS,
    super::nodes::RECORDS,
    super::config::RECORDS,
    super::services::RECORDS,
    super::events::RECORDS,
    super::storage::RECORDS,
    super::apps::RECORDS,
    super::batch::RECORDS,
    super::autoscaling::RECORDS,
    super::policy::RECORDS,
    super::discovery::RECORDS,
    super::networking::RECORDS,
    super::rbac::RECORDS,
    super::apiextensions::RECORDS,
    super::admission::RECORDS,
    super::control::RECORDS,
    super::devices::RECORDS,
    super::usage::RECORDS,
];

/// Iterates over all built-in records, core groups first.
pub fn records() -> impl Iterator<Item = &'static Record> {
    GROUPS.iter().copied().flatten()
}

/// Finds the record of a group and plural.
pub fn find(group: &str, plural: &str) -> Option<&'static Record> {
    records().find(|record| record.plural == plural && record.group == group)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::kinds::{Drill, Shown, Source};

    #[test]
    fn no_two_records_share_a_name_except_events_and_usage() {
        let mut seen = HashSet::new();
        let doubles = ["events.k8s.io", "metrics.k8s.io"];
        for record in records().filter(|record| !doubles.contains(&record.group)) {
            let mut own: HashSet<&str> = HashSet::from([record.plural, record.singular]);
            own.extend(record.short_names.iter().chain(record.aliases));
            for name in own {
                assert!(seen.insert(name), "{name} names two kinds");
                assert_eq!(name, name.to_lowercase());
            }
        }
    }

    #[test]
    fn every_record_starts_with_its_name_or_an_event_age_and_has_one_name_column() {
        for record in records() {
            let names = record.columns.iter().filter(|column| column.source == Source::Name).count();
            assert_eq!(names, 1, "{}", record.plural);
            let first = &record.columns[0];
            assert!(first.source == Source::Name || record.order == Some(first.title), "{}", record.plural);
            let mut titles = HashSet::new();
            for column in record.columns {
                assert!(titles.insert(column.title), "{} has two {}", record.plural, column.title);
                assert_eq!(column.title, column.title.to_uppercase());
            }
            assert!(record.order.is_none_or(|title| titles.contains(title)));
        }
    }

    #[test]
    fn at_eighty_columns_name_status_cause_and_age_outlive_the_rest() {
        let pods = find("", "pods").unwrap();
        let kept: Vec<&str> = pods
            .columns
            .iter()
            .filter(|column| column.drop <= 1 && matches!(column.shown, Shown::Always | Shown::Extra))
            .map(|column| column.title)
            .collect();
        assert_eq!(kept, ["NAME", "READY", "STATUS", "CAUSE", "AGE"]);
    }

    #[test]
    fn drills_name_kinds_that_exist() {
        for record in records() {
            if let Drill::Owned(kind) = record.drill {
                assert!(records().any(|record| &*record.id().0 == kind), "{kind}");
            }
        }
    }
}
