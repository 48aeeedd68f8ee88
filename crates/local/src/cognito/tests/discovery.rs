use super::super::IssuerForm;
use super::*;

const ORIGINAL: &str = "http://127.0.0.1:8410/us-east-1_LocalPool";
const UPDATED: &str = "http://127.0.0.1:8410/issuer-cognito-idp/us-east-1_LocalPool";

async fn document(issuer: &str) -> Value {
    let path = issuer.strip_prefix("http://127.0.0.1:8410").unwrap();
    StandInTest::new().get(&format!("{path}/.well-known/openid-configuration")).await.json()
}

async fn kids(test: &mut StandInTest) -> Vec<String> {
    let jwks = test.get("/us-east-1_LocalPool/.well-known/jwks.json").await.json();
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn each_issuer_has_a_document_that_names_itself() {
    for issuer in [ORIGINAL, UPDATED] {
        let document = document(issuer).await;
        assert_eq!(document["issuer"], issuer);
        assert_eq!(document["jwks_uri"], format!("{issuer}/.well-known/jwks.json"));
        assert_eq!(document["token_endpoint"], "http://127.0.0.1:8410/oauth2/token");
        assert_eq!(document["end_session_endpoint"], "http://127.0.0.1:8410/logout");
    }
}

#[tokio::test]
async fn end_session_endpoint_can_be_left_out() {
    let mut test = StandInTest::with(|options| options.end_session_in_discovery = false);
    let document = test.get("/us-east-1_LocalPool/.well-known/openid-configuration").await.json();
    assert_eq!(document.get("end_session_endpoint"), None);
}

#[tokio::test]
async fn another_pool_is_404() {
    for path in
        ["/us-east-1_Another/.well-known/openid-configuration", "/us-east-1_Another/.well-known/jwks.json"]
    {
        assert_eq!(StandInTest::new().get(path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn tokens_can_be_issued_under_the_updated_issuer() {
    let mut test = StandInTest::with(|options| options.issuer_form = IssuerForm::Updated);
    let tokens = test.tokens(&[]).await;
    assert_eq!(claims(&tokens, "id_token")["iss"], UPDATED);
    test.stand_in.set_issuer_form(IssuerForm::Original);
    assert_eq!(test.stand_in.issuer(), ORIGINAL);
}

#[tokio::test]
async fn id_and_access_tokens_are_signed_by_different_published_keys() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let kid = |name: &str| part(tokens[name].as_str().unwrap(), 0)["kid"].as_str().unwrap().to_owned();
    assert_eq!(kids(&mut test).await, [kid("id_token"), kid("access_token")]);
    assert_ne!(kid("id_token"), kid("access_token"));
    assert_eq!(
        part(tokens["id_token"].as_str().unwrap(), 0).as_object().unwrap().len(),
        2,
        "kid and alg, no typ"
    );
}

#[tokio::test]
async fn a_published_key_has_what_a_verifier_needs() {
    let jwks = StandInTest::new().get("/us-east-1_LocalPool/.well-known/jwks.json").await.json();
    let key = &jwks["keys"][0];
    assert_eq!(
        (&key["alg"], &key["kty"], &key["use"], &key["e"]),
        (&json!("RS256"), &json!("RSA"), &json!("sig"), &json!("AQAB"))
    );
    assert_eq!(URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap().len(), 256);
}

#[tokio::test]
async fn an_independent_library_verifies_the_tokens_with_the_jwks() {
    let mut test = StandInTest::new();
    let tokens = test.tokens(&[]).await;
    let jwks = test.get("/us-east-1_LocalPool/.well-known/jwks.json").await.json();
    for (index, name) in ["id_token", "access_token"].into_iter().enumerate() {
        let (message, signature) = tokens[name].as_str().unwrap().rsplit_once('.').unwrap();
        let key = |member: &str| jwks["keys"][index][member].as_str().unwrap().to_owned();
        let key = jsonwebtoken::DecodingKey::from_rsa_components(&key("n"), &key("e")).unwrap();
        let verifier = (jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.verifier_factory)(
            &jsonwebtoken::Algorithm::RS256,
            &key,
        );
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        assert!(verifier.unwrap().verify(message.as_bytes(), &signature).is_ok(), "{name}");
    }
}

#[tokio::test]
async fn rotated_keys_sign_and_the_old_ones_stay_until_dropped() {
    let mut test = StandInTest::new();
    let before = kids(&mut test).await;
    let old = test.tokens(&[]).await;
    test.stand_in.rotate_keys().unwrap();
    let after = kids(&mut test).await;
    assert_eq!((after.len(), &after[2..]), (4, before.as_slice()));
    let new = test.tokens(&[("prompt", "login")]).await;
    assert_eq!(part(new["id_token"].as_str().unwrap(), 0)["kid"], after[0]);
    assert_eq!(test.user_info(old["access_token"].as_str().unwrap()).await.status, StatusCode::OK);
    test.stand_in.drop_old_keys();
    assert_eq!(kids(&mut test).await, after[..2]);
    assert_eq!(test.user_info(old["access_token"].as_str().unwrap()).await.status, StatusCode::UNAUTHORIZED);
}
