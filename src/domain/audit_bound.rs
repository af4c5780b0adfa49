//! How much of a change an entry of the audit log keeps.
//!
//! Invariant: an entry is bounded, whatever was changed; what differs is told before what is the same, and what is cut says so.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// The most octets of what a change says of before, or of now, as JSON.
const CHANGE: usize = 4_096;
/// The most characters of a text, while there is room for so many.
const TEXT: usize = 1_000;
/// The fewest: below that, members are left out.
const LEAST: usize = 60;

/// Bounds both sides of a change.
pub(super) fn bound(before: &mut Option<Value>, after: &mut Option<Value>) {
    if size(before.as_ref()) <= CHANGE && size(after.as_ref()) <= CHANGE {
        return;
    }
    if let (Some(Value::Object(before)), Some(Value::Object(after))) = (&mut *before, &mut *after) {
        for (name, was) in before {
            if let Some(is) = after.get_mut(name) {
                keep_differences(was, is);
            }
        }
    }
    for side in [before, after] {
        cut_members(side);
    }
}

/// A text of so many characters at the most.
pub(super) fn cut(text: &str, most: usize) -> String {
    let Some((at, _)) = text.char_indices().nth(most) else {
        return text.to_owned();
    };
    let (kept, rest) = text.split_at(at);
    format!("{kept}… ({} more characters)", rest.chars().count())
}

fn size(side: Option<&Value>) -> usize {
    side.map_or(0, |value| value.to_string().len())
}

/// Of two lists, what the other one does not have; lists are arrays, or texts with commas.
fn keep_differences(was: &mut Value, is: &mut Value) {
    match (&mut *was, &mut *is) {
        (Value::String(was), Value::String(is)) => {
            let (old, new) = (items(was), items(is));
            let (before, after) = (different(&old, &new), different(&new, &old));
            (*was, *is) = (before.join(", "), after.join(", "));
        }
        (Value::Array(was), Value::Array(is)) => {
            let (before, after) = (different(was, is), different(is, was));
            (*was, *is) = (before, after);
        }
        _ => {}
    }
}

fn items(text: &str) -> Vec<String> {
    text.split(", ").map(str::to_owned).collect()
}

/// The items that the other list does not have, and how many it has as well.
fn different<T: Clone + Eq + std::hash::Hash + From<String>>(of: &[T], other: &[T]) -> Vec<T> {
    let other: HashSet<&T> = other.iter().collect();
    let mut kept: Vec<T> = of
        .iter()
        .filter(|it| !other.contains(it))
        .cloned()
        .collect();
    let same = of.len() - kept.len();
    if same > 0 {
        kept.push(format!("{same} unchanged").into());
    }
    kept
}

fn cut_members(side: &mut Option<Value>) {
    let mut most = TEXT;
    while size(side.as_ref()) > CHANGE && most >= LEAST {
        if let Some(Value::Object(members)) = side {
            for value in members.values_mut() {
                cut_value(value, most);
            }
        }
        most /= 2;
    }
    if size(side.as_ref()) > CHANGE
        && let Some(Value::Object(members)) = side
    {
        leave_out(members);
    }
}

fn cut_value(value: &mut Value, most: usize) {
    match value {
        Value::String(text) => *text = cut(text, most),
        Value::Array(items) => {
            for item in items.iter_mut() {
                cut_value(item, most);
            }
            let room = most / LEAST;
            if items.len() > room {
                let more = items.len() - room;
                items.truncate(room);
                items.push(format!("and {more} more").into());
            }
        }
        _ => {}
    }
}

/// Keeps as many members as there is room for.
fn leave_out(members: &mut Map<String, Value>) {
    let mut room = CHANGE;
    let before = members.len();
    members.retain(|name, value| {
        let takes = name.len() + value.to_string().len() + 8;
        let fits = takes <= room;
        if fits {
            room -= takes;
        }
        fits
    });
    let left_out = before - members.len();
    members.insert("…".to_owned(), format!("{left_out} more").into());
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_small_change_stays_as_it_is() {
        let (before, after) = (json!({"a": "x, y"}), json!({"a": "x, y, z"}));
        let (mut one, mut other) = (Some(before.clone()), Some(after.clone()));
        bound(&mut one, &mut other);
        assert_eq!((one, other), (Some(before), Some(after)));
    }

    #[test]
    fn of_a_long_list_the_difference_is_kept() {
        let mapping = |from: usize, to: usize| {
            let all: Vec<String> = (from..to)
                .map(|it| format!("{it:036}=Group {it}"))
                .collect();
            all.join(", ")
        };
        let mut before = Some(json!({"group_mapping": mapping(0, 400)}));
        let mut after = Some(json!({"group_mapping": mapping(1, 401)}));
        bound(&mut before, &mut after);
        let told = |number: usize| {
            Some(json!({"group_mapping": format!("{number:036}=Group {number}, 399 unchanged")}))
        };
        assert_eq!((before, after), (told(0), told(400)));
    }

    #[test]
    fn what_is_too_much_is_cut_and_says_so() {
        for side in [
            json!({"text": "ä".repeat(100_000), "other": "x"}),
            json!({"list": vec!["x".repeat(300); 5_000], "other": "x"}),
            (0..2_000)
                .map(|it| (format!("{it}"), "x".repeat(90).into()))
                .collect::<Map<_, _>>()
                .into(),
            json!({"deep": {"in": vec!["x"; 9_000]}, "other": "x"}),
        ] {
            let (mut before, mut after) = (None, Some(side));
            bound(&mut before, &mut after);
            let kept = after.unwrap().to_string();
            assert!(kept.len() <= CHANGE + 64, "{}", kept.len());
            assert!(kept.contains("more"), "{kept}");
        }
    }
}
