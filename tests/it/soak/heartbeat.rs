//! Whether the machine stood still. A server that was not run for seconds takes its database for away, and is right to.

use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const BEAT: Duration = Duration::from_millis(100);
/// A pause of which a server may draw conclusions.
const LONG: Duration = Duration::from_secs(2);

static LONGEST: AtomicU64 = AtomicU64::new(0);

/// The longest time for which this process was not run since this was asked last, when it was long.
pub(super) fn long_pause() -> Option<Duration> {
    static BEGIN: Once = Once::new();
    BEGIN.call_once(|| {
        std::thread::spawn(|| {
            let mut last = Instant::now();
            loop {
                std::thread::sleep(BEAT);
                let pause = last.elapsed().as_millis();
                last = Instant::now();
                LONGEST.fetch_max(u64::try_from(pause).unwrap_or(u64::MAX), Ordering::SeqCst);
            }
        });
    });
    let longest = Duration::from_millis(LONGEST.swap(0, Ordering::SeqCst));
    (longest > LONG).then_some(longest)
}
