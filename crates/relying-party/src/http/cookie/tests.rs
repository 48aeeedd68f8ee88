use proptest::prelude::*;

use super::*;

fn headers(fields: &[&str]) -> Headers {
    Headers::new(fields.iter().map(|field| ("Cookie".to_owned(), (*field).to_owned())).collect())
}

fn pairs(headers: &Headers) -> Vec<(&str, &str)> {
    Cookies::parse(headers).iter().collect()
}

fn is_ours(name: &str) -> bool {
    name == "__Host-app" || name == "__Host-landed"
}

fn kept(fields: &[&str]) -> Option<String> {
    without(&headers(fields), is_ours)
}

#[test]
fn no_field_has_no_cookies() {
    assert_eq!(pairs(&headers(&[])), []);
}

#[test]
fn cookies_are_read_in_order_over_several_fields() {
    let headers = Headers::new(vec![
        ("Cookie".to_owned(), "b=1; a=2".to_owned()),
        ("x-other".to_owned(), "c=3".to_owned()),
        ("COOKIE".to_owned(), "d=4".to_owned()),
        ("cookie".to_owned(), String::new()),
        ("cookie".to_owned(), "a=5".to_owned()),
    ]);
    assert_eq!(pairs(&headers), [("b", "1"), ("a", "2"), ("d", "4"), ("a", "5")]);
}

#[test]
fn blanks_around_names_and_values_are_not_part_of_them() {
    let headers = headers(&[" a\t= 1 ;b=2;\tc =\t3\t"]);
    assert_eq!(pairs(&headers), [("a", "1"), ("b", "2"), ("c", "3")]);
}

#[test]
fn quotes_are_part_of_the_value() {
    let headers = headers(&[r#"a="1"; b="; c=" 3 ""#]);
    assert_eq!(pairs(&headers), [("a", r#""1""#), ("b", "\""), ("c", r#"" 3 ""#)]);
}

#[test]
fn a_value_may_be_empty_and_may_have_equals_signs() {
    let headers = headers(&["a=; b=1=2==; c=="]);
    assert_eq!(pairs(&headers), [("a", ""), ("b", "1=2=="), ("c", "=")]);
}

#[test]
fn a_part_without_a_name_is_skipped() {
    let headers = headers(&["=1; a; ; ;; \t=2; __Host-app; b=3;"]);
    assert_eq!(pairs(&headers), [("b", "3")]);
}

#[test]
fn names_differ_by_case() {
    let headers = headers(&["__host-app=1; __HOST-APP=2"]);
    assert_eq!(Cookies::parse(&headers).sole("__Host-app"), Presented::Absent);
}

#[test]
fn one_cookie_of_a_name_is_the_one() {
    let headers = headers(&["a=1; app=2; apple=3"]);
    assert_eq!(Cookies::parse(&headers).sole("app"), Presented::One("2"));
}

#[test]
fn two_cookies_of_a_name_are_several_even_when_they_are_equal() {
    for fields in [&["a=1; a=2"][..], &["a=1; a=1"], &["a=1", "a=1"], &["a=; a"], &["a=1; b=2; a=; a=3"]] {
        let expected = if fields == ["a=; a"] { Presented::One("") } else { Presented::Several };
        assert_eq!(Cookies::parse(&headers(fields)).sole("a"), expected, "{fields:?}");
    }
}

#[test]
fn a_cookie_is_set_with_its_fixed_attributes() {
    let text = set_cookie("__Host-app", "v", Attributes::default());
    assert_eq!(text, "__Host-app=v; Path=/; Secure; HttpOnly; SameSite=Lax");
}

#[test]
fn a_cookie_is_set_for_a_time_and_a_domain() {
    let attributes = Attributes { max_age: Some(900), domain: Some("example.com") };
    assert_eq!(
        set_cookie("__Secure-app", "v", attributes),
        "__Secure-app=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=900; Domain=example.com"
    );
}

#[test]
fn a_negative_time_is_none() {
    let attributes = Attributes { max_age: Some(-1), domain: None };
    assert_eq!(set_cookie("a", "v", attributes), "a=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
}

#[test]
fn a_cookie_is_expired_as_it_was_set() {
    assert_eq!(expire("__Host-app", None), "__Host-app=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    assert_eq!(
        expire("__Secure-app", Some("example.com")),
        "__Secure-app=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; Domain=example.com"
    );
}

#[test]
fn nothing_is_left_of_no_cookies_and_of_only_ours() {
    assert_eq!(kept(&[]), None);
    assert_eq!(kept(&[""]), None);
    assert_eq!(kept(&["__Host-app=1"]), None);
    assert_eq!(kept(&["__Host-app=1; __Host-landed=2", "__Host-app=3"]), None);
}

#[test]
fn ours_are_taken_out_wherever_they_stand() {
    for field in ["__Host-app=1; a=1; b=2", "a=1; __Host-app=1; b=2", "a=1; b=2; __Host-app=1"] {
        assert_eq!(kept(&[field]).as_deref(), Some("a=1; b=2"), "{field}");
    }
    assert_eq!(kept(&["__Host-app=1; __Host-landed=1;a=1"]).as_deref(), Some("a=1"));
}

#[test]
fn every_copy_of_ours_is_taken_out_however_it_is_spaced() {
    for part in
        ["__Host-app=1", " __Host-app =1", "\t__Host-app\t=", "__Host-app", " __Host-app ", "__Host-app=1=2"]
    {
        assert_eq!(kept(&[&format!("a=1;{part}; b=2;{part}")]).as_deref(), Some("a=1; b=2"), "{part:?}");
    }
}

#[test]
fn other_cookies_stay_byte_for_byte() {
    for field in [
        "a=1",
        "a=1;b=2",
        "a = 1 ;  b=\"2; c\" ;\td=%20;;e",
        "=1; nameless; a=1=2; \u{e9}=\u{fc}",
        "a=1;",
        "z=1; a=2; z=3",
        "__host-app=1; __Host-app.x=2; x__Host-app=3",
    ] {
        assert_eq!(kept(&[field]).as_deref(), Some(field), "{field:?}");
    }
}

#[test]
fn several_fields_become_one_in_order() {
    assert_eq!(kept(&["a=1;b=2", " c=3"]).as_deref(), Some("a=1;b=2; c=3"));
    assert_eq!(kept(&["__Host-app=1", "c=3", "__Host-app=2;a=1"]).as_deref(), Some("c=3; a=1"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn a_reader_of_the_rest_finds_every_other_cookie_and_none_of_ours(
        fields in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(vec!["__Host-app", "__Host-landed", "a", "b", "=", ";", " ", "\t", "\"", "1"]),
                0..20,
            ),
            0..4,
        ),
    ) {
        let fields: Vec<String> = fields.iter().map(|parts| parts.concat()).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let before = headers(&fields);
        let expected: Vec<_> = pairs(&before).into_iter().filter(|(name, _)| !is_ours(name)).collect();
        let left = kept(&fields).unwrap_or_default();
        let left = headers(&[&left]);
        prop_assert_eq!(pairs(&left), expected);
    }

    #[test]
    fn no_text_panics(fields in prop::collection::vec(any::<String>(), 0..3)) {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let headers = headers(&fields);
        let cookies = Cookies::parse(&headers);
        for (name, _) in cookies.iter() {
            prop_assert!(!name.is_empty());
            let is_sole = cookies.iter().filter(|(other, _)| *other == name).count() == 1;
            prop_assert_eq!(matches!(cookies.sole(name), Presented::One(_)), is_sole);
        }
    }

    #[test]
    fn a_value_that_is_set_is_read_again(name in "[A-Za-z0-9_.-]{1,20}", value in "[A-Za-z0-9_-]{0,50}") {
        let text = set_cookie(&name, &value, Attributes::default());
        let headers = headers(&[text.split(';').next().unwrap_or_default()]);
        prop_assert_eq!(Cookies::parse(&headers).sole(&name), Presented::One(value.as_str()));
    }
}
