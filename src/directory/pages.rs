//! The pages of a list, one after the other.
//!
//! Invariants: no page twice, no more than `graph::MOST_PAGES`; each page is asked for with the headers of the first.

use super::{DirectoryError, OpenDirectory};
use crate::graph::{GraphItem, GraphLink, GraphPage, GraphRequest, SeenPages};

/// A list that is being read. The one who reads it decides when it is tried again: a page that failed is asked for again by
/// [`ListPages::next`].
#[derive(Debug)]
pub struct ListPages<'a> {
    directory: &'a OpenDirectory<'a>,
    next: Option<GraphRequest>,
    seen: SeenPages,
    delta: Option<GraphLink>,
}

impl OpenDirectory<'_> {
    /// The pages of a list, one after the other.
    pub fn pages(&self, first: GraphRequest) -> ListPages<'_> {
        ListPages {
            directory: self,
            next: Some(first),
            seen: SeenPages::default(),
            delta: None,
        }
    }
}

impl ListPages<'_> {
    /// The next page; none at the end of the list. An empty page is no end.
    pub async fn next<T: GraphItem>(&mut self) -> Result<Option<GraphPage<T>>, DirectoryError> {
        let Some(request) = &self.next else {
            return Ok(None);
        };
        let page: GraphPage<T> = self.directory.page(request).await?;
        self.delta.clone_from(&page.delta);
        self.next = match &page.next {
            None => None,
            Some(link) => {
                self.seen.follow(link)?;
                Some(request.following(link))
            }
        };
        Ok(Some(page))
    }

    /// Where the changes from now on are, once the last page was read.
    pub const fn delta(&self) -> Option<&GraphLink> {
        self.delta.as_ref()
    }
}
