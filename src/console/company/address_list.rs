//! Every address of the company that somebody registers elsewhere, in one list (seed 000-27).

use crate::admin::registered_addresses;
use crate::console::Console;
use crate::domain::{Company, Connection};

/// Addresses of one kind: the company's, or a connection's.
#[derive(Debug)]
pub(super) struct AddressGroup {
    pub(super) title: String,
    /// Where it is changed; empty for the company.
    pub(super) href: String,
    pub(super) addresses: Vec<RegisteredAddress>,
}

#[derive(Debug)]
pub(super) struct RegisteredAddress {
    /// Its name on the page.
    pub(super) id: String,
    /// What it is called where it is registered.
    pub(super) label: &'static str,
    pub(super) address: String,
}

/// The company's addresses, then those of each connection that has its own: all of SAML are the company's.
pub(super) fn address_groups(console: &Console, company: &Company) -> Vec<AddressGroup> {
    let own = vec![
        ("Sign on URL", company.sign_on_url()),
        (
            "Identifier (Entity ID), Federation Metadata XML",
            company.entity_id(),
        ),
        (
            "Reply URL (Assertion Consumer Service URL)",
            company.acs_url(),
        ),
        ("Logout URL (SAML)", company.slo_url()),
        (
            "Redirect URI after a sign-out (OpenID Connect)",
            company.signed_out_url(),
        ),
    ];
    let own = AddressGroup {
        title: "For every connection".to_owned(),
        href: String::new(),
        addresses: registered("address", own),
    };
    let connections = console.site.connections().map(|it| &it.connection);
    let connections = connections.filter_map(|connection| of_connection(company, connection));
    std::iter::once(own).chain(connections).collect()
}

fn of_connection(company: &Company, connection: &Connection) -> Option<AddressGroup> {
    let addresses = registered_addresses(company, connection);
    if addresses.is_empty() {
        return None;
    }
    let name = &connection.name;
    Some(AddressGroup {
        title: connection.display_name.clone(),
        href: format!("/admin/connections/{}", connection.id),
        addresses: registered(&format!("address-of-{name}"), addresses),
    })
}

fn registered(start: &str, addresses: Vec<(&'static str, String)>) -> Vec<RegisteredAddress> {
    let numbered = addresses.into_iter().enumerate();
    let numbered = numbered.map(|(at, (label, address))| RegisteredAddress {
        id: format!("{start}-{at}"),
        label,
        address,
    });
    numbered.collect()
}
