//! `countersign user`: add, list, recover, disable, enable.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::admin::user_change::{NewUser, UserChange};
use crate::engine::admin::users::UserFilter;
use crate::http::csrf::origin_of;
use crate::model::refusal::Refusal;
use crate::model::user::{Profile, User};

use super::place::Place;
use super::reply::Reply;
use super::request::{Host, Request};
use super::table::table;

/// How many users are read at a time.
const AT_A_TIME: usize = 500;

/// Add users, list them, let them back in.
#[derive(Args)]
pub struct Users {
    #[command(subcommand)]
    ask: Ask,
}

/// What is asked for.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum Ask {
    /// Add a user; prints a one-time link with which they choose a password
    Add(Add),
    /// List users
    List {
        /// Only those whose name or address begins so
        search: Option<String>,
    },
    /// Print a one-time link: the way back in for somebody who lost it
    Recover {
        /// The username or the address
        name: String,
        /// Using the link also removes their authenticator, passkeys and recovery codes, for whoever has lost all of them
        #[arg(long)]
        #[serde(default)]
        without_second_factor: bool,
    },
    /// Switch a user off: sessions end, everything issued for them is dead
    Disable {
        /// The username or the address
        name: String,
    },
    /// Switch a user on again
    Enable {
        /// The username or the address
        name: String,
    },
}

/// A user to be added.
#[derive(Debug, Args, Serialize, Deserialize)]
pub struct Add {
    /// The name they sign in with
    username: String,
    /// Their e-mail address
    #[arg(long)]
    email: Option<String>,
    /// What they are called
    #[arg(long, value_name = "FULL NAME")]
    name: Option<String>,
    /// They administer this server
    #[arg(long)]
    admin: bool,
    /// A group they are in; may be repeated
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,
}

impl Users {
    /// Carries it out.
    pub fn run(self, place: &Place) -> Reply {
        place.carry_out(Request::Users(self.ask))
    }
}

pub(super) async fn carry_out(host: &Host<'_>, ask: &Ask) -> Result<Reply, Denied> {
    match ask {
        Ask::Add(new) => add(host, new).await,
        Ask::List { search } => list(host, search.clone().unwrap_or_default()).await,
        Ask::Recover { name, without_second_factor } => {
            let user = called(host, name).await?;
            let link = match without_second_factor {
                true => host.engine.start_recovery_without_second_factor(&host.actor, &host.caller, &user.id).await?,
                false => host.engine.start_recovery(&host.actor, &host.caller, &user.id).await?,
            };
            Ok(with_link(host, &link, &user, *without_second_factor))
        }
        Ask::Disable { name } => switch(host, name, true).await,
        Ask::Enable { name } => switch(host, name, false).await,
    }
}

async fn add(host: &Host<'_>, new: &Add) -> Result<Reply, Denied> {
    let profile = Profile { name: new.name.clone(), ..Profile::default() };
    let changes = vec![
        UserChange::Email(new.email.clone()),
        UserChange::Admin(new.admin),
        UserChange::Groups(new.groups.iter().cloned().collect()),
        UserChange::Profile(Box::new(profile)),
    ];
    let new = NewUser { username: new.username.clone(), changes };
    let user = host.engine.create_user(&host.actor, &host.caller, &new).await?;
    let link = host.engine.start_recovery(&host.actor, &host.caller, &user.id).await?;
    Ok(with_link(host, &link, &user, false))
}

fn with_link(host: &Host<'_>, link: &Secret, user: &User, without_second_factor: bool) -> Reply {
    // Pages lie at the root of the issuer's origin, even when the issuer has a path.
    let origin = origin_of(&host.engine.identity().issuer).unwrap_or_default();
    let remark = format!("Give this link to {} only: it works once, within an hour.", user.username);
    let remark = match without_second_factor {
        true => format!("{remark} Using it removes their authenticator, passkeys and recovery codes."),
        false => remark,
    };
    Reply::done(format!("{origin}/recover?token={}\n", link.expose())).with_remark(remark)
}

async fn list(host: &Host<'_>, search: String) -> Result<Reply, Denied> {
    let filter = if search.is_empty() { UserFilter::All } else { UserFilter::Search(search) };
    let (mut rows, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = host.engine.list_users(&host.actor, &filter, after.as_deref(), AT_A_TIME).await?;
        rows.extend(page.items.iter().map(row));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(Reply::done(table(["USERNAME", "EMAIL", "NAME", "STATUS"], &rows))),
        }
    }
}

fn row(user: &User) -> [String; 4] {
    let states =
        [(user.admin, "administrator"), (!user.is_enabled(), "disabled"), (user.password.is_none(), "no password")];
    let states: Vec<&str> = states.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    let name = user.profile.full_name().unwrap_or_default();
    [user.username.clone(), user.email.clone().unwrap_or_default(), name, states.join(", ")]
}

async fn switch(host: &Host<'_>, name: &str, off: bool) -> Result<Reply, Denied> {
    let user = called(host, name).await?;
    host.engine.disable_user(&host.actor, &host.caller, &user.id, off).await?;
    let state = if off { "disabled" } else { "enabled" };
    Ok(Reply::done(format!("{} is {state}.\n", user.username)))
}

async fn called(host: &Host<'_>, name: &str) -> Result<User, Denied> {
    let user = host.engine.user_called(&host.actor, name).await?;
    user.ok_or_else(|| Refusal::NotFound("user").into())
}
