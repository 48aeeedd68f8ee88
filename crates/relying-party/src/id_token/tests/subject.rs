use super::*;

#[test]
fn sub_must_be_a_text_of_at_most_255_bytes() {
    assert_eq!(refusal(&good().without_claim("sub")), missing("sub"));
    assert_eq!(refusal(&good().claim("sub", "")), missing("sub"));
    assert_eq!(refusal(&good().claim("sub", 5)), wrong_type("sub"));
    assert!(checked(&good().claim("sub", "s".repeat(255))).is_ok());
    assert_eq!(refusal(&good().claim("sub", "s".repeat(256))), wrong_type("sub"));
}

#[test]
fn wrongly_typed_descriptions_are_refused() {
    assert_eq!(refusal(&good().claim("cognito:username", 5)), wrong_type("cognito:username"));
    assert_eq!(refusal(&good().claim("email", json!(["a"]))), wrong_type("email"));
    assert_eq!(refusal(&good().claim("sid", json!({}))), wrong_type("sid"));
    assert_eq!(refusal(&good().claim("cognito:groups", json!(["a", 5]))), wrong_type("groups"));
    assert_eq!(refusal(&good().claim("cognito:groups", json!({ "a": 1 }))), wrong_type("groups"));
}
