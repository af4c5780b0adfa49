//! A second reader of canonical octets, which shares no line with `xml`: canonical XML needs only a small one.
//!
//! Invariant: it understands what canonicalisation writes and nothing else; anything else is a panic, which is a finding.

/// What an assertion says of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub id: String,
    pub name_id: Option<String>,
    /// Whether the name is encrypted, so that the octets do not tell it.
    pub name_is_sealed: bool,
    pub session_index: Option<String>,
    pub attributes: Vec<(String, Vec<String>)>,
}

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
const SAML: &str = "urn:oasis:names:tc:SAML:2.0:assertion";

#[derive(Debug, Default)]
struct Node {
    name: String,
    namespace: String,
    /// Without namespace declarations; names as written.
    attributes: Vec<(String, String)>,
    /// `xsi:nil` says that there is no value.
    nil: bool,
    children: Vec<Node>,
    text: String,
}

impl Said {
    /// Reads the assertion that canonical octets hold, at their root or in the Response at their root.
    pub fn of(octets: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(octets).expect("canonical octets are UTF-8");
        let root = read(text);
        let assertion = if root.is("Assertion") {
            &root
        } else {
            root.child("Assertion")?
        };
        let subject = assertion.child("Subject");
        let authn = assertion.all("AuthnStatement");
        let statements = assertion.all("AttributeStatement");
        let attributes = statements.flat_map(|statement| statement.all("Attribute"));
        Some(Self {
            id: assertion.attribute("ID").unwrap_or_default(),
            name_id: subject
                .and_then(|subject| subject.child("NameID"))
                .map(|name| name.text.clone()),
            name_is_sealed: subject.is_some_and(|subject| subject.child("EncryptedID").is_some()),
            session_index: authn
                .filter_map(|statement| statement.attribute("SessionIndex"))
                .next(),
            attributes: attributes
                .map(|attribute| {
                    let values = attribute.all("AttributeValue");
                    let plain = values.filter(|value| value.children.is_empty() && !value.nil);
                    (
                        attribute.attribute("Name").unwrap_or_default(),
                        plain.map(|value| value.text.clone()).collect(),
                    )
                })
                .collect(),
        })
    }
}

impl Node {
    fn is(&self, local: &str) -> bool {
        let own = self.name.rsplit(':').next().unwrap_or_default();
        self.namespace == SAML && own == local
    }

    fn all(&self, local: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.is(local))
    }

    fn child(&self, local: &str) -> Option<&Self> {
        self.all(local).next()
    }

    fn attribute(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone())
    }
}

fn read(mut rest: &str) -> Node {
    let mut open: Vec<(Node, Vec<(String, String)>)> = Vec::new();
    loop {
        let at = rest.find('<').expect("there is markup");
        let (text, markup) = rest.split_at(at);
        if let Some((node, _)) = open.last_mut() {
            node.text.push_str(&plain(text));
        } else {
            assert!(text.is_empty(), "nothing stands around the root");
        }
        if let Some(end) = markup.strip_prefix("</") {
            let (name, after) = end.split_once('>').expect("an end tag ends");
            let (node, _) = open.pop().expect("something is open");
            assert_eq!(node.name, name);
            rest = after;
            match open.last_mut() {
                Some((parent, _)) => parent.children.push(node),
                None => {
                    assert!(rest.is_empty(), "nothing stands after the root");
                    return node;
                }
            }
        } else {
            let scope = open
                .last()
                .map(|(_, scope)| scope.clone())
                .unwrap_or_default();
            let (node, scope, after) = start(&markup[1..], scope);
            open.push((node, scope));
            rest = after;
        }
    }
}

/// A start tag, which canonical XML writes as `name a="b" c="d">`.
fn start(mut rest: &str, mut scope: Vec<(String, String)>) -> (Node, Vec<(String, String)>, &str) {
    let end = rest.find([' ', '>']).expect("a name ends");
    let mut node = Node {
        name: rest[..end].to_owned(),
        ..Node::default()
    };
    rest = &rest[end..];
    while let Some(attribute) = rest.strip_prefix(' ') {
        let (name, value) = attribute.split_once("=\"").expect("a value is quoted");
        let (value, after) = value.split_once('"').expect("a value ends");
        rest = after;
        if let Some(prefix) = name.strip_prefix("xmlns") {
            scope.push((prefix.trim_start_matches(':').to_owned(), plain(value)));
        } else {
            node.attributes.push((name.to_owned(), plain(value)));
        }
    }
    let prefix = node.name.split_once(':').map_or("", |(prefix, _)| prefix);
    let bound = |prefix: &str| {
        let found = scope.iter().rev().find(|(own, _)| own == prefix);
        found.map(|(_, name)| name.clone()).unwrap_or_default()
    };
    node.namespace = bound(prefix);
    node.nil = node.attributes.iter().any(|(name, value)| {
        let nil = name.strip_suffix(":nil");
        nil.is_some_and(|prefix| bound(prefix) == XSI) && matches!(value.as_str(), "true" | "1")
    });
    (node, scope, rest.strip_prefix('>').expect("a tag ends"))
}

/// The only references that canonical XML has.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut pieces = text.split('&');
    plain.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, after) = piece.split_once(';').expect("a reference ends");
        plain.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "#x9" => '\t',
            "#xA" => '\n',
            "#xD" => '\r',
            other => panic!("&{other}; is not canonical"),
        });
        plain.push_str(after);
    }
    plain
}
