//! What `Content-Encoding` says of an answer, undone (RFC 9110 8.4).
//!
//! Invariant: no more than the limit is ever inflated, whatever the answer's own length.

use std::io::Read;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::FetchError;

/// The most codings of one answer.
const MOST: usize = 2;

/// The document in an answer's body; `codings` are those of the header, in the order in which they were applied.
pub(super) fn decoded(body: Vec<u8>, codings: &str, largest: usize) -> Result<Vec<u8>, FetchError> {
    let codings: Vec<String> = codings
        .split(',')
        .map(|coding| coding.trim().to_ascii_lowercase())
        .filter(|coding| !coding.is_empty() && coding != "identity")
        .collect();
    if codings.len() > MOST {
        return Err(FetchError::Coding(codings.join(", ")));
    }
    codings.into_iter().rev().try_fold(body, |body, coding| {
        let body = body.as_slice();
        match coding.as_str() {
            "gzip" | "x-gzip" => inflated(MultiGzDecoder::new(body), largest),
            // The standard means zlib; some servers send the bare stream.
            "deflate" if is_zlib(body) => inflated(ZlibDecoder::new(body), largest),
            "deflate" => inflated(DeflateDecoder::new(body), largest),
            _ => Err(FetchError::Coding(coding)),
        }
    })
}

/// RFC 1950 2.2.
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [method, flags, ..] if method & 0x0f == 8 && (u16::from(*method) << 8 | u16::from(*flags)) % 31 == 0)
}

fn inflated(stream: impl Read, largest: usize) -> Result<Vec<u8>, FetchError> {
    let mut document = Vec::new();
    let limit = u64::try_from(largest).unwrap_or(u64::MAX);
    let mut stream = stream.take(limit.saturating_add(1));
    stream
        .read_to_end(&mut document)
        .map_err(|_| FetchError::Damaged)?;
    if document.len() > largest {
        return Err(FetchError::TooLarge(largest));
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use std::io::Write as _;

    fn gzip(octets: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(octets).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_is_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(b"<x/>").unwrap();
        let mut bare = DeflateEncoder::new(Vec::new(), Compression::fast());
        bare.write_all(b"<x/>").unwrap();
        for (coding, body) in [
            ("", b"<x/>".to_vec()),
            ("identity", b"<x/>".to_vec()),
            ("gzip", gzip(b"<x/>")),
            ("X-GZip", gzip(b"<x/>")),
            ("gzip, gzip", gzip(&gzip(b"<x/>"))),
            ("deflate", zlib.finish().unwrap()),
            ("deflate", bare.finish().unwrap()),
        ] {
            assert_eq!(decoded(body, coding, 64).unwrap(), b"<x/>", "{coding}");
        }
    }

    #[test]
    fn a_small_answer_never_becomes_a_large_document() {
        let bomb = gzip(&vec![0; 1 << 20]);
        assert!(bomb.len() < 2048);
        let refused = decoded(bomb.clone(), "gzip", 1000);
        assert!(matches!(refused, Err(FetchError::TooLarge(1000))));
        let refused = decoded(gzip(&bomb), "gzip, gzip", 100_000);
        assert!(matches!(refused, Err(FetchError::TooLarge(100_000))));
        let refused = decoded(bomb, "gzip, gzip, gzip", 1 << 20);
        assert!(matches!(refused, Err(FetchError::Coding(_))));
        let refused = decoded(b"<x/>".to_vec(), "br", 100);
        assert!(matches!(refused, Err(FetchError::Coding(name)) if name == "br"));
        let cut = gzip(b"<metadata/>");
        for body in [&cut[..cut.len() - 4], b"<x/>", b""] {
            let refused = decoded(body.to_vec(), "gzip", 100);
            assert!(matches!(refused, Err(FetchError::Damaged)), "{body:?}");
        }
    }
}
