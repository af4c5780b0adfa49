//! What the macros of `templates/console/parts.html` take that is more than text.

/// An option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) value: String,
    pub(super) text: String,
    pub(super) chosen: bool,
}

impl Item {
    /// Options, of which the one with this value is chosen.
    pub(super) fn list<V, T>(options: impl IntoIterator<Item = (V, T)>, chosen: &str) -> Vec<Self>
    where
        V: Into<String>,
        T: Into<String>,
    {
        options
            .into_iter()
            .map(|(value, text)| {
                let value = value.into();
                Self {
                    chosen: value == chosen,
                    text: text.into(),
                    value,
                }
            })
            .collect()
    }

    /// The first option, which stands for no choice.
    pub(super) fn nothing(text: &str, chosen: &str) -> Self {
        Self {
            value: String::new(),
            text: text.to_owned(),
            chosen: chosen.is_empty(),
        }
    }
}
