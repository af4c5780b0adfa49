//! Microsoft Graph, as an application that only reads: what is asked and what an answer means. No sockets, no clock.
//!
//! Invariants: the token goes to addresses that begin with the cloud's own base and to no other, whatever an answer says
//! ([`GraphLink`]); what an answer holds is bounded; an object that is not understood in a part we need is an error, and never
//! "absent" (rule H4), while what is unknown or `null` never fails. Objects are told apart by [`ObjectId`] alone: names are not
//! unique.
//!
//! ```text
//! GraphAddresses ── users(), members(id), … ──► GraphRequest ── (outbound) ──► GraphAnswer ── page() ──► GraphPage<DirectoryUser>
//! ```
//!
//! The law is Microsoft's documentation of Graph v1.0. Tests: `tests/it/graph`, vectors:
//! `tests/vectors/graph/`. The rooms around it: `outbound` asks, `directory` keeps the token.

mod address;
mod answer;
mod change;
mod fault;
mod member;
mod object_id;
mod page;
mod person;
mod read;
mod refusal;
mod request;
mod tenant;
mod token;

pub use address::{GraphAddresses, GraphLink, LONGEST_LINK};
pub use answer::{GraphAnswer, LONGEST_PAGE};
pub use change::{DirectoryChange, GroupDelta, MemberDelta, Removal};
pub use fault::GraphFault;
pub use member::{DirectoryGroup, DirectoryMember, MemberKind};
pub use object_id::{ObjectId, ObjectIdError};
pub use page::{GraphItem, GraphPage, MOST_PAGES, SeenPages};
pub use person::{DirectoryUser, UserKey};
pub use refusal::{GraphRefusal, GraphRefusalKind};
pub use request::{GraphRequest, MOST_CHECKED_GROUPS, MOST_FOLLOWED, MOST_FOUND, MOST_NAMED};
pub use tenant::DirectoryTenant;
pub use token::GraphToken;
