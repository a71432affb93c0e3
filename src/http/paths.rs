//! Where the pages live, for faces that send people there.

use crate::base::ids::InteractionId;

/// Where people sign in.
pub const LOGIN: &str = "/login";
/// Where people give what is missing beside a password.
pub const SECOND_FACTOR: &str = "/login/second-factor";
/// Where people ask for a code by mail to sign in with.
pub const MAIL_CODE: &str = "/login/mail";
/// Where they type it.
pub const MAILED_CODE: &str = "/login/mail/code";
/// Where people choose which account to go on with.
pub const CHOOSE_ACCOUNT: &str = "/login/account";
/// Where people agree or decline.
pub const CONSENT: &str = "/consent";
/// Where people confirm that they want to sign out.
pub const SIGN_OUT: &str = "/sign-out";
/// Where whoever lost the way in chooses a password.
pub const RECOVER: &str = "/recover";
/// Where whoever forgot their password asks for a letter.
pub const RESET: &str = "/reset";
/// Where people confirm that an address is theirs.
pub const VERIFY: &str = "/verify";
/// Where an administrator stops acting for somebody.
pub const STOP_ACTING: &str = "/acting/stop";
/// Where people see that they signed out.
pub const SIGNED_OUT: &str = "/signed-out";

/// `page` for one interaction.
pub fn of_interaction(page: &str, id: &InteractionId) -> String {
    format!("{page}?interaction={id}")
}
