//! Logout by OpenID Connect (rules T1 to T6).
//!
//! | rule | what is shown | where |
//! | --- | --- | --- |
//! | T2 | RP-initiated: `signed_out_state_other`, `signed_out_evil_target` and what is sent | `relying_party.rs`, `foreign.rs` |
//! | T3 | front channel: `fc_…` | `front_channel.rs` |
//! | T4 | back channel: `bc_…` | `back_channel.rs`, `foreign.rs` |
//! | T6 | asked again while signed in: `refresh_…` | `check_again.rs` |
//! | T5 | an ID token is no logout token, and a logout token is no ID token | the vectors `bc-id-token-as-logout-token`, `logout-token-as-id-token` and `logout-token-as-id-token-typ-jwt` of `tests/vectors/oidc/reject`; over HTTP `bc_id_token_as_logout_token` |

mod back_channel;
mod check_again;
mod foreign;
mod front_channel;
mod relying_party;
