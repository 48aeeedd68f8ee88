//! Lists the intrinsic functions by the sections of a template that accept them. A function that this program
//! cannot evaluate fails when its value is requested.

/// Functions that return a value. Resources and outputs accept them.
pub(super) const VALUES: [&str; 13] = [
    "Ref",
    "Fn::Base64",
    "Fn::Cidr",
    "Fn::FindInMap",
    "Fn::GetAZs",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::ImportValue",
    "Fn::Join",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::Transform",
];

/// Conditions can use parameters and mappings, but no value that only a deployment knows. The reference omits `Join`,
/// `Select` and `Split`, but AWS's own templates use them in conditions.
pub(super) const CONDITIONS: [&str; 11] = [
    "Condition",
    "Ref",
    "Fn::And",
    "Fn::Equals",
    "Fn::FindInMap",
    "Fn::Join",
    "Fn::Not",
    "Fn::Or",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
];

/// "You can use the following functions within all other rule-specific functions: Ref, other rule-specific functions."
pub(super) const RULES: [&str; 11] = [
    "Ref",
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

/// Tells whether any section accepts a function of this name.
pub(super) fn is_known(name: &str) -> bool {
    VALUES.iter().chain(&CONDITIONS).chain(&RULES).any(|known| *known == name)
}
