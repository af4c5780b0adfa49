//! What commands about a provider of OpenID Connect share.

use serde_json::{Map, Value};

use crate::cli::error::Result;
use crate::domain::{Company, Connection};
use crate::outbound::ProviderClient;

/// A client that asks providers.
pub(super) fn client() -> Result<ProviderClient> {
    Ok(ProviderClient::new()?)
}

/// The addresses that are entered at a provider, for scripts; nothing of a connection that speaks something else.
pub(super) fn addresses_json(company: &Company, connection: &Connection) -> Map<String, Value> {
    let mut all = Map::new();
    let Some(oidc) = connection.settings.oidc() else {
        return all;
    };
    let callback = oidc
        .callback_codes
        .first()
        .map(|code| company.callback_url(code));
    let name = &connection.name;
    all.insert("issuer".to_owned(), oidc.issuer_text().into());
    for (key, address) in [
        ("callback_url", callback),
        ("initiate_url", Some(company.initiate_url(name))),
        ("logout_url", Some(company.front_channel_url(name))),
        ("backchannel_url", Some(company.back_channel_url(name))),
    ] {
        all.insert(key.to_owned(), address.into());
    }
    all
}
