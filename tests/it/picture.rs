//! Pictures, told by their octets: real ones of a browser's and other hands, and everything that is none.

use proptest::prelude::*;
use vestibule::domain::{Picture, PictureError, PictureKind};

/// As Chromium writes them: 360 × 96 pixels.
pub(crate) const PNG: &[u8] = include_bytes!("pictures/globex.png");
pub(crate) const JPEG: &[u8] = include_bytes!("pictures/globex.jpg");
pub(crate) const WEBP: &[u8] = include_bytes!("pictures/globex.webp");
pub(crate) const WEBP_ALPHA: &[u8] = include_bytes!("pictures/globex-alpha.webp");
pub(crate) const WEBP_LOSSLESS: &[u8] = include_bytes!("pictures/globex-lossless.webp");

/// What is no picture here, and what is said of it.
pub(crate) const OTHERS: &[(&[u8], &str)] = &[
    (
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        "an SVG drawing, which can hold scripts",
    ),
    (
        b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<!-- x --><SVG/>",
        "an SVG drawing",
    ),
    (
        b"<!doctype html><script>alert(1)</script>",
        "a web page or another document",
    ),
    (b"BM\x46\0\0\0\0\0\0\0", "a BMP picture"),
    (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
    (b"II*\0\x08\0\0\0", "a TIFF picture"),
    (b"\0\0\x01\0\x01\0", "an icon file"),
    (b"\0\0\0\x1cftypavif\0\0\0\0", "such as AVIF"),
    (b"PK\x03\x04\x14\0", "an archive"),
    (b"GIF90a\x10\0\x10\0", "no picture that is known here"),
    (b"RIFF\x04\0\0\0WAVE", "no picture that is known here"),
    (b"hello", "no picture that is known here"),
];

/// A GIF of one colour with so many frames, as a hand writes it.
pub(crate) fn gif(width: u16, height: u16, frames: usize) -> Vec<u8> {
    let side = |it: u16| it.to_le_bytes();
    let mut octets = b"GIF89a".to_vec();
    octets.extend([side(width), side(height)].concat());
    // Two colours; codes of three bits at first.
    octets.extend(b"\x80\0\0\x0b\x5c\xab\xff\xff\xff");
    for _ in 0..frames {
        octets.extend(b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0");
        octets.extend([side(width), side(height)].concat());
        octets.extend(b"\0\x02");
        let pixels = usize::from(width) * usize::from(height);
        for block in codes(pixels).chunks(255) {
            octets.push(u8::try_from(block.len()).unwrap());
            octets.extend(block);
        }
        octets.push(0);
    }
    octets.push(0x3b);
    octets
}

/// LZW that never grows: it clears its table after each pixel. Codes of three bits, the lowest first.
fn codes(pixels: usize) -> Vec<u8> {
    let (clear, end, colour) = (4_u8, 5, 0);
    let all = (0..pixels)
        .flat_map(|_| [clear, colour])
        .chain([clear, end]);
    let bits: Vec<bool> = all
        .flat_map(|code| (0..3).map(move |bit| code >> bit & 1 == 1))
        .collect();
    let octet = |bits: &[bool]| {
        let bits = bits.iter().enumerate();
        bits.fold(0, |octet, (at, bit)| octet | u8::from(*bit) << at)
    };
    bits.chunks(8).map(octet).collect()
}

/// The PNG with another chunk behind its head.
pub(crate) fn png_with(chunk: [u8; 4], content: &[u8]) -> Vec<u8> {
    let head = 8 + 25;
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let checksum = [0; 4];
    [
        &PNG[..head],
        &length,
        &chunk,
        content,
        &checksum,
        &PNG[head..],
    ]
    .concat()
}

/// The PNG with sides that it has not.
pub(crate) fn png_of(width: u32, height: u32) -> Vec<u8> {
    let mut octets = PNG.to_vec();
    octets[16..20].copy_from_slice(&width.to_be_bytes());
    octets[20..24].copy_from_slice(&height.to_be_bytes());
    octets
}

fn read(octets: &[u8]) -> Result<(PictureKind, u32, u32), PictureError> {
    Picture::read(octets).map(|it| (it.kind, it.width, it.height))
}

fn good() -> Vec<(PictureKind, Vec<u8>)> {
    vec![
        (PictureKind::Png, PNG.to_vec()),
        (PictureKind::Jpeg, JPEG.to_vec()),
        (PictureKind::WebP, WEBP.to_vec()),
        (PictureKind::WebP, WEBP_ALPHA.to_vec()),
        (PictureKind::WebP, WEBP_LOSSLESS.to_vec()),
        (PictureKind::Gif, gif(360, 96, 1)),
    ]
}

#[test]
fn each_kind_is_known_by_its_octets() {
    for (kind, octets) in good() {
        assert_eq!(read(&octets), Ok((kind, 360, 96)));
    }
    // Without the container of the extended form.
    let lossy = WEBP.windows(4).position(|it| it == b"VP8 ").unwrap();
    let chunk = &WEBP[lossy..];
    let length = u32::try_from(4 + chunk.len()).unwrap().to_le_bytes();
    let simple = [b"RIFF", &length[..], b"WEBP", chunk].concat();
    assert_eq!(read(&simple), Ok((PictureKind::WebP, 360, 96)));
    assert_eq!(
        read(&png_with(*b"tEXt", b"<script>alert(1)</script>")),
        Ok((PictureKind::Png, 360, 96))
    );
}

#[test]
fn what_is_cut_off_or_goes_on_is_refused() {
    for (kind, octets) in good() {
        for length in 0..octets.len() {
            assert!(read(&octets[..length]).is_err(), "{kind} of {length}");
        }
        let half = read(&octets[..octets.len() / 2]);
        assert_eq!(half, Err(PictureError::Broken(kind)));
        for behind in [&b"\0"[..], b"<html>", b"PK\x03\x04"] {
            let octets = [&octets, behind].concat();
            assert_eq!(read(&octets), Err(PictureError::GoesOn(kind)), "{kind}");
        }
    }
}

#[test]
fn what_moves_is_refused() {
    let mut webp = WEBP.to_vec();
    webp[20] |= 0b10;
    for octets in [
        png_with(*b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]),
        webp,
        gif(16, 16, 2),
    ] {
        assert_eq!(read(&octets), Err(PictureError::Moves));
    }
}

#[test]
fn sides_and_octets_have_bounds() {
    for (width, height) in [(16, 1024), (1024, 16)] {
        assert_eq!(
            read(&png_of(width, height)),
            Ok((PictureKind::Png, width, height))
        );
    }
    for (width, height) in [
        (0, 96),
        (360, 0),
        (15, 96),
        (360, 1025),
        (u32::MAX, u32::MAX),
    ] {
        let refused = read(&png_of(width, height)).unwrap_err();
        assert_eq!(refused, PictureError::Sides { width, height });
        assert!(
            refused.to_string().contains("16 to 1024 pixels"),
            "{refused}"
        );
    }
    let room = 64 * 1024 - PNG.len() - 12;
    assert!(read(&png_with(*b"tEXt", &vec![b'x'; room])).is_ok());
    let refused = read(&png_with(*b"tEXt", &vec![b'x'; room + 1])).unwrap_err();
    assert_eq!(refused, PictureError::TooLarge(65_537));
    assert!(refused.to_string().contains("65 KiB"), "{refused}");
    assert_eq!(read(b""), Err(PictureError::Empty));
}

#[test]
fn another_kind_is_told_by_its_name() {
    for (octets, told) in OTHERS {
        let refused = read(octets).unwrap_err().to_string();
        assert!(refused.contains(told), "{told}: {refused}");
        assert!(
            refused.ends_with("Use a PNG, JPEG, WebP or GIF picture."),
            "{refused}"
        );
    }
}

/// What is within must be what the outside says: a browser may follow the one or the other.
#[test]
fn a_picture_does_not_contradict_itself() {
    let mut canvas = WEBP.to_vec();
    canvas[24] -= 1;
    // The one frame of a GIF is beyond its screen.
    let mut screen = gif(360, 96, 1);
    screen[6..8].copy_from_slice(&300_u16.to_le_bytes());
    // A second head, and no pixels.
    let second = png_with(*b"IHDR", &PNG[16..29]);
    let pixels = PNG.windows(4).position(|it| it == b"IDAT").unwrap();
    let empty = [&PNG[..pixels - 4], &PNG[PNG.len() - 12..]].concat();
    let frame = JPEG.windows(2).position(|it| it == [0xff, 0xc0]).unwrap();
    let two_frames = [&JPEG[..frame], &JPEG[frame..frame + 19], &JPEG[frame..]].concat();
    for (kind, octets) in [
        (PictureKind::WebP, canvas),
        (PictureKind::Gif, screen),
        (PictureKind::Png, second),
        (PictureKind::Png, empty),
        (PictureKind::Jpeg, two_frames),
    ] {
        assert_eq!(read(&octets), Err(PictureError::Broken(kind)));
    }
}

proptest! {
    #[test]
    fn whatever_comes_is_read_to_an_end(which in 0..6_usize, places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), rest in prop::collection::vec(any::<u8>(), 0..64)) {
        let (kind, mut octets) = good().swap_remove(which);
        for (place, octet) in &places {
            let place = place.index(octets.len());
            octets[place] = *octet;
        }
        if let Ok(picture) = Picture::read(&octets) {
            prop_assert_eq!(picture.kind, kind);
            prop_assert!((16..=1024).contains(&picture.width) && (16..=1024).contains(&picture.height));
        }
        let head = octets.len().min(32);
        let _ = Picture::read(&[&octets[..head], &rest].concat());
        let _ = Picture::read(&rest);
    }
}
