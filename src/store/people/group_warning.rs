//! What a sign-in's groups are warned of (rules F5 and S2), with what to do. `group_claim.rs` says when.

use crate::domain::FlowRequirement;

/// What lets a person in and is worth a look: the sign-in is shown with a warning.
#[derive(Debug)]
pub(in crate::store) struct GroupWarning {
    pub(in crate::store) requirement: FlowRequirement,
    /// What is the matter, to go on with after "with a warning: ".
    pub(in crate::store) text: &'static str,
    /// What to do about it.
    pub(in crate::store) advice: &'static [&'static str],
}

pub(super) const NOT_SENT: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the identity provider sent no groups, and groups are mapped",
    advice: &[
        "Let the identity provider send the groups. Entra ID: Attributes & Claims, Add a group claim.",
        "If it sends them by another name, enter that name in the connection's settings, Claims, Groups.",
    ],
};
pub(super) const TOO_MANY: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the person is in more groups than the identity provider lists, so that groups stay as they are",
    advice: &[
        "Entra ID: in Attributes & Claims, open the group claim and choose \"Groups assigned to the application\". Entra ID lists no more than 150 groups.",
    ],
};
pub(super) const LAPSED: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the person is in more groups than the identity provider lists, and groups were taken that it has not listed for too long",
    advice: &[
        "Entra ID: in Attributes & Claims or Token configuration, open the group claim and choose \"Groups assigned to the application\".",
        "Or let this connection keep groups for longer: its settings, Claims, \"Keep groups for so many hours\".",
    ],
};
pub(super) const LAST_ADMINISTRATOR: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "the person is the last administrator, and keeps a group that the identity provider no longer gives",
    advice: &[
        "Make somebody else an administrator. The next sign-in of this person then takes the group away.",
    ],
};
pub(super) const NONE_MAPPED: GroupWarning = GroupWarning {
    requirement: FlowRequirement::Groups,
    text: "none of the groups that came is mapped to a permission group",
    advice: &[
        "Compare the values that came with the connection's group mapping. Entra ID sends the Object ID of a group, not its name, if nothing else is chosen.",
    ],
};
