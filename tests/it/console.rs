//! The company's console, page by page.

mod account;
mod applications;
mod attacks;
mod audit;
mod certificates;
mod claims;
mod connections;
mod copy_into;
mod directory;
mod distance;
mod domains;
mod entrance;
mod erase;
mod first_password;
mod groups;
mod kept;
mod logo;
mod manifest;
mod metadata_import;
mod overview;
#[cfg(feature = "demo")]
mod provider;
#[cfg(feature = "demo")]
mod provider_keys;
mod providers;
mod quota;
mod saml_settings;
mod session_data;
mod sessions;
mod set_up;
#[cfg(feature = "demo")]
mod sign_in;
#[cfg(feature = "demo")]
mod sign_ins;
#[cfg(feature = "demo")]
mod test_connection;
mod trust;
mod uploads;
mod user_import;
mod users;
mod versions;
