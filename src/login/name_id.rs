//! The `NameID` of an assertion, as we keep it.
//!
//! Rule D6: a logout compares it with every qualifier (`logout/principal.rs`). Tests: `tests/it/slo/records.rs`.

use crate::domain::NameId;
use crate::saml::assertion::ValidatedAssertion;

/// The name, as we keep it.
pub(super) fn name_id(assertion: &ValidatedAssertion) -> Option<NameId> {
    assertion.name_id().cloned().map(|name| NameId {
        value: name.value,
        format: name.format,
        name_qualifier: name.name_qualifier,
        sp_name_qualifier: name.sp_name_qualifier,
        sp_provided_id: name.sp_provided_id,
    })
}
