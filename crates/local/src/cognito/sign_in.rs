//! Serves `/login`, the sign-in page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::StandIn;
use super::page::{self, Form, FormFault, Interaction, PageMessage, STYLE, Submitted};

const WRONG: FormFault = FormFault::at(&["password", "username"], "Incorrect username or password.");

#[derive(Template)]
#[template(path = "cognito/sign_in.html")]
struct SignIn<'a> {
    style: &'static str,
    form: Form,
    email: &'a str,
}

/// GET `/login`, with the parameters of `/oauth2/authorize`.
pub(super) async fn show(State(stand_in): State<StandIn>, interaction: Interaction) -> Response {
    let email = interaction.request.login_hint.clone().unwrap_or_default();
    form(&stand_in, &interaction, PageMessage::default(), &email)
}

/// POST `/login`.
pub(super) async fn submit(
    State(stand_in): State<StandIn>,
    Submitted { interaction, fields }: Submitted,
) -> Response {
    let (email, password) = (fields.field("username").trim(), fields.field("password"));
    let found = stand_in.state().directory.by_email(email).cloned();
    // All three cases show the same text, as with PreventUserExistenceErrors.
    let Some(user) = found.filter(|user| user.password.is(password) && user.enabled) else {
        return form(&stand_in, &interaction, PageMessage::fault(WRONG), email);
    };
    if user.confirmed {
        return interaction.signed_in(&stand_in, &user.sub);
    }
    stand_in.send_sign_up_code(&user.email);
    page::redirect(&interaction.location("/confirmUser", Some(&user.email)))
}

fn form(stand_in: &StandIn, interaction: &Interaction, message: PageMessage, email: &str) -> Response {
    interaction.show(stand_in, message, None, |form| SignIn { style: STYLE, form, email })
}
