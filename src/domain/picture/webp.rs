//! WebP (RFC 9649): a RIFF file whose chunks hold one picture, lossy or lossless.

use super::Flaw;
use super::octets::PictureOctets;

/// Width and height.
pub(super) fn size(file: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut octets = PictureOctets(file);
    octets.take(4)?;
    let length = usize::try_from(u32::from_le_bytes(octets.array()?)).map_err(|_| Flaw::Broken)?;
    let mut inside = PictureOctets(octets.take(length)?);
    octets.end()?;
    inside.take(4)?;
    let mut canvas = None;
    let mut found = None;
    while !inside.0.is_empty() {
        let (kind, content) = chunk(&mut inside)?;
        let pixels = match &kind {
            b"VP8X" if canvas.is_none() && found.is_none() => {
                canvas = Some(extended(content)?);
                continue;
            }
            b"ANIM" | b"ANMF" => return Err(Flaw::Moves),
            b"VP8 " => lossy(content)?,
            b"VP8L" => lossless(content)?,
            _ => continue,
        };
        // One picture, as large as the canvas that was announced.
        if found.is_some() || canvas.is_some_and(|canvas| canvas != pixels) {
            return Err(Flaw::Broken);
        }
        found = Some(pixels);
    }
    found.ok_or(Flaw::Broken)
}

/// The name of the next chunk, and what is in it; an odd length is padded.
fn chunk<'a>(octets: &mut PictureOctets<'a>) -> Result<([u8; 4], &'a [u8]), Flaw> {
    let kind = octets.array()?;
    let length = usize::try_from(u32::from_le_bytes(octets.array()?)).map_err(|_| Flaw::Broken)?;
    let content = octets.take(length)?;
    octets.take(length % 2)?;
    Ok((kind, content))
}

/// The canvas (2.7).
fn extended(content: &[u8]) -> Result<(u32, u32), Flaw> {
    const ANIMATION: u8 = 0b10;
    let mut content = PictureOctets(content);
    let [flags, ..] = content.array::<4>()?;
    if flags & ANIMATION != 0 {
        return Err(Flaw::Moves);
    }
    let mut side = || -> Result<u32, Flaw> {
        let [a, b, c] = content.array()?;
        Ok(u32::from_le_bytes([a, b, c, 0]) + 1)
    };
    Ok((side()?, side()?))
}

/// The head of a key frame (RFC 6386 9.1).
fn lossy(content: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut content = PictureOctets(content);
    let [tag, ..] = content.array::<3>()?;
    let is_key_frame = tag & 1 == 0;
    if !is_key_frame || content.array::<3>()? != [0x9d, 0x01, 0x2a] {
        return Err(Flaw::Broken);
    }
    // Two bits of each say how it may be scaled.
    let mut side =
        || -> Result<u32, Flaw> { Ok((u16::from_le_bytes(content.array()?) & 0x3fff).into()) };
    Ok((side()?, side()?))
}

/// The head of a lossless picture (3.4).
fn lossless(content: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut content = PictureOctets(content);
    if content.next()? != 0x2f {
        return Err(Flaw::Broken);
    }
    let bits = u32::from_le_bytes(content.array()?);
    Ok(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}
