//! Printer columns of custom resources.
use super::Projecting;
use crate::model::{Problem, ProblemKind, Row};

/// Compiled printer columns of a custom resource.
#[derive(Debug, Default)]
pub struct Printer {}

impl Printer {
    /// Projects an object.
    ///
    /// # Errors
    /// When the text is not an object.
    pub fn project(&self, _json: &[u8], _ctx: &mut Projecting) -> Result<Row, Problem> {
        Err(Problem::new(ProblemKind::Internal, "not built yet"))
    }
}
