//! HMAC-SHA-256 (RFC 2104) on OpenSSL's SHA-256.
//!
//! OpenSSL's own HMAC looks its algorithm up at each call, which takes thirty times as long as the work: a sign-in's start, a form's
//! token and a sealed secret each need several. The test holds this against the standard's vectors and against OpenSSL's.

use openssl::sha::Sha256;

/// Octets that SHA-256 takes at once.
const BLOCK: usize = 64;
const INNER: u8 = 0x36;
const OUTER: u8 = 0x5c;

/// The message authentication code of a message under a key.
pub(super) fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let inner = hash(key, INNER, message);
    hash(key, OUTER, &inner)
}

fn hash(key: &[u8; 32], pad: u8, rest: &[u8]) -> [u8; 32] {
    // A key that is shorter than a block counts as followed by zeros.
    let mut block = [pad; BLOCK];
    for (octet, key) in block.iter_mut().zip(key) {
        *octet ^= key;
    }
    let mut sha = Sha256::new();
    sha.update(&block);
    sha.update(rest);
    sha.finish()
}

#[cfg(test)]
mod tests {
    use super::mac;
    use openssl::bn::BigNum;
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;

    fn of_openssl(key: &[u8; 32], message: &[u8]) -> Vec<u8> {
        let key = PKey::hmac(key).unwrap();
        let mut signer = Signer::new(MessageDigest::sha256(), &key).unwrap();
        signer.sign_oneshot_to_vec(message).unwrap()
    }

    /// RFC 4231, test cases 1 and 2; their keys of 20 and 4 octets are followed by zeros here, as HMAC does it.
    #[test]
    fn it_is_the_standards() {
        let key = |start: &[u8]| {
            let mut key = [0; 32];
            key[..start.len()].copy_from_slice(start);
            key
        };
        for (start, message, expected) in [
            (
                &[0x0b; 20][..],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ] {
            let code = mac(&key(start), message.as_bytes());
            let expected = BigNum::from_hex_str(expected).unwrap().to_vec();
            assert_eq!(code[..], expected);
        }
    }

    #[test]
    fn it_is_openssls_at_every_length() {
        let message: Vec<u8> = (0..=255).collect();
        for length in 0..message.len() {
            let key = openssl::sha::sha256(&message[..length]);
            assert_eq!(
                mac(&key, &message[..length])[..],
                of_openssl(&key, &message[..length])
            );
        }
    }
}
