//! Writing XML: escaped, in document order, without layout.

/// Builds a document as a string; every value is escaped, elements are closed in order.
///
/// Names come from the program, never from input.
#[derive(Debug, Default)]
pub struct XmlWriter {
    out: String,
    open: Vec<&'static str>,
    in_tag: bool,
}

impl XmlWriter {
    /// An empty document, without an XML declaration.
    pub fn new() -> Self {
        Self::default()
    }

    /// A document that starts with the XML declaration.
    pub fn with_declaration() -> Self {
        Self {
            out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(),
            ..Self::default()
        }
    }

    /// Opens an element.
    pub fn open(&mut self, name: &'static str) -> &mut Self {
        self.finish_tag();
        self.out.push('<');
        self.out.push_str(name);
        self.open.push(name);
        self.in_tag = true;
        self
    }

    /// Adds an attribute (or a namespace declaration) to the element just opened.
    pub fn attribute(&mut self, name: &'static str, value: &str) -> &mut Self {
        debug_assert!(self.in_tag, "an attribute follows its start tag");
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape_attribute(value, &mut self.out);
        self.out.push('"');
        self
    }

    /// Adds an attribute when there is a value.
    pub fn attribute_if(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.attribute(name, value),
            None => self,
        }
    }

    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.finish_tag();
        escape_text(text, &mut self.out);
        self
    }

    /// Adds a well-formed fragment as it is, such as a signature made elsewhere.
    pub fn fragment(&mut self, xml: &str) -> &mut Self {
        self.finish_tag();
        self.out.push_str(xml);
        self
    }

    /// Closes the innermost open element.
    pub fn close(&mut self) -> &mut Self {
        if let Some(name) = self.open.pop() {
            if self.in_tag {
                self.out.push_str("/>");
                self.in_tag = false;
            } else {
                self.out.push_str("</");
                self.out.push_str(name);
                self.out.push('>');
            }
        }
        self
    }

    /// An element that holds only text.
    pub fn leaf(&mut self, name: &'static str, text: &str) -> &mut Self {
        self.open(name).text(text).close()
    }

    /// Closes what is open and gives the document.
    pub fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.out
    }

    fn finish_tag(&mut self) {
        if self.in_tag {
            self.out.push('>');
            self.in_tag = false;
        }
    }
}

/// Appends `text` escaped as canonical XML escapes text (Canonical XML 1.0, section 2.3).
pub fn escape_text(text: &str, out: &mut String) {
    escape(text, out, &TEXT);
}

/// Appends `value` escaped as canonical XML escapes attribute values (Canonical XML 1.0, section 2.3).
pub fn escape_attribute(value: &str, out: &mut String) {
    escape(value, out, &ATTRIBUTE);
}

/// For each byte how it is written; empty: as it is.
type Escapes = [&'static str; 256];

const TEXT: Escapes = {
    let mut table = [""; 256];
    table[b'&' as usize] = "&amp;";
    table[b'<' as usize] = "&lt;";
    table[b'>' as usize] = "&gt;";
    table[b'\r' as usize] = "&#xD;";
    table
};

const ATTRIBUTE: Escapes = {
    let mut table = [""; 256];
    table[b'&' as usize] = "&amp;";
    table[b'<' as usize] = "&lt;";
    table[b'"' as usize] = "&quot;";
    table[b'\t' as usize] = "&#x9;";
    table[b'\n' as usize] = "&#xA;";
    table[b'\r' as usize] = "&#xD;";
    table
};

fn escape(text: &str, out: &mut String, escapes: &Escapes) {
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|byte| !escapes[usize::from(byte)].is_empty())
    {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        out.push_str(
            special
                .bytes()
                .next()
                .map_or("", |byte| escapes[usize::from(byte)]),
        );
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
}
