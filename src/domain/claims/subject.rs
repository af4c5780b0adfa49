//! What a subject of OpenID Connect says about a person (rules R1 to R5).

use super::{AddressTrust, Claims, GroupClaim, Profile, ProfileError, usable};
use crate::domain::{ClaimSource, Settings};
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
            .chain(mapping.further.values())
            .flatten()
            .filter_map(ClaimSource::name)
            .map(|name| (name, subject.claims().texts(name)))
            .collect();
        let claims = Claims(read.iter().map(|(name, texts)| (*name, &**texts)).collect());
        let vouched = subject.email();
        // Rule R4: a guest's user name has the address of another tenant inside it.
        let mapped = claims.first(&mapping.email);
        let mapped = mapped.filter(|address| !address.contains("#EXT#"));
        // Rule R2: what the provider stands for is the address that it has looked at, in whatever case a mapping writes it (rule D7);
        // whatever else an administrator maps is claimed.
        let address = match (mapped, vouched) {
            (Some(mapped), Some(vouched)) => {
                let is_same = mapped.eq_ignore_ascii_case(&vouched.address);
                Some((mapped, is_same && vouched.trust == EmailTrust::Verified))
            }
            (None, Some(vouched)) => {
                let is_verified = vouched.trust == EmailTrust::Verified;
                Some((vouched.address.clone(), is_verified))
            }
            (mapped, None) => mapped.map(|mapped| (mapped, false)),
        };
        let email = address
            .as_ref()
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
            further: claims.further(mapping),
            groups,
        })
    }
}
