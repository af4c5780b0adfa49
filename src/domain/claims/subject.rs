//! What a subject of OpenID Connect says about a person (rules R1 to R5).

use super::{AddressTrust, Claims, GroupClaim, Profile, ProfileError, usable};
use crate::domain::Settings;
use crate::oidc::{AuthenticatedSubject, EmailTrust};

impl Profile {
    /// Reads the claims of a subject of OpenID Connect by a connection's settings; the groups were read before (rule S2).
    pub fn of_subject(
        settings: &Settings,
        subject: &AuthenticatedSubject,
        groups: GroupClaim,
    ) -> Result<Self, ProfileError> {
        let mapping = &settings.attributes;
        let names = [
            &mapping.email,
            &mapping.first_name,
            &mapping.last_name,
            &mapping.company,
            &mapping.display_name,
        ];
        let read: Vec<(&str, Vec<String>)> = names
            .into_iter()
            .flatten()
            .map(|name| (name.as_str(), subject.claims().texts(name)))
            .collect();
        let claims = Claims(read.iter().map(|(name, texts)| (*name, &**texts)).collect());
        let vouched = subject.email();
        let mapped = claims.first(&mapping.email);
        // The claim `email` is judged with what is said of it; whatever else an administrator maps is a claim.
        let address = match (mapped, vouched) {
            (Some(mapped), Some(vouched)) if mapped != vouched.address => Some((mapped, false)),
            (_, Some(vouched)) => Some((&*vouched.address, vouched.trust == EmailTrust::Verified)),
            (mapped, None) => mapped.map(|mapped| (mapped, false)),
        };
        let email = address
            .map(|(address, _)| address.parse().map_err(|_| ProfileError::EmailUnusable))
            .transpose()?;
        Ok(Self {
            subject: usable(subject.key())?.to_owned(),
            other_names: Vec::new(),
            old_names: Vec::new(),
            email,
            name_id_email: None,
            address_trust: match address {
                _ if subject.is_guest() => AddressTrust::OfGuest,
                Some((_, true)) => AddressTrust::Verified,
                _ => AddressTrust::Claimed,
            },
            first_name: claims.name(&mapping.first_name),
            last_name: claims.name(&mapping.last_name),
            company_name: claims.name(&mapping.company),
            display_name: claims.name(&mapping.display_name),
            groups,
        })
    }
}
