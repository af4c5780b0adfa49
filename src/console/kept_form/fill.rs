//! Fills a form of one of our pages with what was typed before.
//!
//! Invariant: all of it finds a place, or nothing is filled. The pages are ours: quotation marks stand around every value, and a
//! tag ends at the first `>`, because values are escaped.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use askama::filters::Escaper as _;

use crate::escape;

/// The page with the form that posts to `action` filled in; none when it has no such form, or no place for something.
pub(super) fn fill(html: &str, action: &str, fields: &[(String, String)]) -> Option<String> {
    forms(html, action).iter().find_map(|form| {
        let inside = form.is_about(fields).then(|| form.filled(fields))??;
        Some(format!(
            "{}{inside}{}",
            opened(&html[..form.start]),
            &html[form.end..]
        ))
    })
}

/// A form between its tags.
struct PageForm<'h> {
    start: usize,
    end: usize,
    inside: &'h str,
}

fn forms<'h>(html: &'h str, action: &str) -> Vec<PageForm<'h>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = html[at..].find("<form ").map(|it| it + at) {
        let Some(open) = html[begin..].find('>').map(|it| it + begin + 1) else {
            break;
        };
        let Some(end) = html[open..].find("</form>").map(|it| it + open) else {
            break;
        };
        let tag = Tag::read(&html[begin..open]);
        let leads = tag.value("action").unwrap_or_default();
        let leads = leads.split('#').next().unwrap_or_default();
        if tag.is("method", "post") && leads == action {
            found.push(PageForm {
                start: open,
                end,
                inside: &html[open..end],
            });
        }
        at = end;
    }
    found
}

impl PageForm<'_> {
    /// Whether it is about the same thing as what was sent: its hidden fields say so. Which state was seen is another matter: it
    /// comes back as it was, so that the form meets what somebody else has changed since.
    fn is_about(&self, fields: &[(String, String)]) -> bool {
        let mut hidden = tags(self.inside).filter(|tag| tag.is("type", "hidden"));
        hidden.all(|tag| {
            let name = tag.value("name").unwrap_or_default();
            let value = tag.value("value").unwrap_or_default();
            matches!(&*name, "csrf" | "revision" | "version")
                || fields
                    .iter()
                    .any(|(sent, of)| *sent == name && *of == value)
        })
    }

    fn filled(&self, fields: &[(String, String)]) -> Option<String> {
        let mut typed = Typed::of(fields);
        let mut out = String::with_capacity(self.inside.len() + 256);
        let mut rest = self.inside;
        // What the choice that is open now is to be.
        let mut chosen: Option<&str> = None;
        while let Some((before, tag, after)) = next(rest) {
            out.push_str(before);
            rest = after;
            let name = tag.value("name").unwrap_or_default();
            match tag.name {
                "input" => out.push_str(&input(&tag, &name, &mut typed)),
                "textarea" => {
                    out.push_str(tag.text);
                    if let Some(value) = typed.next(&name) {
                        let end = rest.find("</textarea>")?;
                        out.push('\n');
                        out.push_str(&escaped(value));
                        rest = &rest[end..];
                    }
                }
                "select" => {
                    chosen = typed.next(&name);
                    out.push_str(tag.text);
                    if let Some(value) = chosen {
                        let options = &rest[..rest.find("</select>")?];
                        let mut offered = tags(options).filter(|tag| tag.name == "option");
                        offered.find(|it| it.value("value").is_some_and(|it| it == value))?;
                    }
                }
                "option" => match chosen {
                    Some(value) => {
                        let is = tag.value("value").is_some_and(|it| it == value);
                        out.push_str(&tag.with("selected", is.then_some("")));
                    }
                    None => out.push_str(tag.text),
                },
                "button" => {
                    typed.take(&name, &tag.value("value").unwrap_or_default());
                    out.push_str(tag.text);
                }
                "details" => out.push_str(&tag.with("open", Some(""))),
                _ => out.push_str(tag.text),
            }
        }
        out.push_str(rest);
        typed.is_placed().then_some(out)
    }
}

fn input(tag: &Tag<'_>, name: &str, typed: &mut Typed<'_>) -> String {
    match tag.value("type").as_deref().unwrap_or("text") {
        "checkbox" | "radio" => {
            let value = tag.value("value").unwrap_or(Cow::Borrowed("on"));
            let is_on = typed.take(name, &value);
            tag.with("checked", is_on.then_some(""))
        }
        "file" | "password" | "submit" => tag.text.to_owned(),
        _ if name == "csrf" => tag.text.to_owned(),
        _ => match typed.next(name) {
            Some(value) => tag.with("value", Some(value)),
            None => tag.text.to_owned(),
        },
    }
}

/// What was typed and has no place yet, by the names of the fields.
struct Typed<'f>(BTreeMap<&'f str, VecDeque<&'f str>>);

impl<'f> Typed<'f> {
    fn of(fields: &'f [(String, String)]) -> Self {
        let mut typed: BTreeMap<&str, VecDeque<&str>> = BTreeMap::new();
        for (name, value) in fields {
            typed.entry(name).or_default().push_back(value);
        }
        Self(typed)
    }

    /// The next value of this name.
    fn next(&mut self, name: &str) -> Option<&'f str> {
        self.0.get_mut(name)?.pop_front()
    }

    /// Whether this very value was sent.
    fn take(&mut self, name: &str, value: &str) -> bool {
        let Some(values) = self.0.get_mut(name) else {
            return false;
        };
        let found = values.iter().position(|one| *one == value);
        found.and_then(|at| values.remove(at)).is_some()
    }

    /// Whether nothing is left but empty fields.
    fn is_placed(&self) -> bool {
        self.0.values().flatten().all(|value| value.is_empty())
    }
}

/// The start of an element.
struct Tag<'h> {
    text: &'h str,
    name: &'h str,
    attributes: Vec<(&'h str, &'h str)>,
}

impl<'h> Tag<'h> {
    /// Reads it from `<` to `>`.
    fn read(text: &'h str) -> Self {
        let inside = text.trim_start_matches('<').trim_end_matches('>');
        let (name, mut rest) = inside
            .split_once(char::is_whitespace)
            .unwrap_or((inside, ""));
        let mut attributes = Vec::new();
        loop {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
            let (attribute, after) = rest.split_at(end);
            if attribute.is_empty() {
                break;
            }
            let quoted = after.strip_prefix("=\"").and_then(|it| it.split_once('"'));
            let (value, after) = quoted.unwrap_or(("", after.trim_start_matches('=')));
            attributes.push((attribute, value));
            rest = after;
        }
        Self {
            text,
            name,
            attributes,
        }
    }

    fn value(&self, attribute: &str) -> Option<Cow<'h, str>> {
        let found = self.attributes.iter().find(|(name, _)| *name == attribute);
        found.map(|(_, value)| unescaped(value))
    }

    fn is(&self, attribute: &str, value: &str) -> bool {
        self.value(attribute).is_some_and(|it| it == value)
    }

    /// The tag with another value of an attribute, or without it.
    fn with(&self, attribute: &str, value: Option<&str>) -> String {
        let mut out = format!("<{}", self.name);
        let others = self
            .attributes
            .iter()
            .filter(|(name, _)| *name != attribute);
        // Writing to a string cannot fail.
        for (name, value) in others {
            let _ = write!(out, " {name}=\"{value}\"");
        }
        if let Some(value) = value {
            let _ = write!(out, " {attribute}=\"{}\"", escaped(value));
        }
        out.push('>');
        out
    }
}

/// What stands before the next tag, the tag, and what comes after it.
fn next(html: &str) -> Option<(&str, Tag<'_>, &str)> {
    let start = html.find('<')?;
    let end = start + html[start..].find('>')? + 1;
    Some((&html[..start], Tag::read(&html[start..end]), &html[end..]))
}

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, tag, after) = next(rest)?;
        rest = after;
        Some(tag)
    })
}

/// What stands before a form, with everything open that the form lies in.
fn opened(before: &str) -> String {
    const DETAILS: &str = "<details";
    let mut around: Vec<usize> = before.match_indices(DETAILS).map(|(at, _)| at).collect();
    let mut ends: Vec<usize> = before
        .match_indices("</details>")
        .map(|(at, _)| at)
        .collect();
    // Each end closes the nearest start before it.
    let mut open = Vec::new();
    while let Some(start) = around.pop() {
        match ends.iter().position(|end| *end > start) {
            Some(closed) => drop(ends.remove(closed)),
            None => open.push(start),
        }
    }
    let mut out = before.to_owned();
    for start in open {
        out.insert_str(start + DETAILS.len(), " open");
    }
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // Writing to a string cannot fail.
    let _ = escape::PageEscaper.write_escaped_str(&mut out, text);
    out
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let marks = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    let plain = marks.iter().fold(text.to_owned(), |text, (mark, plain)| {
        text.replace(mark, plain)
    });
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(sent: &[(&str, &str)]) -> Vec<(String, String)> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        sent.iter().map(own).collect()
    }

    const PAGE: &str = "<details class=\"a\"><p></p></details><details class=\"b\">\
        <form method=\"get\" action=\"/x\"><input name=\"q\"></form>\
        <form method=\"post\" action=\"/x#there\"><input type=\"hidden\" name=\"csrf\" value=\"new\">\
        <input type=\"hidden\" name=\"of\" value=\"1\"><input name=\"t\" value=\"\" required><button type=\"submit\">Go</button></form>\
        <form method=\"post\" action=\"/x\"><input type=\"hidden\" name=\"csrf\" value=\"new\">\
        <input type=\"hidden\" name=\"of\" value=\"2\"><input name=\"t\" value=\"old\">\
        <textarea name=\"l\">\nold</textarea><select name=\"s\"><option value=\"\" selected>-</option><option value=\"a\">A</option></select>\
        <input type=\"checkbox\" name=\"c\" value=\"1\"><input type=\"checkbox\" name=\"c\" value=\"2\" checked>\
        <details><input type=\"radio\" name=\"r\" value=\"&#38;\"></details>\
        <input type=\"password\" name=\"p\" value=\"\"></form></details>";

    #[test]
    fn every_kind_of_field_is_filled() {
        let sent = fields(&[
            ("of", "2"),
            ("t", "<b>\"new\""),
            ("l", "a\r\nb"),
            ("s", "a"),
            ("c", "1"),
            ("r", "&"),
        ]);
        let page = fill(PAGE, "/x", &sent).unwrap();
        assert_eq!(
            page.split("<form method=\"post\" action=\"/x\">")
                .nth(1)
                .unwrap(),
            "<input type=\"hidden\" name=\"csrf\" value=\"new\"><input type=\"hidden\" name=\"of\" value=\"2\">\
             <input name=\"t\" value=\"&#60;b&#62;&#34;new&#34;\"><textarea name=\"l\">\na\nb</textarea>\
             <select name=\"s\"><option value=\"\">-</option><option value=\"a\" selected=\"\">A</option></select>\
             <input type=\"checkbox\" name=\"c\" value=\"1\" checked=\"\"><input type=\"checkbox\" name=\"c\" value=\"2\">\
             <details open=\"\"><input type=\"radio\" name=\"r\" value=\"&#38;\" checked=\"\"></details>\
             <input type=\"password\" name=\"p\" value=\"\"></form></details>"
        );
        assert!(
            page.starts_with("<details class=\"a\"><p></p></details><details open class=\"b\">")
        );
        assert!(
            page.contains("name=\"of\" value=\"1\"><input name=\"t\" value=\"\" required>"),
            "the other form stays"
        );
    }

    #[test]
    fn what_has_no_place_fills_nothing() {
        let of = ("of", "2");
        for sent in [
            &[of, ("unknown", "x")][..],
            &[of, ("s", "b")],
            &[of, ("c", "3")],
            &[of, ("t", "one"), ("t", "two")],
        ] {
            assert_eq!(fill(PAGE, "/x", &fields(sent)), None, "{sent:?}");
        }
        assert_eq!(fill(PAGE, "/y", &fields(&[("t", "x")])), None);
        assert!(fill(PAGE, "/x", &fields(&[of, ("t", "x"), ("t", "")])).is_some());
    }

    /// A button that says one thing and does another would be worse than nothing.
    #[test]
    fn a_form_about_another_thing_is_not_filled() {
        for of in ["3", ""] {
            assert_eq!(fill(PAGE, "/x", &fields(&[("of", of), ("t", "x")])), None);
        }
        assert_eq!(fill(PAGE, "/x", &fields(&[("t", "x")])), None);
        let page = PAGE.replace("name=\"of\"", "name=\"revision\"");
        let filled = fill(&page, "/x", &fields(&[("revision", "7"), ("t", "x")])).unwrap();
        assert!(filled.contains("name=\"revision\" value=\"7\""), "{filled}");
    }
}
