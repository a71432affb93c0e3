//! Causes for which the engine says no. Without text: each face has its own words, matched exhaustively.

macro_rules! refusals {
    ($($(#[$doc:meta])* $variant:ident $(($payload:ty))? = $name:literal),* $(,)?) => {
        /// Why a request was refused: the true cause, for the log. What a client may learn of it is for each face to say.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Refusal { $( $(#[$doc])* $variant $(($payload))?, )* }

        impl Refusal {
            /// The cause's name in the log and in metrics.
            pub fn name(&self) -> &'static str {
                match self { $(Refusal::$variant { .. } => $name,)* }
            }
        }
    };
}

refusals! {
    // ── the request itself
    /// A required parameter is absent or empty.
    ParameterMissing(&'static str) = "parameter_missing",
    /// A parameter has a value outside its grammar.
    ParameterMalformed(&'static str) = "parameter_malformed",

    // ── client authentication
    /// No client was named.
    ClientMissing = "client_missing",
    /// No such client.
    ClientUnknown = "client_unknown",
    /// The client is switched off.
    ClientDisabled = "client_disabled",
    /// The client was not given this interface.
    ClientOfAnotherFace = "client_of_another_face",
    /// A confidential client gave no secret.
    ClientSecretMissing = "client_secret_missing",
    /// None of its live secrets is this one.
    ClientSecretWrong = "client_secret_wrong",
    /// The Authorization header cannot be read.
    CredentialsMalformed = "credentials_malformed",
    /// Two ways of authentication in one request.
    CredentialsTwice = "credentials_twice",
    /// The header names one client and the body another.
    ClientMismatch = "client_mismatch",

    /// A client's signed assertion cannot be read, or its signature is not that of the key it names.
    AssertionInvalid = "assertion_invalid",
    /// No access key of the client has the id that the assertion names.
    AssertionKeyUnknown = "assertion_key_unknown",
    /// The assertion is too old, not valid yet, or lives too long.
    AssertionUntimely = "assertion_untimely",
    /// The assertion is for somebody else.
    AssertionAudience = "assertion_audience",
    /// The request names another account than the client's.
    AccountDiffers = "account_differs",

    // ── token endpoint
    /// This server has no such grant type.
    GrantTypeUnknown = "grant_type_unknown",
    /// The client may not use it.
    GrantTypeNotAllowed = "grant_type_not_allowed",
    /// No such code.
    CodeUnknown = "code_unknown",
    /// The code was given to another client.
    CodeOfAnotherClient = "code_of_another_client",
    /// The code is too old.
    CodeExpired = "code_expired",
    /// The code came a second time; its grant has ended.
    CodeUsedBefore = "code_used_before",
    /// The redirect URI is not the one the code was sent to.
    RedirectMismatch = "redirect_mismatch",
    /// A challenge was given and no verifier came.
    VerifierMissing = "verifier_missing",
    /// A verifier came and no challenge was given (PKCE downgrade).
    VerifierUnexpected = "verifier_unexpected",
    /// The verifier does not fit the challenge.
    VerifierWrong = "verifier_wrong",
    /// No such refresh token.
    RefreshUnknown = "refresh_unknown",
    /// The refresh token was given to another client.
    RefreshOfAnotherClient = "refresh_of_another_client",
    /// The refresh token is too old.
    RefreshExpired = "refresh_expired",
    /// The refresh token was rotated before; its grant has ended.
    RefreshUsedBefore = "refresh_used_before",
    /// The refresh token was revoked.
    RefreshRevoked = "refresh_revoked",
    /// The grant has ended.
    GrantEnded = "grant_ended",
    /// The user does not exist any more.
    UserGone = "user_gone",
    /// The user is switched off.
    UserDisabled = "user_disabled",
    /// The user is in none of the groups that may use the client.
    UserNotAllowed = "user_not_allowed",
    /// The browser session has ended.
    SessionEnded = "session_ended",
    /// More is demanded of the person by now than they proved when the grant was given.
    FactorUnmet = "factor_unmet",
    /// The person withdrew their consent.
    ConsentWithdrawn = "consent_withdrawn",
    /// The client may not have a scope any more that it was granted.
    ScopeWithdrawn = "scope_withdrawn",
    /// More was asked for than was granted.
    ScopeWidened = "scope_widened",
    /// A scope that does not exist or that the client may not have.
    ScopeNotAllowed = "scope_not_allowed",
    /// The client must name a device and did not.
    DeviceMissing = "device_missing",
    /// The device is not the one the grant is bound to.
    DeviceDiffers = "device_differs",

    /// Nobody may make an account here by themselves.
    RegistrationClosed = "registration_closed",
    /// An account cannot be made of what was sent.
    RegistrationRefused = "registration_refused",
    /// The guardian's token is none, of another client, or of an authentication too long ago.
    GuardianInvalid = "guardian_invalid",
    /// The guest's token is none, or of another client.
    GuestInvalid = "guest_invalid",
    /// The person may not register clients.
    ClientRegistrationNotPermitted = "client_registration_not_permitted",
    /// The person has as many clients as anybody may have.
    TooManyClients = "too_many_clients",

    // ── authorization endpoint
    /// The client did not register this redirect URI.
    RedirectUnregistered = "redirect_unregistered",
    /// Only `code` is supported.
    ResponseTypeUnsupported = "response_type_unsupported",
    /// Only `query` and `form_post` are supported.
    ResponseModeUnsupported = "response_mode_unsupported",
    /// PKCE is required of this client.
    ChallengeMissing = "challenge_missing",
    /// Only S256 is supported.
    ChallengeMethodUnsupported = "challenge_method_unsupported",
    /// `none` beside another prompt.
    PromptContradictory = "prompt_contradictory",
    /// Request objects are not supported.
    RequestObjectUnsupported = "request_object_unsupported",
    /// Request objects by reference are not supported.
    RequestUriUnsupported = "request_uri_unsupported",
    /// Registration with the request is not supported.
    RegistrationUnsupported = "registration_unsupported",
    /// The client cannot do without a class of authentication that this server does not have.
    AcrUnmet = "acr_unmet",
    /// Nobody is signed in, and nobody may be asked.
    LoginRequired = "login_required",
    /// Consent is missing, and nobody may be asked.
    ConsentRequired = "consent_required",
    /// An account must be chosen, and nobody may be asked.
    AccountSelectionRequired = "account_selection_required",
    /// The person said no.
    AccessDenied = "access_denied",
    /// The interaction is unknown, too old or another browser's.
    InteractionGone = "interaction_gone",
    /// The interaction was answered before.
    InteractionAnswered = "interaction_answered",

    // ── bearer tokens
    /// No access token came.
    TokenMissing = "token_missing",
    /// It is no access token of ours, or not any more.
    TokenInvalid = "token_invalid",
    /// It is not for this endpoint.
    TokenAudience = "token_audience",
    /// It lacks a scope that is needed.
    ScopeInsufficient(&'static str) = "scope_insufficient",
    /// The web origin is none of the client's.
    OriginNotAllowed = "origin_not_allowed",
    /// A hint is not a token of ours.
    HintInvalid = "hint_invalid",

    // ── people
    /// No such user, or not this password.
    PasswordWrong = "password_wrong",
    /// Too many failures from here or for this name.
    TooManyTries(u32) = "too_many_tries",
    /// Too many passwords wait to be checked.
    HasherBusy = "hasher_busy",
    /// The password was right and a second factor is due.
    SecondFactorRequired = "second_factor_required",
    /// It is no code of theirs, or was used before.
    SecondFactorWrong = "second_factor_wrong",
    /// It is not the code that was sent by mail.
    MailedCodeWrong = "mailed_code_wrong",
    /// A factor is demanded that the person has yet to enrol, which only a browser can do.
    EnrolmentRequired = "enrolment_required",
    /// The sign-in is unknown, finished, too old, or another browser's.
    SignInGone = "sign_in_gone",
    /// The passkey's answer does not hold, or its ceremony is over.
    PasskeyRefused = "passkey_refused",
    /// The passkey is nobody's here: removed, or of another deployment at this address.
    PasskeyUnknown = "passkey_unknown",
    /// It did not check its owner, who is known otherwise, and that is asked for here.
    PasskeyUnverified = "passkey_unverified",
    /// It is a security key that serves beside a password, and was used alone.
    PasskeyNeedsPassword = "passkey_needs_password",
    /// Who is signed in must prove again who they are before this.
    FreshSignInRequired = "fresh_sign_in_required",
    /// A link was used, is too old, or never existed.
    LinkGone = "link_gone",
    /// The server was set up before.
    SetUpBefore = "set_up_before",

    // ── administration
    /// The signed-in person may not do this.
    NotPermitted = "not_permitted",
    /// No such record.
    NotFound(&'static str) = "not_found",
    /// The name or address is taken.
    Taken(&'static str) = "taken",
    /// The field cannot have this value, for this reason.
    FieldInvalid(FieldProblem) = "field_invalid",
    /// It would leave the server without an administrator.
    LastAdministrator = "last_administrator",
}

/// What is wrong with one field, in words for whoever filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field, by its name in forms and files.
    pub field: &'static str,
    /// A full sentence that says what to do.
    pub sentence: String,
}

impl Refusal {
    /// The field cannot have this value, for this reason.
    pub fn field(field: &'static str, sentence: impl Into<String>) -> Refusal {
        Refusal::FieldInvalid(FieldProblem { field, sentence: sentence.into() })
    }
}
