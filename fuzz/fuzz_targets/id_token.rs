//! A token endpoint's answer: who is accepted is the one user whom the provider's key has signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vestibule::oidc::{Answer, Callback, Checks, GroupClaim, TokenAnswer};
use vestibule::provider::{CALLBACK, CLIENT, KEYS, NOW, SUBJECT, open};

fuzz_target!(|octets: &[u8]| {
    let mut checks = Checks::new();
    let Ok(Answer::Code(callback)) = Callback::parse(CALLBACK, &mut checks)
        .and_then(|callback| callback.matches(open(), &CLIENT, &mut checks))
    else {
        panic!("the callback is good");
    };
    let verdict = TokenAnswer::parse(callback, 200, true, octets, &mut checks)
        .and_then(|answer| answer.verify(&KEYS, &CLIENT, &mut checks))
        .and_then(|token| token.validate(&CLIENT, NOW, &mut checks));
    match verdict {
        Ok(token) => {
            assert_eq!(token.subject(), SUBJECT);
            let user = token.authenticate(None, &CLIENT, true);
            assert_eq!(user.key(), "oid:690222be-ff1a-4d56-abd1-7e4f7d38e474");
            drop(GroupClaim::read(user.claims(), "groups", &mut checks));
        }
        Err(refusal) => drop(refusal.to_string()),
    }
});
