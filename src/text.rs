//! Text that came from outside, on its way to people: into records, logs, terminals and pages.
//!
//! Invariant: what leaves here holds no character that is not seen and changes how the others are seen.

use std::borrow::Cow;
use std::fmt::Write as _;

/// What stands in the place of a character that must not be shown.
const REPLACEMENT: char = '\u{FFFD}';

/// Whether a character steers a terminal or a page instead of standing on it: control characters, line and paragraph
/// separators, and format characters (Unicode's categories Cc, Zl, Zp and Cf), among them those that turn the direction of
/// text. The few format characters that are drawn, such as U+0600, are left alone.
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1F}'
            | '\u{7F}'..='\u{9F}'
            | '\u{AD}'
            | '\u{61C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{FFFE}'..='\u{FFFF}'
            | '\u{13430}'..='\u{1343F}'
            | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// One line that can be shown: every character that is not seen is replaced.
pub fn line(text: &str) -> Cow<'_, str> {
    replace_unfit(text, is_unseen)
}

/// The same for text that may have several lines, and tabs in them.
pub fn lines(text: &str) -> Cow<'_, str> {
    replace_unfit(text, |c| is_unseen(c) && !matches!(c, '\n' | '\t'))
}

/// The same but for what the caller knows to be its own.
pub fn replace_unfit(text: &str, unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    // Nearly all text is ASCII; a look at its octets is enough.
    let is_plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_plain || !text.contains(&unfit) {
        return Cow::Borrowed(text);
    }
    let show = |c| if unfit(c) { REPLACEMENT } else { c };
    Cow::Owned(text.chars().map(show).collect())
}

/// JSON as it was written, with every character that is not seen as an escape: but for line ends between its members, they can
/// stand in its strings only.
pub fn json(written: &str) -> Cow<'_, str> {
    let unfit = |c: char| c != '\n' && is_unseen(c);
    let is_plain = written.bytes().all(|it| matches!(it, b' '..=b'~' | b'\n'));
    if is_plain || !written.contains(unfit) {
        return Cow::Borrowed(written);
    }
    let mut escaped = String::with_capacity(written.len() + 64);
    for c in written.chars() {
        if unfit(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// An error's text as a sentence.
pub fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_steers_is_replaced_and_what_is_read_stays() {
        for (text, shown) in [
            ("b.simon@contoso.com", "b.simon@contoso.com"),
            ("admin\u{202E}moc.live", "admin\u{FFFD}moc.live"),
            ("a\u{2028}b\u{2029}c\u{85}d", "a\u{FFFD}b\u{FFFD}c\u{FFFD}d"),
            ("\u{1B}[2J\u{9B}2J", "\u{FFFD}[2J\u{FFFD}2J"),
            ("\u{2066}x\u{2069}\u{200F}", "\u{FFFD}x\u{FFFD}\u{FFFD}"),
            ("Zoë 山田 علي \u{1F600}", "Zoë 山田 علي \u{1F600}"),
        ] {
            assert_eq!(line(text), shown, "{text:?}");
        }
        assert_eq!(lines("a\nb\u{202E}"), "a\nb\u{FFFD}");
        assert_eq!(line("a\nb"), "a\u{FFFD}b");
    }

    proptest! {
        #[test]
        fn nothing_unseen_is_left(text in any::<String>(), unseen in "[\\p{Cc}\\p{Zl}\\p{Zp}\u{202A}-\u{202E}\u{2060}-\u{206F}]{1,9}") {
            let text = format!("{text}{unseen}{text}");
            let shown = line(&text);
            prop_assert!(!shown.contains(is_unseen));
            prop_assert!(!shown.contains(char::is_control));
            prop_assert_eq!(shown.chars().count(), text.chars().count());
            prop_assert_eq!(line(&shown), shown.as_ref());
        }
    }
}
