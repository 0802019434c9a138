//! Pages of lists: after which row, and how many.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{PAGE_MAX, id};
use crate::problem::Problem;

/// Rows of a page where nobody says how many.
const PAGE_ROWS: usize = 50;

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Rows after this one: what the page before gave as `next`.
    after: Option<String>,
    /// So many at most; one at least and 200 at most, whatever is asked for.
    limit: Option<usize>,
}

impl Page {
    /// The row before the page.
    pub(super) fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        self.after.as_deref().map(id::<T>).transpose()
    }

    /// So many rows at most.
    pub(super) fn limit(&self) -> usize {
        limit(self.limit, PAGE_ROWS, PAGE_MAX)
    }

    /// The page of rows of which one more was looked for than it holds, and where the next one begins.
    pub(super) fn cut<T>(&self, mut rows: Vec<T>, name: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let has_more = rows.len() > self.limit();
        rows.truncate(self.limit());
        let next = rows.last().filter(|_| has_more).map(name);
        (rows, next)
    }
}

/// So many as were asked for, within bounds.
pub(super) fn limit(asked: Option<usize>, unless: usize, max: usize) -> usize {
    asked.unwrap_or(unless).clamp(1, max)
}
