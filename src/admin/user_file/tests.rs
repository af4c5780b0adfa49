//! What spreadsheets write, and what they must not be told.

use super::*;

#[test]
fn cells_are_no_formulas_and_come_back() {
    for text in [
        "=HYPERLINK(\"http://evil\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "'=1",
        "''+1",
        "\u{ff1d}1",
    ] {
        let cell = harmless(text);
        assert!(cell.starts_with('\''), "{text:?}");
        assert_eq!(as_it_was(&cell), text, "{text:?}");
    }
    for text in ["", "O'Hara", "'quoted'", "a=b", "1"] {
        assert_eq!(harmless(text), text);
        assert_eq!(as_it_was(text), text);
    }
}

#[test]
fn titles_come_back() {
    let titles = |list: &[&str]| list.iter().map(|&it| it.to_owned()).collect::<Vec<_>>();
    for list in [&["A; B", "C\\D"][..], &["SSO Basic"], &[]] {
        assert_eq!(split(&joined(list)), titles(list));
    }
    assert_eq!(split(" a ;; b;a; "), titles(&["a", "b"]));
}

#[test]
fn headers_and_delimiters() {
    let read = |text: &str| UserFile::read(text.as_bytes());
    for text in [
        "Email,First Name,Last Name,Company,Permission Group\nb@x.example,B.,Simon,Contoso,SSO Basic\n",
        "\u{feff}E-Mail;first_name;last_name;company;groups\r\nb@x.example;B.;Simon;Contoso;\"SSO Basic\"\r\n",
        "company\tgroups\temail\tlast name\tfirst name\n\nContoso\tSSO Basic\tb@x.example\tSimon\tB.",
    ] {
        let file = read(text);
        assert_eq!(file.faults, []);
        let line = &file.lines[0];
        assert_eq!(line.email, "b@x.example");
        assert_eq!(line.first_name.as_deref(), Some("B."));
        assert_eq!(line.last_name.as_deref(), Some("Simon"));
        assert_eq!(line.company_name.as_deref(), Some("Contoso"));
        assert_eq!(line.groups, ["SSO Basic"]);
    }
    let file = read("email,shoe size,state\na@x.example,43,active\n");
    assert_eq!(file.ignored, ["shoe size"]);
    assert_eq!(file.lines[0].first_name, None);
}

#[test]
fn faults_name_their_line() {
    let faults = |content: &[u8]| UserFile::read(content).faults;
    for (content, line) in [
        (&b""[..], 1),
        (b"\n \n", 1),
        (b"email\n", 2),
        (b"name,company\nx,y\n", 1),
        (b"email,Email\nx,y\n", 1),
        (b"email\na@x.example\nb@x.example,x\n", 3),
        (b"email\na@x.example\n\xff@x\n", 3),
        (b"\xff\xfee\0m\0", 1),
        (b"PK\x03\x04", 1),
        (b"email\n\"a@x.example\nb\",x\n", 2),
        (b"email\n\"a@x.example\nb\"\n", 2),
        (b"email,groups\na@x.example,\"SSO\nb@x.example,\n", 2),
        (b"email,groups\na@x.example,\nb@x.example,\"SSO", 3),
        (b"email,groups\na@x.example;SSO\nb@x.example;SSO\n", 2),
        (b"email;groups\na@x.example,SSO\nb@x.example,SSO\n", 2),
    ] {
        let found = faults(content);
        assert_eq!(found.len(), 1, "{content:?}: {found:?}");
        assert_eq!(found[0].line, line, "{content:?}: {found:?}");
    }
    for end in ["\n", "\r\n", "\r"] {
        let file = ["email", "a@x.example", "", "b@x.example,x", "c@x.example"].join(end);
        let file = UserFile::read(file.as_bytes());
        assert_eq!(file.faults[0].line, 4, "{end:?}");
        let lines: Vec<u64> = file.lines.iter().map(|line| line.number).collect();
        assert_eq!(lines, [2, 5], "{end:?}");
    }
    for (content, what) in [
        (&b"email\n\"a@x.example"[..], "none closes it"),
        (b"email\n\"a@x.example\nb\"\n", "\"a@x.example\""),
        (
            b"email,company\na@x.example;X\n",
            "this line has semicolons",
        ),
        (b"email,company\na@x.example,X,Y\n", "a@x.example, X, Y"),
    ] {
        let found = faults(content);
        assert!(found[0].what.contains(what), "{found:?}");
    }
    // Within a cell, and doubled, they are text.
    let file =
        UserFile::read(b"email,company\na@x.example,6\" \"nails\"\nb@x.example,\"A \"\"B\"\"\"\n");
    assert_eq!(file.faults, []);
    assert_eq!(file.lines[1].company_name.as_deref(), Some("A \"B\""));
    let many = format!("email\n{}", "a@x.example\n".repeat(MOST_USERS + 1));
    assert_eq!(faults(many.as_bytes())[0].line, MOST_USERS as u64 + 2);
    assert_eq!(faults(&vec![b'a'; MOST_BYTES + 1]).len(), 1);
}
