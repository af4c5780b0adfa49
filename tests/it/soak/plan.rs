//! How long it goes on, and what is left to chance.

/// So many rounds: what the variable says, or the short number.
pub(super) fn rounds(variable: &str, short: usize) -> usize {
    std::env::var(variable).map_or(short, |text| text.parse().unwrap())
}

/// Chances that a seed repeats, as far as clients that run at the same time can be repeated.
#[derive(Debug, Clone)]
pub(super) struct Random {
    state: u64,
    pub(super) seed: u64,
}

impl Random {
    /// From `VESTIBULE_TEST_SEED`, or from anywhere.
    pub(super) fn new() -> Self {
        let seed = std::env::var("VESTIBULE_TEST_SEED").map_or_else(
            |_| u64::from_be_bytes(vestibule::keys::random()) >> 32,
            |text| text.parse().unwrap(),
        );
        Self { state: seed, seed }
    }

    /// Another one, for somebody who runs at the same time.
    pub(super) fn fork(&mut self) -> Self {
        Self {
            state: self.next(),
            seed: self.seed,
        }
    }

    /// Less than `bound`, which is not zero.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(super) fn millis(&mut self, from: usize, to: usize) -> std::time::Duration {
        let millis = from + self.below(to - from);
        std::time::Duration::from_millis(u64::try_from(millis).unwrap())
    }

    pub(super) fn choose<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[self.below(from.len())])
    }

    /// `SplitMix64`
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
