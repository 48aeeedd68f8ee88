//! Translates the requirements of a plugin, and of the other plugins on the route, for a signed-in user.

use relying_party::configuration::kong::Verdict;

use crate::document::Node;
use crate::entity::Entities;
use crate::protection::{Need, Protection, SignIn};
use crate::reading::oidc;
use crate::verdicts::Verdicts;

use super::Plugin;

/// The keys, and Kong's parameters with the same meaning.
const PAIRS: [(&str, &str); 4] = [
    ("scopes_required", "scopes_claim"),
    ("audience_required", "audience_claim"),
    ("groups_required", "groups_claim"),
    ("roles_required", "roles_claim"),
];

/// The group that stands for Kong's consumers, who are users known to the operator.
pub(crate) const CONSUMERS_GROUP: &str = "consumers";

/// The other plugins on a route.
#[derive(Default)]
pub(crate) struct OtherPlugins<'e> {
    /// The settings of an `acl` plugin.
    pub(crate) acl: Option<&'e Node>,
    /// Whether Kong's `cors` answers preflights, so that neither `openid-connect` nor the application gets them.
    pub(crate) cors_answers: bool,
    /// Plugins that only let some requests pass.
    pub(crate) restricting: Vec<String>,
    /// Plugins that change requests or responses.
    pub(crate) changing: Vec<String>,
    pub(crate) anonymous: Anonymous,
}

/// The outcome of requests as the consumer that `anonymous` names.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Anonymous {
    #[default]
    Passes,
    /// A plugin on the consumer may refuse or change them.
    Refused,
    /// Unknown, because no file has this consumer.
    Unknown,
}

/// The requirement on a route with the plugin.
pub(crate) fn protection(
    plugin: &Plugin<'_>,
    others: &OtherPlugins<'_>,
    entities: &Entities,
    verdicts: &mut Verdicts,
) -> Protection {
    let mut protection = Protection::sign_in();
    for (key, claim) in PAIRS {
        let alternatives = alternatives(&plugin.list(key));
        if !alternatives.is_empty() {
            protection.need(key, Need { alternatives, claim: plugin.list(claim) });
        } else if let Some(node) = plugin.config.get(key) {
            verdicts.record(node, Verdict::Always, "nothing is required");
        }
        verdicts.record(
            plugin.config.get(claim).filter(|_| plugin.config.get(key).is_none()),
            Verdict::Always,
            "nothing is required of this claim",
        );
    }
    access_list(plugin, others, &mut protection, verdicts);
    consumers(plugin, entities, &mut protection, verdicts);
    unsaid(plugin, others, &mut protection);
    protection.preflight_passes = preflight_passes(plugin, others, verdicts);
    if let Some(node) = plugin.config.get("anonymous").filter(|_| anonymous_of(plugin.config).is_some()) {
        if others.anonymous == Anonymous::Refused {
            verdicts.record(
                node,
                Verdict::Mapped,
                "a plugin refuses or changes requests of the anonymous consumer, so sign-in is required",
            );
        } else if let Some(other) = others.changing.first() {
            verdicts.record(
                node,
                Verdict::NeedsYou,
                &format!("sign-in is required: `{other}` changes the requests of users who are not signed in, or the responses to them, and nothing here does that"),
            );
        } else if others.anonymous == Anonymous::Unknown {
            verdicts.record(
                node,
                Verdict::NeedsYou,
                "none of the files has this consumer, and a plugin on it may refuse requests, so sign-in is required; bring it, or write `auth: optional`",
            );
        } else if protection.needs.is_empty() && protection.closed.is_none() {
            protection.sign_in = SignIn::Optional;
        } else {
            verdicts.record(
                node,
                Verdict::NeedsYou,
                "sign-in is required: otherwise users who are not signed in would bypass the requirements",
            );
        }
    }
    protection
}

/// The consumer that `anonymous` names. An empty name is none.
pub(crate) fn anonymous_of(config: &Node) -> Option<&str> {
    config.text_of("anonymous").filter(|name| !name.is_empty())
}

/// Whether the application gets a preflight without sign-in in Kong, as it is sent. `cors` answers it first unless
/// `preflight_continue` is set, `acl` refuses it, and other plugins may change it.
fn preflight_passes(plugin: &Plugin<'_>, others: &OtherPlugins<'_>, verdicts: &mut Verdicts) -> bool {
    if plugin.flag("run_on_preflight") != Some(false) {
        return false;
    }
    let passes = !others.cors_answers && others.acl.is_none() && others.changing.is_empty();
    verdicts.record(plugin.config.get("run_on_preflight").filter(|_| !passes), Verdict::NeedsYou, "another plugin answers, refuses or changes preflights in Kong, so they need sign-in here; write `preflight: pass` only where the application does nothing else on `OPTIONS`");
    passes
}

/// The entries are alternatives; the words in an entry are all required.
fn alternatives(entries: &[String]) -> Vec<Vec<String>> {
    let words = |entry: &String| entry.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    entries.iter().map(words).filter(|words| !words.is_empty()).collect()
}

fn access_list(
    plugin: &Plugin<'_>,
    others: &OtherPlugins<'_>,
    protection: &mut Protection,
    verdicts: &mut Verdicts,
) {
    let Some(acl) = others.acl else {
        verdicts.record(
            plugin.config.get("authenticated_groups_claim"),
            Verdict::Always,
            "no `acl` plugin asks for groups",
        );
        return;
    };
    let one_of = |name: &str| acl.texts_of(name).into_iter().map(|group| vec![group]).collect::<Vec<_>>();
    let mut allowed = one_of("allow");
    allowed.extend(one_of("whitelist"));
    let denied: Vec<Vec<String>> = ["deny", "blacklist"].iter().flat_map(|name| one_of(name)).collect();
    if !denied.is_empty() {
        for name in ["deny", "blacklist"] {
            verdicts.replace(
                acl.get(name),
                Verdict::NeedsYou,
                "no key refuses the members of a group; name those who may come in with `groups_required`",
            );
        }
        protection
            .closed
            .get_or_insert_with(|| "the `acl` plugin refuses groups, which has no counterpart".to_owned());
    }
    if !allowed.is_empty() {
        let claim = plugin.list("authenticated_groups_claim");
        let is_of_token = !claim.is_empty() && (!has_consumers(plugin) || always_of_token(acl));
        verdicts.record(plugin.config.get("authenticated_groups_claim").filter(|_| !is_of_token), Verdict::NeedsYou, "the `acl` plugin asks for the groups of the consumer in Kong; here they are in `groups_claim`, and nothing reads this claim");
        let claim = if is_of_token { claim } else { plugin.list("groups_claim") };
        protection.need("groups_required", Need { alternatives: allowed, claim });
    }
}

fn has_consumers(plugin: &Plugin<'_>) -> bool {
    let list_has = |name: &str| plugin.config.get(name).is_some_and(|node| !node.entries().is_empty());
    list_has("consumer_claims") || list_has("consumer_claim")
}

/// Whether an `acl` plugin uses the groups in the token even if there is a consumer with groups of its own.
fn always_of_token(acl: &Node) -> bool {
    acl.flag_of("always_use_authenticated_groups") == Some(true)
}

/// Kong refuses a user who is not a consumer, unless `consumer_optional` is set. Here a group contains the
/// known users.
fn consumers(plugin: &Plugin<'_>, entities: &Entities, protection: &mut Protection, verdicts: &mut Verdicts) {
    let list_has = |name: &str| plugin.config.get(name).is_some_and(|node| !node.entries().is_empty());
    let known = has_consumers(plugin) && plugin.flag("consumer_optional") != Some(true);
    let principals =
        plugin.config.get("principals").is_some_and(|node| node.flag_of("enabled") == Some(true));
    if known || principals {
        let text =
            "put Kong's consumers into the group `consumers` at the provider; `groups_required` requires it";
        for name in ["consumer_claim", "consumer_claims", "principals"] {
            verdicts.record(plugin.config.get(name), Verdict::NeedsYou, text);
        }
        let alternatives = vec![vec![CONSUMERS_GROUP.to_owned()]];
        protection.need("groups_required", Need { alternatives, claim: plugin.list("groups_claim") });
    }
    if !list_has("consumer_groups_claim") || plugin.flag("consumer_groups_optional") == Some(true) {
        return;
    }
    let alternatives: Vec<Vec<String>> =
        entities.consumer_groups.iter().map(|group| vec![group.clone()]).collect();
    if alternatives.is_empty() {
        protection.closed.get_or_insert_with(|| {
            "`consumer_groups_claim` asks for one of Kong's consumer groups, and the input has none"
                .to_owned()
        });
        return;
    }
    verdicts.record(
        plugin.config.get("consumer_groups_claim"),
        Verdict::Mapped,
        "`groups_claim` and `groups_required` of the rule, with the names of the consumer groups",
    );
    protection.need("groups_required", Need { alternatives, claim: plugin.list("consumer_groups_claim") });
}

/// A plugin that only lets some requests pass, and has no counterpart here, closes the route.
fn unsaid(plugin: &Plugin<'_>, others: &OtherPlugins<'_>, protection: &mut Protection) {
    for name in ["claims_forbidden", "domains"] {
        if !plugin.list(name).is_empty() {
            protection.closed.get_or_insert_with(|| {
                format!("`{name}` lets only some users in, which has no counterpart yet")
            });
        }
    }
    if others.restricting.iter().any(|name| name == oidc::OIDC) {
        protection.closed.get_or_insert_with(|| oidc::CLOSED.to_owned());
    }
    if let Some(other) = others.restricting.first() {
        protection.closed.get_or_insert_with(|| {
            format!("the plugin `{other}` may let only some requests pass, and nothing here does that")
        });
    }
}
