//! `doctor gate URL`: asks an application's own proxy, as somebody would who wants to get past its check, looks at the check what has
//! arrived, and says which directive is missing (rule Q66).
//!
//! Invariants: the probe ends with the command, and its token goes through the proxy and nowhere else; where the page is not
//! protected, nothing more is sent than the question that has shown it.
//!
//! Tests: `tests/it/gate/doctor.rs`.

mod advice;
mod evidence;
mod judge;
mod page;
mod question;
mod request;

use std::process::ExitCode;
use std::time::Duration;

use tokio::time::Instant;

use super::database::{self, ConfiguredDatabase};
use super::{Diagnoses, listener, user};
use crate::cli::error::Result;
use crate::cli::invocation::Invocation;
use crate::cli::output::Output;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::Application;
use crate::keys::new_secret;
use crate::outbound::RawTarget;
use crate::policy::{CheckObservation, ProxyKind};
use crate::store::{Error, Store};

use evidence::{Evidence, Exchange};
use judge::Next;
use question::{Question, questions, spoofed};
use request::AskedPage;

const AREA: &str = "gate";
/// How long is asked; a probe lives a little longer.
const ASKING: Duration = Duration::from_secs(100);

#[derive(Debug, clap::Args)]
pub(super) struct Gate {
    /// A page of the application that only users may see, such as `https://app.example.com/`
    #[arg(value_name = "URL")]
    url: String,
    /// nginx: the location of the check
    #[arg(long, value_name = "PATH", default_value = "/_vestibule_check")]
    location: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Gate {
    pub(super) async fn run(self, invocation: &Invocation, out: &mut Output) -> Result<ExitCode> {
        let page = page::read(&self.url)?;
        let config = invocation.config()?;
        let mut found = Diagnoses::default();
        if let Some(code) = user::look(&config, &mut Diagnoses::default()) {
            return Ok(code);
        }
        let mut of_database = Diagnoses::default();
        match database::open(&config, &invocation.clock, &mut of_database).await {
            ConfiguredDatabase::Open { store, .. } => {
                let application = page::find(&store, &page).await;
                let looked = match application {
                    Ok(application) => {
                        let asking = Asking {
                            store: &store,
                            config: &config,
                            clock: &invocation.clock,
                            application: &application,
                        };
                        asking.run(page, &self.location, &mut found).await
                    }
                    Err(error) => Err(error),
                };
                store.close().await;
                looked?;
            }
            // It says why.
            ConfiguredDatabase::New | ConfiguredDatabase::Unusable => {
                found.0.append(&mut of_database.0);
            }
        }
        super::tell(&found, self.json, out)
    }
}

/// What is asked for, and with what.
struct Asking<'a> {
    store: &'a Store,
    config: &'a Config,
    clock: &'a Clock,
    application: &'a Application,
}

impl Asking<'_> {
    async fn run(&self, page: AskedPage, location: &str, found: &mut Diagnoses) -> Result<()> {
        let (name, kind) = (&self.application.name, self.application.settings.kind);
        let what = &self.application.display_name;
        if kind == ProxyKind::BuiltIn {
            found.ok(
                AREA,
                format!(
                    "{what} ({name}) is behind Vestibule's own proxy: there is no other to ask"
                ),
            );
            return Ok(());
        }
        found.ok(
            AREA,
            format!("{what} ({name}), behind a proxy of the kind {kind}"),
        );
        let (token, hash) = new_secret();
        self.store.begin_probe(&hash, self.clock.now()).await?;
        let mut questions = Questions {
            asking: self,
            token,
            hash,
            target: None,
            until: Instant::now() + ASKING,
            names: self.header_names(),
            evidence: Evidence {
                kind,
                name: name.to_string(),
                page,
                preflight: self.application.settings.preflight,
                exchanges: Vec::new(),
            },
        };
        let asked = questions.ask_all(location, found).await;
        // Also where something has failed on the way.
        self.store.end_probe(&hash).await?;
        asked?;
        Ok(())
    }

    /// The names that tell the application of somebody.
    fn header_names(&self) -> Vec<String> {
        let names = self.application.settings.header_names();
        names.iter().map(|(_, name)| (*name).to_owned()).collect()
    }
}

/// Questions under way.
struct Questions<'a> {
    asking: &'a Asking<'a>,
    token: String,
    hash: [u8; 32],
    target: Option<RawTarget>,
    until: Instant,
    names: Vec<String>,
    evidence: Evidence,
}

impl Questions<'_> {
    async fn ask_all(
        &mut self,
        location: &str,
        found: &mut Diagnoses,
    ) -> std::result::Result<(), Error> {
        self.ask([Question::Page]).await?;
        let next = judge::first(&self.evidence, found);
        match next {
            Next::Stop => self.look_at_server(found),
            Next::Fields => {
                self.ask(spoofed(self.evidence.kind)).await?;
                judge::fields_only(&self.evidence, found);
            }
            Next::All => {
                let mut checks = vec![format!("/sso/check/{}", self.evidence.name)];
                if self.evidence.kind == ProxyKind::Nginx {
                    checks.push(location.to_owned());
                }
                let all = questions(self.evidence.kind, checks);
                let was_all = self.ask(all).await?;
                judge::rest(&self.evidence, found);
                if !was_all {
                    found.warn(
                        AREA,
                        "The proxy was too slow to be asked everything.",
                        "Look at its log, and ask again.",
                    );
                }
            }
        }
        Ok(())
    }

    /// Asks, and reads what has arrived; whether there was time for everything.
    async fn ask(
        &mut self,
        questions: impl IntoIterator<Item = Question>,
    ) -> std::result::Result<bool, Error> {
        let mut was_all = true;
        for question in questions {
            if Instant::now() > self.until {
                was_all = false;
                break;
            }
            if question.is_for(&self.evidence.page) {
                self.put(question).await;
            }
        }
        for text in self.asking.store.observations(&self.hash).await? {
            let Ok(check) = serde_json::from_str::<CheckObservation>(&text) else {
                continue;
            };
            let number = usize::from(check.number);
            let exchange = self.evidence.exchanges.get_mut(number.wrapping_sub(1));
            if let Some(exchange) = exchange.filter(|it| !it.arrived.contains(&check)) {
                exchange.arrived.push(check);
            }
        }
        Ok(was_all)
    }

    async fn put(&mut self, question: Question) {
        let request = question.written(&self.evidence.page, &self.names);
        let number = self.evidence.exchanges.len() + 1;
        let octets = request.octets(&self.token, u16::try_from(number).unwrap_or(u16::MAX));
        let answer = match self.target().await {
            Ok(target) => target.ask(&octets).await,
            Err(error) => Err(error),
        };
        self.evidence.exchanges.push(Exchange {
            question,
            request,
            answer,
            arrived: Vec::new(),
        });
    }

    /// Where the requests go, looked up once.
    async fn target(&mut self) -> std::result::Result<&RawTarget, crate::outbound::RawError> {
        if self.target.is_none() {
            let (host, port) = self.evidence.page.host_and_port();
            let is_tls = self.evidence.page.origin.is_https();
            self.target = Some(RawTarget::find(is_tls, &host, port).await?);
        }
        self.target
            .as_ref()
            .ok_or(crate::outbound::RawError::Closed)
    }

    /// Where nothing arrives, the server may not be there at all.
    fn look_at_server(&self, found: &mut Diagnoses) {
        let listen = self.asking.config.listen;
        if self.evidence.of_page().is_none()
            && listen.port() != 0
            && !listener::is_vestibule(listen)
        {
            found.warn(
                AREA,
                format!("No server of Vestibule answers at {listen} of this machine."),
                "Start it, and run this where it runs, with its configuration.",
            );
        }
    }
}
