//! From octets to the arena.
//!
//! Rule A3. Tests: `tests/it/xml/strict.rs`; `tests/it/xml/reader_differential.rs` against libxml2.

use super::chars::{
    forbidden_char, is_ncname, is_space, normalize_line_ends, resolve_reference, same_name,
    trim_end, trim_start,
};
use super::document::{Document, ElementData, Namespace, Node};
use super::error::{XmlError, XmlErrorKind};
use super::limits::Limits;
use super::tag;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::borrow::Cow;

impl<'a> Document<'a> {
    /// Parses a document. Linear in the length of the input.
    pub fn parse(input: &'a [u8], limits: &Limits) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(input)
            .map_err(|error| XmlError::at(input, error.valid_up_to(), XmlErrorKind::NotUtf8))?;
        let body = match text.strip_prefix('\u{FEFF}') {
            Some(body) if limits.lenient_prolog => body,
            Some(_) => return Err(XmlError::at(input, 0, XmlErrorKind::ByteOrderMark)),
            None => text,
        };
        let skipped = text.len() - body.len();
        let mut parser = Parser::new(body, limits);
        match parser.run() {
            Ok(()) => Ok(parser.document),
            Err(kind) => Err(XmlError::at(input, skipped + parser.position, kind)),
        }
    }
}

struct Parser<'a, 'l> {
    text: &'a str,
    limits: &'l Limits,
    position: usize,
    document: Document<'a>,
    open: Vec<u32>,
    /// Declarations in scope, innermost last, as indices into the arena.
    scope: Vec<u32>,
}

impl<'a, 'l> Parser<'a, 'l> {
    fn new(text: &'a str, limits: &'l Limits) -> Self {
        let guess = text.len() / 64;
        let document = Document {
            elements: Vec::with_capacity(guess),
            attributes: Vec::with_capacity(guess),
            declarations: Vec::with_capacity(16),
            nodes: Vec::with_capacity(guess * 3),
        };
        Self {
            text,
            limits,
            position: 0,
            document,
            open: Vec::with_capacity(16),
            scope: Vec::with_capacity(16),
        }
    }

    fn run(&mut self) -> Result<(), XmlErrorKind> {
        if let Some(at) = forbidden_char(self.text) {
            self.position = at;
            return Err(XmlErrorKind::ForbiddenCharacter);
        }
        if u32::try_from(self.text.len()).is_err() {
            return Err(XmlErrorKind::Limit("bytes"));
        }
        let mut reader = Reader::from_str(self.text);
        // End names are compared here, against the arena.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        loop {
            let event = reader.read_event();
            let end = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let Ok(event) = event else {
                self.position = usize::try_from(reader.error_position()).unwrap_or(self.position);
                return Err(XmlErrorKind::Malformed("the markup is broken"));
            };
            let markup = self.text.get(self.position..end).unwrap_or_default();
            match event {
                Event::Start(_) => self.start(strip(markup, "<", ">")?, end, false)?,
                Event::Empty(_) => self.start(strip(markup, "<", "/>")?, end, true)?,
                Event::End(_) => self.end(strip(markup, "</", ">")?, end)?,
                Event::Text(_) => self.text(markup)?,
                Event::CData(_) => self.cdata(strip(markup, "<![CDATA[", "]]>")?)?,
                Event::GeneralRef(_) => self.reference(strip(markup, "&", ";")?)?,
                Event::Comment(_) => self.comment(strip(markup, "<!--", "-->")?)?,
                Event::Decl(_) if self.may_declare() => {
                    let any_encoding = self.limits.lenient_prolog;
                    check_declaration(strip(markup, "<?xml", "?>")?, any_encoding)?;
                }
                Event::Decl(_) => return Err(XmlErrorKind::Declaration),
                Event::PI(_) if self.may_instruct() => {
                    check_instruction(strip(markup, "<?", "?>")?)?;
                }
                Event::PI(_) => return Err(XmlErrorKind::ProcessingInstruction),
                Event::DocType(_) => return Err(XmlErrorKind::Doctype),
                Event::Eof => break,
            }
            self.position = end;
        }
        if !self.open.is_empty() {
            return Err(XmlErrorKind::UnexpectedEnd);
        }
        if self.document.elements.is_empty() {
            Err(XmlErrorKind::Root)
        } else {
            Ok(())
        }
    }

    /// The declaration comes first; in metadata, white space may have got before it.
    fn may_declare(&self) -> bool {
        let before = self.text.get(..self.position).unwrap_or_default();
        before.is_empty() || (self.limits.lenient_prolog && before.bytes().all(is_space))
    }

    /// In the prolog of metadata, such as the `xml-stylesheet` of a browser's page.
    fn may_instruct(&self) -> bool {
        self.limits.lenient_prolog && self.document.elements.is_empty()
    }

    fn start(&mut self, inside: &'a str, end: usize, empty: bool) -> Result<(), XmlErrorKind> {
        let parent = self.open.last().copied();
        let index = length(&self.document.elements);
        if parent.is_none() && index > 0 {
            return Err(XmlErrorKind::Root);
        }
        if self.open.len() >= self.limits.depth {
            return Err(XmlErrorKind::Limit("levels of nesting"));
        }
        if index as usize >= self.limits.elements {
            return Err(XmlErrorKind::Limit("elements"));
        }
        let mut place = 0;
        let tag = tag::read(inside, &mut self.document, self.limits, &mut place)
            .inspect_err(|_| self.position += place)?;
        self.scope.extend(tag.declarations.0..tag.declarations.1);
        if self.scope.len() > self.limits.namespaces {
            return Err(XmlErrorKind::Limit("namespace declarations"));
        }
        let namespace = self.resolve(tag.prefix, true)?;
        self.resolve_attributes(tag.attributes)?;
        self.document.elements.push(ElementData {
            name: tag.name,
            prefix: tag.prefix,
            local: tag.local,
            namespace,
            parent,
            after: index + 1,
            open: length(&self.document.nodes),
            close: 0,
            attributes: tag.attributes,
            declarations: tag.declarations,
            source: (offset(self.position), offset(end)),
        });
        self.document.nodes.push(Node::Open(index));
        self.open.push(index);
        if empty { self.close(end) } else { Ok(()) }
    }

    fn resolve_attributes(&mut self, (start, end): (u32, u32)) -> Result<(), XmlErrorKind> {
        for at in start..end {
            let Some(prefix) = self
                .document
                .attributes
                .get(at as usize)
                .map(|attribute| attribute.prefix)
            else {
                continue;
            };
            let namespace = self.resolve(prefix, false)?;
            if let Some(attribute) = self.document.attributes.get_mut(at as usize) {
                attribute.namespace = namespace;
            }
        }
        tag::check_duplicates(
            &self.document,
            Document::range(&self.document.attributes, (start, end)),
        )
    }

    fn resolve(&self, prefix: &str, element: bool) -> Result<Namespace, XmlErrorKind> {
        if prefix.is_empty() && !element {
            return Ok(Namespace::None); // The default namespace does not apply to attributes.
        }
        if prefix == "xml" {
            return Ok(Namespace::Xml);
        }
        let declared = |index: &&u32| {
            self.document
                .declarations
                .get(**index as usize)
                .is_some_and(|found| same_name(found.prefix, prefix))
        };
        match self.scope.iter().rev().find(declared) {
            Some(index) if self.document.uri(Namespace::Declared(*index)).is_empty() => {
                Ok(Namespace::None)
            }
            Some(index) => Ok(Namespace::Declared(*index)),
            None if prefix.is_empty() => Ok(Namespace::None),
            None => Err(XmlErrorKind::UndeclaredPrefix),
        }
    }

    fn end(&mut self, name: &'a str, end: usize) -> Result<(), XmlErrorKind> {
        let name = trim_end(name);
        let open = self
            .open
            .last()
            .and_then(|index| self.document.elements.get(*index as usize));
        if open.is_none_or(|element| element.name != name) {
            return Err(XmlErrorKind::MismatchedEndTag);
        }
        self.close(end)
    }

    fn close(&mut self, end: usize) -> Result<(), XmlErrorKind> {
        let index = self.open.pop().ok_or(XmlErrorKind::MismatchedEndTag)?;
        let after = length(&self.document.elements);
        let close = length(&self.document.nodes);
        self.document.nodes.push(Node::Close(index));
        let element = self
            .document
            .elements
            .get_mut(index as usize)
            .ok_or(XmlErrorKind::MismatchedEndTag)?;
        element.after = after;
        element.close = close;
        element.source.1 = offset(end);
        let declared = (element.declarations.1 - element.declarations.0) as usize;
        self.scope.truncate(self.scope.len() - declared);
        Ok(())
    }

    fn text(&mut self, text: &'a str) -> Result<(), XmlErrorKind> {
        if self.open.is_empty() {
            return if text.bytes().all(is_space) {
                Ok(())
            } else {
                Err(XmlErrorKind::Root)
            };
        }
        if text.contains("]]>") {
            return Err(XmlErrorKind::Malformed("']]>' in text"));
        }
        self.push_text(normalize_line_ends(text))
    }

    fn cdata(&mut self, text: &'a str) -> Result<(), XmlErrorKind> {
        self.push_text(normalize_line_ends(text))
    }

    /// Beside the root nobody needs it: what is canonicalised is an element.
    fn comment(&mut self, text: &'a str) -> Result<(), XmlErrorKind> {
        if text.contains("--") || text.ends_with('-') {
            return Err(XmlErrorKind::Malformed("'--' in a comment"));
        }
        if !self.open.is_empty() {
            let comment = Node::Comment(normalize_line_ends(text));
            self.document.nodes.push(comment);
        }
        Ok(())
    }

    fn reference(&mut self, name: &'a str) -> Result<(), XmlErrorKind> {
        let character = resolve_reference(name)?;
        self.push_text(Cow::Owned(String::from(character)))
    }

    fn push_text(&mut self, text: Cow<'a, str>) -> Result<(), XmlErrorKind> {
        if self.open.is_empty() {
            return Err(XmlErrorKind::Root);
        }
        if !text.is_empty() {
            self.document.nodes.push(Node::Text(text));
        }
        Ok(())
    }
}

/// Takes the delimiters off a piece of markup. quick-xml has found them; this holds it to its word.
fn strip<'t>(markup: &'t str, start: &str, end: &str) -> Result<&'t str, XmlErrorKind> {
    markup
        .strip_prefix(start)
        .and_then(|rest| rest.strip_suffix(end))
        .ok_or(XmlErrorKind::Malformed("the markup is broken"))
}

/// A target that is a name and not `xml`, then white space (XML 1.0, section 2.6).
fn check_instruction(inside: &str) -> Result<(), XmlErrorKind> {
    let target = inside.split(|c: char| c.is_ascii_whitespace()).next();
    match target {
        Some(target) if is_ncname(target) && !target.eq_ignore_ascii_case("xml") => Ok(()),
        _ => Err(XmlErrorKind::ProcessingInstruction),
    }
}

/// `version = "1.0"`, then optionally `encoding = "UTF-8"`, then optionally `standalone` (XML 1.0, section 2.8).
fn check_declaration(inside: &str, any_encoding: bool) -> Result<(), XmlErrorKind> {
    let mut rest = inside;
    let mut place = 0;
    while !trim_start(rest).is_empty() {
        let trimmed = trim_start(rest);
        let (name, value, after) = declaration_part(trimmed).ok_or(XmlErrorKind::Declaration)?;
        let next = match name {
            "version" if value == "1.0" => 1,
            "encoding" if any_encoding || value.eq_ignore_ascii_case("UTF-8") => 2,
            "standalone" if matches!(value, "yes" | "no") => 3,
            _ => return Err(XmlErrorKind::Declaration),
        };
        // White space before each part; version first; nothing twice or out of order.
        if trimmed.len() == rest.len() || next <= place || (place == 0 && next != 1) {
            return Err(XmlErrorKind::Declaration);
        }
        place = next;
        rest = after;
    }
    if place == 0 {
        Err(XmlErrorKind::Declaration)
    } else {
        Ok(())
    }
}

fn declaration_part(text: &str) -> Option<(&str, &str, &str)> {
    let (name, after) = text.split_once('=')?;
    let after = trim_start(after);
    let quote = after
        .chars()
        .next()
        .filter(|quote| matches!(quote, '"' | '\''))?;
    let (value, rest) = after.get(1..)?.split_once(quote)?;
    Some((trim_end(name), value, rest))
}

fn length<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}

fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}
