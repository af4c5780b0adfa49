//! What each setting of a connection is called on pages, and what it does in a sentence.

/// A setting, for people.
#[derive(Debug, Clone, Copy)]
pub struct SettingText {
    /// Its name in commands and in the API.
    pub key: &'static str,
    /// Its name on pages.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub hint: &'static str,
}

const fn setting(key: &'static str, label: &'static str, hint: &'static str) -> SettingText {
    SettingText { key, label, hint }
}

/// Every setting of a connection, in the order of the pages.
pub const SETTINGS: &[SettingText] = &[
    setting(
        "display_name",
        "Display name",
        "What users see on the sign-in page.",
    ),
    setting(
        "name",
        "Name",
        "Short name in addresses and commands. Links that start this sign-in hold it.",
    ),
    setting(
        "sort_order",
        "Sort order",
        "Its place on the sign-in page, lower first.",
    ),
    setting(
        "enabled",
        "Enabled",
        "Whether users can sign in through it.",
    ),
    setting(
        "idp_entity_id",
        "Microsoft Entra Identifier",
        "The identity provider's entity ID, exactly as it writes it. Other providers call it Issuer or Entity ID.",
    ),
    setting(
        "sso_post_url",
        "Login URL (POST)",
        "Where users are sent to sign in, with the POST binding.",
    ),
    setting(
        "sso_redirect_url",
        "Login URL (Redirect)",
        "Where users are sent to sign in, with the Redirect binding.",
    ),
    setting(
        "slo_url",
        "Logout URL",
        "Where users are sent when they sign out here, if single logout is on.",
    ),
    setting(
        "issuer",
        "Provider",
        "The provider's issuer, as its discovery document names it. For Entra ID it follows from the Directory (tenant) ID.",
    ),
    setting(
        "provider_addresses",
        "Provider's addresses",
        "What the provider's discovery document says, as it is in force.",
    ),
    setting(
        "held_addresses",
        "Addresses that are held",
        "Addresses at another host than before: they are used when an administrator has accepted them.",
    ),
    setting(
        "application_keys",
        "Keys of the application",
        "Whether Entra ID signs with a key of this application alone, as it does with a claims mapping policy.",
    ),
    setting(
        "client_id",
        "Client ID",
        "Our name at the provider. Entra ID calls it Application (client) ID.",
    ),
    setting(
        "client_secret",
        "Client secret",
        "When it was set, and until when the provider takes it. What it is, is shown nowhere.",
    ),
    setting(
        "client_keys",
        "Key pairs",
        "In the place of a secret: the thumbprints of their certificates, the one in use first. The private keys are shown nowhere.",
    ),
    setting(
        "redirect_uris",
        "Redirect URIs",
        "The last parts of the addresses that the provider answers to, the one that is sent first.",
    ),
    setting(
        "client_authentication",
        "Client authentication",
        "How we show the provider's token endpoint who we are: a secret in the body or in a header, or an assertion by a key pair.",
    ),
    setting(
        "assertion_audience",
        "Audience of assertions",
        "For whom an assertion by a key pair is: the provider's issuer, or its token endpoint where the provider demands that. At Entra ID it is always the token endpoint.",
    ),
    setting(
        "scopes",
        "Scopes",
        "What is asked for beside openid: profile and email give the name and the address.",
    ),
    setting(
        "check_again",
        "Check again while signed in",
        "Every so many minutes the provider is asked whether the sign-in still counts; who is disabled there is signed out here. It asks users for lasting access (offline_access).",
    ),
    setting(
        "domain_hint",
        "Domain hint",
        "Leads Entra ID's page to the accounts of this domain of yours at once; organizations means work accounts of any. It proves nothing.",
    ),
    setting(
        "response_mode",
        "Response mode",
        "How the provider's answer travels through the browser.",
    ),
    setting(
        "userinfo",
        "Userinfo endpoint",
        "Whether it is asked as well, for what the ID token does not have. Entra's has less than its ID token.",
    ),
    setting(
        "accepted_audiences",
        "Further audiences of ID tokens",
        "Accepted beside the client ID.",
    ),
    setting(
        "accepted_acr",
        "Accepted acr values",
        "Asks for these ways to sign in, and takes no other. Leave it empty with Entra ID.",
    ),
    setting(
        "user_name_as_email",
        "User name as e-mail address",
        "Takes preferred_username where the provider sends no e-mail address.",
    ),
    setting(
        "adopt_from",
        "Take people over from SAML",
        "The name of this company's SAML connection to the same tenant. Who signed in through it gets the same account here, by the object ID.",
    ),
    setting(
        "name_id_format",
        "Name Id Format",
        "The format that sign-ins must have. Entra ID sends the e-mail address unless you change its claim.",
    ),
    setting(
        "binding",
        "Binding Options for Requests",
        "How the browser carries our request to the identity provider. Both work with Entra ID.",
    ),
    setting(
        "certificates",
        "x.509 Certificate",
        "The certificates that sign-ins may be signed with.",
    ),
    setting(
        "jit_group",
        "Just-In-Time User Provisioning",
        "Makes an account at the first sign-in, in this permission group.",
    ),
    setting(
        "name_id_policy",
        "Ask for a Name Id Format",
        "Asks the identity provider for this format. Entra ID then ignores the format in its portal.",
    ),
    setting(
        "requested_authn_context",
        "Requested authentication context",
        "Asks for these ways to sign in, one on each line, and refuses every other. Leave it empty with Entra ID: passwordless sign-ins fail otherwise (AADSTS75011).",
    ),
    setting(
        "accepted_authn_context",
        "Accepted authentication context",
        "Takes these ways to sign in only, one on each line, without asking for them. Empty takes any.",
    ),
    setting(
        "max_authentication_age",
        "Longest time since the sign-in",
        "How many seconds ago the user may have signed in at the identity provider, such as 28800 for 8 hours. Empty does not ask.",
    ),
    setting(
        "force_authn",
        "Ask for credentials each time",
        "The identity provider has to ask for the password again, even when the user is signed in there. An answer that says otherwise is refused.",
    ),
    setting(
        "sign_requests",
        "Sign requests",
        "Signs the requests that we send. Needed only when the identity provider verifies them; Entra's My Apps and Test button fail then.",
    ),
    setting(
        "required_signature",
        "Required signature",
        "What has to be signed. The assertion that is used is always covered by a signature.",
    ),
    setting(
        "certificate_validity",
        "Certificates that have expired",
        "What happens when a sign-in is signed with a certificate outside its validity.",
    ),
    setting(
        "clock_skew_seconds",
        "Clock skew",
        "How many seconds the identity provider's clock may be off, 0 to 300.",
    ),
    setting(
        "authn_statement",
        "AuthnStatement",
        "Whether a sign-in must say how and when the user signed in. Keycloak can be set to leave that out.",
    ),
    setting(
        "extra_audiences",
        "Further audiences",
        "Accepted beside our Identifier (Entity ID), one on each line.",
    ),
    setting(
        "unsolicited",
        "Sign-ins that nobody asked for",
        "What happens when the identity provider starts the sign-in, as a tile without a Sign on URL does.",
    ),
    setting(
        "landing",
        "Landing page",
        "A path of this site, such as /welcome, where an accepted sign-in of that kind ends.",
    ),
    setting(
        "trust_email_claim",
        "Trust the e-mail claim",
        "Your directory's people cannot change the e-mail address that it sends. Needed where it differs from the NameID, as mail and user name may. People link to accounts by it.",
    ),
    setting(
        "guests",
        "Allow guests",
        "Makes and links accounts with e-mail addresses outside of the company's domains.",
    ),
    setting(
        "identity_attribute",
        "Identity attribute",
        "The attribute that never changes for a user. Empty takes the object identifier, else the NameID.",
    ),
    setting(
        "attributes.email",
        "E-mail attribute",
        "Attribute names that may hold the e-mail address, one on each line; the first one present counts.",
    ),
    setting(
        "attributes.first_name",
        "First name attribute",
        "Attribute names that may hold the first name, one on each line.",
    ),
    setting(
        "attributes.last_name",
        "Last name attribute",
        "Attribute names that may hold the last name, one on each line.",
    ),
    setting(
        "attributes.display_name",
        "Display name attribute",
        "Attribute names that may hold the whole name, one on each line.",
    ),
    setting(
        "attributes.company",
        "Company attribute",
        "Attribute names that may hold the company's name, one on each line.",
    ),
    setting(
        "attributes.object_id",
        "Object identifier attribute",
        "Attribute names that may hold the directory's own key of the user, one on each line.",
    ),
    setting(
        "attributes.groups",
        "Groups attribute",
        "Attribute names that may hold the groups, one on each line.",
    ),
    setting(
        "attributes.groups_overage",
        "Too-many-groups attribute",
        "Attribute names that say the groups were too many to list (Entra ID: more than 150).",
    ),
    setting(
        "attributes.further",
        "Further attributes",
        "What else is kept of a user for applications, each under a name of your own.",
    ),
    setting(
        "groups_missing",
        "A sign-in without groups",
        "What it says when the group claim does not come. Entra ID sends no claim at all for a user in no group.",
    ),
    setting(
        "groups_overflow",
        "Too many groups to list",
        "What happens when a user is in more groups than the identity provider lists.",
    ),
    setting(
        "groups_overflow_hours",
        "Keep groups for so many hours",
        "How long groups are kept then, since they were last listed. After that they are taken away. Empty keeps them without an end.",
    ),
    setting(
        "group_mapping",
        "Group mapping",
        "A value of the group claim, and the permission group that it stands for. With Entra ID the value is the group's Object ID.",
    ),
    setting(
        "single_logout",
        "Single logout",
        "Signing out here signs the user out at the identity provider as well.",
    ),
    setting(
        "slo_binding",
        "Binding for logout",
        "How logout messages travel. Entra ID takes Redirect only.",
    ),
    setting(
        "slo_response_url",
        "Logout response URL",
        "Where answers to logout requests go, when it is not the Logout URL.",
    ),
    setting(
        "slo_post_url",
        "Logout URL (POST)",
        "Where logout messages go by the POST binding, when the identity provider has an address for each binding.",
    ),
    setting(
        "slo_post_response_url",
        "Logout response URL (POST)",
        "Where answers to logout requests go by the POST binding, when it is not the Logout URL (POST).",
    ),
    setting(
        "metadata_url",
        "Metadata URL",
        "Where the identity provider publishes its metadata. When a sign-in is signed by an unknown key, this server looks there and tells you whether the key is in it.",
    ),
    setting(
        "directory",
        "Directory",
        "Whose directory is looked into, what it is asked with, and whether its groups and people are followed.",
    ),
    setting(
        "danger_allow_sha1",
        "Accept SHA-1 signatures",
        "SHA-1 signatures can be forged with enough work: whoever does that signs in as anybody. Let the identity provider sign with SHA-256 instead.",
    ),
    setting(
        "danger_accept_cbc",
        "Accept AES-CBC in a response that is not signed",
        "What is encrypted with AES-CBC can be changed unnoticed and, with enough tries, read by whoever has the message. For AD FS, switch encryption off instead: Set-AdfsRelyingPartyTrust -TargetName NAME -EncryptClaims $false.",
    ),
];
