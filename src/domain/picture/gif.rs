//! GIF (versions 87a and 89a): a screen, and blocks up to the trailer.

use super::Flaw;
use super::octets::PictureOctets;

/// Width and height.
pub(super) fn size(file: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut octets = PictureOctets(file);
    octets.take(6)?;
    let (width, height) = (side(&mut octets)?, side(&mut octets)?);
    let flags = octets.next()?;
    octets.take(2)?;
    skip_colours(&mut octets, flags)?;
    let mut has_pixels = false;
    loop {
        match octets.next()? {
            // An extension, by its label.
            0x21 => {
                octets.next()?;
                skip_blocks(&mut octets)?;
            }
            0x2c if has_pixels => return Err(Flaw::Moves),
            0x2c => {
                let (left, top) = (side(&mut octets)?, side(&mut octets)?);
                let (right, bottom) = (left + side(&mut octets)?, top + side(&mut octets)?);
                // Some readers make the screen larger.
                if right > width || bottom > height {
                    return Err(Flaw::Broken);
                }
                let flags = octets.next()?;
                skip_colours(&mut octets, flags)?;
                // The smallest size of a code.
                octets.next()?;
                skip_blocks(&mut octets)?;
                has_pixels = true;
            }
            0x3b if has_pixels => break,
            _ => return Err(Flaw::Broken),
        }
    }
    octets.end()?;
    Ok((width, height))
}

fn side(octets: &mut PictureOctets<'_>) -> Result<u32, Flaw> {
    Ok(u16::from_le_bytes(octets.array()?).into())
}

/// A table of colours, where the flags say that there is one.
fn skip_colours(octets: &mut PictureOctets<'_>, flags: u8) -> Result<(), Flaw> {
    if flags & 0x80 != 0 {
        octets.take(3 << ((flags & 7) + 1))?;
    }
    Ok(())
}

/// Blocks, each with its length before it, up to an empty one.
fn skip_blocks(octets: &mut PictureOctets<'_>) -> Result<(), Flaw> {
    loop {
        match octets.next()? {
            0 => return Ok(()),
            length => {
                octets.take(length.into())?;
            }
        }
    }
}
