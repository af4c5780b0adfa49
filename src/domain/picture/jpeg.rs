//! JPEG (ITU-T T.81): segments between markers, from SOI to EOI.

use super::Flaw;
use super::octets::PictureOctets;

/// SOI, and the beginning of the next marker.
pub(super) const SIGNATURE: &[u8] = b"\xff\xd8\xff";

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// Width and height.
pub(super) fn size(file: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut octets = PictureOctets(file);
    octets.take(2)?;
    let mut size = None;
    let mut has_pixels = false;
    loop {
        match marker(&mut octets)? {
            END => break,
            // Those that browsers show: baseline, extended, progressive. A picture has one frame.
            0xc0..=0xc2 if size.is_none() => size = Some(frame(segment(&mut octets)?)?),
            // Another frame, a way of coding that no browser knows, or a marker that has no place here.
            0x00..=0xc3 | 0xc5..=0xcb | 0xcd..=0xd8 => {
                return Err(Flaw::Broken);
            }
            SCAN => {
                segment(&mut octets)?;
                skip_coded(&mut octets)?;
                has_pixels = true;
            }
            _ => {
                segment(&mut octets)?;
            }
        }
    }
    let size = size.filter(|_| has_pixels).ok_or(Flaw::Broken)?;
    octets.end()?;
    Ok(size)
}

/// The next marker; any number of 0xFF may stand before it (B.1.1.2).
fn marker(octets: &mut PictureOctets<'_>) -> Result<u8, Flaw> {
    if octets.next()? != 0xff {
        return Err(Flaw::Broken);
    }
    loop {
        match octets.next()? {
            0xff => {}
            marker => return Ok(marker),
        }
    }
}

/// What is in a segment, whose length counts itself.
fn segment<'a>(octets: &mut PictureOctets<'a>) -> Result<&'a [u8], Flaw> {
    let length = octets.number()?.checked_sub(2).ok_or(Flaw::Broken)?;
    octets.take(length)
}

/// Precision, height, width (B.2.2).
fn frame(head: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut head = PictureOctets(head);
    head.next()?;
    let height = u16::from_be_bytes(head.array()?);
    let width = u16::from_be_bytes(head.array()?);
    Ok((width.into(), height.into()))
}

/// Passes over coded pixels, up to the next marker. In them an 0xFF is followed by 0, or begins a restart (B.1.1.5).
fn skip_coded(octets: &mut PictureOctets<'_>) -> Result<(), Flaw> {
    let is_marker = |pair: &[u8]| matches!(pair, [0xff, 0x01..=0xcf | 0xd8..=0xff]);
    let coded = octets.0.windows(2).position(is_marker);
    octets.take(coded.ok_or(Flaw::Broken)?)?;
    Ok(())
}
