//! What an application may read.

use std::collections::BTreeSet;

/// Application permissions of Microsoft Graph, by their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::demo_idp) enum GraphPermission {
    DirectoryReadAll,
    DomainReadAll,
    GroupReadAll,
    GroupMemberReadAll,
    MemberReadHidden,
    OrganizationReadAll,
    UserReadAll,
    UserReadBasicAll,
}

/// What somebody may see of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UserSight {
    Nothing,
    /// Names and addresses.
    Basic,
    Everything,
}

impl GraphPermission {
    pub(in crate::demo_idp) const ALL: [Self; 8] = [
        Self::DirectoryReadAll,
        Self::DomainReadAll,
        Self::GroupReadAll,
        Self::GroupMemberReadAll,
        Self::MemberReadHidden,
        Self::OrganizationReadAll,
        Self::UserReadAll,
        Self::UserReadBasicAll,
    ];

    pub(in crate::demo_idp) const fn name(self) -> &'static str {
        match self {
            Self::DirectoryReadAll => "Directory.Read.All",
            Self::DomainReadAll => "Domain.Read.All",
            Self::GroupReadAll => "Group.Read.All",
            Self::GroupMemberReadAll => "GroupMember.Read.All",
            Self::MemberReadHidden => "Member.Read.Hidden",
            Self::OrganizationReadAll => "Organization.Read.All",
            Self::UserReadAll => "User.Read.All",
            Self::UserReadBasicAll => "User.ReadBasic.All",
        }
    }

    pub(in crate::demo_idp) const fn description(self) -> &'static str {
        match self {
            Self::DirectoryReadAll => "Read directory data",
            Self::DomainReadAll => "Read domains",
            Self::GroupReadAll => "Read all groups",
            Self::GroupMemberReadAll => "Read all group memberships",
            Self::MemberReadHidden => "Read all hidden memberships",
            Self::OrganizationReadAll => "Read organization information",
            Self::UserReadAll => "Read all users' full profiles",
            Self::UserReadBasicAll => "Read all users' basic profiles",
        }
    }

    pub(in crate::demo_idp) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// What a token opens.
#[derive(Debug, Clone, Default)]
pub(super) struct GrantedPermissions(pub(super) BTreeSet<GraphPermission>);

impl GrantedPermissions {
    pub(super) fn has_any(&self, names: &[GraphPermission]) -> bool {
        names.iter().any(|it| self.0.contains(it))
    }

    pub(super) fn users(&self) -> UserSight {
        use GraphPermission as P;
        if self.has_any(&[P::UserReadAll, P::DirectoryReadAll]) {
            UserSight::Everything
        } else if self.has_any(&[P::UserReadBasicAll]) {
            UserSight::Basic
        } else {
            UserSight::Nothing
        }
    }

    pub(super) fn reads_groups(&self) -> bool {
        use GraphPermission as P;
        self.has_any(&[P::GroupMemberReadAll, P::GroupReadAll, P::DirectoryReadAll])
    }

    /// Whether the groups of a user may be asked for.
    pub(super) fn reads_memberships(&self) -> bool {
        self.users() != UserSight::Nothing && self.reads_groups()
    }
}
