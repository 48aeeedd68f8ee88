//! What people and programs do, from their first request to the last.

mod first_visit;
