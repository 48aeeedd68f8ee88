//! Serves `/signup` and `/confirmUser`.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::StandIn;
use super::directory::{Code, CodeFault, Password, SIGN_UP_CODE, User, is_email, password_fault};
use super::page::{self, Form, FormFault, Interaction, PageMessage, STYLE, Submitted};
use super::parameters::Parameters;

pub(super) const NO_ADDRESS: FormFault = FormFault::at(&["username"], "That is not an email address.");

#[derive(Template)]
#[template(path = "cognito/sign_up.html")]
struct SignUp<'a> {
    style: &'static str,
    form: Form,
    email: &'a str,
    given_name: &'a str,
    family_name: &'a str,
}

#[derive(Template)]
#[template(path = "cognito/confirm_user.html")]
struct ConfirmUser<'a> {
    style: &'static str,
    form: Form,
    email: &'a str,
}

/// GET `/signup`, with the parameters of `/oauth2/authorize`.
pub(super) async fn show(State(stand_in): State<StandIn>, interaction: Interaction) -> Response {
    form(&stand_in, &interaction, PageMessage::default(), &Parameters::default())
}

/// POST `/signup`: creates an unconfirmed user and sends the code.
pub(super) async fn submit(
    State(stand_in): State<StandIn>,
    Submitted { interaction, fields }: Submitted,
) -> Response {
    if let Some(fault) = stand_in.sign_up(&fields) {
        return form(&stand_in, &interaction, PageMessage::fault(fault), &fields);
    }
    let email = fields.field("username").trim();
    stand_in.send_sign_up_code(email);
    page::redirect(&interaction.location("/confirmUser", Some(email)))
}

/// GET `/confirmUser`.
pub(super) async fn show_confirm(State(stand_in): State<StandIn>, interaction: Interaction) -> Response {
    confirm_form(&stand_in, &interaction, PageMessage::default())
}

/// POST `/confirmUser`: checks the code, or sends another one if asked. A right code signs the user in.
pub(super) async fn submit_confirm(
    State(stand_in): State<StandIn>,
    Submitted { interaction, fields }: Submitted,
) -> Response {
    if fields.field("action") == "resend" {
        stand_in.send_sign_up_code(&interaction.username);
        return confirm_form(&stand_in, &interaction, PageMessage::note("Another code was sent."));
    }
    match stand_in.confirm(&interaction.username, fields.field("code").trim()) {
        Ok(sub) => interaction.signed_in(&stand_in, &sub),
        Err(fault) => confirm_form(&stand_in, &interaction, PageMessage::fault(code_fault(fault))),
    }
}

/// The message that a form shows about a wrong code.
pub(super) fn code_fault(fault: CodeFault) -> FormFault {
    let text = match fault {
        CodeFault::Wrong => "Invalid verification code provided, please try again.",
        CodeFault::Expired => "The code has expired. Ask for another one.",
        CodeFault::Spent => "Attempt limit exceeded. Ask for another code.",
    };
    FormFault::at(&["code"], text)
}

fn form(
    stand_in: &StandIn,
    interaction: &Interaction,
    message: PageMessage,
    fields: &Parameters,
) -> Response {
    interaction.show(stand_in, message, None, |form| SignUp {
        style: STYLE,
        form,
        email: fields.field("username"),
        given_name: fields.field("given_name"),
        family_name: fields.field("family_name"),
    })
}

fn confirm_form(stand_in: &StandIn, interaction: &Interaction, message: PageMessage) -> Response {
    let email = interaction.username.as_str();
    interaction.show(stand_in, message, Some(email), |form| ConfirmUser { style: STYLE, form, email })
}

impl StandIn {
    /// Adds an unconfirmed user, or returns the fault of the fields.
    fn sign_up(&self, fields: &Parameters) -> Option<FormFault> {
        let name =
            |field| Some(fields.field(field).trim()).filter(|name| !name.is_empty() && name.len() <= 400);
        let email = fields.field("username").trim();
        if !is_email(email) {
            return Some(NO_ADDRESS);
        }
        let names = "Given name and family name are required.";
        let (given_name, family_name) = match (name("given_name"), name("family_name")) {
            (Some(given_name), Some(family_name)) => (given_name, family_name),
            (None, Some(_)) => return Some(FormFault::at(&["given_name"], names)),
            (Some(_), None) => return Some(FormFault::at(&["family_name"], names)),
            (None, None) => return Some(FormFault::at(&["given_name", "family_name"], names)),
        };
        if let Some(fault) = password_fault(fields.field("password")) {
            return Some(FormFault::at(&["password"], fault));
        }
        let user = User {
            sub: self.uuid(),
            email: email.to_owned(),
            email_verified: false,
            given_name: given_name.to_owned(),
            family_name: family_name.to_owned(),
            groups: Vec::new(),
            enabled: true,
            confirmed: false,
            password: Password::new(fields.field("password"), self.random()),
            sign_up_code: None,
            reset_code: None,
        };
        let mut state = self.state();
        if state.directory.by_email(email).is_some() {
            return Some(FormFault::at(&["username"], "An account with the given email already exists."));
        }
        state.directory.add(user);
        None
    }

    /// Sends a code to an unconfirmed user, and nothing to anybody else.
    pub(super) fn send_sign_up_code(&self, email: &str) {
        let digits = self.digits();
        let expires_at = self.now() + SIGN_UP_CODE;
        let mut state = self.state();
        let Some(user) = state.directory.by_email(email).filter(|user| !user.confirmed) else {
            return;
        };
        user.sign_up_code = Some(Code::new(digits.clone(), expires_at));
        let to = user.email.clone();
        drop(state);
        self.send(&to, "Your verification code", &digits);
    }

    fn confirm(&self, email: &str, digits: &str) -> Result<String, CodeFault> {
        let now = self.now();
        let mut state = self.state();
        let user = state.directory.by_email(email).filter(|user| !user.confirmed && user.enabled);
        let user = user.ok_or(CodeFault::Wrong)?;
        user.sign_up_code.as_mut().ok_or(CodeFault::Wrong)?.check(digits, now)?;
        user.sign_up_code = None;
        user.confirmed = true;
        user.email_verified = true;
        Ok(user.sub.clone())
    }
}
