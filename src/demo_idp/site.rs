//! The identity provider as a whole: what it is made of, and what it remembers.

use super::graph::GraphDesk;
use super::oidc::{CodeRequest, OidcApp, OidcDesk, OidcVariant};
use super::refusal::IdpRefusal;
use super::request::SignOnRequest;
use super::shelf::Shelf;
use super::{
    IdpApp, IdpKey, IdpUser, Keep, Now, Random, ResponseSpec, ServiceProvider, Tenant, Variant,
    guid, http, metadata,
};
use crate::saml::signature::SignError;
use std::collections::BTreeSet;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;

/// What a [`DemoIdp`] is made of.
#[derive(Clone)]
pub struct DemoConfig {
    /// The directory and its addresses.
    pub tenant: Tenant,
    /// The active key.
    pub signing_key: IdpKey,
    /// A key that metadata publishes as well: the next one of a rollover.
    pub next_key: Option<IdpKey>,
    /// The people.
    pub users: Vec<IdpUser>,
    /// The applications.
    pub apps: Vec<IdpApp>,
    /// Tells the time.
    pub now: Now,
    /// Makes handles, IDs and keys of encrypted assertions.
    pub random: Random,
}

/// An identity provider. Clones are the same one.
#[derive(Clone)]
pub struct DemoIdp(Arc<IdpState>);

struct IdpState {
    config: DemoConfig,
    apps: RwLock<Vec<Arc<IdpApp>>>,
    keep: OnceLock<Keep>,
    sessions: Shelf<IdpSession>,
    flows: Shelf<Flow>,
    oidc: OidcDesk,
    graph: GraphDesk,
    /// How far a test has moved the clock on, in seconds.
    advanced: AtomicI64,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(super) struct IdpSession {
    pub(super) user: Arc<IdpUser>,
    pub(super) since: OffsetDateTime,
    /// What applications know the session by; not its handle, which only the browser knows.
    pub(super) sid: String,
    /// The client IDs of the applications that it signed in to by OpenID Connect.
    pub(super) visited: Arc<Mutex<BTreeSet<String>>>,
}

/// What waits for somebody to sign in.
#[derive(Debug, Clone)]
pub(super) struct Flow {
    pub(super) purpose: FlowPurpose,
    pub(super) variant: Variant,
    pub(super) login_hint: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum FlowPurpose {
    /// A Response to an application.
    Response(ResponseFlow),
    /// A code to an application.
    Code(CodeFlow),
    /// A page of this site.
    Page(String),
}

/// An application's `AuthnRequest`, checked.
#[derive(Debug, Clone)]
pub(super) struct ResponseFlow {
    pub(super) request: Arc<SignOnRequest>,
    pub(super) app: Arc<IdpApp>,
    pub(super) acs_url: String,
    pub(super) relay_state: Option<String>,
}

/// An application's request for a code, checked.
#[derive(Debug, Clone)]
pub(super) struct CodeFlow {
    pub(super) request: Arc<CodeRequest>,
    pub(super) app: Arc<OidcApp>,
    pub(super) variant: OidcVariant,
}

impl IdpSession {
    pub(super) fn new(idp: &DemoIdp, user: IdpUser) -> Self {
        Self {
            user: Arc::new(user),
            since: idp.now(),
            sid: guid(idp.random()),
            visited: Arc::default(),
        }
    }

    /// Notes that an application has signed the user in.
    pub(super) fn visit(&self, client_id: &str) {
        let mut visited = self.visited.lock().unwrap_or_else(PoisonError::into_inner);
        visited.insert(client_id.to_owned());
    }

    pub(super) fn visited(&self) -> BTreeSet<String> {
        let visited = self.visited.lock().unwrap_or_else(PoisonError::into_inner);
        visited.clone()
    }
}

impl Flow {
    /// Takes a test variant by its name; a name that means nothing here changes nothing.
    pub(super) fn choose(&mut self, name: &str) {
        if let FlowPurpose::Code(code) = &mut self.purpose {
            code.variant = name.parse().unwrap_or(code.variant);
        } else {
            self.variant = name.parse().unwrap_or(self.variant);
        }
    }
}

impl DemoConfig {
    /// Contoso at an origin such as `http://127.0.0.1:8090`, with its three people and no applications.
    pub fn contoso(
        origin: impl Into<String>,
        signing_key: IdpKey,
        now: Now,
        random: Random,
    ) -> Self {
        Self {
            tenant: Tenant::contoso(origin),
            signing_key,
            next_key: None,
            users: IdpUser::contoso(),
            apps: Vec::new(),
            now,
            random,
        }
    }
}

impl DemoIdp {
    /// An identity provider that nobody has signed in to yet.
    pub fn new(config: DemoConfig) -> Self {
        let apps = config.apps.iter().cloned().map(Arc::new).collect();
        Self(Arc::new(IdpState {
            graph: GraphDesk::new(&config.users),
            advanced: AtomicI64::new(0),
            config,
            apps: RwLock::new(apps),
            keep: OnceLock::new(),
            sessions: Shelf::new(),
            flows: Shelf::new(),
            oidc: OidcDesk::new(),
        }))
    }

    /// All its addresses.
    pub fn router(&self) -> axum::Router {
        http::router(self.clone())
    }

    /// Binds a loopback address; any other is refused.
    pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
        check_loopback(address)?;
        TcpListener::bind(address).await
    }

    /// Serves until `shutdown` resolves. Refuses a listener that others could reach.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        check_loopback(listener.local_addr()?)?;
        axum::serve(listener, self.router())
            .with_graceful_shutdown(shutdown)
            .await
    }

    /// The directory and its addresses.
    pub fn tenant(&self) -> &Tenant {
        &self.0.config.tenant
    }

    /// The active key.
    pub fn signing_key(&self) -> &IdpKey {
        &self.0.config.signing_key
    }

    /// The people.
    pub fn users(&self) -> &[IdpUser] {
        &self.0.config.users
    }

    /// The applications, in the order of registration.
    pub fn apps(&self) -> Vec<Arc<IdpApp>> {
        self.0
            .apps
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Registers an application, or replaces the one with its ID.
    pub fn register(&self, app: IdpApp) {
        let app = Arc::new(app);
        let mut apps = self.0.apps.write().unwrap_or_else(PoisonError::into_inner);
        match apps.iter_mut().find(|found| found.id == app.id) {
            Some(found) => *found = app,
            None => apps.push(app),
        }
        if let Some(keep) = self.0.keep.get() {
            keep(&apps);
        }
    }

    /// Has each change of an application kept from now on; the first who asks is the one.
    pub fn keep(&self, keep: Keep) {
        let _ = self.0.keep.set(keep);
    }

    /// The federation metadata document, signed, with its byte order mark.
    pub fn metadata_xml(&self) -> Result<String, SignError> {
        let config = &self.0.config;
        metadata::document(
            &config.tenant,
            &config.signing_key,
            config.next_key.as_ref(),
            &config.random,
        )
    }

    /// What an unsolicited Response would say now; change it, then [`Self::respond`].
    pub fn response_spec(&self, user: &IdpUser, sp: &ServiceProvider) -> ResponseSpec {
        ResponseSpec::default_for(self.tenant(), user, sp, self.now(), self.random())
    }

    /// The Response, signed with the active key.
    pub fn respond(&self, spec: &ResponseSpec) -> Result<String, SignError> {
        spec.to_xml(self.signing_key(), self.random())
    }

    /// The key that the key set has beside the active one.
    pub(super) fn next_key(&self) -> Option<&IdpKey> {
        self.0.config.next_key.as_ref()
    }

    pub(super) fn now(&self) -> OffsetDateTime {
        let advanced = self.0.advanced.load(Ordering::SeqCst);
        (self.0.config.now)() + Duration::seconds(advanced)
    }

    /// Moves the clock on.
    pub(super) fn advance(&self, by: Duration) {
        let seconds = by.whole_seconds();
        self.0.advanced.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(super) fn random(&self) -> &Random {
        &self.0.config.random
    }

    pub(super) fn sessions(&self) -> &Shelf<IdpSession> {
        &self.0.sessions
    }

    pub(super) fn flows(&self) -> &Shelf<Flow> {
        &self.0.flows
    }

    pub(super) fn graph(&self) -> &GraphDesk {
        &self.0.graph
    }

    pub(super) fn oidc(&self) -> &OidcDesk {
        &self.0.oidc
    }

    /// Whether an address names this directory.
    pub(super) fn check_tenant(&self, tenant: &str) -> Result<(), IdpRefusal> {
        if tenant.eq_ignore_ascii_case(&self.tenant().id) {
            return Ok(());
        }
        Err(match tenant {
            "common" | "organizations" => IdpRefusal::new(
                50_194,
                "The application is not configured as a multi-tenant application. Usage of the /common endpoint is not \
                 supported for such applications created after '10/15/2018'. Use a tenant-specific endpoint.",
            ),
            _ => IdpRefusal::new(90_002, format!("Tenant '{tenant}' not found.")),
        })
    }

    pub(super) fn app(&self, id: &str) -> Result<Arc<IdpApp>, IdpRefusal> {
        self.apps()
            .into_iter()
            .find(|app| app.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| IdpRefusal::no_such_app(id))
    }

    /// The application that a message's issuer names, octet by octet.
    pub(super) fn app_of_issuer(&self, issuer: &str) -> Result<Arc<IdpApp>, IdpRefusal> {
        self.apps()
            .into_iter()
            .find(|app| app.identifiers.iter().any(|known| known == issuer))
            .ok_or_else(|| {
                let tenant = self.tenant();
                IdpRefusal::new(
                    700_016,
                    format!(
                        "Application with identifier '{issuer}' was not found in the directory '{}'. This can happen \
                         if the application has not been installed by the administrator of the tenant, or if the \
                         Identifier (Entity ID) is not exactly this.",
                        tenant.name
                    ),
                )
            })
    }
}

impl std::fmt::Debug for DemoIdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("DemoIdp").field(self.tenant()).finish()
    }
}

/// Its passwords stand on its pages, so it is for this machine only.
fn check_loopback(address: SocketAddr) -> io::Result<()> {
    if address.ip().is_loopback() {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!(
            "the demo identity provider listens on 127.0.0.0/8 and ::1 only, not on {}",
            address.ip()
        ),
    ))
}
