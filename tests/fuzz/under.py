"""What each fuzzing target is there for: files, and of each file the functions that belong to the task.

The figures of run.py go over these and nothing else, so that they say something: how much of what input can get at was got at.
"""


class Choice:
    """Of one file: all its functions, or those named; without some, each with the reason. `counts`: in the sum, too."""

    def __init__(self, *functions, without=None, counts=True):
        self.functions, self.without, self.counts = functions or ("*",), without or {}, counts


ALL = Choice()
GET = "of Get: target session"
WATCHES = "of watches: target session"
WRITING = "of writing: target session"
FAILS = "the database or memory fails: tests/faults/nth.py"
HEAVY = "of changes and answers of thousands of records: tests/faults/heavy.py"
OLDER = "of databases of older releases: tests/integration/"

# The decoder: bytes to frames, guarded, unpacked and validated; the check of text; requests into the house's structs.
DECODER = {
    "common/frame.c": ALL,
    "common/guard.c": ALL,
    "common/record.c": Choice(without={
        "record_copy": "of the store's", "record_number": "of rules and reports", "record_text": "of rules and reports",
        "record_has": "of rules and reports", "record_set": "of rules", "record_index": "of rules and reports"}),
    "common/value.c": Choice(without={"value_compare": "of sorting: target values"}),
    "common/text.c": Choice("text_fault", "text_control_fault", "text_complain", "text_is_mark", "text_normal", "text_is_normal",
                            "text_compose", "text_may_compose", "text_trim", "text_is_blank", "text_last", "text_is_plain", "text_length"),
    "common/upn.c": ALL,
    "common/arena.c": Choice(without={"arena_reset": "of the writer, between requests", "arena_copy": "of pages"}),
    "common/buffer.c": Choice(without={"buffer_take": "of what is sent"}),
    "server/parse.c": ALL,
    # what guard.c lets through: the rest of it is there for what guard.c refuses before
    "protobuf-c.c": Choice("protobuf_c_message_unpack", "parse_*", "scan_*", "merge_messages", counts=False),
}

UNDER = {
    "frame": DECODER,
    "session": {
        "server/session*.c": ALL,
        "server/dispatch.c": ALL,
        "server/request.c": Choice(without={"request_lost": FAILS}),
        "server/parse.c": ALL,
        "server/pack.c": ALL,
        "server/live.c": Choice(without={"live_tell_disordered": "a planted fault"}),
        "server/watch.c": Choice(without={"telling_take": HEAVY}),
        "server/round.c": Choice(without={"round_failed": FAILS}),
        "server/push.c": ALL,
        "server/presence.c": ALL,
        "server/handlers/logout.c": Choice(without={"logout_unwritten": FAILS}),
        "server/handlers/read.c": Choice(without={"reading_labels_out": HEAVY}),
        "server/handlers/report.c": Choice(without={"part_send": HEAVY}),
        "server/handlers/write.c": Choice(without={"writings_tick": HEAVY}),
        "server/handlers/write_answer.c": Choice(without={
            "on_pack": HEAVY, "on_packed": HEAVY, "writing_pack_aside": HEAVY, "writing_untold": FAILS}),
        "server/handlers/*.c": ALL,
        "server/rules/*.c": ALL,
        "server/reports/*.c": ALL,
        "server/store/sqlite/apply.c": Choice(without={"change_more_room": HEAVY, "start_again": FAILS, "commit_slim": HEAVY, "widen": HEAVY}),
        "server/store/sqlite/derive.c": Choice(without={"*": OLDER}),
        "server/store/sqlite/open.c": Choice(without={"unmake": FAILS, "on_given_up": FAILS, "give_up": FAILS}),
        "server/store/sqlite/schema.c": Choice(without={"migrate_2": OLDER, "needs_change": OLDER}),
        "server/store/sqlite/writer.c": Choice(without={
            "let_go": FAILS, "stop_for_ever": FAILS, "look_for_chain": FAILS, "fate_of": FAILS, "fail": FAILS,
            "reset_change": FAILS, "fail_lost": FAILS}),
        "server/store/sqlite/*.c": ALL,
        "server/store/scope.c": ALL,
        "server/access/scope.c": ALL,
        "server/access/pass.c": ALL,
        "server/access/matrix.c": ALL,
    },
    "list": {
        "server/store/sqlite/query.c": ALL,
        "server/store/sqlite/select.c": Choice(without={
            "select_record": GET, "by_id": GET, "not_found": GET, "view_get": GET, "view_get_known": GET}),
        "server/parse.c": Choice("parse_kind", "parse_field", "parse_condition", "parse_orders", "parse_list_about", "parse_about",
                                 "parse_as_at", "parse_known", "parse_query"),
        "server/access/scope.c": Choice(without={
            "access_kind_matters": WATCHES, "access_scope_copy": WATCHES}),
        "server/store/scope.c": Choice(without={
            "scope_equal": WATCHES, "scope_writes": WRITING, "scope_writes_record": WRITING, "scope_unwritable": WRITING}),
    },
    "roll": {"client/exchange/%s.c" % name: ALL for name in (
        "encoding", "headings", "columns", "cells", "dates", "names", "checks", "faults", "roll", "match", "plan", "plan_spells",
        "provision", "school")},
    "values": {"common/%s.c" % name: ALL for name in (
        "date_parse", "date", "clock", "value_parse", "value_format", "value", "number", "upn", "id")},
    "text": {"common/%s.c" % name: ALL for name in ("text", "text_fold", "text_show", "text_sort", "id", "upn")},
}

MALLOC = "malloc itself fails: tests/faults/nth.py and nthwire.py see to that"
CHECKED = "what comes here was checked before"
GUARDED = "guard.c lets no such text pass; target text reaches it"
SCHEMA = "neither of the two schemas has such a field"
TABLE = "the tables of kinds and of rights have no such row"
REPORTS = "of rules and reports: target session"
KINDS = "no kind of record has such a field"

# Branches that no input of that target reaches, by a part of their line, and why. One that is reached counts all the same.
DECODER_BARRED = {
    "common/frame.c": {"size > UINT32_MAX": "no message is that large", "if (!room)": MALLOC},
    "common/guard.c": {
        "if (guard_tag(&again": "it has been walked before", "used >= size": "no path of eight names is that long",
        "more > 0 ?": "snprintf does not fail", "used < size": "no path of eight names is that long",
        "case PROTOBUF_C_TYPE_SFIXED32": SCHEMA, "case PROTOBUF_C_TYPE_FIXED32": SCHEMA, "case PROTOBUF_C_TYPE_FLOAT": SCHEMA,
        "case PROTOBUF_C_TYPE_SFIXED64": SCHEMA, "if (wire != WIRE_VARINT)": SCHEMA, "return size % (wire": SCHEMA,
        "index >= GUARD_TRACKED": "no message has so many fields", "i < GUARD_TRACKED": "no message has so many fields",
        "other->quantifier_offset ==": "no message has two oneofs", "if (!message && arena->spent)": MALLOC, "else if (!message)": MALLOC},
    "common/record.c": {
        "field >= 0 ?": "every fault is one field's", "if (size > 0 && (size_t)size < left": "snprintf does not fail",
        "return normal ?": MALLOC, "if (!member)": "every field has its place in the message",
        "kind->spell.to < 0": "every kind of spell has a last day"},
    "common/value.c": {
        "*unit = field->unit": "the table of kinds has a unit for each, if an empty one", "number < DATE_MIN ?": "value_limits sees to it",
        "field->as == AS_TIME": KINDS, "*wire = kind ?": "every field is a kind's", "if (!wire ||": KINDS,
        "above = field->ranged": "every range has both ends", "must be yes or no": CHECKED, "field->max != INT64_MAX": "every range has both ends",
        "length < field->min": KINDS, "must be a text, not a number": "the wire's type is the field's",
        "must be a number, not a text": "the wire's type is the field's"},
    "common/text.c": {
        "c >= '\\t' && c <= '\\r'": GUARDED, "if (used <= 0": GUARDED, "while (used > 0 &&": GUARDED, "if (marks > TEXT_MARKS_MAX)": GUARDED,
        "if (!text_may_compose(": GUARDED, "!text_may_compose(text, size))": GUARDED, "utf8proc_map(": MALLOC, "made == UTF8PROC_ERROR_NOMEM": MALLOC,
        "made < 0 ?": MALLOC, "if (!composed)": MALLOC, "bool same = composed": MALLOC},
    "common/upn.c": {"*at = c ?": CHECKED, "int value = c >= '0'": CHECKED, "if (value < 0)": CHECKED},
    "common/arena.c": {
        "if (!block)": MALLOC, "if (size > SIZE_MAX / 4)": "no input is that large", "count > SIZE_MAX / size": "no input is that large",
        "length < 0 ?": "vsnprintf does not fail"},
    "common/buffer.c": {
        "if (buffer->start == 0)": "of buffer_take", "size > BUFFER_LARGEST": "no input is that large", "if (!data)": MALLOC,
        "if (!room)": MALLOC},
    "server/parse.c": {"item->packed.body = arena_copy": MALLOC},
}
LIST_BARRED = {
    "server/store/sqlite/query.c": {
        "query->n_where < QUERY_CONDITIONS": REPORTS, "kind->about.depth == 0": TABLE, "i != kind->about.path[0]": TABLE,
        "of->subject == SUBJECT_SCHOOL": CHECKED, "reach == REACH_OWN && subject == SUBJECT_SCHOOL": TABLE,
        "!kind->about.optional || read[SUBJECT_SCHOOL]": TABLE, "PROTOBUF_C_TYPE_SINT64": KINDS, "*folded = ": CHECKED,
        "folded ? value_text": FAILS, "!query->any_time": REPORTS, "kind->about.optional && view->reach": TABLE,
        "i < query->n_where && !field": CHECKED, "query_by_subject(query) && about": TABLE},
    "server/store/sqlite/select.c": {
        "sql->overflow": "the longest question takes half of the room", "if (build(&sql": "the longest question takes half of the room",
        "if (!record)": FAILS, "!= SQLITE_NULL)": FAILS, "!text || text_fault": FAILS, "if (!at)": FAILS, "copy = text ?": FAILS,
        "copy ? copy": FAILS, "if (!statement)": FAILS, "(code = db_next(statement))": FAILS, "if (scope_filter(": "SQL has let only such through",
        "if (!page && query->limit": REPORTS, "return error ? error": FAILS, "statement ? db_next": FAILS, "if (code == SQLITE_ROW)": FAILS},
    "server/access/scope.c": {
        "if (!ids)": FAILS, "return result ?": FAILS, "if (!assignment ||": TABLE, "if (!result && member": FAILS, "!result && i <": FAILS,
        "!result && member && i <": FAILS, "actor->staff == 0": CHECKED, "if (result)": FAILS, "if (!self)": FAILS, "memchr(scope->read": TABLE},
    "server/store/scope.c": {
        "return set->n && bsearch": "SQL has let only such through", "reach == REACH_ALL || (reach": "SQL has let only such through",
        "kind->about.optional && scope": TABLE, "!scope_reads_record(": "SQL has let only such through"},
}
BARRED = {"frame": DECODER_BARRED, "list": LIST_BARRED}
