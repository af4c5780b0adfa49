//! What a picture is, by its octets: its kind and its size, read without decoding it.
//!
//! Invariants: neither a name nor a claimed type counts. A picture is walked from its first octet to its last: one that is cut off, or
//! goes on behind its end, is none, and so is one that moves. What passes can still hold anything in its comments; whoever serves
//! it says what it is, and that it is nothing else.

mod gif;
mod jpeg;
mod octets;
mod png;
mod webp;

use super::word::words;

/// The most octets of a picture.
pub const LARGEST: usize = 64 * 1024;
/// The shortest and the longest side of a picture, in pixels.
pub const SIDES: std::ops::RangeInclusive<u32> = 16..=1024;

words! {
    /// The kinds of pictures. SVG is none of them: it is a document, which can hold scripts.
    pub enum PictureKind {
        /// Portable Network Graphics.
        Png = "png",
        /// JPEG.
        Jpeg = "jpeg",
        /// WebP.
        WebP = "webp",
        /// Graphics Interchange Format.
        Gif = "gif",
    }
}

impl PictureKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
        }
    }

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
        }
    }
}

/// Kind and size of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// Its kind.
    pub kind: PictureKind,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Why a file is not taken as a picture; each text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// There is nothing.
    #[error("The file is empty. Choose another one.")]
    Empty,
    /// More than [`LARGEST`].
    #[error("The picture has {} KiB. Use one of at most {} KiB: save it with fewer pixels.", .0.div_ceil(1024), LARGEST / 1024)]
    TooLarge(usize),
    /// No kind of these; what it looks like.
    #[error("This is {0}. Use a PNG, JPEG, WebP or GIF picture.")]
    OtherKind(&'static str),
    /// Its octets end before it does, or say what no such picture can say.
    #[error("The {} picture is damaged or cut off. Save it anew and choose it again.", .0.name())]
    Broken(PictureKind),
    /// There is more behind its end.
    #[error("Behind the end of the {} picture the file goes on. Save it anew with a graphics program and choose it again.", .0.name())]
    GoesOn(PictureKind),
    /// It has several frames.
    #[error("The picture moves. Use one that stands still.")]
    Moves,
    /// A side that is not within [`SIDES`].
    #[error("The picture has {width} × {height} pixels. Each side needs {} to {} pixels.", SIDES.start(), SIDES.end())]
    Sides {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
}

/// What a reader of one kind finds wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    Broken,
    GoesOn,
    Moves,
}

impl Picture {
    /// Reads a picture.
    pub fn read(octets: &[u8]) -> Result<Self, PictureError> {
        if octets.is_empty() {
            return Err(PictureError::Empty);
        }
        let Some(kind) = kind_of(octets) else {
            return Err(PictureError::OtherKind(look_of(octets)));
        };
        if octets.len() > LARGEST {
            return Err(PictureError::TooLarge(octets.len()));
        }
        let size = match kind {
            PictureKind::Png => png::size(octets),
            PictureKind::Jpeg => jpeg::size(octets),
            PictureKind::WebP => webp::size(octets),
            PictureKind::Gif => gif::size(octets),
        };
        let (width, height) = size.map_err(|flaw| match flaw {
            Flaw::Broken => PictureError::Broken(kind),
            Flaw::GoesOn => PictureError::GoesOn(kind),
            Flaw::Moves => PictureError::Moves,
        })?;
        if !SIDES.contains(&width) || !SIDES.contains(&height) {
            return Err(PictureError::Sides { width, height });
        }
        Ok(Self {
            kind,
            width,
            height,
        })
    }
}

/// The kind that the first octets say.
fn kind_of(octets: &[u8]) -> Option<PictureKind> {
    Some(match octets {
        _ if octets.starts_with(png::SIGNATURE) => PictureKind::Png,
        _ if octets.starts_with(jpeg::SIGNATURE) => PictureKind::Jpeg,
        _ if octets.starts_with(b"GIF87a") || octets.starts_with(b"GIF89a") => PictureKind::Gif,
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => PictureKind::WebP,
        _ => return None,
    })
}

/// What people know by another name.
fn look_of(octets: &[u8]) -> &'static str {
    const BEGINNING: usize = 1024;
    let beginning = octets.get(..BEGINNING).unwrap_or(octets);
    let text = String::from_utf8_lossy(beginning).to_ascii_lowercase();
    let text = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    match octets {
        _ if octets.starts_with(b"%PDF-") => "a PDF document",
        _ if octets.starts_with(b"BM") => "a BMP picture",
        _ if octets.starts_with(b"II*\0") || octets.starts_with(b"MM\0*") => "a TIFF picture",
        _ if octets.starts_with(b"\0\0\x01\0") => "an icon file (ICO)",
        _ if octets.get(4..8) == Some(b"ftyp") => {
            "a picture of another kind, such as AVIF or HEIC, or a film"
        }
        _ if octets.starts_with(b"PK") => "an archive or an office document",
        _ if text.starts_with('<') && text.contains("<svg") => {
            "an SVG drawing, which can hold scripts"
        }
        _ if text.starts_with('<') => "a web page or another document",
        _ => "no picture that is known here",
    }
}
