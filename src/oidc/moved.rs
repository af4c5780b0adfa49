//! What differs between two documents of one provider, address by address (rule J6).

use url::Url;

use super::discovery::Discovery;

/// An address that is at another origin than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedEndpoint {
    /// Its member in the document.
    pub name: &'static str,
    /// What it was; none for one that was not there.
    pub before: Option<String>,
    pub after: String,
}

impl Discovery {
    /// The addresses of a newer document that are at another origin than these. One that was not there before has moved unless it
    /// is where another one was: a path is the provider's own affair, a host is not.
    pub fn moved(&self, newer: &Self) -> Vec<MovedEndpoint> {
        let before = self.endpoints();
        let known = |address: &str| {
            let mut all = before.iter().filter_map(|(_, it)| *it);
            all.any(|it| is_same_origin(it, address))
        };
        let pairs = before.iter().zip(newer.endpoints());
        let moved = pairs.filter_map(|(&(name, before), (_, after))| {
            let after = after?;
            let stays = match before {
                Some(before) => is_same_origin(before, after),
                None => known(after),
            };
            (!stays).then(|| MovedEndpoint {
                name,
                before: before.map(str::to_owned),
                after: after.to_owned(),
            })
        });
        moved.collect()
    }

    /// Where an Entra tenant lists the keys of one application alone as well (rule K6).
    pub fn application_keys(&self, client_id: &str) -> Option<String> {
        let mut address = Url::parse(&self.jwks_uri).ok()?;
        address.query_pairs_mut().append_pair("appid", client_id);
        Some(address.into())
    }

    /// Its addresses, by their members.
    pub fn endpoints(&self) -> Vec<(&'static str, Option<&str>)> {
        vec![
            ("authorization_endpoint", Some(&self.authorization_endpoint)),
            ("token_endpoint", Some(&self.token_endpoint)),
            ("jwks_uri", Some(&self.jwks_uri)),
            ("userinfo_endpoint", self.userinfo_endpoint.as_deref()),
            ("end_session_endpoint", self.end_session_endpoint.as_deref()),
        ]
    }
}

fn is_same_origin(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one.origin() == other.origin(),
        _ => false,
    }
}
