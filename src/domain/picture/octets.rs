//! Octets, from the first to the last.

use super::Flaw;

/// What is left of a file.
pub(super) struct PictureOctets<'a>(pub(super) &'a [u8]);

impl<'a> PictureOctets<'a> {
    /// The next so many.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Flaw> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Flaw::Broken)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next ones, as many as there are places.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(Flaw::Broken)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Result<u8, Flaw> {
        let [next] = self.array()?;
        Ok(next)
    }

    /// A number of two octets, the greater first.
    pub(super) fn number(&mut self) -> Result<usize, Flaw> {
        Ok(u16::from_be_bytes(self.array()?).into())
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), Flaw> {
        self.0.is_empty().then_some(()).ok_or(Flaw::GoesOn)
    }
}
