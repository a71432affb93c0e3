//! `/admin/mail`: the mail server, tried before it is saved, and what waits for it.

use crate::base::secret::Secret;
use crate::engine::outbox::Outbox;
use crate::http::csrf;
use crate::http::desk::see_other;
use crate::http::edge::DEADLINE;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::views::Tone;
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::mail::{Patience, Sender, Stage, TRIAL, Trial, try_out};
use crate::model::audit::AuditRecord;
use crate::model::mail::{MailServer as Server, OutboxLetter};
use crate::model::settings::SmtpSecurity;

use super::admin::{Admin, Reading};
use super::views::{GivenUpRow, Mail, MailFacts, MailServer, StageRow, TrialView, WaitingRow};
use super::words::{counted, typed};

// Whoever tries a server out is told how far the try came, not that a page took too long.
const _: () = assert!(TRIAL.as_secs() + 3 <= DEADLINE.as_secs());

/// Where the form is.
const FORM: &str = "/admin/mail/server";

pub(super) async fn show(admin: Reading) -> Outcome {
    let view = page(&admin, None).await?;
    Ok(admin.show(view))
}

async fn page(admin: &Reading, trial: Option<TrialView>) -> Result<Mail, poem::Response> {
    let server = admin.need(admin.engine().mail_server().await).await?;
    let Outbox { waiting, refused, given_up } = admin.need(admin.engine().outbox(&admin.reader).await).await?;
    let (frame, _) = admin.framed().await?;
    Ok(Mail {
        frame,
        server: server.map(|server| facts(&server, admin.engine().operators_mail().is_some())),
        to: own_address(admin),
        trial,
        waiting: match waiting {
            0 => String::new(),
            1 => "1 letter waits".to_owned(),
            some => format!("{some} letters wait"),
        },
        refused: refused.iter().map(|letter| waiting_row(admin, letter)).collect(),
        given_up: given_up.iter().map(|record| given_up_row(admin, record)).collect(),
        problems: Problems::none(),
    })
}

fn own_address(admin: &Reading) -> String {
    admin.signed_in().and_then(|current| current.user().email.clone()).unwrap_or_default()
}

fn facts(server: &Server, operators: bool) -> MailFacts {
    let security = match server.security {
        SmtpSecurity::Tls => "TLS from the start",
        SmtpSecurity::Starttls => "STARTTLS",
        SmtpSecurity::None => "None: it is on this machine",
    };
    let place = format!("{}, port {}", server.host, server.port);
    MailFacts { place, security, username: server.username.clone(), from: server.from.clone(), operators }
}

fn waiting_row(admin: &Reading, letter: &OutboxLetter) -> WaitingRow {
    WaitingRow {
        to: letter.to.clone(),
        tries: counted(letter.failures as usize, "time", "times"),
        said: letter.last_error.clone().unwrap_or_default(),
        next: When::at(letter.next_at, admin.now()),
    }
}

fn given_up_row(admin: &Reading, record: &AuditRecord) -> GivenUpRow {
    let detail = |name: &str| record.details.get(name).cloned().unwrap_or_default();
    let about = about(&detail("letter")).unwrap_or("A letter that cannot be read");
    GivenUpRow { to: detail("to"), about, said: detail("reason"), at: When::at(record.at, admin.now()) }
}

/// What a letter of a [kind](crate::model::mail::Letter::kind) is about.
fn about(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "reset_password" => "A link for a new password",
        "invitation" => "An invitation",
        "registration" => "A link to make an account",
        "account_there" => "Word of an account they have",
        "verify_address" => "A link to confirm an address",
        "sign_in_code" => "A code to sign in with",
        "new_device" => "Word of a sign-in",
        "acting_began" => "Word of an administrator who acts",
        "account_changed" => "Word of a change",
        _ => return None,
    })
}

/// Sends a test through the server that is used now.
pub(super) async fn test(admin: Admin, form: Params) -> Outcome {
    let Some(server) = admin.need(admin.engine().mail_server().await).await? else {
        return Ok(see_other("/admin/mail"));
    };
    let to = typed(&form, "to").trim().to_owned();
    if !to.contains('@') {
        let problems = Problems::of("to", NO_ADDRESS);
        let view = Mail { to, problems, ..page(&admin, None).await? };
        return admin.again(view);
    }
    let trial = tried(&admin, &server, &to).await?;
    let view = Mail { to, ..page(&admin, Some(trial)).await? };
    Ok(admin.show(view))
}

const NO_ADDRESS: &str = "Enter the address the test shall go to.";

async fn tried(admin: &Admin, server: &Server, to: &str) -> Result<TrialView, poem::Response> {
    let settings = admin.need(admin.engine().settings().await).await?;
    let origin = csrf::origin_of(&admin.engine().identity().issuer).unwrap_or_default();
    let id = format!("test-{}", admin.desk.chance());
    let sender = Sender::new(&settings.name, &origin);
    let trial = try_out(server, Patience::within(TRIAL), &sender, to, &id, admin.now()).await;
    Ok(trial_view(server, to, &trial))
}

fn trial_view(server: &Server, to: &str, trial: &Trial) -> TrialView {
    let worked = trial.failure.is_none();
    let row = |stage: Stage| {
        let failure = trial.failure.as_ref().filter(|failure| failure.stage == stage);
        let tone = match failure {
            Some(failure) if failure.in_doubt => Tone::Warn,
            Some(_) => Tone::Bad,
            None if trial.passed.contains(&stage) => Tone::Good,
            None => Tone::Plain,
        };
        let (said, hint) =
            failure.map_or_else(Default::default, |failure| (failure.said.clone(), failure.hint.clone()));
        StageRow { words: in_words(stage), tone, said, hint }
    };
    let in_doubt = trial.failure.as_ref().is_some_and(|failure| failure.in_doubt);
    let (tone, headline) = match (worked, in_doubt) {
        (true, _) => (Tone::Good, format!("The mail server took the letter for {to}.")),
        (false, true) => (Tone::Warn, format!("Nobody knows whether the letter for {to} was taken.")),
        (false, false) => (Tone::Bad, "The letter was not sent.".to_owned()),
    };
    TrialView { tone, headline, stages: Stage::at(server).into_iter().map(row).collect() }
}

fn in_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Name => "Its name is found",
        Stage::Connection => "It can be connected to",
        Stage::Greeting => "It answers as a mail server",
        Stage::Tls => "The connection is protected",
        Stage::SignIn => "It knows user name and password",
        Stage::Sender => "It takes the sender",
        Stage::Recipient => "It takes the recipient",
        Stage::Message => "It takes the letter",
    }
}

/// The form, for whoever proved a moment ago who they are.
pub(super) async fn ask(admin: Reading) -> Outcome {
    admin.fresh(FORM).await?;
    if admin.engine().operators_mail().is_some() {
        return Ok(see_other("/admin/mail"));
    }
    let kept = admin.need(admin.engine().consoles_mail(&admin.reader).await).await?;
    let (frame, _) = admin.framed().await?;
    let known = kept.is_some();
    let blank = MailServer {
        frame,
        security: SmtpSecurity::Starttls.name().to_owned(),
        to: own_address(&admin),
        known,
        ..MailServer::default()
    };
    Ok(admin.show(match kept {
        None => blank,
        Some(kept) => MailServer {
            host: kept.host,
            port: kept.port.to_string(),
            security: kept.security.name().to_owned(),
            username: kept.username,
            from: kept.from,
            password_hint: hint(kept.password.is_some(), false),
            ..blank
        },
    }))
}

fn hint(kept: bool, carried: bool) -> String {
    match (carried, kept) {
        (true, _) => "Empty: the one you typed a moment ago.",
        (false, true) => "Empty: the one that is kept.",
        (false, false) => "",
    }
    .to_owned()
}

/// Tries what was typed, before it is saved.
pub(super) async fn test_typed(admin: Admin, form: Params) -> Outcome {
    let to = typed(&form, "to").trim().to_owned();
    let server = match wanted(&admin, &form).await? {
        Ok(server) => server,
        Err(problems) => return form_again(&admin, &form, None, problems).await,
    };
    if !to.contains('@') {
        return form_again(&admin, &form, Some(&server), Problems::of("to", NO_ADDRESS)).await;
    }
    let trial = tried(&admin, &server, &to).await?;
    let view = filled(&admin, &form, Some(&server)).await?;
    Ok(admin.show(MailServer { trial: Some(trial), ..view }))
}

pub(super) async fn save(admin: Admin, form: Params) -> Outcome {
    let fresh = admin.fresh(FORM).await?;
    let server = match wanted(&admin, &form).await? {
        Ok(server) => server,
        Err(problems) => return form_again(&admin, &form, None, problems).await,
    };
    match admin.engine().change_mail(&admin.actor, &admin.caller, &fresh, Some(&server)).await {
        Ok(()) => admin.done("/admin/mail", "The mail server is saved."),
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            form_again(&admin, &form, Some(&server), problems).await
        }
    }
}

pub(super) async fn forget(admin: Admin, _: Params) -> Outcome {
    let fresh = admin.fresh(FORM).await?;
    admin.need(admin.engine().change_mail(&admin.actor, &admin.caller, &fresh, None).await).await?;
    admin.done("/admin/mail", "The mail server is forgotten.")
}

/// The server as it was typed, with the password it goes with; or what is wrong.
async fn wanted(admin: &Admin, form: &Params) -> Result<Result<Server, Problems>, poem::Response> {
    let Some((security, _)) = SmtpSecurity::ALL.into_iter().find(|(_, name)| *name == typed(form, "security")) else {
        return Ok(Err(Problems::of("security-starttls", "Choose how the connection is protected.")));
    };
    let port = typed(form, "port");
    let port = match port.trim() {
        "" => security.usual_port(),
        digits => digits.parse().unwrap_or(0),
    };
    let text = |name: &str| typed(form, name).trim().to_owned();
    let (host, username, from) = (text("host"), text("username"), text("from"));
    let mut server = Server { host, port, security, username, password: None, from, authorities: None };
    server.password = form
        .get("password")
        .filter(|password| !password.is_empty())
        .map(Secret::new)
        .or_else(|| admin.engine().carried_password(&admin.actor, &server, &typed(form, "carried")));
    match admin.engine().typed_mail(&admin.actor, &server).await {
        Ok(server) => Ok(Ok(server)),
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            Ok(Err(at_its_field(problems)))
        }
    }
}

/// The field of the protection is its last choice.
fn at_its_field(problems: Problems) -> Problems {
    let field = |field: &str| if field == "security" { "security-none".to_owned() } else { field.to_owned() };
    problems.list.iter().fold(Problems::none(), |all, one| all.and(&field(&one.field), &one.sentence))
}

async fn form_again(admin: &Admin, form: &Params, server: Option<&Server>, problems: Problems) -> Outcome {
    let view = filled(admin, form, server).await?;
    admin.again(MailServer { problems, ..view })
}

/// The form with what was typed. The password goes with it sealed, so that it need not be typed again to be saved.
async fn filled(admin: &Admin, form: &Params, server: Option<&Server>) -> Result<MailServer, poem::Response> {
    let kept = admin.need(admin.engine().consoles_mail(&admin.reader).await).await?;
    let (frame, _) = admin.framed().await?;
    let carried = server.map(|server| admin.engine().carry_password(&admin.actor, server)).unwrap_or_default();
    let known = kept.is_some();
    let has_one = kept.is_some_and(|kept| kept.password.is_some());
    Ok(MailServer {
        frame,
        host: typed(form, "host"),
        port: typed(form, "port"),
        security: typed(form, "security"),
        username: typed(form, "username"),
        from: typed(form, "from"),
        to: typed(form, "to"),
        password_hint: hint(has_one, !carried.is_empty()),
        carried,
        known,
        ..MailServer::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;
    use crate::model::mail::Letter;

    #[test]
    fn letters_of_every_kind_have_their_words() {
        for kind in Letter::KINDS {
            assert!(about(kind).is_some(), "{kind}");
        }
        let there = Letter::AccountThere { until: Timestamp(1) };
        assert!(Letter::KINDS.contains(&there.kind()));
    }
}
