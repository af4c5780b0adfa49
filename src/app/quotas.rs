//! What every company may have, as the configuration says it.

use crate::config::QuotaConfig;
use crate::domain::{Family, Quotas};

/// The configuration's quotas.
pub fn quotas(config: &QuotaConfig) -> Quotas {
    Quotas::new(|family| match family {
        Family::Users => config.users,
        Family::Memberships => config.memberships,
        Family::Groups => config.groups,
        Family::Connections => config.connections,
        Family::Documents => config.document_megabytes,
        Family::Domains => config.domains,
        Family::Tokens => config.tokens,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_configuration_and_the_families_have_the_same_bounds() {
        assert_eq!(quotas(&QuotaConfig::default()), Quotas::default());
        for family in Family::ALL {
            let (_, key) = family.option().split_at(2);
            let key = key.replace('-', "_");
            let load = |value: u32| {
                let variable = format!("VESTIBULE_QUOTA__{}", key.to_uppercase());
                Config::from_sources(None, [(variable, value.to_string())])
            };
            assert!(
                load(0)
                    .unwrap_err()
                    .to_string()
                    .contains("0 is not possible")
            );
            let most = load(family.highest()).unwrap();
            assert_eq!(quotas(&most.quota).of(family), family.highest());
            let more = load(family.highest() + 1).unwrap_err().to_string();
            assert!(more.contains(&format!("quota.{key}")), "{more}");
        }
    }
}
