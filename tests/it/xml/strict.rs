//! What is refused, and why (rule A3).

use super::parse;
use vestibule::xml::{Document, Limits, XmlError, XmlErrorKind};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_documents_are_refused() {
    let cases: &[(&str, &[&str])] = &[
        (
            "Root",
            &[
                "",
                " \n",
                "<!-- only a comment -->",
                "text",
                "<a/>b",
                "a<a/>",
                "<a/><b/>",
                "<a/><a/>",
                "<a/>&lt;",
                "<a/><![CDATA[x]]>",
                "<a/>&#32;",
                "<![CDATA[ ]]><a/>",
            ],
        ),
        (
            "Doctype",
            &[
                "<!DOCTYPE a><a/>",
                "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
                "<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
                "<!doctype a><a/>",
            ],
        ),
        (
            "ProcessingInstruction",
            &[
                "<a><?php x?></a>",
                "<?xml-stylesheet href='x'?><a/>",
                "<a/><?x?>",
                "<a>b<?c?>d</a>",
            ],
        ),
        (
            "Entity",
            &[
                "<a>&nbsp;</a>",
                "<a>&x;</a>",
                "<a b='&x;'/>",
                "<a>&;</a>",
                "<a>&#;</a>",
                "<a>&#x;</a>",
                "<a>&#xG;</a>",
                "<a>&#-1;</a>",
                "<a>&#+1;</a>",
                "<a>&#x110000;</a>",
                "<a>&#xD800;</a>",
                "<a>&#99999999999;</a>",
                "<a b='&amp'/>",
                "<a b='&'/>",
                "<a b='x&y=z'/>",
                "<a>&#X41;</a>",
                "<a>&AMP;</a>",
            ],
        ),
        (
            "ForbiddenCharacter",
            &[
                "<a>\u{0}</a>",
                "<a>\u{1}</a>",
                "<a b='\u{1f}'/>",
                "<a>\u{FFFE}</a>",
                "<a>\u{FFFF}</a>",
                "<a>&#0;</a>",
                "<a>&#1;</a>",
                "<a b='&#x1F;'/>",
                "<a>&#xFFFE;</a>",
                "<!--\u{8}--><a/>",
            ],
        ),
        (
            "Declaration",
            &[
                "<?xml version=\"1.1\"?><a/>",
                "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
                "<?xml version='1.0' encoding='UTF-16'?><a/>",
                "<?xml encoding=\"UTF-8\"?><a/>",
                "<?xml version=\"1.0\" version=\"1.0\"?><a/>",
                "<?xml version=\"1.0\" standalone=\"yes\" encoding=\"UTF-8\"?><a/>",
                "<?xml version=\"1.0\"encoding=\"UTF-8\"?><a/>",
                "<?xml version=\"1.0\" standalone=\"maybe\"?><a/>",
                "<?xml version=\"1.0\" other=\"x\"?><a/>",
                "<?xml version=1.0?><a/>",
                " <?xml version=\"1.0\"?><a/>",
                "<a><?xml version=\"1.0\"?></a>",
                "<a/><?xml version=\"1.0\"?>",
                "<?xml ?><a/>",
            ],
        ),
        (
            "Malformed",
            &[
                "<a",
                "<a b",
                "<a b=/>",
                "<a b=c/>",
                "<a b='c/>",
                "<a b='<'/>",
                "<a b='c'd='e'/>",
                "<a 'b'/>",
                "<a>]]></a>",
                "<a><!-- -- --></a>",
                "<a><!-- ---></a>",
                "<a><!-- </a>",
                "<a><![CDATA[ </a>",
                "<a>&",
                "<a>&amp</a>",
                "<a>a & b</a>",
                "<a / >",
                "<a b='c' / >",
            ],
        ),
        (
            "MismatchedEndTag",
            &[
                "<a></b>",
                "<a><b></a></b>",
                "</a>",
                "<a/></a>",
                "<a></A>",
                "<x:a xmlns:x='u:1' xmlns:y='u:1'></y:a>",
            ],
        ),
        (
            "UnexpectedEnd",
            &["<a>", "<a><b/>", "<a>text", "<a><b></b>"],
        ),
        (
            "Name",
            &[
                "<1a/>",
                "<-a/>",
                "<a:b:c xmlns:a='u:1'/>",
                "<:a/>",
                "<a:/>",
                "<a b:='c'/>",
                "<a :b='c'/>",
                "<a 1b='c'/>",
                "<a\u{D7}/>",
                "<a xmlns:1='u:1'/>",
                "<a xmlns:='u:1'/>",
                "<a xmlns:b:c='u:1'/>",
                "<a b\u{2003}='c'/>",
            ],
        ),
        (
            "DuplicateAttribute",
            &[
                "<a b='1' b='2'/>",
                "<a x:b='1' y:b='2' xmlns:x='u:1' xmlns:y='u:1'/>",
                "<a xmlns='u:1' xmlns='u:2'/>",
                "<a xmlns:b='u:1' xmlns:b='u:1'/>",
            ],
        ),
        (
            "UndeclaredPrefix",
            &[
                "<b:a/>",
                "<a b:c='d'/>",
                "<a><b xmlns:c='u:1'/><c:d/></a>",
                "<XML:a/>",
            ],
        ),
        (
            "Namespace",
            &[
                "<a xmlns:b=''/>",
                "<a xmlns:xml='u:1'/>",
                "<a xmlns:b='http://www.w3.org/XML/1998/namespace'/>",
                "<a xmlns='http://www.w3.org/XML/1998/namespace'/>",
                "<a xmlns:xmlns='u:1'/>",
                "<a xmlns:b='http://www.w3.org/2000/xmlns/'/>",
                "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
                "<xmlns:a xmlns:xmlns='u:1'/>",
                "<xmlns:a/>",
                "<a xmlns='u:a b'/>",
                "<a xmlns='u:\u{FEFF}'/>",
                "<a xmlns:b='http://\u{e9}.example/'/>",
                "<a xmlns:b='u:x?a=b&amp;c'/>",
                "<a xmlns:b='u:&quot;'/>",
                "<a xmlns:b='http://host:port/'/>",
            ],
        ),
        (
            "RelativeNamespace",
            &[
                "<a xmlns='relative'/>",
                "<a xmlns:b='../x'/>",
                "<a xmlns:b='//host/x'/>",
                "<a xmlns=' '/>",
                "<a xmlns='1:x'/>",
                "<a xmlns=' urn:x'/>",
            ],
        ),
        ("ByteOrderMark", &["\u{FEFF}<a/>"]),
    ];
    let mut wrong = Vec::new();
    for (expected, inputs) in cases {
        for input in *inputs {
            let got = match parse(input) {
                Err(error) => name(&error.kind),
                Ok(_) => "accepted".to_owned(),
            };
            if got != *expected {
                wrong.push(format!("{input:?}: {got}, not {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn octets_that_are_not_utf8_are_refused() {
    let utf16: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let inputs: [&[u8]; 6] = [
        b"<a>\xFF</a>",
        b"<a>\xC0\xAF</a>",
        b"<a>\xED\xA0\x80</a>",
        b"<a b='\xE9'/>",
        b"<a>\xF4\x90\x80\x80</a>",
        b"\xFF\xFE<\0a\0/\0>\0",
    ];
    for input in inputs {
        assert_eq!(refusal(input).kind, XmlErrorKind::NotUtf8);
    }
    assert_eq!(refusal(&utf16).kind, XmlErrorKind::ForbiddenCharacter);
}

#[test]
fn good_documents_are_accepted() {
    for input in [
        "<a/>",
        "<a></a >",
        "<?xml version='1.0'?>\n<a/>",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone='no' ?><a/>",
        "<!-- before --><a/><!-- after -->\n",
        "<a b = 'c'\n\td=\"'\"/>",
        "<a xmlns='u:1'><b xmlns=''/></a>",
        "<a xml:lang='en' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
        "<a b='1' x:b='2' xmlns:x='u:1'/>",
        "<a xmlns='u:1' b='1' x:b='2' xmlns:x='u:1'/>",
        "<é>\u{10000}</é>",
        "<a b='>'>a>b]]&gt;</a>",
        "<a><![CDATA[<&]] >]]></a>",
    ] {
        parse(input).unwrap_or_else(|error| panic!("{input:?}: {error}"));
    }
    let metadata = Document::parse("\u{FEFF}<a/>".as_bytes(), &Limits::METADATA);
    assert_eq!(metadata.unwrap().root().local_name(), "a");
    assert!(Document::parse("\u{FEFF}\u{FEFF}<a/>".as_bytes(), &Limits::METADATA).is_err());
    // What other tools leave before the declaration of metadata is dropped; a message begins with it.
    for before in ["\u{FEFF}", "\u{FEFF} ", "\r\n\t "] {
        let text = format!("{before}<?xml version='1.0'?><a/>");
        let metadata = Document::parse(text.as_bytes(), &Limits::METADATA);
        metadata.unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert!(parse(&text).is_err(), "{text:?}");
    }
    let text = "<!-- a --><?xml version='1.0'?><a/>";
    assert!(Document::parse(text.as_bytes(), &Limits::METADATA).is_err());
}

#[test]
fn size_is_bounded() {
    let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    let wide = |count: usize| format!("<r>{}</r>", "<a/>".repeat(count - 1));
    let attributes = |count: usize| {
        let all: Vec<String> = (0..count).map(|at| format!("a{at}='x'")).collect();
        format!("<a {}/>", all.join(" "))
    };
    let namespaces = |count: usize| {
        let open: Vec<String> = (0..count / 2)
            .map(|at| format!("xmlns:p{at}='u:1' xmlns:q{at}='u:2'"))
            .collect();
        let (outer, inner) = open.split_at(open.len() / 2);
        format!("<a {}><a {}/></a>", outer.join(" "), inner.join(" "))
    };
    for (fits, too_much) in [
        (nested(64), nested(65)),
        (wide(20_000), wide(20_001)),
        (attributes(64), attributes(65)),
        (namespaces(64), namespaces(66)),
        (nested(64), nested(100_000)),
    ] {
        parse(&fits).unwrap();
        assert_eq!(name(&refusal(too_much.as_bytes()).kind), "Limit");
    }
}

#[test]
fn a_refusal_names_the_place() {
    let error = refusal("<a>\n  <b>é&x;</b>\n</a>".as_bytes());
    assert_eq!((error.line, error.column), (2, 7));
    let error = refusal(b"<a>\n\n <b></c></a>");
    assert_eq!((error.line, error.column), (3, 5));
    let error = refusal(b"<a b='c'\n  d='&'>");
    assert_eq!((error.line, error.column), (2, 3));
    let error = refusal(b"<a b='c'\n  d:d='&amp;'>");
    assert_eq!((error.line, error.column), (1, 1));
    let error = refusal(b"<a>\n\xFF</a>");
    assert_eq!((error.line, error.column), (2, 1));
}

fn refusal(bytes: &[u8]) -> XmlError {
    match Document::parse(bytes, &Limits::MESSAGE) {
        Err(error) => error,
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(bytes)),
    }
}

/// The name of the kind, without what it carries.
fn name(kind: &XmlErrorKind) -> String {
    let text = format!("{kind:?}");
    text.split('(').next().unwrap_or_default().to_owned()
}
