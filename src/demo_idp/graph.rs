//! Microsoft Graph's face: the directory of the tenant, read by applications, and its control for tests.
//!
//! Invariants: nothing here comes from `graph`, so that a slip of the client cannot agree with itself. What an application may read
//! is what was consented to when its token was given. The addresses are in `http/graph.rs`; what Graph does is in Microsoft's
//! documentation of v1.0.

mod answers;
mod call;
mod catalogue;
mod delta;
mod fault;
mod groups;
mod membership;
mod others;
mod paging;
mod people;
mod permission;
mod refusal;
mod shape;
mod tokens;

pub use catalogue::{DemoGroup, DemoGroupKind, DemoPerson};
pub use fault::UnknownFault;

pub(super) use answers::answer;
pub(super) use call::{GraphCall, GraphReply};
pub(super) use fault::{FaultName, Faults};
pub(super) use permission::GraphPermission;
pub(super) use refusal::DemoRefusal;
pub(super) use tokens::AppGrant;

use super::{DemoIdp, IdpUser};
use catalogue::Catalogue;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::Duration;
use tokens::AppTokens;

/// How many calls are remembered.
const MOST_CALLS: usize = 100_000;

/// A change that waits until it can be seen.
type CatalogueChange = Box<dyn FnOnce(&mut Catalogue) + Send>;

/// What the Graph face remembers.
pub(super) struct GraphDesk {
    catalogue: Mutex<Catalogue>,
    tokens: AppTokens,
    faults: Mutex<Faults>,
    page_size: AtomicUsize,
    calls: AtomicU64,
    /// Changes that show so many calls later.
    waiting: Mutex<Vec<(u64, CatalogueChange)>>,
    asked: Mutex<Vec<String>>,
}

/// The tenant's directory, as a test changes it. Clones are the same one.
#[derive(Clone)]
pub struct DemoDirectory(DemoIdp);

impl GraphDesk {
    pub(super) fn new(users: &[IdpUser]) -> Self {
        Self {
            catalogue: Mutex::new(Catalogue::of(users)),
            tokens: AppTokens::default(),
            faults: Mutex::default(),
            page_size: AtomicUsize::new(0),
            calls: AtomicU64::new(0),
            waiting: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    pub(super) fn catalogue(&self) -> MutexGuard<'_, Catalogue> {
        lock(&self.catalogue)
    }

    /// Somebody who signs in, as the directory knows them now; nobody who is blocked or gone.
    pub(super) fn as_known(&self, user: IdpUser) -> Option<IdpUser> {
        self.catalogue().as_known(user)
    }

    /// Somebody whom a test has put into the directory.
    pub(super) fn find_user(&self, name: &str) -> Option<IdpUser> {
        self.catalogue().find_user(name)
    }

    pub(super) const fn tokens(&self) -> &AppTokens {
        &self.tokens
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    /// The most items of a page, where a test has said so.
    pub(super) fn page_size(&self) -> Option<usize> {
        let items = self.page_size.load(Ordering::SeqCst);
        (items > 0).then_some(items)
    }

    /// Notes a call, and lets changes show whose time has come.
    pub(super) fn note(&self, what: String) {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let mut asked = lock(&self.asked);
        if asked.len() < MOST_CALLS {
            asked.push(what);
        }
        drop(asked);
        let mut due = Vec::new();
        lock(&self.waiting).retain_mut(|(call, change)| {
            let is_due = *call <= calls;
            if is_due {
                due.push(std::mem::replace(change, Box::new(|_| {})));
            }
            !is_due
        });
        let mut catalogue = self.catalogue();
        for change in due {
            change(&mut catalogue);
        }
    }

    fn change(&self, change: CatalogueChange) {
        let lag = self.faults().lag();
        if lag == 0 {
            change(&mut self.catalogue());
        } else {
            let due = self.calls.load(Ordering::SeqCst) + lag + 1;
            lock(&self.waiting).push((due, change));
        }
    }
}

impl DemoIdp {
    /// The tenant's directory.
    pub fn directory(&self) -> DemoDirectory {
        DemoDirectory(self.clone())
    }

    /// Grants an application permissions of Microsoft Graph, with admin consent; these and no others. Unknown names are passed over.
    pub fn grant(&self, client_id: &str, permissions: &[&str]) {
        if let Ok(app) = self.oidc_app(client_id) {
            let mut app = super::OidcApp::clone(&app);
            app.permissions = permissions
                .iter()
                .map(|it| ((*it).to_owned(), true))
                .collect();
            self.register_oidc(app);
        }
    }
}

impl DemoDirectory {
    /// Adds somebody, or replaces the one with this object ID.
    pub fn put_person(&self, person: DemoPerson) {
        self.change(move |it| it.put_person(person));
    }

    /// Changes somebody.
    pub fn change_person(&self, id: &str, change: impl FnOnce(&mut DemoPerson) + Send + 'static) {
        let id = id.to_owned();
        self.change(move |it| it.change_person(&id, change));
    }

    /// Deletes somebody, who can be restored for 30 days and stays a member meanwhile.
    pub fn delete_person(&self, id: &str) {
        let now = self.0.now();
        self.change_person(id, move |person| person.deleted_at = Some(now));
    }

    /// Takes the deletion back.
    pub fn restore_person(&self, id: &str) {
        self.change_person(id, |person| person.deleted_at = None);
    }

    /// Deletes somebody for good.
    pub fn purge_person(&self, id: &str) {
        let id = id.to_owned();
        self.change(move |it| it.purge_person(&id));
    }

    /// Adds a group, or replaces the one with this object ID.
    pub fn put_group(&self, group: DemoGroup) {
        self.change(move |it| it.put_group(group));
    }

    /// Changes a group, but not who is in it.
    pub fn change_group(&self, id: &str, change: impl FnOnce(&mut DemoGroup) + Send + 'static) {
        let id = id.to_owned();
        self.change(move |it| it.change_group(&id, change));
    }

    /// Deletes a group for good.
    pub fn delete_group(&self, id: &str) {
        let id = id.to_owned();
        self.change(move |it| it.delete_group(&id));
    }

    /// Puts a user, a group or a device into a group.
    pub fn add_member(&self, group: &str, member: &str) {
        let (group, member) = (group.to_owned(), member.to_owned());
        self.change(move |it| it.set_member(&group, &member, true));
    }

    /// Takes one out.
    pub fn remove_member(&self, group: &str, member: &str) {
        let (group, member) = (group.to_owned(), member.to_owned());
        self.change(move |it| it.set_member(&group, &member, false));
    }

    /// Everybody who is there.
    pub fn people(&self) -> Vec<DemoPerson> {
        self.0.graph().catalogue().people.clone()
    }

    /// All groups.
    pub fn groups(&self) -> Vec<DemoGroup> {
        self.0.graph().catalogue().groups.clone()
    }

    /// The most items of a page from now on, whatever a question asks for.
    pub fn set_page_size(&self, items: usize) {
        let items = items.clamp(1, 999);
        self.0.graph().page_size.store(items, Ordering::SeqCst);
    }

    /// Switches a fault on by its name, such as `throttle 2 1.5`; `none` switches all of them off.
    pub fn fault(&self, name: &str) -> Result<(), UnknownFault> {
        let desk = self.0.graph();
        if name.trim() == "token revoked" {
            desk.tokens.revoke();
            return Ok(());
        }
        desk.faults().switch_on(name)
    }

    /// How often the token endpoint was asked for a token of an application.
    pub fn token_requests(&self) -> usize {
        self.0.graph().tokens.requests()
    }

    /// Moves the clock of the identity provider on.
    pub fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    /// What was asked, as `GET users/delta`; and from now on nothing was.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0.graph().asked))
    }

    fn change(&self, change: impl FnOnce(&mut Catalogue) + Send + 'static) {
        self.0.graph().change(Box::new(change));
    }
}

impl std::fmt::Debug for DemoDirectory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DemoDirectory").field(&self.0).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shared by what is served for a while.
pub(super) type SharedGrant = Arc<AppGrant>;
