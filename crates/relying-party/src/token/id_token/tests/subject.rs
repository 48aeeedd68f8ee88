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
fn wrongly_typed_descriptions_count_as_absent() {
    assert_eq!(checked(&good().claim("cognito:username", 5)).unwrap().username, None);
    assert_eq!(checked(&good().claim("email", json!(["a"]))).unwrap().email, None);
    for none in [json!({}), json!("")] {
        assert_eq!(checked(&good().claim("sid", none)).unwrap().sid, None);
    }
    for groups in [json!(["a", 5]), json!([{ "id": 1 }]), json!({ "a": 1 }), json!(true)] {
        assert_eq!(checked(&good().claim("cognito:groups", groups)).unwrap().groups, Vec::<String>::new());
    }
}
