//! The configuration's texts: inline, from a file, from a secret.

use aws::{secrets::Secrets, sources::ConfigurationTexts};
use relying_party::{configuration::Faults, secret::Secret};

use crate::{
    answering::{Answering, answer, refusal},
    sdk,
};

/// The document and the secret document, and the number of calls to Secrets Manager.
async fn read(
    environment: &[(&str, &str)],
    answers: Vec<String>,
) -> (Result<[Option<String>; 2], Faults>, usize) {
    let service = Answering::start(answers).await;
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let texts = ConfigurationTexts::read(&environment, &Secrets::new(sdk(service.url.clone()))).await;
    let exposed = |text: Option<Secret>| text.map(|text| text.expose().to_owned());
    let texts = texts.map(|texts| [exposed(texts.document), exposed(texts.secret_document)]);
    (texts, service.requests().len())
}

fn secret(text: &str) -> String {
    answer(200, &serde_json::json!({ "SecretString": text }).to_string())
}

/// The lines of the faults.
fn lines(outcome: Result<[Option<String>; 2], Faults>) -> Vec<String> {
    let faults = outcome.err().unwrap();
    faults.0.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn nothing_named_is_nothing_asked() {
    assert_eq!(read(&[("VESTIBULE_CONFIG", "")], vec![secret("no")]).await, (Ok([None, None]), 0));
}

#[tokio::test]
async fn a_document_in_the_variable_is_taken_as_it_is() {
    let outcome = read(&[("VESTIBULE_CONFIG", "{\"client_id\": \"a\"}")], vec![secret("no")]).await;
    assert_eq!(outcome, (Ok([Some("{\"client_id\": \"a\"}".to_owned()), None]), 0));
}

#[tokio::test]
async fn a_document_is_read_from_a_file() {
    let file = std::env::temp_dir().join(format!("vestibule-config-{}.yaml", std::process::id()));
    std::fs::write(&file, "client_id: a\n").unwrap();
    let outcome = read(&[("VESTIBULE_CONFIG", file.to_str().unwrap())], vec![secret("no")]).await;
    std::fs::remove_file(&file).unwrap();
    assert_eq!(outcome, (Ok([Some("client_id: a\n".to_owned()), None]), 0));
}

#[tokio::test]
async fn both_texts_are_read_from_secrets() {
    let environment = [("VESTIBULE_CONFIG", "secret:one"), ("VESTIBULE_SECRET_ID", "two")];
    let outcome = read(&environment, vec![secret("first"), secret("second")]).await;
    assert_eq!(outcome, (Ok([Some("first".to_owned()), Some("second".to_owned())]), 2));
}

#[tokio::test]
async fn every_text_that_is_missing_is_named() {
    let environment = [("VESTIBULE_CONFIG", "no/such/file.yaml"), ("VESTIBULE_SECRET_ID", "none")];
    let (outcome, _) = read(&environment, vec![refusal(400, "ResourceNotFoundException")]).await;
    assert_eq!(
        lines(outcome),
        [
            "VESTIBULE_CONFIG: there is no readable text file at this path",
            "VESTIBULE_SECRET_ID: there is no secret with this id in this account and region, or it has no value",
        ]
    );
}

#[tokio::test]
async fn a_document_whose_secret_may_not_be_read_is_named() {
    let denied = vec![refusal(400, "AccessDeniedException")];
    let (outcome, _) = read(&[("VESTIBULE_CONFIG", "secret:one")], denied).await;
    let line = "VESTIBULE_CONFIG: this secret may not be read (secretsmanager:GetSecretValue, kms:Decrypt)";
    assert_eq!(lines(outcome), [line]);
}
