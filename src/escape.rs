//! How values stand in pages: markup is escaped, and what is not seen is replaced.
//!
//! Invariant: every value of every template comes through here (`askama.toml`).

use std::borrow::Cow;
use std::fmt;

use askama::filters::{Escaper, Html};

use crate::text;

/// The escaper of the templates.
#[derive(Debug, Clone, Copy, Default)]
pub struct PageEscaper;

impl Escaper for PageEscaper {
    fn write_escaped_str<W: fmt::Write>(&self, dest: W, string: &str) -> fmt::Result {
        Html.write_escaped_str(dest, &visible(string))
    }
}

/// The lines of a text field end as its form sends them.
fn visible(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text::lines(&text.replace("\r\n", "\n")).into_owned())
    } else {
        text::lines(text)
    }
}

#[cfg(test)]
mod tests {
    use askama::Template;

    #[derive(Template)]
    #[template(source = "<p title=\"{{ name }}\">{{ name }}</p>", ext = "html")]
    struct EscapedValue<'a> {
        name: &'a str,
    }

    #[test]
    fn a_value_neither_breaks_out_nor_turns_the_text_around() {
        let shown = |name| EscapedValue { name }.render().unwrap();
        assert_eq!(
            shown("<b>\u{202E}x\u{2028}\r\ny"),
            "<p title=\"&#60;b&#62;\u{FFFD}x\u{FFFD}\ny\">&#60;b&#62;\u{FFFD}x\u{FFFD}\ny</p>"
        );
        assert_eq!(shown("Zoë 山田"), "<p title=\"Zoë 山田\">Zoë 山田</p>");
    }
}
