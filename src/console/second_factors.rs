//! What somebody signs in with beside their password, as an administrator sees it, and taking all of it away.

use poem::Response;

use crate::engine::users::factors::FactorsView;
use crate::http::page::{Link, Problems};
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::user::User;

use super::admin::{Admin, Reading};
use super::person::existing;
use super::views::Confirm;
use super::words::{at, confirmation, counted};

/// What they have, a line each; nothing where there is nothing.
pub(super) async fn lines(admin: &Reading, user: &User) -> Result<Vec<String>, Response> {
    Ok(in_words(&admin.need(admin.engine().enrolled(&user.id).await).await?, admin))
}

fn in_words(known: &FactorsView, admin: &Reading) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(one) = &known.authenticator {
        let since = When::at(one.since, admin.now()).words;
        lines.push(format!("An authenticator, set up {since}"));
    }
    if known.passkeys > 0 {
        lines.push(counted(known.passkeys, "passkey", "passkeys"));
    }
    if known.security_keys > 0 {
        lines.push(format!("{} beside the password", counted(known.security_keys, "security key", "security keys")));
    }
    if known.idle_keys > 0 {
        let keys = counted(known.idle_keys, "security key", "security keys");
        lines.push(format!("{keys}, of no use while every passkey must check who holds it"));
    }
    if let Some(codes) = &known.recovery_codes {
        lines.push(format!("{} of {} recovery codes left", codes.left, codes.of));
    }
    if known.remembered > 0 {
        lines.push(format!("{} in which no code is asked for", counted(known.remembered, "browser", "browsers")));
    }
    lines
}

pub(super) async fn ask(admin: Reading) -> Outcome {
    let view = question(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

async fn question(admin: &Reading, problems: Problems) -> Result<Confirm, Response> {
    let user = existing(admin).await?;
    let mut consequences = lines(admin, &user).await?;
    consequences.iter_mut().for_each(|line| line.push_str(": gone at once."));
    consequences.push(match user.password {
        Some(_) => "Their password alone lets them in, unless more is demanded: then they set up another.".to_owned(),
        None => "They have no password: they need a link to come in again.".to_owned(),
    });
    consequences.push("Their sessions end, and what they gave to applications. They are told by mail.".to_owned());
    consequences.push("Make sure that it is they who ask: this is how strangers get in.".to_owned());
    let (frame, _) = admin.framed().await?;
    Ok(Confirm {
        frame,
        here: "People".to_owned(),
        back: Link::new(&user.display_name(), &at("people", user.id.as_str(), "")),
        headline: format!("Remove the second factors of {}?", user.display_name()),
        consequences,
        typed: user.username.clone(),
        action: at("people", user.id.as_str(), "/second-factors"),
        fields: Vec::new(),
        button: "Remove second factors".to_owned(),
        problems,
    })
}

pub(super) async fn remove(admin: Admin, form: Params) -> Outcome {
    let user = existing(&admin).await?;
    let problems = confirmation(&form, &user.username);
    if problems.any() {
        let view = question(&admin, problems).await?;
        return admin.again(view);
    }
    let actor = admin.proved(&at("people", user.id.as_str(), "/second-factors")).await?;
    admin.need(admin.engine().remove_second_factors(&actor, &admin.caller, &user.id).await).await?;
    admin.done(&at("people", user.id.as_str(), ""), "Their second factors are removed.")
}
