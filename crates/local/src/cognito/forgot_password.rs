//! Serves `/forgotPassword` and `/confirmForgotPassword`.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::StandIn;
use super::directory::{Code, CodeFault, Password, RESET_CODE, is_email, password_fault};
use super::page::{self, Form, FormFault, Interaction, PageMessage, STYLE, Submitted};
use super::sign_up::{NO_ADDRESS, code_fault};

#[derive(Template)]
#[template(path = "cognito/forgot_password.html")]
struct ForgotPassword<'a> {
    style: &'static str,
    form: Form,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "cognito/confirm_forgot_password.html")]
struct ConfirmForgotPassword<'a> {
    style: &'static str,
    form: Form,
    email: &'a str,
    /// The code that the user typed, shown again because a weak password must not use it up.
    code: &'a str,
}

/// GET `/forgotPassword`, with the parameters of `/oauth2/authorize`.
pub(super) async fn show(State(stand_in): State<StandIn>, interaction: Interaction) -> Response {
    form(&stand_in, &interaction, PageMessage::default(), "")
}

/// POST `/forgotPassword`: the response does not reveal whether the account exists.
pub(super) async fn submit(
    State(stand_in): State<StandIn>,
    Submitted { interaction, fields }: Submitted,
) -> Response {
    let email = fields.field("username").trim();
    if !is_email(email) {
        return form(&stand_in, &interaction, PageMessage::fault(NO_ADDRESS), email);
    }
    stand_in.send_reset_code(email);
    page::redirect(&interaction.location("/confirmForgotPassword", Some(email)))
}

/// GET `/confirmForgotPassword`.
pub(super) async fn show_confirm(State(stand_in): State<StandIn>, interaction: Interaction) -> Response {
    confirm_form(&stand_in, &interaction, PageMessage::default(), "")
}

/// POST `/confirmForgotPassword`: sets the password and signs the user in.
pub(super) async fn submit_confirm(
    State(stand_in): State<StandIn>,
    Submitted { interaction, fields }: Submitted,
) -> Response {
    let (code, password) = (fields.field("code").trim(), fields.field("password"));
    if let Some(fault) = password_fault(password) {
        return confirm_form(
            &stand_in,
            &interaction,
            PageMessage::fault(FormFault::at(&["password"], fault)),
            code,
        );
    }
    match stand_in.reset_password(&interaction.username, code, password) {
        Ok(sub) => interaction.signed_in(&stand_in, &sub),
        Err(fault) => confirm_form(&stand_in, &interaction, PageMessage::fault(code_fault(fault)), ""),
    }
}

fn form(stand_in: &StandIn, interaction: &Interaction, message: PageMessage, email: &str) -> Response {
    interaction.show(stand_in, message, None, |form| ForgotPassword { style: STYLE, form, email })
}

fn confirm_form(stand_in: &StandIn, interaction: &Interaction, message: PageMessage, code: &str) -> Response {
    let email = interaction.username.as_str();
    interaction.show(stand_in, message, Some(email), |form| ConfirmForgotPassword {
        style: STYLE,
        form,
        email,
        code,
    })
}

impl StandIn {
    /// Sends a code to an active user, and nothing to anybody else.
    fn send_reset_code(&self, email: &str) {
        let digits = self.digits();
        let expires_at = self.now() + RESET_CODE;
        let mut state = self.state();
        let Some(user) = state.directory.by_email(email).filter(|user| user.active()) else {
            return;
        };
        user.reset_code = Some(Code::new(digits.clone(), expires_at));
        let to = user.email.clone();
        drop(state);
        self.send(&to, "Your password reset code", &digits);
    }

    fn reset_password(&self, email: &str, digits: &str, password: &str) -> Result<String, CodeFault> {
        let now = self.now();
        let password = Password::new(password, self.random());
        let mut state = self.state();
        let user = state.directory.by_email(email).filter(|user| user.active()).ok_or(CodeFault::Wrong)?;
        user.reset_code.as_mut().ok_or(CodeFault::Wrong)?.check(digits, now)?;
        user.reset_code = None;
        user.password = password;
        Ok(user.sub.clone())
    }
}
