//! Signed JSON: others' vectors, and what each rule of keys refuses.

mod key_sets;
mod signing;
mod standards;
mod wycheproof;

use serde_json::{Value, json};
use vestibule::jose::{Algorithm, KeySet, SignedJws, UnverifiedJws};

/// Why a text was refused, or what was signed.
type Verified = Result<SignedJws, String>;

/// Verifies with every algorithm that is known.
fn verify(jws: &str, keys: &[Value]) -> Verified {
    let keys = key_set(keys).map_err(|error| error.to_string())?;
    let jws = UnverifiedJws::parse(jws, 1 << 20).map_err(|error| error.to_string())?;
    jws.verify(&keys, &Algorithm::ALL)
        .map_err(|error| error.to_string())
}

fn key_set(keys: &[Value]) -> Result<KeySet, vestibule::jose::KeySetError> {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
}
