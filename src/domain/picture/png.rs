//! PNG (ISO/IEC 15948): a signature and chunks, from IHDR to IEND.

use super::Flaw;
use super::octets::PictureOctets;

pub(super) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Width and height.
pub(super) fn size(file: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut octets = PictureOctets(file);
    octets.take(SIGNATURE.len())?;
    let (kind, head) = chunk(&mut octets)?;
    let mut head = PictureOctets(head);
    let (width, height) = (head.array()?, head.array()?);
    // Bit depth, colour, compression, filter, interlace.
    head.take(5)?;
    if kind != *b"IHDR" || head.end().is_err() {
        return Err(Flaw::Broken);
    }
    let mut has_pixels = false;
    loop {
        match chunk(&mut octets)? {
            (kind, _) if kind == *b"acTL" => return Err(Flaw::Moves),
            (kind, _) if kind == *b"IHDR" => return Err(Flaw::Broken),
            (kind, _) if kind == *b"IDAT" => has_pixels = true,
            (kind, _) if kind == *b"IEND" => break,
            _ => {}
        }
    }
    if !has_pixels {
        return Err(Flaw::Broken);
    }
    octets.end()?;
    Ok((u32::from_be_bytes(width), u32::from_be_bytes(height)))
}

/// The name of the next chunk, and what is in it.
fn chunk<'a>(octets: &mut PictureOctets<'a>) -> Result<([u8; 4], &'a [u8]), Flaw> {
    let length = u32::from_be_bytes(octets.array()?);
    let kind = octets.array()?;
    let content = octets.take(usize::try_from(length).map_err(|_| Flaw::Broken)?)?;
    // The checksum: browsers look at it.
    octets.take(4)?;
    Ok((kind, content))
}
