//! Whether a grant still stands: its client, user, session and consent as they are now.
