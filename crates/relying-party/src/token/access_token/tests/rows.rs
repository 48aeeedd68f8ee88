use super::*;

#[test]
fn the_row_is_chosen_by_the_exact_issuer() {
    let rows = [other_row(), cognito_row()];
    assert_eq!(select_row(Some(ISSUER), &rows), Ok(&cognito_row()));
    assert_eq!(select_row(Some(OTHER_ISSUER), &rows), Ok(&other_row()));
}

#[test]
fn an_issuer_in_any_other_spelling_has_no_row() {
    let rows = [other_row(), cognito_row()];
    let without_slash = OTHER_ISSUER.trim_end_matches('/');
    for issuer in
        [without_slash, "", "https://attacker.example", &ISSUER.to_uppercase(), &format!("{ISSUER}/")]
    {
        assert!(matches!(select_row(Some(issuer), &rows), Err(AccessTokenRefusal::UnknownIssuer(_))));
    }
    assert!(matches!(select_row(None, &rows), Err(AccessTokenRefusal::UnknownIssuer(_))));
    assert!(matches!(select_row(Some(ISSUER), &[]), Err(AccessTokenRefusal::UnknownIssuer(_))));
}

#[test]
fn a_token_of_another_row_is_refused() {
    assert!(matches!(check_with(&good(), &other_row()), Err(AccessTokenRefusal::UnknownIssuer(_))));
    assert!(matches!(check_with(&profiled(), &cognito_row()), Err(AccessTokenRefusal::UnknownIssuer(_))));
}

#[test]
fn a_row_that_would_accept_everybody_accepts_nobody() {
    let empty = BearerIssuer { client_ids: Vec::new(), ..cognito_row() };
    assert_eq!(check_with(&good(), &empty), Err(AccessTokenRefusal::RowWithoutAudience));
    let clients_only = BearerIssuer { audiences: Vec::new(), client_ids: texts(&["spa"]), ..other_row() };
    assert_eq!(check_with(&profiled(), &clients_only), Err(AccessTokenRefusal::RowWithoutAudience));
}
