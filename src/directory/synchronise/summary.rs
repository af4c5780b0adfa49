//! What a synchronisation has changed, in one sentence.

/// Counts of what was done.
#[derive(Debug, Default)]
pub(super) struct SyncSummary {
    pub(super) made: usize,
    pub(super) linked: usize,
    pub(super) renamed: usize,
    pub(super) detached: usize,
    pub(super) given: usize,
    pub(super) taken: usize,
    pub(super) switched_off: usize,
    pub(super) switched_on: usize,
}

impl SyncSummary {
    pub(super) fn sentence(&self) -> String {
        let parts = [
            (self.made, "permission groups made"),
            (self.linked, "permission groups taken over"),
            (self.renamed, "renamed"),
            (self.detached, "detached"),
            (self.given, "memberships given"),
            (self.taken, "taken"),
            (self.switched_off, "users deactivated"),
            (self.switched_on, "activated again"),
        ];
        let told: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if told.is_empty() {
            "Nothing has changed.".to_owned()
        } else {
            format!("{}.", told.join(", "))
        }
    }
}
