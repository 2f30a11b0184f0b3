//! Building the cluster's programs, and the Go that does it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::place::{MODULES, Place};

/// Builds these parts' programs where they are missing.
pub fn build(place: &Place, parts: &[&str]) -> Result<()> {
    let mut command = Command::new(place.recipe.join("build.sh"));
    let status = command.arg(&place.bin).args(parts).status().context("cannot start build.sh")?;
    ensure!(status.success(), "building the cluster's programs ended with {status}");
    Ok(())
}

/// The version of the Go in reach, which must be able to build all modules.
pub fn go_version(recipe: &Path) -> Result<String> {
    let mut wanted = (0, 0, 0);
    for module in MODULES {
        let path = recipe.join("modules").join(module).join("go.mod");
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let line =
            text.lines().find_map(|line| line.strip_prefix("go ")).context("no go line in a go.mod")?;
        wanted = wanted.max(numbers(line));
    }
    let (major, minor, patch) = wanted;
    let hint = format!("install Go {major}.{minor}.{patch} or newer (https://go.dev/dl), and put it on PATH");
    // In a module's directory, where a Go that may fetch a newer one of itself does so.
    let output = Command::new("go")
        .args(["env", "GOVERSION"])
        .current_dir(recipe.join("modules").join(MODULES[0]))
        .output()
        .with_context(|| format!("Go builds the cluster's programs and is not there: {hint}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    ensure!(
        output.status.success() && numbers(version.trim_start_matches("go")) >= wanted,
        "the Go in reach is too old {version}{}: {hint}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(version)
}

/// `1.26.4` as numbers, so that 1.9 comes before 1.26; what is missing or no number is 0.
fn numbers(version: &str) -> (u32, u32, u32) {
    let mut parts = version.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).map_or(part, |end| &part[..end]);
        digits.parse().unwrap_or(0)
    });
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(numbers("1.9.7") < numbers("1.26"));
        assert!(numbers("1.26") < numbers("1.26.4"));
        assert_eq!(numbers("1.27rc1"), (1, 27, 0));
    }
}
