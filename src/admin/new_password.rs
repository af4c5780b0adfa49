//! What a new password has to be: the one rule of the console, the API, the commands and the set-up link.
//!
//! NIST SP 800-63B: 15 characters where nothing else proves who it is, any characters, no rules of composition; and none that
//! whoever guesses tries first. That is not a list of whole passwords, which ends where somebody appends a digit: what is common
//! is taken out of the password, and what is left has to be enough.

use std::sync::LazyLock;

/// The fewest characters of a password, and the most bytes.
pub(super) const SHORTEST_PASSWORD: usize = 15;
pub const LONGEST_PASSWORD: usize = 1024;

/// So many letters and digits have to be left.
const LEFT: usize = 4;
/// A part of an address or of a name that is shorter is not looked for.
const SHORTEST_WORD: usize = 4;

/// Words that passwords are made of, in lower case. We have written them down ourselves.
static COMMON: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let lines = include_str!("common_passwords.txt").lines();
    lines.map(letters).filter(|word| !word.is_empty()).collect()
});

/// What stands in the way of a password, for people; `own` is what belongs to the account: the address, the names of the company
/// and of its site.
pub(super) fn weakness(password: &str, own: &[&str]) -> Option<String> {
    if password.chars().count() < SHORTEST_PASSWORD {
        return Some(format!(
            "Use at least {SHORTEST_PASSWORD} characters. Several words are easy to remember."
        ));
    }
    if password.len() > LONGEST_PASSWORD || password.contains('\0') {
        return Some("Use a shorter password, without a zero byte.".to_owned());
    }
    let own: Vec<Vec<char>> = own.iter().flat_map(|text| parts(text)).collect();
    let text = letters(password);
    if left(&text, COMMON.iter()) < LEFT {
        return Some(
            "This is one of the first that are guessed: common words, or characters in a row. Use several words that have nothing to do with each other."
                .to_owned(),
        );
    }
    if left(&text, COMMON.iter().chain(&own)) < LEFT {
        return Some(
            "This is little more than the e-mail address or the name of the company or its site, which are guessed first. Use several other words."
                .to_owned(),
        );
    }
    None
}

/// Lower case, without what stands between words.
fn letters(text: &str) -> Vec<char> {
    let all = text.chars().flat_map(char::to_lowercase);
    all.filter(|c| !c.is_whitespace() && !c.is_control() && !"-_.,:;/+*|".contains(*c))
        .collect()
}

/// A text as a whole, and its words.
fn parts(text: &str) -> Vec<Vec<char>> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    std::iter::once(text)
        .chain(words)
        .map(letters)
        .filter(|part| part.len() >= SHORTEST_WORD)
        .collect()
}

/// How many letters and digits of a text are left without these words, years, and what only repeats or goes on from the character
/// before.
fn left<'w>(text: &[char], words: impl Iterator<Item = &'w Vec<char>>) -> usize {
    let mut taken = vec![false; text.len()];
    let mut take = |at: usize, length: usize| {
        for place in taken.iter_mut().skip(at).take(length) {
            *place = true;
        }
    };
    for word in words {
        for (at, window) in text.windows(word.len()).enumerate() {
            let is_it = window
                .iter()
                .zip(word)
                .all(|(typed, meant)| typed == meant || plain(*typed) == *meant);
            if is_it {
                take(at, word.len());
            }
        }
    }
    for (at, window) in text.windows(4).enumerate() {
        let is_year = matches!(window, ['1', '9', ..] | ['2', '0', ..]);
        if is_year && window.iter().all(char::is_ascii_digit) {
            take(at, window.len());
        }
    }
    for (at, pair) in text.windows(2).enumerate() {
        if let [before, this] = pair
            && u32::from(*before).abs_diff(u32::from(*this)) <= 1
        {
            take(at + 1, 1);
        }
    }
    let mut rest: Vec<char> = text
        .iter()
        .zip(taken)
        .filter(|(c, taken)| c.is_alphanumeric() && !taken)
        .map(|(c, _)| *c)
        .collect();
    // The same few again and again are no more than they are.
    rest.sort_unstable();
    rest.dedup();
    rest.len()
}

/// The letter that a sign stands for in a word.
fn plain(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: [&str; 4] = [
        "anna.admin@contoso.com",
        "Contoso Zahnärzte",
        "contoso",
        "contoso.sso.example",
    ];

    #[test]
    fn what_is_guessed_first_is_refused() {
        for password in [
            "passwordpassword",
            "Password-Password-2026!",
            "P4$$w0rd12345678",
            "123456789012345",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiop123456",
            "1qaz2wsx3edc4rfv",
            "abcabcabcabcabcabc",
            "Administrator2026",
            "Welcome-to-2026-2027",
            "correct horse battery staple",
            "letmeinletmein!!",
            "iloveyou iloveyou",
        ] {
            let told = weakness(password, &[]);
            assert!(told.is_some_and(|it| it.contains("guessed")), "{password}");
        }
        for password in [
            "anna.admin@contoso.com",
            "ContosoContoso2026",
            "contoso-zahnärzte-1",
            "Anna!Contoso!2025",
            "contoso.sso.example",
        ] {
            assert!(weakness(password, &OWN).is_some(), "{password}");
        }
        let told = weakness("anna.admin@contoso.com", &OWN);
        assert!(told.is_some_and(|it| it.contains("e-mail address")));
        assert_eq!(weakness("anna.admin@contoso.com", &[]), None);
    }

    #[test]
    fn what_nobody_guesses_is_taken() {
        for password in [
            "Correct-Horse-9",
            "a-long-password-9",
            "another-Horse-10",
            "four-words-are-enough",
            "correct horse battery",
            "Tr0ub4dor&3-and-more",
            "äöü ÄÖÜ und so weiter",
            "kx7#Qv2!mZp9$Lw4",
            "日本語のパスワードはながいほうがいいよ",
        ] {
            assert_eq!(weakness(password, &OWN), None, "{password}");
        }
        assert_eq!(weakness(&"many words ".repeat(90), &OWN), None);
    }

    #[test]
    fn length_counts_characters() {
        for (password, short) in [("ab3kx7qv2mzp9w", true), ("ab3kx7qv2mzp9wt", false)] {
            assert_eq!(weakness(password, &[]).is_some(), short, "{password}");
        }
        let long = "kx7Qv2mZp9Lw4".repeat(100);
        assert!(weakness(&long, &[]).is_some_and(|it| it.contains("shorter")));
        assert!(weakness("with a zero\0byte in it", &[]).is_some());
    }
}
