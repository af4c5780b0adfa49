//! What is said of a field or a member that holds a private key.

use crate::import::holds_private_key;

/// What is said of a field or a member that holds a private key, by its name.
pub(crate) fn refusal_of_private_key(name: &str) -> String {
    const LONGEST: usize = 64;
    let is_ours = name.len() <= LONGEST && !holds_private_key(name.as_bytes());
    let name = if is_ours { name } else { "A field" };
    format!(
        "{} holds a private key, which never belongs here. It was not kept. If somebody else may have seen the key, make a new one where it is used.",
        name.replace('_', " ")
    )
}
