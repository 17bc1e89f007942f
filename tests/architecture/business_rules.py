"""The rules of the domain that code and comments name by number: what each says, and the tests that hold it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """`says` in one line; `tests` are paths below `tests/`, each with the name of a test."""

    says: str
    tests: tuple[str, ...]


def _rule(says: str, *tests: str) -> Rule:
    return Rule(says, tests)


_INTAKE, _FORM = "component/intake", "unit/intake/test_form.py"
_PAGES, _JOURNEY = f"{_INTAKE}/test_form_pages.py", f"{_INTAKE}/test_journey.py"
_COURSE, _MENU = f"{_INTAKE}/test_course.py", f"{_INTAKE}/test_menu.py"
_ASKED, _RACES = f"{_INTAKE}/test_clarifications.py", f"{_INTAKE}/test_registration_races.py"
_PAPER, _MAILS = "unit/intake/test_documents.py", "unit/notifier/test_mails.py"
_MOVED, _NOTICE = f"{_INTAKE}/test_withdrawals.py", "component/provisioning/test_id_notice.py"
_WALK = "browser/test_intake_journey.py"

RULES: Mapping[str, Rule] = {
    "B1": _rule(
        "a change starts from the contract view, tab 一般NACCS",
        f"{_MENU}::test_the_contract_shows_every_field_of_the_register_in_its_tab",
        f"{_INTAKE}/test_manual_words.py::test_every_word_of_the_manual_stands_on_its_page",
    ),
    "B2": _rule(
        "the mailboxes there are now are shown before one applies",
        f"{_PAGES}::test_the_mailbox_page_shows_how_many_there_would_be",
        f"{_MENU}::test_the_contract_shows_every_field_of_the_register_in_its_tab",
    ),
    "B3": _rule(
        "state is kept on the server: Back and reload lose nothing",
        f"{_WALK}::test_mistakes_back_and_reload_lose_nothing_on_a_narrow_page_with_wide_text",
        f"{_PAGES}::test_going_back_and_sending_a_page_again_keeps_the_others",
    ),
    "B4": _rule(
        "a guidance page comes before the selection of items",
        f"{_JOURNEY}::test_an_application_from_the_form_to_its_status_page",
        f"{_INTAKE}/test_manual_words.py::test_every_word_of_the_manual_stands_on_its_page",
    ),
    "B5": _rule(
        "the office applied for is entered; others than one's own only where granted",
        f"{_INTAKE}/test_sister_access.py::"
        "test_every_route_opens_to_the_office_it_is_about_and_to_its_granted_sister_alone",
        f"{_INTAKE}/test_news_and_lists.py::test_a_sister_office_sees_what_was_applied_for_on_its_behalf",
    ),
    "B6": _rule("at least one item is ticked", f"{_FORM}::test_every_case_of_the_table"),
    "B7": _rule("standard items and その他の契約変更 exclude each other", f"{_FORM}::test_every_case_of_the_table"),
    "B8": _rule(
        "その他 needs a prior inquiry: it says so and cannot be chosen",
        f"{_PAGES}::test_items_that_cannot_be_chosen_here_say_why",
    ),
    "B9": _rule(
        "what is said of a company holds for all its offices",
        "unit/intake/test_register.py::test_what_the_file_says_of_a_company_holds_for_its_offices_that_are_not_in_the_file",
    ),
    "B10": _rule("the wished start date is eight digits, or any form with one meaning",
                 f"{_FORM}::test_what_has_one_meaning_is_normalised"),
    "B11": _rule("registration days of the schedule are offered",
                 f"{_PAGES}::test_the_schedule_days_are_offered_first"),
    "B12": _rule("a day off the schedule is allowed with a warning",
                 f"{_FORM}::test_a_date_off_the_schedule_is_a_warning"),
    "B13": _rule(
        "a reason of at most 240 characters is required",
        f"{_FORM}::test_the_reason_is_counted_in_code_points_after_line_ends_became_one",
        "browser/test_intake_counter.py::test_the_browser_counts_as_the_server_counts",
    ),
    "B14": _rule("the contact is prefilled and can be overwritten",
                 f"{_PAGES}::test_the_contact_starts_with_that_of_the_latest_application"),
    "B15": _rule("the contact is who is asked and told", f"{_MAILS}::test_mail_goes_to_contact_and_administrator"),
    "B16": _rule("names full-width, kana katakana; department, title and fax optional",
                 f"{_FORM}::test_what_has_one_meaning_is_normalised", f"{_FORM}::test_every_case_of_the_table"),
    "B17": _rule("telephone and fax are kept without hyphens", f"{_FORM}::test_what_has_one_meaning_is_normalised"),
    "B18": _rule("the e-mail address is typed twice and equal", f"{_FORM}::test_every_case_of_the_table"),
    "B19": _rule("only users of SMTP/POP3 or EDIFACT change counts",
                 f"{_FORM}::test_adding_a_kind_without_its_mode_is_refused"),
    "B20": _rule("two counts, each a number to add", f"{_FORM}::test_more_to_add_than_there_are_may_be_a_total",
                 f"{_FORM}::test_every_case_of_the_table"),
    "B21": _rule("IDs are ticked for abolition in the same application",
                 f"{_FORM}::test_additions_and_abolitions_go_together"),
    "B22": _rule("the check page shows before and after and leads back to each page",
                 f"{_JOURNEY}::test_the_check_page_shows_before_and_after"),
    "B23": _rule("only the register button of the check page submits",
                 f"{_PAGES}::test_a_saved_form_waits_on_the_menu_until_it_is_registered"),
    "B24": _rule("registration yields a receipt number",
                 f"{_JOURNEY}::test_an_application_from_the_form_to_its_status_page"),
    "B25": _rule("the receipt is mailed to contact and administrator",
                 f"{_MAILS}::test_mail_goes_to_contact_and_administrator"),
    "B26": _rule("a person reviews; the answer comes on or after the next business day",
                 "unit/intake/test_schedule.py::test_the_review_target_counts_from_a_business_day",
                 "component/review/test_policy.py::test_the_policy_is_off_by_default"),
    "B27": _rule("a clarification is corrected or withdrawn",
                 f"{_ASKED}::test_a_question_stands_on_page_news_and_timeline",
                 f"{_MOVED}::test_out_of_a_question_a_withdrawal_is_final_at_once"),
    "B28": _rule("the completion mail has number and link and never an ID or a password",
                 "unit/notifier/test_templates.py::test_completion_mail_is_the_manuals_text_before_ours",
                 "unit/notifier/test_templates.py::test_mail_tells_no_mailbox_id_that_was_issued"),
    "B29": _rule("the start date may differ from the wish, and says so",
                 f"{_COURSE}::test_a_moved_start_date_stands_on_every_page"),
    "B30": _rule("the ten newest news with category, number and link",
                 f"{_MENU}::test_the_menu_shows_the_ten_newest_news_and_how_many_are_unread"),
    "B31": _rule("wish and confirmed date stand beside each other",
                 f"{_COURSE}::test_a_moved_start_date_stands_on_every_page"),
    "B32": _rule("the approval notice opens on the start date",
                 f"{_PAPER}::test_the_approval_notice_opens_on_the_confirmed_start_date"),
    "B33": _rule("the application form can always be printed and needs no posting",
                 f"{_PAPER}::test_the_application_form_can_be_printed_in_every_status"),
    "B34": _rule("IDs with passwords stand on the ID notice alone",
                 "component/provisioning/test_secrecy.py::"
                 "test_a_password_is_nowhere_in_clear_from_issue_to_the_windows_end"),
    "B35": _rule("passwords are readable to the second business day after the start",
                 f"{_NOTICE}::test_the_page_left_open_is_refused_at_24_o_clock_though_the_row_still_exists"),
    "B36": _rule("after that only a reissue helps", f"{_INTAKE}/test_reissue.py::test_from_the_form_to_the_end",
                 "component/provisioning/test_id_notice_rows.py::"
                 "test_after_the_window_every_field_stays_and_the_way_to_a_reissue_is_shown"),
    "B37": _rule("the office password is masked and has no button",
                 "component/provisioning/test_id_notice_rows.py::"
                 "test_a_button_tells_its_state_and_the_office_password_has_none"),
    "B38": _rule("some changes need a system setting as well",
                 "unit/review/test_after_completion.py::test_a_missing_setting_voids_when_its_last_day_is_over"),
    "B39": _rule("unchanged items are not overwritten: only mailboxes change",
                 f"{_INTAKE}/test_manual_words.py::test_every_word_of_the_manual_stands_on_its_page"),
    "B40": _rule("the completion page advises on spam filters",
                 f"{_INTAKE}/test_manual_words.py::test_every_word_of_the_manual_stands_on_its_page"),
    "E1": _rule("serials count every ID ever issued, at most 99",
                f"{_FORM}::test_serials_count_every_id_ever_issued",
                "component/provisioning/test_issue_mailboxes.py::"
                "test_exhausted_serials_give_nothing_and_say_how_many_are_left"),
    "E5": _rule("one serial space for both kinds; a kind is never converted",
                f"{_FORM}::test_serials_count_every_id_ever_issued"),
    "E6": _rule("a kind needs an active user of that mode",
                f"{_FORM}::test_adding_a_kind_without_its_mode_is_refused",
                f"{_FORM}::test_a_mode_that_begins_later_does_not_count"),
    "E7": _rule("one open mailbox application per office",
                f"{_RACES}::test_of_two_forms_of_one_office_the_second_to_register_loses",
                f"{_RACES}::test_the_database_itself_refuses_a_second_open_application",
                f"{_RACES}::test_after_the_review_a_new_application_is_free"),
    "E8": _rule("a repeated approval issues once",
                "component/provisioning/test_issue_mailboxes.py::"
                "test_a_hundred_deliveries_give_the_same_ids_and_one_credential_each"),
    "E9": _rule("additions and abolitions go together", f"{_FORM}::test_additions_and_abolitions_go_together"),
    "E10": _rule("nothing asked is an error; a blank count is 0", f"{_FORM}::test_every_case_of_the_table"),
    "E11": _rule("what is abolished, pending or foreign cannot be given up",
                 f"{_FORM}::test_a_mailbox_on_its_way_out_cannot_be_abolished_again",
                 f"{_COURSE}::test_a_decided_abolition_shows_and_cannot_be_asked_for_again"),
    "E12": _rule("giving up the last mailbox is a warning", f"{_FORM}::test_giving_up_the_last_mailbox_is_a_warning"),
    "E13": _rule("an abolition bites at 00:00 of the start date",
                 "component/provisioning/test_timetable.py::"
                 "test_at_midnight_additions_are_active_and_abolitions_closed"),
    "E14": _rule("a start today or before is an error", f"{_FORM}::test_every_case_of_the_table"),
    "E15": _rule("a day off the schedule is a warning", f"{_FORM}::test_a_date_off_the_schedule_is_a_warning"),
    "E16": _rule("every form of a date with one meaning is accepted",
                 f"{_FORM}::test_what_has_one_meaning_is_normalised"),
    "E17": _rule("which other start date a reviewer may confirm",
                 "unit/review/test_approval.py::test_start_dates_and_notes"),
    "E20": _rule("a month without schedule is a warning and holds the approval",
                 f"{_FORM}::test_a_month_without_schedule_is_a_warning",
                 "unit/review/test_approval.py::test_without_a_schedule_the_approval_is_held"),
    "E21": _rule("a link of a mail leads through the login to its page, for its office alone",
                 f"{_INTAKE}/test_login.py::test_a_page_asked_for_is_shown_after_the_login_with_all_that_its_address_says",
                 f"{_INTAKE}/test_security.py::test_another_office_learns_nothing_about_what_it_asks_for"),
    "E22": _rule("an open page shows nothing once the window has closed",
                 f"{_NOTICE}::test_the_page_left_open_is_refused_at_24_o_clock_though_the_row_still_exists"),
    "E23": _rule("a reissue: same ID, new password, a window of its own",
                 "component/provisioning/test_reissue.py::"
                 "test_the_same_id_gets_a_new_password_and_a_window_of_its_own"),
    "E24": _rule("a reissue closes the older window at once",
                 "component/provisioning/test_reissue.py::test_inside_the_older_window_that_window_is_over_at_once"),
    "E29": _rule("withdrawal against approval: one wins, the other is told",
                 f"{_INTAKE}/test_moving_races.py::"
                 "test_a_withdrawal_that_races_the_approval_is_told_what_became_of_it"),
    "E30": _rule("no withdrawal after 審査終了",
                 f"{_MOVED}::test_who_withdraws_after_the_approval_is_told_on_page_news_and_timeline"),
    "E31": _rule("one form token is one application",
                 f"{_RACES}::test_a_form_posted_fifty_times_at_once_is_one_application",
                 f"{_JOURNEY}::test_back_after_registering_leads_to_the_receipt"),
    "E32": _rule("equal addresses get one mail", f"{_MAILS}::test_equal_addresses_get_one_mail",
                 f"{_JOURNEY}::test_one_mail_is_enough_when_both_read_one_address"),
    "E33": _rule("an office that closes loses what is open and its mailboxes",
                 f"{_ASKED}::test_a_closed_office_gives_up_what_it_had_in_hand",
                 f"{_COURSE}::test_an_office_that_closes_has_no_mailbox_left"),
    "E34": _rule("a new calendar moves ends to come and shortens none",
                 "component/provisioning/test_windows.py::test_a_calendar_that_would_shorten_a_window_leaves_it"),
    "E35": _rule("serials begin anew with the year in Japan",
                 f"{_RACES}::test_the_serial_starts_anew_with_the_year_in_japan"),
    "E36": _rule("a correction keeps its office", f"{_FORM}::test_a_correction_keeps_office_and_kind",
                 f"{_ASKED}::test_neither_office_nor_items_can_be_corrected"),
    "T4": _rule("looking again inside the window is allowed and audited",
                f"{_NOTICE}::test_every_look_is_audited_and_the_first_one_told_apart"),
    "T5": _rule("the approval notice opens at 00:00 of the start date and never closes",
                f"{_PAPER}::test_the_approval_notice_opens_on_the_confirmed_start_date"),
    "T6": _rule("a system setting is due four business days before the start",
                "unit/review/test_approval.py::test_off_the_schedule_the_setting_deadline_is_four_business_days_before"),
    "T7": _rule("a wish is a real date after today and within a year",
                f"{_FORM}::test_the_day_one_year_ahead_is_the_last_one",
                f"{_FORM}::test_a_missed_deadline_is_a_warning_that_names_the_next_day"),
    "T8": _rule("after 18:00 or on a closed day the review target counts from the next business day",
                "unit/intake/test_schedule.py::test_the_review_target_counts_from_a_business_day"),
    "T9": _rule("an unanswered question is reminded of and never withdrawn by itself",
                "unit/review/test_questions.py::test_a_question_is_due_on_its_tenth_business_day_when_offices_open",
                f"{_ASKED}::test_a_reminder_is_news_as_long_as_the_question_is_open"),
}  # fmt: skip
