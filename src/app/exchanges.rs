//! How much our own proxy holds open at once: requests, and each WebSocket (rule Q60).
//!
//! Invariant: one application cannot take the connections of all, nor one company those of an application, nor one user those of a
//! company.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::network::Network;
use crate::config::ProxyConfig;
use crate::domain::ApplicationId;

/// What is open, by who has it.
#[derive(Debug, Clone)]
pub struct Exchanges {
    open: Arc<Mutex<HashMap<Holder, usize>>>,
    of_application: usize,
    of_user: usize,
}

/// Who asks an application for something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sharer {
    /// A user, by the application's name for them, and the slug of the company.
    User(String, String),
    /// Nobody that is known.
    Stranger(Network),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Holder {
    Application(ApplicationId),
    Company(ApplicationId, String),
    /// All whom nobody knows.
    Strangers(ApplicationId),
    One(ApplicationId, Sharer),
}

/// Something that is open, until it is dropped.
#[derive(Debug)]
pub struct Exchange {
    open: Arc<Mutex<HashMap<Holder, usize>>>,
    holders: Vec<Holder>,
}

/// Whose share is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoShare {
    /// One user, or one client that is nobody.
    #[error("proxy.most_of_user requests are open")]
    OfUser,
    /// All of a company, or of the application.
    #[error(
        "proxy.most_of_application requests are open, or half of them for one company, or a quarter for those whom nobody knows"
    )]
    OfAll,
}

impl Exchanges {
    pub(super) fn new(config: &ProxyConfig) -> Self {
        Self {
            open: Arc::default(),
            of_application: config.most_of_application,
            of_user: config.most_of_user,
        }
    }

    /// One more, if there is room. A company has half where it is not the only one.
    pub fn begin(
        &self,
        application: ApplicationId,
        by: Sharer,
        is_only_company: bool,
    ) -> Result<Exchange, NoShare> {
        let part = |of: usize| (self.of_application / of).max(1);
        let of_its_kind = match &by {
            Sharer::User(..) if is_only_company => None,
            Sharer::User(_, company) => {
                Some((Holder::Company(application, company.clone()), part(2)))
            }
            Sharer::Stranger(_) => Some((Holder::Strangers(application), part(4))),
        };
        let shares = [
            Some((Holder::One(application, by), self.of_user)),
            of_its_kind,
            Some((Holder::Application(application), self.of_application)),
        ];
        let mut open = lock(&self.open);
        for (holder, most) in shares.iter().flatten() {
            if open.get(holder).is_some_and(|count| count >= most) {
                return Err(match holder {
                    Holder::One(..) => NoShare::OfUser,
                    Holder::Company(..) | Holder::Strangers(_) | Holder::Application(_) => {
                        NoShare::OfAll
                    }
                });
            }
        }
        let holders: Vec<Holder> = shares.into_iter().flatten().map(|(it, _)| it).collect();
        for holder in &holders {
            *open.entry(holder.clone()).or_default() += 1;
        }
        Ok(Exchange {
            open: Arc::clone(&self.open),
            holders,
        })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut open = lock(&self.open);
        for holder in &self.holders {
            if let Some(count) = open.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    open.remove(holder);
                }
            }
        }
    }
}

fn lock(open: &Mutex<HashMap<Holder, usize>>) -> MutexGuard<'_, HashMap<Holder, usize>> {
    // Nothing panics while it holds the lock.
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanges() -> Exchanges {
        Exchanges::new(&ProxyConfig {
            most_of_application: 8,
            most_of_user: 2,
            ..ProxyConfig::default()
        })
    }

    fn user(name: &str, company: &str) -> Sharer {
        Sharer::User(name.to_owned(), company.to_owned())
    }

    // Q60
    #[test]
    fn nobody_has_more_than_a_share() {
        let exchanges = exchanges();
        let application = ApplicationId::from_bytes([1; 16]);
        let many = |by: &Sharer| {
            let next = || exchanges.begin(application, by.clone(), false).ok();
            std::iter::from_fn(next).collect::<Vec<_>>()
        };
        let of_one = ["a", "b"].map(|name| many(&user(name, "acme")));
        assert_eq!(of_one.each_ref().map(Vec::len), [2, 2]);
        let third = exchanges.begin(application, user("c", "acme"), false);
        assert_eq!(third.unwrap_err(), NoShare::OfAll, "the company has half");
        let more = exchanges.begin(application, user("a", "acme"), false);
        assert_eq!(more.unwrap_err(), NoShare::OfUser);
        let others = many(&user("a", "globex"));
        let strangers = many(&Sharer::Stranger(Network::of(None)));
        assert_eq!((others.len(), strangers.len()), (2, 2));
        let full = exchanges.begin(application, user("d", "globex"), false);
        assert_eq!(full.unwrap_err(), NoShare::OfAll);
        let elsewhere = ApplicationId::from_bytes([2; 16]);
        assert!(exchanges.begin(elsewhere, user("a", "acme"), false).is_ok());
        drop((of_one, others, strangers));
        assert!(lock(&exchanges.open).is_empty());
    }

    #[test]
    fn the_only_company_has_all() {
        let exchanges = exchanges();
        let application = ApplicationId::from_bytes([1; 16]);
        let begin = |name: &str| exchanges.begin(application, user(name, "acme"), true);
        let open: Vec<_> = ["a", "b", "c", "d", "e"]
            .iter()
            .filter_map(|name| Some((begin(name).ok()?, begin(name).ok()?)))
            .collect();
        assert_eq!(open.len(), 4);
    }
}
