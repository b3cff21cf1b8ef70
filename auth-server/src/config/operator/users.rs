//! `auth-server users …`

use clap::{Args, Subcommand};

use super::{
    super::{KeySettings, PasswordSettings},
    CommandSettings, ExportSettings, ImportSettings, PageSettings,
};
use crate::{
    administration::users::UserQuery,
    users::{
        disabled_reason::DisabledReason, email::Email, full_name::FullName, username::Username,
    },
};

/// `auth-server users …`
#[derive(Debug, Subcommand)]
#[command(after_help = "Examples:
  auth-server users create ada --email ada@example.org --administrator
  auth-server users list ada
  auth-server users disable ada@example.org --reason 'Reported for spam'
  auth-server users set-temporary-password ada")]
pub enum UsersCommand {
    /// List people, the newest first, and who was imported with an id of their own in no order: everyone, or those
    /// whose username or e-mail address begins with a text.
    List(ListUsers),
    /// Show someone.
    Show(OneUser),
    /// Add someone, with a temporary password that they change at their first login.
    Create(Box<CreateUser>),
    /// Keep someone out: they cannot sign in, and all their sessions end.
    Disable(DisableUser),
    /// Let someone in again.
    Enable(OneUser),
    /// Delete someone and all their sessions. The security events stay.
    Delete(DeleteUser),
    /// End all sessions of someone, who may sign in again.
    SignOut(OneUser),
    /// Set a password that someone has to change at the next login, within 24 hours; all their sessions end.
    SetTemporaryPassword(Box<SetTemporaryPassword>),
    /// Take over people from the dump of another system, with the bcrypt hashes of their passwords.
    #[command(after_long_help = ImportSettings::HELP)]
    Import(Box<ImportSettings>),
    /// Write everyone down, in a form that `users import` reads.
    #[command(after_long_help = ExportSettings::HELP)]
    Export(Box<ExportSettings>),
    /// Let someone administer: ask for tokens with the scope auth:admin.
    GrantAdministrator(OneUser),
    /// Let someone administer no longer; their sessions that do end.
    RevokeAdministrator(OneUser),
}

/// `auth-server users list`
#[derive(Debug, Args)]
pub struct ListUsers {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Which part.
    #[command(flatten)]
    pub page: PageSettings,

    /// The beginning of a username or an e-mail address, or an id.
    #[arg(allow_hyphen_values = true, default_value = "", value_parser = UserQuery::parse, hide_default_value = true)]
    pub query: UserQuery,
}

/// Someone, and nothing else.
#[derive(Debug, Args)]
pub struct OneUser {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Whom, by username, e-mail address or id.
    #[arg(allow_hyphen_values = true)]
    pub who: String,
}

/// What a command needs that sets a password.
#[derive(Debug, Args)]
pub struct NewPasswordSettings {
    /// What the peppers are sealed with.
    #[command(flatten)]
    pub keys: KeySettings,

    /// How to hash.
    #[command(flatten)]
    pub passwords: PasswordSettings,

    /// Read the password from standard input, up to the first line break, instead of making one up.
    #[arg(long)]
    pub password_stdin: bool,
}

/// `auth-server users create`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  auth-server users create ada --email ada@example.org
  auth-server users create root --email root@example.org --administrator --password-stdin < password.txt

A password that is read from standard input is their own, and not changed at the first login.")]
pub struct CreateUser {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// With which password.
    #[command(flatten)]
    pub password: NewPasswordSettings,

    /// 3 to 32 of a-z, 0-9 and _ . -
    #[arg(value_parser = Username::parse, allow_hyphen_values = true)]
    pub username: Username,

    /// The e-mail address.
    #[arg(long, value_parser = Email::parse)]
    pub email: Email,

    /// The full name.
    #[arg(long, value_parser = FullName::parse)]
    pub full_name: Option<FullName>,

    /// Let them administer.
    #[arg(long)]
    pub administrator: bool,
}

/// `auth-server users disable`
#[derive(Debug, Args)]
pub struct DisableUser {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Whom, by username, e-mail address or id.
    #[arg(allow_hyphen_values = true)]
    pub who: String,

    /// Why, for other operators: at most 200 characters.
    #[arg(long, value_parser = DisabledReason::parse)]
    pub reason: Option<DisabledReason>,
}

/// `auth-server users delete`
#[derive(Debug, Args)]
pub struct DeleteUser {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Whom, by username, e-mail address or id.
    #[arg(allow_hyphen_values = true)]
    pub who: String,

    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}

/// `auth-server users set-temporary-password`
#[derive(Debug, Args)]
pub struct SetTemporaryPassword {
    /// Where, and how to answer.
    #[command(flatten)]
    pub settings: CommandSettings,

    /// Which password.
    #[command(flatten)]
    pub password: NewPasswordSettings,

    /// Whom, by username, e-mail address or id.
    #[arg(allow_hyphen_values = true)]
    pub who: String,
}
