//! Every accepted Response with one node changed: refused, or it says exactly what the identity provider signed.
//!
//! It stands here and not among the product's tests because here the pure rooms are optimised: 200,000 verdicts take a sixth of the time.
//! `VESTIBULE_TEST_MUTANTS_SECONDS` sets how long the changes of two places are tried after the first 200,000; `all` tries them all.

#[allow(
    dead_code,
    unexpected_cfgs,
    reason = "the product's tests ask more of a case"
)]
#[path = "../../tests/it/vectors/case.rs"]
mod case;

use case::{Case, Message};
use std::fmt::Write as _;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use vestibule::anatomy::{Anatomy, Kind};
use vestibule::saml::assertion::ValidatedAssertion;
use vestibule::saml::validate::validate;

/// As many are made in every run, however slow the machine is.
const LEAST: usize = 200_000;
/// How long more of them are made.
const USUAL: Duration = Duration::from_mins(1);
/// How many a thread takes at once.
const BATCH: usize = 256;

/// One vector, and what it is judged by.
struct Patient {
    case: Case,
    said: String,
    /// The changes in the order in which they are tried: those of one place, then those of two, well mixed.
    changes: Vec<(Kind, usize, usize)>,
}

#[derive(Default)]
struct Count {
    made: usize,
    accepted: usize,
}

#[test]
fn a_mutant_is_refused_or_says_what_was_signed() {
    let patients: Vec<Patient> = Case::all("accept")
        .into_iter()
        .filter(|case| matches!(case.message, Message::Xml(_)))
        .map(Patient::new)
        .collect();
    let limit = match std::env::var("VESTIBULE_TEST_MUTANTS_SECONDS").as_deref() {
        Ok("all") => Duration::MAX,
        Ok(seconds) => Duration::from_secs(seconds.parse().unwrap()),
        Err(_) => USUAL,
    };
    // Batch after batch of each vector in turn, so that a run that ends early has seen all of them alike.
    let longest = patients.iter().map(|patient| patient.changes.len()).max();
    let rounds = longest.unwrap().div_ceil(BATCH);
    let (next, made) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = Mutex::new(Count::default());
    let begun = Instant::now();
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let turn = next.fetch_add(1, Ordering::Relaxed);
                    let (round, patient) = (turn / patients.len(), turn % patients.len());
                    let enough = made.load(Ordering::Relaxed) >= LEAST && begun.elapsed() >= limit;
                    if round >= rounds || enough {
                        break;
                    }
                    let tried = patients[patient].operate(round);
                    made.fetch_add(tried.made, Ordering::Relaxed);
                    let mut total = total.lock().unwrap();
                    total.made += tried.made;
                    total.accepted += tried.accepted;
                }
            });
        }
    });
    let possible: usize = patients.iter().map(|patient| patient.changes.len()).sum();
    let Count { made, accepted } = total.into_inner().unwrap();
    // Seen with --nocapture.
    println!(
        "{made} mutants of {} vectors, of {possible} changes: {accepted} say what was signed, the others are refused; {} s",
        patients.len(),
        begun.elapsed().as_secs()
    );
    // Most changes matter, and some do not: layout, what is not signed, and doing and undoing the same.
    assert!(made >= LEAST.min(possible / 2), "{made} of {possible}");
    assert!(accepted > 0 && accepted < made / 4, "{accepted} of {made}");
}

impl Patient {
    fn new(case: Case) -> Self {
        let text = std::str::from_utf8(case.xml()).unwrap().to_owned();
        let whole = Anatomy::of(&text).unwrap();
        let (mut changes, mut pairs) = (Vec::new(), Vec::new());
        for kind in Kind::ALL {
            let (ones, others) = whole.places(kind);
            let few = others <= 8;
            for one in 0..ones {
                for other in 0..others {
                    let list = if few { &mut changes } else { &mut pairs };
                    list.push((kind, one, other));
                }
            }
        }
        mix(&mut pairs);
        changes.extend(pairs);
        let verdict = validate(
            case.xml(),
            &case.trust(),
            &case.expectation(),
            case.file.now,
        );
        Self {
            said: said(&verdict.into_outcome().unwrap()),
            case,
            changes,
        }
    }

    /// Tries one batch of changes.
    fn operate(&self, round: usize) -> Count {
        let mut count = Count::default();
        let from = (round * BATCH).min(self.changes.len());
        let until = (from + BATCH).min(self.changes.len());
        if from == until {
            return count;
        }
        let text = std::str::from_utf8(self.case.xml()).unwrap();
        let whole = Anatomy::of(text).unwrap();
        let (trust, expectation) = (self.case.trust(), self.case.expectation());
        for (kind, one, other) in &self.changes[from..until] {
            let Some(mutant) = whole.mutate(*kind, *one, *other) else {
                continue;
            };
            count.made += 1;
            let verdict = validate(mutant.as_bytes(), &trust, &expectation, self.case.file.now);
            if let Ok(assertion) = verdict.into_outcome() {
                let name = &self.case.name;
                let said = said(&assertion);
                assert_eq!(said, self.said, "{name}, {kind:?} {one} {other}:\n{mutant}");
                count.accepted += 1;
            }
        }
        count
    }
}

/// All that an assertion says, byte for byte.
fn said(assertion: &ValidatedAssertion) -> String {
    let mut text = String::new();
    write!(text, "{assertion:?}").unwrap();
    text
}

/// Shuffles (Fisher and Yates), by a generator of numbers that gives the same in every run (Marsaglia's xorshift).
fn mix<T>(items: &mut [T]) {
    let mut state = 0x5EED_CAFE_F00D_D1CE_u64;
    for at in (1..items.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        items.swap(at, other);
    }
}
