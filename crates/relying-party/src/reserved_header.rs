//! Header names that clients must not send.
