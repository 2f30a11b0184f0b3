//! Measurements as they are kept: one line of JSON each, appended as they are taken, so that a broken run loses nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Figures by name; the unit is the name's last part.
pub type Figures = BTreeMap<String, f64>;

/// One measurement of one program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When, as a UTC date and time.
    pub at: String,
    /// On what.
    pub machine: String,
    /// Against what.
    pub server: String,
    /// With how many pods.
    pub pods: usize,
    /// Of which program.
    pub program: String,
    /// Which version of it.
    pub version: String,
    /// What was measured.
    pub scenario: String,
    /// Load averages before and after.
    pub load: (f64, f64),
    /// Cores of the machine that were busy meanwhile, with everything.
    pub busy: f64,
    /// Seconds that it took.
    pub took: f64,
    /// The figures.
    pub figures: Figures,
    /// Why there are no figures, or not all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Record {
    /// Tells whether this is the same measurement of the same thing, so that it need not be taken again.
    pub fn answers(&self, other: &Self) -> bool {
        let key = |record: &Self| {
            let texts =
                [&record.server, &record.program, &record.version, &record.scenario].map(String::clone);
            (texts, record.pods)
        };
        self.trouble.is_none() && key(self) == key(other)
    }
}

/// Reads all measurements of a file; none if there is no file. Lines that a kill cut short are left out.
///
/// # Errors
/// When the file can't be read.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Appends a measurement to a file.
///
/// # Errors
/// When the file can't be written.
pub fn append(path: &Path, record: &Record) -> Result<()> {
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
    let line = serde_json::to_string(record)? + "\n";
    file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A measurement for tests.
    pub(crate) fn record(program: &str, scenario: &str, figures: &[(&str, f64)]) -> Record {
        Record {
            at: "2026-11-24 12:00".into(),
            machine: "two cores".into(),
            server: "kube-apiserver v1.37.2".into(),
            pods: 10_000,
            program: program.into(),
            version: "1.0.0".into(),
            scenario: scenario.into(),
            load: (0.1, 0.9),
            busy: 1.0,
            took: 5.0,
            figures: figures.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect(),
            trouble: None,
        }
    }

    #[test]
    fn what_is_appended_is_read_again_and_a_broken_line_is_left_out() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deep/results.jsonl");
        assert_eq!(read(&path).unwrap(), []);
        let records = [record("kdeck", "start", &[("all_s", 1.25)]), record("k9s", "start", &[])];
        records.iter().for_each(|record| append(&path, record).unwrap());
        fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"at\":").unwrap();
        assert_eq!(read(&path).unwrap(), records);
    }

    #[test]
    fn a_failed_measurement_and_one_of_another_version_are_taken_again() {
        let wanted = record("k9s", "start", &[]);
        assert!(record("k9s", "start", &[("all_s", 1.0)]).answers(&wanted));
        assert!(!Record { trouble: Some("no row".into()), ..wanted.clone() }.answers(&wanted));
        assert!(!Record { version: "2.0.0".into(), ..wanted.clone() }.answers(&wanted));
        assert!(!Record { pods: 1_000, ..wanted.clone() }.answers(&wanted));
    }
}
