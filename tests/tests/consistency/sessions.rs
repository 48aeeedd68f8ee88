//! Checks that each row of "When something fails" in docs/sessions.md has tests that cause the fault, and that
//! each outage of the table has a remedy there.

use relying_party::session::store_outage::StoreOutage;

use crate::project::text;
use crate::security::tests;

/// The faults of the table in its order, and the tests.
const FAULTS: &[(&str, &[&str])] = &[
    (
        "The store does not answer, is slow, throttles, fails, breaks the connection, answers nonsense, does not exist or denies access",
        &[
            "a_store_that_is_down_is_503_on_every_way_and_no_sign_in",
            "a_store_that_cannot_be_read_lets_nobody_in_and_sends_nobody_to_sign_in",
            "our_own_pages_say_503_and_when_to_come_back",
            "throttling_server_errors_and_broken_connections_are_unavailable_after_two_attempts",
            "a_table_that_may_not_be_used_is_unavailable_and_asked_once",
            "a_table_that_never_answers_is_given_up_after_a_second_and_a_half",
            "a_table_that_throttles_denies_or_is_missing_is_503_to_everybody_and_comes_back",
            "a_table_that_fails_breaks_off_or_talks_nonsense_is_503_to_everybody",
            "a_table_that_is_not_reached_is_503_to_everybody",
            "a_table_that_is_slower_than_the_limits_is_503_to_everybody",
        ],
    ),
    (
        "The store is down at the end of sign-in",
        &["a_session_that_cannot_be_created_is_not_said_to_be_signed_in"],
    ),
    ("The store is down at sign-out", &["a_session_that_cannot_be_deleted_is_not_said_to_be_signed_out"]),
    ("A use cannot be recorded", &["a_use_that_cannot_be_recorded_is_not_felt"]),
    (
        "The lease cannot be taken",
        &[
            "a_lease_that_cannot_be_taken_matters_only_when_the_token_has_run_out",
            "a_write_that_is_refused_does_not_stop_a_session_whose_token_holds",
            "a_lease_that_cannot_be_written_is_503_once_the_token_has_run_out",
        ],
    ),
    ("The lease cannot be given back", &["a_lease_that_cannot_be_given_up_runs_out"]),
    (
        "New tokens cannot be written",
        &["tokens_that_cannot_be_written_are_got_again_within_the_grace_period"],
    ),
    (
        "New tokens are written and the response is lost",
        &["tokens_that_were_written_without_an_answer_are_found_written"],
    ),
    (
        "A conditional write fails, because another function was first",
        &[
            "a_slow_loser_of_the_lease_overwrites_nothing_and_goes_on_with_the_winners_tokens",
            "a_refused_loser_of_the_lease_does_not_end_the_winners_session",
            "a_failed_condition_is_lost_and_not_tried_again",
        ],
    ),
    (
        "A write arrives after sign-out",
        &[
            "a_refresh_that_is_written_after_sign_out_resurrects_nothing_and_is_revoked",
            "a_use_that_is_recorded_after_sign_out_resurrects_nothing",
        ],
    ),
    (
        "An index lags behind: it does not yet list a new session when all sessions of the user, or of a sign-in at the provider, are ended",
        &[
            "a_session_that_no_list_shows_is_ended_everywhere",
            "a_session_that_no_list_shows_is_ended_by_the_provider",
        ],
    ),
    ("Revocations cannot be read", &["a_token_is_refused_while_the_revocation_cannot_be_read"]),
    ("The store is down while all sessions are being ended", &["everywhere_fails_whole_when_the_store_does"]),
    (
        "Cognito does not end its own sign-ins of the user",
        &["everywhere_ends_what_the_provider_has_and_says_whether_it_did"],
    ),
    (
        "The store is down when the provider sends a logout token",
        &["a_logout_token_is_taken_again_after_an_outage"],
    ),
    (
        "A row is incomplete, damaged or not sealed by vestibule",
        &[
            "a_row_that_does_not_open_is_one_log_line",
            "a_row_that_cannot_be_read_is_no_session",
            "an_item_that_is_half_there_is_damaged",
            "an_item_without_our_attributes_is_damaged",
            "a_swapped_row_opens_nothing",
            "a_row_that_does_not_open_leads_to_sign_in_and_to_a_new_session",
            "an_item_that_is_half_written_signs_nobody_in",
            "an_item_whose_content_is_cut_short_or_changed_signs_nobody_in",
        ],
    ),
    (
        "A row has the format of a later release",
        &[
            "a_row_that_cannot_be_read_is_no_session",
            "an_item_of_a_later_format_is_told_apart",
            "an_item_of_a_later_format_signs_nobody_in",
        ],
    ),
    (
        "A cookie is sealed under a key that is not in the ring yet",
        &["a_cookie_under_a_key_that_is_not_here_yet_is_no_session_and_stays"],
    ),
    (
        "The provider is down, fails or does not answer at a refresh",
        &[
            "a_provider_that_is_down_is_felt_when_the_token_has_run_out",
            "while_tokens_hold_a_provider_in_trouble_is_asked_once_a_lease",
            "an_outage_is_503_and_the_session_stays",
            "an_outage_inside_the_lead_is_not_noticed_by_scripts",
            "others_do_not_wait_for_a_provider_that_is_down",
        ],
    ),
    (
        "The provider's response is lost; `rotation_grace` is `none` or 30 and more",
        &[
            "a_refresh_that_timed_out_is_asked_for_again_where_its_token_works_again",
            "a_refresh_that_broke_off_is_asked_for_again_where_its_token_works_again",
            "a_refresh_that_got_a_server_error_is_asked_for_again_where_its_token_works_again",
        ],
    ),
    (
        "The provider's response is lost, and its grace period is 0",
        &["an_answer_that_was_lost_without_grace_ends_the_session_with_its_access_token"],
    ),
    (
        "The new access token is already inside `refresh_lead`",
        &["the_refresh_token_beside_a_token_that_is_born_inside_its_lead_is_kept"],
    ),
    (
        "The provider's keys cannot be fetched at a refresh",
        &["a_spent_refresh_token_is_replaced_though_the_keys_cannot_be_had"],
    ),
    (
        "The provider's response is about somebody else, or cannot be checked or used",
        &[
            "tokens_of_somebody_else_are_not_taken_over",
            "while_the_access_token_holds_it_is_used_and_the_provider_is_asked_once",
            "when_the_access_token_is_over_sign_in_leads_back_in_and_the_provider_is_asked_once",
            "a_page_whose_access_token_is_over_is_led_to_sign_in_by_every_refusal",
        ],
    ),
    (
        "The provider has ended the session",
        &[
            "a_session_that_was_ended_at_the_provider_ends_at_once",
            "a_refused_refresh_ends_the_session",
            "a_refusal_that_is_no_outage_ends_the_session_with_its_token_at_the_latest",
            "a_refused_refresh_token_is_revoked_at_sign_out",
            "the_refresh_token_of_a_session_that_ends_by_a_refusal_is_revoked",
        ],
    ),
    (
        "The row of a session that the provider ended cannot be deleted",
        &["a_session_that_cannot_be_ended_is_refused_all_the_same"],
    ),
    (
        "A function dies in a refresh, at any step",
        &[
            "killed_at_any_step_the_next_request_passes_at_once",
            "killed_at_any_step_with_a_grace_period_the_next_one_retries",
            "killed_at_any_step_without_rotation_the_next_one_retries",
            "killed_before_the_answer_or_after_the_write_without_grace_the_next_one_goes_on",
        ],
    ),
    (
        "A function dies between the provider's response and the write, with a grace period of 0",
        &["killed_between_answer_and_write_without_grace_the_session_ends_with_its_access_token"],
    ),
    (
        "A function dies in a refresh when the token has expired",
        &[
            "one_who_waits_on_a_dead_holder_takes_over",
            "one_who_waits_longer_than_three_seconds_is_told_to_come_back",
        ],
    ),
    (
        "A session no longer fits into cookies",
        &[
            "a_sign_in_that_does_not_fit_into_cookies_says_what_to_do",
            "a_refresh_that_no_longer_fits_into_cookies_is_no_loop",
        ],
    ),
];

#[test]
fn every_fault_of_the_table_has_tests_that_exist() {
    let document = text("docs/sessions.md");
    let (_, table) = document.split_once("| fault |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    let listed: Vec<&str> = rows.filter_map(|row| row.trim_start_matches("| ").split(" | ").next()).collect();
    let known: Vec<&str> = FAULTS.iter().map(|(fault, _)| *fault).collect();
    assert_eq!(listed, known, "a row of docs/sessions.md has no tests here, or the other way round");
    let tests = tests();
    for (fault, names) in FAULTS {
        assert!(!names.is_empty(), "{fault} has no test");
        for name in *names {
            assert!(tests.contains(*name), "the test {name} does not exist");
        }
    }
}

#[test]
fn every_outage_of_the_table_has_a_remedy() {
    let document = text("docs/sessions.md");
    for outage in StoreOutage::ALL {
        assert!(document.contains(&format!("| `{outage}` | ")), "{outage}");
    }
}
