use super::*;

const NEW: [(&str, &str); 4] = [
    ("username", "new@example.com"),
    ("given_name", "New"),
    ("family_name", "User"),
    ("password", "Loopback-3"),
];

fn new_with(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    NEW.into_iter().map(|field| if field.0 == name { (name, value) } else { field }).collect()
}

/// The page that asks for the code.
async fn signed_up(test: &mut StandInTest) -> Answer {
    let page = test.get(&format!("/signup?{}", query_with(&[]))).await;
    let answer = test.submit(&page, &NEW).await;
    let location = answer.location().to_owned();
    assert!(location.starts_with("/confirmUser?"), "{location}");
    test.get(&location).await
}

async fn refused(fields: &[(&str, &str)], says: &str) {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/signup?{}", query_with(&[]))).await;
    let answer = test.submit(&page, fields).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains(says), "{}", answer.text);
    assert_eq!(test.stand_in.mailbox(), []);
}

#[tokio::test]
async fn the_emailed_code_confirms_signs_in_and_leads_back() {
    let mut test = StandInTest::new();
    let page = signed_up(&mut test).await;
    let code = test.last_code();
    let back = test.submit(&page, &[("code", &code), ("action", "confirm")]).await;
    let tokens = test.token(&exchange(&back.callback("code"))).await.json();
    let id = claims(&tokens, "id_token");
    assert_eq!((&id["email"], &id["email_verified"]), (&json!("new@example.com"), &json!(true)));
    assert_eq!((&id["given_name"], &id["family_name"]), (&json!("New"), &json!("User")));
    assert_eq!(id.get("cognito:groups"), None);
}

#[tokio::test]
async fn a_wrong_code_is_refused_and_the_sixth_guess_too_much() {
    let mut test = StandInTest::new();
    let page = signed_up(&mut test).await;
    for _ in 0..5 {
        let answer = test.submit(&page, &[("code", "x")]).await;
        assert!(answer.text.contains("Invalid verification code provided"));
    }
    let code = test.last_code();
    let answer = test.submit(&page, &[("code", &code)]).await;
    assert!(answer.text.contains("Attempt limit exceeded"));
}

#[tokio::test]
async fn a_code_expires_after_a_day() {
    let mut test = StandInTest::new();
    let location = signed_up(&mut test).await.action();
    test.advance(86_400);
    let page = test.get(&location).await;
    let code = test.last_code();
    assert!(test.submit(&page, &[("code", &code)]).await.text.contains("has expired"));
}

#[tokio::test]
async fn another_code_replaces_the_first() {
    let mut test = StandInTest::new();
    let page = signed_up(&mut test).await;
    let first = test.last_code();
    let page = test.submit(&page, &[("action", "resend")]).await;
    assert!(page.text.contains("Another code was sent."));
    let second = test.last_code();
    assert_ne!(first, second);
    assert_eq!(test.submit(&page, &[("code", &first)]).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(test.submit(&page, &[("code", &second)]).await.callback("state"), "the-state");
}

#[tokio::test]
async fn an_unconfirmed_user_who_signs_in_is_asked_for_a_new_code() {
    let mut test = StandInTest::new();
    signed_up(&mut test).await;
    let answer = test.sign_in(&[], "new@example.com", "Loopback-3").await;
    assert!(answer.location().starts_with("/confirmUser?"));
    assert_eq!(test.stand_in.mailbox().len(), 2);
}

#[tokio::test]
async fn an_address_that_has_an_account_is_refused() {
    refused(&new_with("username", "Admin@Example.com"), "An account with the given email already exists.")
        .await;
}

#[tokio::test]
async fn a_text_that_is_no_address_is_refused() {
    refused(&new_with("username", "new"), "That is not an email address.").await;
}

#[tokio::test]
async fn both_names_are_required() {
    refused(&new_with("given_name", " "), "Given name and family name are required.").await;
    refused(&new_with("family_name", ""), "Given name and family name are required.").await;
}

#[tokio::test]
async fn a_weak_password_is_refused_with_what_it_lacks() {
    refused(&new_with("password", "Loop-1"), "at least 8 characters").await;
    refused(&new_with("password", "loopback-1"), "upper-case and a lower-case").await;
    refused(&new_with("password", "Loopback--"), "a digit").await;
    refused(&new_with("password", "Loopback11"), "a special character").await;
}

#[tokio::test]
async fn the_form_comes_back_escaped_and_without_the_password() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/signup?{}", query_with(&[]))).await;
    let fields =
        [("username", "new"), ("given_name", "<b>"), ("family_name", "User"), ("password", "Loopback-3")];
    let answer = test.submit(&page, &fields).await;
    assert!(answer.text.contains("value=\"&#60;b&#62;\""), "{}", answer.text);
    assert!(!answer.text.contains("Loopback-3"));
}

#[tokio::test]
async fn the_mailer_is_told_and_the_mailbox_page_lists_it() {
    let told = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tells = Arc::clone(&told);
    let mut test = StandInTest::with(move |options| {
        options.mail = Arc::new(move |mail| tells.lock().unwrap().push(mail.clone()));
    });
    signed_up(&mut test).await;
    assert_eq!(*told.lock().unwrap(), test.stand_in.mailbox());
    let code = test.last_code();
    let page = test.get("/_local/mailbox").await;
    assert!(page.text.contains("new@example.com") && page.text.contains(&code));
    let json = test
        .browse(Request::get("/_local/mailbox").header("accept", "application/json"), String::new())
        .await;
    assert_eq!(json.json()[0]["code"], code);
}

#[tokio::test]
async fn a_forgotten_password_is_reset_with_the_code() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/forgotPassword?{}", query_with(&[]))).await;
    let sent = test.submit(&page, &[("username", "guest@example.com")]).await;
    let page = test.get(sent.location()).await;
    let code = test.last_code();
    let weak = test.submit(&page, &[("code", &code), ("password", "weak")]).await;
    assert!(weak.text.contains("at least 8 characters"));
    let wrong = test.submit(&page, &[("code", "x"), ("password", "Loopback-4")]).await;
    assert!(wrong.text.contains("Invalid verification code provided"));
    let back = test.submit(&page, &[("code", &code), ("password", "Loopback-4")]).await;
    assert_eq!(back.callback("state"), "the-state");
    let again = test.submit(&page, &[("code", &code), ("password", "Loopback-5")]).await;
    assert!(again.text.contains("Invalid verification code provided"), "a code is good once");
    test.cookies.clear();
    let old = test.sign_in(&[], "guest@example.com", "Loopback-2").await;
    assert_eq!(old.status, StatusCode::BAD_REQUEST);
    assert_eq!(test.sign_in(&[], "guest@example.com", "Loopback-4").await.callback("state"), "the-state");
}

#[tokio::test]
async fn a_forgotten_password_of_nobody_looks_the_same_and_sends_nothing() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/forgotPassword?{}", query_with(&[]))).await;
    let sent = test.submit(&page, &[("username", "nobody@example.com")]).await;
    assert!(sent.location().starts_with("/confirmForgotPassword?"));
    assert_eq!(test.stand_in.mailbox(), []);
}

/// The `<input>` of the page with this name.
fn input<'a>(page: &'a Answer, name: &str) -> &'a str {
    let (_, rest) =
        page.text.split_once(&format!("<input id=\"{name}\"")).unwrap_or_else(|| panic_with(&page.text));
    rest.split('>').next().unwrap_or_default()
}

#[tokio::test]
async fn an_error_is_bound_to_the_field_at_fault_which_has_the_focus() {
    for (path, fields, at_fault, others) in [
        ("/signup", new_with("password", "short"), &["password"][..], &["username", "given_name"][..]),
        ("/signup", new_with("username", "Admin@Example.com"), &["username"], &["password", "given_name"]),
        ("/signup", new_with("family_name", " "), &["family_name"], &["username", "given_name", "password"]),
        ("/login", vec![("username", "a@b"), ("password", "x")], &["password", "username"], &[]),
        ("/forgotPassword", vec![("username", "nobody")], &["username"], &[]),
        ("/confirmUser", vec![("code", "x")], &["code"], &[]),
        ("/confirmForgotPassword", vec![("code", "123456"), ("password", "weak")], &["password"], &["code"]),
        ("/confirmForgotPassword", vec![("code", "x"), ("password", "Loopback-4")], &["code"], &["password"]),
    ] {
        let mut test = StandInTest::new();
        let page = test.get(&format!("{path}?{}&username=guest%40example.com", query_with(&[]))).await;
        let answer = test.submit(&page, &fields).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {fields:?}");
        for name in at_fault {
            let field = input(&answer, name);
            assert!(field.contains(r#"aria-invalid="true""#), "{path} {name}: {field}");
            assert!(field.contains(r#"aria-describedby="form-error"#), "{path} {name}: {field}");
        }
        assert!(input(&answer, at_fault[0]).contains("autofocus"), "{path}: {}", answer.text);
        for name in others {
            let field = input(&answer, name);
            assert!(
                !field.contains("aria-invalid") && !field.contains("form-error"),
                "{path} {name}: {field}"
            );
        }
        assert_eq!(answer.text.matches("autofocus").count(), 1, "{path}");
    }
}

#[tokio::test]
async fn a_weak_password_does_not_cost_the_code() {
    let mut test = StandInTest::new();
    let page = test.get(&format!("/confirmForgotPassword?{}&username=a%40b", query_with(&[]))).await;
    let answer = test.submit(&page, &[("code", "123456"), ("password", "weak")]).await;
    assert!(input(&answer, "code").contains(r#"value="123456""#), "{}", answer.text);
}

#[tokio::test]
async fn the_address_that_is_printed_leads_on_and_so_does_every_error() {
    let mut test = StandInTest::new();
    let start = test.get("/").await;
    assert_eq!(start.status, StatusCode::OK);
    for shown in [
        "/_local/mailbox",
        "guest@example.com",
        "Loopback-2",
        "openid-configuration",
        "http://localhost:8400/",
    ] {
        assert!(start.text.contains(shown), "{shown}: {}", start.text);
    }
    for path in ["/nowhere", "/login", "/logout"] {
        assert!(test.get(path).await.text.contains(r#"<a href="/">"#), "{path}");
    }
    let page = test.get(&format!("/login?{}", query_with(&[]))).await;
    test.advance(301);
    let expired = test.submit(&page, &[("username", "a@b"), ("password", "x")]).await;
    assert!(expired.text.contains(r#"<a href="/login?"#), "{}", expired.text);
}
