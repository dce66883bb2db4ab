// The table of commands, verbs and options. To add one: a row here and its function;
// help, man page and completion follow. Constant data, any thread.
#include "client/cli/command.h"

// clang-format off
#define READING "csv tsv jsonl columns raw excel where sort limit page as-at as-known removed pupil class provision staff"
#define WRITING "dry-run key seen reason"
#define CAPTURE "dry-run key seen"
#define SESSION CAPTURE " absent present refused elsewhere progress lost minutes note by reason"

const struct command verbs[] = {
    {"list", "", "All records of a kind that you may see, one line each.", READING, "pupil list --where year=4 --sort surname", 0, 0, true, list_command},
    {"show", "ID", "One record and who changed it last: its page where there is a report of its name, else field by field.", "fields section as-known csv tsv raw excel", "target show TGT-04K7", 1, 1, true, show_command},
    {"add", "FIELD=VALUE …", "A new record.", WRITING, "target add pupil=\"Aisha Khan\" aim=@aim.txt due='14 sep'", 0, -1, false, add_command},
    {"edit", "ID FIELD=VALUE …", "Changes the fields named, and no others. FIELD= empties it.", WRITING " if-version strict", "target edit TGT-04K7 progress=- status=met", 1, -1, false, edit_command},
    {"remove", "ID", "Removes a record; its history stays, and undo brings it back.", "if-version key reason", "target remove TGT-04K7 --reason 'entered twice'", 1, 1, false, remove_command},
    {"history", "ID", "Every version of a record: who, when, what from and to.", "csv tsv raw excel", "target history TGT-04K7", 1, 1, true, history_command},
    {"undo", "ID", "Takes back the newest version of a record, or the one named.", "version key dry-run", "target undo TGT-04K7", 1, 1, false, undo_command},
    {"export", "", "As list, as a CSV file that spreadsheets open.", READING, "pupil export --excel > pupils.csv", 0, 0, false, list_command},
    {"watch", "[ID]", "Changes to records of a kind, as they happen.", "jsonl from pupil class provision staff", "target watch --pupil PUP-0017", 0, 1, false, watch_command},
};

const struct own_verb own_verbs[] = {
    {"Provision", {"start", "TYPE NAME [FIELD=VALUE …]", "A run of a provision with its group, in one go. --pupils takes PUPIL=SCORE as well: the score at entry.", CAPTURE " pupils starts ends leader days reason", "provision start \"Precision teaching\" \"Monday group\" --pupils \"Aisha Khan=85; Ben Lee\" --starts mon", 2, -1, false, provision_start_command}},
    {"Provision", {"close", "PROVISION [PUPIL=SCORE|REASON …]", "Closes a run with its exit data: a score, or why there is none (DONE, CAUGHT-UP, UNSUITED, MOVED-ON, LEFT, ABSENT).", CAPTURE " day decision reason", "provision close \"Monday group\" Khan=92 Lee=LEFT --decision keep", 1, -1, false, provision_close_command}},
    {"Provision", {"copy", "[PROVISION …]", "Copies the runs of a period forward, or those named: same groups, new dates, entry score from the old exit score. One undo takes all of it back.", CAPTURE " from to starts ends reason", "provision copy --from 1/9/2026 --to 18/12/2026 --starts 4/1/2027 --dry-run", 0, -1, false, provision_copy_command}},
    {"ProvisionSession", {"register", "PROVISION [DATE]", "Takes the register of a session: all present but those named. As: sendco log session.", SESSION, "session register \"Monday group\" --absent Lee", 1, 2, false, log_session_command}},
    {"Target", {"roll", "PLAN|PUPIL -m REASON", "Copies the unmet targets of a plan into the newer one, with where they stand now. -m says why they go on: it stands in each new target's note. One undo takes all of it back.", CAPTURE " into due message reason", "target roll \"Aisha Khan\" --due 12w -m \"Half way there\"", 1, 1, false, target_roll_command}},
    {"Need", {"order", "PUPIL NEED …", "Ranks a pupil's needs in the order given, from a day on; needs not named follow behind.", CAPTURE " from reason", "need order \"Aisha Khan\" SLCN SPLD", 2, -1, false, need_order_command}},
};

const struct command commands[] = {
    {"find", "TEXT", "Looks for words in everything that you may see. Exit code 1 when nothing matches.", "csv tsv raw excel limit kind", "find \"Aisha Khan\"", 1, -1, true, find_command},
    {"report", "NAME [WORD]", "A report by its name; those whose name is no kind of record need no \"report\" before it.", "", "report pupil \"Aisha Khan\"", 1, -1, true, report_command},
    {"log contact", "PUPIL HOW [TEXT]", "One call, message or talk with home, by you today. HOW: phone, email, text-message, letter, in-person, app. TEXT may be - (standard input) or @FILE.", CAPTURE " with agreed follow-up day message", "log contact \"Aisha Khan\" phone - --with mother --follow-up fri", 2, -1, false, log_contact_command},
    {"log session", "PROVISION [DATE]", "Takes the register of a session: all present but those named. A second time for the same day it shows what is there and changes only what is named.", SESSION, "log session \"Monday group\" --absent \"Ben Lee; Mia Cole\" --progress Khan", 1, 2, false, log_session_command},
    {"who", "", "Who is connected now.", "csv tsv", "who", 0, 0, false, who_command},
    {"status", "", "The server, the school and who you are in it.", "", "status", 0, 0, false, status_command},
    {"watch", "", "Changes to all that you may see, as they happen, across restarts of the server. A ticket that ends is renewed with --password-file or the profile's password; without either the watch ends with E-LOGIN.", "jsonl from kind pupil class provision staff", "watch --jsonl", 0, 0, false, watch_command},
    {"import", "FILE", "Reads a roll exported by the school's MIS: all of it or nothing.", "dry-run date date-order map forget-map", "import roll.csv --dry-run", 1, 1, false, import_call},
    {"undo", "BATCH|ID", "Takes back a batch by its number (an import, a copied provision map, targets rolled over; what was changed since is left alone and named), or the newest version of one record by its id.", "key dry-run", "undo TGT-04K7 --dry-run", 1, 1, false, undo_command},
    {"login", "", "Logs in and keeps a ticket, which lasts ten minutes without use.", "accept-epoch", "login", 0, 0, false, login_command},
    {"logout", "", "Ends the ticket.", "", "logout", 0, 0, false, logout_command},
    {"help", "[TOPIC]", "Help on a command, a kind of record, an error (E-CONFLICT), dates or exit codes.", "", "help target", 0, 2, true, help_command},
    {"man", "", "The manual page, for man(1).", "", "man | man -l -", 0, 0, false, man_command},
    {"completion", "bash", "A completion script for the shell.", "", "completion bash > ~/.local/share/bash-completion/completions/sendco", 1, 1, false, completion_command},
    {"version", "", "The release.", "", "version", 0, 0, false, version_command},
};

const struct command report_command_row =
    {"", "", "", "as-at as-known csv tsv jsonl raw excel columns section why watch", "", 0, 1, true, report_command};

const struct option_info options[] = {
    {"profile", "DIR", "The profile to use; else $SENDCO_PROFILE, else the one in ~/.local/share/sendco."},
    {"server", "HOST:PORT", "The server; else $SENDCO_SERVER, else the profile's."},
    {"password-file", "FILE", "Its first line is the password; else you are asked."},
    {"json", NULL, "JSON, as one object; errors too, on standard error."},
    {"plain", NULL, "As for a program: TSV, ISO dates, no colour, nothing cut off."},
    {"table", NULL, "As for a person, also when the output is no terminal."},
    {"quiet", NULL, "Only what was asked for, and errors."},
    {"no-input", NULL, "Never ask anything."},
    {"yes", NULL, "Answer yes to questions."},
    {"no-color", NULL, "No colour; as does a NO_COLOR that is set."},
    {"no-pager", NULL, "No pager."},
    {"help", NULL, "Help on the command."},
    {"jsonl", NULL, "JSON, one object a line."},
    {"csv", NULL, "CSV (RFC 4180); cells that a spreadsheet would take for a formula get an apostrophe."},
    {"tsv", NULL, "Columns separated by tabs."},
    {"excel", NULL, "CSV as Excel likes it: with a byte order mark and CRLF."},
    {"raw", NULL, "CSV without the apostrophe before formulas."},
    {"columns", "A,B,…", "These columns, in this order."},
    {"where", "CONDITION", "Only where FIELD=VALUE; also != < <= > >= and ~ (contains). FIELD= means empty: pupil list --where left= leaves out who has left. May be repeated."},
    {"sort", "FIELD,-FIELD", "In this order; - for descending."},
    {"limit", "N", "At most so many."},
    {"page", "TOKEN", "Go on from the \"next\" of a list that --limit ended."},
    {"removed", NULL, "The removed ones too."},
    {"as-at", "DATE", "What held on that day."},
    {"as-known", "TIME", "What had been entered by then: 2026-09-14 or 2026-09-14T10:42:00Z."},
    {"pupil", "ID|NAME", "Only about this pupil."},
    {"class", "ID|NAME", "Only about this class; list: or about the pupils in it, today or --as-at."},
    {"provision", "ID|NAME", "Only about this provision; list: or about the pupils in it, today or --as-at."},
    {"staff", "ID|NAME", "Only about this member of staff; me: you."},
    {"kind", "KIND", "Only this kind of record; may be repeated."},
    {"section", "NAME", "Only this section of the report."},
    {"why", "FIGURE", "The records behind one figure of the report: ROW:COLUMN or SECTION:ROW:COLUMN, where ROW is its number or its first cell, and COLUMN its name; as in: sendco map --why class:3B:minutes_actual. Names of columns: --json."},
    {"watch", NULL, "Draws the report anew whenever something changes that it reads; ends with Ctrl-C."},
    {"fields", NULL, "Field by field, also where there is a report of that name."},
    {"from", "SEQ|DATE", "watch: from this change of the log on. copy, order: from this day on."},
    {"to", "DATE", "The last day of the period that is copied."},
    {"starts", "DATE", "First day; today when left out."},
    {"ends", "DATE", "Last day."},
    {"day", "DATE", "The day it was; today when left out."},
    {"due", "DATE", "By when; else the day the plan is to be reviewed."},
    {"follow-up", "DATE", "By when to get back to them."},
    {"with", "CONTACT", "With which of the pupil's contacts: name, relationship or id."},
    {"agreed", "TEXT", "What was agreed; or - or @FILE."},
    {"message", "TEXT", "The text, or the reason; short: -m. It may be - (standard input) or @FILE."},
    {"pupils", "A; B; C", "Who is in the group, by name or id; PUPIL=SCORE gives the score at entry."},
    {"leader", "STAFF", "Who takes it."},
    {"days", "TEXT", "When it meets: Mon Wed 09:30."},
    {"decision", "WORD", "Shall the school offer it again: keep, change or stop."},
    {"into", "PLAN", "The plan that takes the targets; else the pupil's newest live or draft plan."},
    {"absent", "NAMES", "Who was absent; several with ; between them, or the option repeated."},
    {"present", "NAMES", "Who was present after all."},
    {"refused", "NAMES", "Who would not take part."},
    {"elsewhere", "NAMES", "Who was somewhere else in school."},
    {"progress", "NAMES", "Who made a step forward."},
    {"lost", "CODE", "It was not held, and why: STAFF, PUPILS, ROOM, EVENT, CLOSED. --lost= says that it was held after all."},
    {"minutes", "N", "How long it took, when not as planned."},
    {"note", "TEXT", "A note on the session; or - or @FILE."},
    {"by", "STAFF", "Who took it, when it was not the leader."},
    {"if-version", "N", "The version you saw: what changed since is merged, or a conflict."},
    {"version", "N", "Which version to take back."},
    {"strict", NULL, "No merging: any newer version is a conflict."},
    {"dry-run", NULL, "Check everything, change nothing."},
    {"reason", "TEXT", "Why; kept in the history."},
    {"key", "HEX", "The key of a request whose answer was lost: it is not applied twice."},
    {"seen", "SEQ", "With --key: how far you had seen the school then."},
    {"date", "DATE", "From when on what the file says holds; today when left out."},
    {"date-order", "day-first|month-first", "How the file writes its dates; else each column shows it, and day-first where none does."},
    {"map", "HEADING=FIELD", "What a heading of the file means (surname, born, need1 …; none: not read); remembered for files like it. May be repeated."},
    {"forget-map", NULL, "Forget what --map once said about files with these headings."},
    {"accept-epoch", NULL, "Accept that the school has restored its database."},
};
// clang-format on

const size_t n_verbs = sizeof verbs / sizeof *verbs, n_own_verbs = sizeof own_verbs / sizeof *own_verbs;
const size_t n_commands = sizeof commands / sizeof *commands, n_options = sizeof options / sizeof *options;
const char command_always[] = "profile server password-file json plain table quiet no-input yes no-color no-pager help";
