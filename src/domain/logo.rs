//! A company's logo: what is known of it without its octets.

use std::fmt::Write as _;

use time::OffsetDateTime;

use super::picture::{Picture, PictureKind};

/// So many octets of the hash stand in the address.
const IN_ADDRESS: usize = 16;

/// The picture that a company shows on its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logo {
    /// Kind and size.
    pub picture: Picture,
    /// How many octets it has.
    pub octets: i64,
    /// SHA-256 of them.
    pub hash: [u8; 32],
    /// When it was set.
    pub changed_at: OffsetDateTime,
}

impl Logo {
    /// Its file's name, which holds the hash: whatever has this name is this picture.
    pub fn file(&self) -> String {
        let extension = match self.picture.kind {
            PictureKind::Jpeg => "jpg",
            other => other.as_str(),
        };
        format!("{}.{extension}", hex(&self.hash[..IN_ADDRESS]))
    }

    /// Its address at the company's site.
    pub fn path(&self) -> String {
        format!("/logo/{}", self.file())
    }

    /// The whole hash in hexadecimal.
    pub fn sha256(&self) -> String {
        hex(&self.hash)
    }

    /// What of it goes into the audit log.
    pub fn told(&self) -> String {
        let Picture {
            kind,
            width,
            height,
        } = self.picture;
        format!(
            "{}, {width} × {height} pixels, {} octets, SHA-256 {}",
            kind.name(),
            self.octets,
            self.sha256()
        )
    }

    /// Its size within a frame: never larger than it is, never nothing.
    pub fn within(&self, most_width: u32, most_height: u32) -> (u32, u32) {
        let (width, height) = (self.picture.width.max(1), self.picture.height.max(1));
        // At most 1,024 each way: no product is large.
        let (wide, high) = if width * most_height > most_width * height {
            (most_width, height * most_width / width)
        } else {
            (width * most_height / height, most_height)
        };
        if wide > width || high > height {
            (width, height)
        } else {
            (wide.max(1), high.max(1))
        }
    }
}

fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        // Writing to a string does not fail.
        let _ = write!(text, "{octet:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logo(width: u32, height: u32) -> Logo {
        Logo {
            picture: Picture {
                kind: PictureKind::Jpeg,
                width,
                height,
            },
            octets: 4,
            hash: [0xab; 32],
            changed_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_logo_fits_its_frame_and_is_never_made_larger() {
        for (size, shown) in [
            ((480, 96), (240, 48)),
            ((1024, 16), (240, 3)),
            ((16, 1024), (1, 48)),
            ((1024, 1024), (48, 48)),
            ((100, 20), (100, 20)),
            ((16, 16), (16, 16)),
            ((300, 20), (240, 16)),
        ] {
            assert_eq!(logo(size.0, size.1).within(240, 48), shown, "{size:?}");
        }
    }

    #[test]
    fn the_address_holds_hash_and_kind() {
        let path = format!("/logo/{}.jpg", "ab".repeat(16));
        assert_eq!(logo(16, 16).path(), path);
        assert_eq!(
            logo(16, 20).told(),
            format!(
                "JPEG, 16 × 20 pixels, 4 octets, SHA-256 {}",
                "ab".repeat(32)
            )
        );
    }
}
