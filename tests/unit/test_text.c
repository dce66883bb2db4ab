// Text: what is stored, found and shown, with names from many languages and with
// what somebody hostile might type. And UPNs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "common/arena.h"
#include "common/buffer.h"
#include "common/text.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_deinit(&arena);
    return 0;
}

static const char *const hostile[] = {
    "\x1b]0;x\x07",               // sets a terminal's title
    "\x1b[2J\x1b[31m",            // clears it, in red
    "\xc2\x9b\x33\x31m",          // the same introducer as one C1 character
    "a\u202Egnp.exe",             // reads backwards
    "\u2066a\u2069\u2067b\u2069", // isolates
    "zero\u200Bwidth\uFEFF",
    "line\u2028separator\u2029",
    "=cmd|' /C calc'!A0",
    "\xff\xfe",         // no UTF-8 at all
    "\xed\xa0\x80",     // a lone surrogate
    "\xc0\xaf",         // an overlong slash
    "\xf4\x90\x80\x80", // beyond Unicode
    "cut \xe2\x82",     // ends inside a character
    "\x7f\r\n\t",
    "\U000E0041\U000E0042", // tags nobody sees
};

// No byte of it may drive a terminal: no control but newline and tab where asked
// for, no format character, valid UTF-8.
static void assert_tame(const char *text, bool multiline)
{
    assert_null(text_fault(text, strlen(text), multiline));
    static const char *const never[] = {"\u202A", "\u202B", "\u202C", "\u202D", "\u202E", "\u2066", "\u2067", "\u2068",    "\u2069",
                                        "\u200B", "\u200E", "\u200F", "\uFEFF", "\u2028", "\u2029", "\u00AD", "\U000E0041"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
        assert_null(strstr(text, never[i]));
    }
}

static void test_safe(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        assert_tame(text_safe(hostile[i], false, &arena), false);
        assert_tame(text_safe(hostile[i], true, &arena), true);
    }
    assert_string_equal(text_safe(hostile[0], false, &arena), "\\u{1b}]0;x\\u{7}");
    assert_string_equal(text_safe("\xc2\x9b", false, &arena), "\\u{9b}");
    assert_string_equal(text_safe("a\u202Eb", false, &arena), "a\\u{202e}b");
    assert_string_equal(text_safe("\xff", false, &arena), "\\x{ff}");
    assert_string_equal(text_safe("a\n\tb\r", false, &arena), "a  b\\u{d}");
    assert_string_equal(text_safe("a\n\tb", true, &arena), "a\n\tb");
    assert_string_equal(text_safe("Siân O’Brien 李明 عائشة Nguyễn", false, &arena), "Siân O’Brien 李明 عائشة Nguyễn");
}

// Every code point that Unicode has, one by one.
static void test_safe_all(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x110000; c++) {
        if (c >= 0xd800 && c < 0xe000) {
            continue;
        }
        char text[8] = {0};
        if (c < 0x80) {
            text[0] = (char)c;
        } else if (c < 0x800) {
            snprintf(text, sizeof text, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
        } else if (c < 0x10000) {
            snprintf(text, sizeof text, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
        } else {
            snprintf(text, sizeof text, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)), (int)(0x80 | (c >> 6 & 63)),
                     (int)(0x80 | (c & 63)));
        }
        arena_reset(&arena);
        char *safe = text_safe(text, false, &arena);
        assert_null(text_fault(safe, strlen(safe), false));
        assert_int_equal(text_length(text), 1);
        char *fold = text_fold(text, &arena);
        assert_string_equal(text_fold(fold, &arena), fold);
        char *normal = text_normal(text, &arena), padded[16];
        assert_true(text_is_normal(normal));
        // Between letters, so that nothing is trimmed, the library is right.
        snprintf(padded, sizeof padded, "x%sx", text);
        char *composed = (char *)utf8proc_NFC((utf8proc_uint8_t *)padded);
        assert_string_equal(text_normal(padded, &arena), composed);
        assert_int_equal(text_is_normal(padded), strcmp(padded, composed) == 0);
        free(composed);
    }
}

static void test_fault(void **state)
{
    (void)state;
    assert_null(text_fault("Siân", 5, false));
    assert_null(text_fault("a\nb\tc", 5, true));
    assert_null(text_fault("", 0, false));
    assert_string_equal(text_fault("a\nb", 3, false), "a line break at byte 2");
    assert_string_equal(text_fault("a\tb", 3, false), "a tab at byte 2");
    assert_string_equal(text_fault("abcdef\x1b", 7, false), "a control character at byte 7");
    assert_string_equal(text_fault("\xc2\x9b", 2, true), "a control character at byte 1");
    assert_string_equal(text_fault("a\rb", 3, true), "a control character at byte 2");
    assert_string_equal(text_fault("ab\0c", 4, true), "a NUL at byte 3");
    assert_string_equal(text_fault("ab\xff", 3, true), "invalid UTF-8 at byte 3");
    assert_string_equal(text_fault("ab\xe2\x82", 4, true), "invalid UTF-8 at byte 3");
    assert_string_equal(text_fault("\xed\xa0\x80", 3, true), "invalid UTF-8 at byte 1");
    // Stored bidi signs are allowed; they are shown escaped.
    assert_null(text_fault("\u202Ea\u2066", 7, false));
}

static char *many(const char *piece, size_t n)
{
    char *text = arena_zero(&arena, n + 1, strlen(piece));
    for (size_t i = 0; i < n; i++) {
        memcpy(text + i * strlen(piece), piece, strlen(piece));
    }
    return text;
}

// A tower of accents is refused before it is sorted, which would take minutes.
static void test_marks(void **state)
{
    (void)state;
    char *tower = many("\u0301\u0323", 15000);
    assert_non_null(strstr(text_fault(tower, strlen(tower), true), "too many accents"));
    assert_null(text_normal(tower, &arena));
    assert_false(text_is_normal(tower));
    assert_string_equal(text_fold(tower, &arena), "");
    assert_null(text_fault("e\u0323\u0302\u0301", 7, false));
}

static void test_normal(void **state)
{
    (void)state;
    assert_string_equal(text_normal("  Sia\u0302n \t\n", &arena), "Siân");
    assert_string_equal(text_normal("\uFEFF\u00A0Ng\u00FAyen\u200B", &arena), "Ngúyen");
    assert_string_equal(text_normal("e\u0323\u0302", &arena), "ệ");
    assert_string_equal(text_normal("   ", &arena), "");
    assert_string_equal(text_normal("\u3000\u2003", &arena), "");
    assert_string_equal(text_normal("", &arena), "");
    assert_string_equal(text_normal("a  b", &arena), "a  b");
    assert_null(text_normal("\xff", &arena));
    assert_true(text_is_normal("Siân"));
    assert_true(text_is_normal(""));
    assert_false(text_is_normal("Sia\u0302n"));
    assert_false(text_is_normal("a "));
    assert_false(text_is_normal("\xff"));
    assert_int_equal(text_length("Siân 李明"), 7);
}

static void check_fold(const char *text, const char *fold, const char *search)
{
    assert_string_equal(text_fold(text, &arena), fold);
    assert_string_equal(text_fold_search(text, &arena), search ? search : fold);
}

static void test_fold(void **state)
{
    (void)state;
    check_fold("O’Brien", "obrien", "obrien o brien");
    check_fold("O'Brien", "obrien", "obrien o brien");
    check_fold("O´Brien", "obrien", "obrien o brien");
    check_fold("Siân Ffion Llŷr", "sian ffion llyr", NULL);                                                // Welsh
    check_fold("Caoimhín Ní Dhomhnaill", "caoimhin ni dhomhnaill", "caoimhin ni nidhomhnaill dhomhnaill"); // Irish
    check_fold("Ó Ceallaigh", "o ceallaigh", "o oceallaigh ceallaigh");
    check_fold("OCeallaigh", "oceallaigh", "oceallaigh o ceallaigh");
    check_fold("O\u0301Ceallaigh", "oceallaigh", "oceallaigh o ceallaigh");
    check_fold("MACKAY McDonald OK", "mackay mcdonald ok", "mackay mcdonald mc donald ok");
    check_fold("van der Berg", "van der berg", "van vanderberg der derberg berg");
    check_fold("o o", "o o", "o oo o");
    check_fold("de", "de", NULL);
    check_fold("Łukasz Święcicki-Żak", "lukasz swiecickizak", "lukasz swiecickizak swiecicki zak");
    check_fold("Ọláṣadé", "olasade", NULL);                       // Yoruba
    check_fold("Nguyễn Thị Ánh Đào", "nguyen thi anh dao", NULL); // Vietnamese
    check_fold("عائشة", text_fold("عائشة", &arena), NULL);
    check_fold("مُحَمَّد", "محمد", NULL);    // vowels and doubling
    check_fold("محمـــد", "محمد", NULL); // stretched
    check_fold("أحمد إيمان آية ٱلله", "احمد ايمان ايه الله", NULL);
    check_fold("مصطفى فاطمة", "مصطفي فاطمه", NULL);
    check_fold("علی", "علي", NULL); // on an Urdu or Persian keyboard
    check_fold("عبد الله", "عبد الله", "عبد عبدالله الله");
    check_fold("\u0661\u0662 \u06f3\u06f4 \u096b", "12 34 5", NULL);
    check_fold("李明", "李 明", NULL); // nobody knows where the record parts them
    check_fold("田中さくら", "田 中 さ く ら", NULL);
    check_fold("김민준", text_fold("김 민 준", &arena), NULL);
    check_fold("Núria Gal·la", "nuria galla", "nuria galla gal la");
    check_fold("Đặng Ọláyínká Yıldırım YILDIRIM İpek Żółć", "dang olayinka yildirim yildirim ipek zolc", NULL);
    assert_string_equal(text_fold_name("St. John J.P.", &arena), "st john jp");
    check_fold("Işıl İpek YILMAZ", "isil ipek yilmaz", NULL); // Turkish
    check_fold("Straße STRASSE", "strasse strasse", NULL);
    check_fold("Þór Ægir Øyvind Œuvre", "thor aegir oyvind oeuvre", NULL);
    check_fold("Ħal Għaxaq Ŧ Ŋ", "hal ghaxaq t n", NULL);
    check_fold("Mary-Jane  Smith–Jones", "maryjane smith jones", "maryjane mary jane smith jones");
    check_fold("'quoted' -x- a--b", "quoted x a b", NULL);
    check_fold("year 3/4, room 2b", "year 3 4 room 2b", NULL);
    check_fold("  ...  ", "", NULL);
    check_fold("", "", NULL);
    check_fold("co\u00ADop\u200Ber", "cooper", NULL);
    check_fold("ＦＵＬＬ", "full", NULL);
    check_fold("d’a-b", "dab", "dab d a b ab");
    check_fold("\xff\x1b x", "x", NULL);
    assert_string_equal(text_fold("Sia\u0302n", &arena), text_fold("Siân", &arena));
    // What grows most when it is taken apart still fits.
    assert_true(strlen(text_fold(many("\uFDFA", 300), &arena)) > 300);
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("Siân"), 4);
    assert_int_equal(text_width("Sia\u0302n"), 4);
    assert_int_equal(text_width("李明"), 4);
    assert_int_equal(text_width(""), 0);
    assert_string_equal(text_cut("Siân Jones", 10, &arena), "Siân Jones");
    assert_string_equal(text_cut("Siân Jones", 7, &arena), "Siân J…");
    assert_string_equal(text_cut("Siân Jones", 6, &arena), "Siân…");
    assert_string_equal(text_cut("李明李明", 5, &arena), "李明…");
    assert_string_equal(text_cut("李明李明", 4, &arena), "李…");
    assert_string_equal(text_cut("e\u0301e\u0301e\u0301", 2, &arena), "e\u0301…");
    assert_string_equal(text_cut("abc", 1, &arena), "…");
    assert_string_equal(text_cut("abc", 0, &arena), "");
    assert_string_equal(text_cut("abc", -5, &arena), "");
    assert_string_equal(text_pad("ab", 4, false, &arena), "ab  ");
    assert_string_equal(text_pad("ab", 4, true, &arena), "  ab");
    assert_string_equal(text_pad("李明李", 4, false, &arena), "李… ");
    assert_string_equal(text_pad("", 2, false, &arena), "  ");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        for (int width = 0; width < 12; width++) {
            assert_int_equal(text_width(text_pad(text_safe(hostile[i], false, &arena), width, false, &arena)), width);
        }
    }
}

static void test_width_of_scripts(void **state)
{
    (void)state;
    assert_int_equal(text_width("Ọ̀ṣún"), 4);
    assert_int_equal(text_width("Nguyễn"), 6);
    assert_int_equal(text_width("مُحَمَّد"), 4);
    assert_int_equal(text_width("हिन्दी"), 5); // each vowel sign that stands beside its letter takes a column
    assert_int_equal(text_width("김"), 2);
    assert_int_equal(text_width("\u1100\u1161\u11a8"), 2);
    // A letter and its marks stay together, whatever they are worth.
    assert_string_equal(text_cut("ọ̀ọ̀ọ̀", 2, &arena), "ọ̀…");
    assert_string_equal(text_cut("किकि", 3, &arena), "कि…");
    assert_string_equal(text_cut("किकि", 2, &arena), "…");
    assert_string_equal(text_cut("🇬🇧🇮🇪🇵🇱", 4, &arena), "🇬🇧…");
    // The joiners of Persian and Sinhala are spelling; between other letters they hide.
    assert_string_equal(text_safe("علی\u200cرضا", false, &arena), "علی\u200cرضا");
    assert_string_equal(text_safe("ශ්\u200dරී", false, &arena), "ශ්\u200dරී");
    assert_string_equal(text_safe("a\u200db\u200c", false, &arena), "a\\u{200d}b\\u{200c}");
    assert_string_equal(text_safe("علی\u200c", false, &arena), "علی\\u{200c}");
    assert_string_equal(text_safe("ع\u200c\u200cع", false, &arena), "ع\\u{200c}\\u{200c}ع");
    assert_string_equal(text_safe("ع\u200c\u202eع", false, &arena), "ع\\u{200c}\\u{202e}ع");
    assert_int_equal(text_width("علی\u200cرضا"), 6);
}

// As a register has them, each before the next.
static void test_order(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"2nd", "Ann"},    {"Ægir", "Al"},    {"Al", NULL},         {"Al Amin", "Zoe"}, {"Al-Amin", "Bea"}, {"Alamin", "Cy"},
        {"Đặng", "Anh"},   {"De Souza", "Z"}, {"De Wit", "Ann"},    {"Dean", "Ann"},    {"D'Souza", "Al"},  {"Eze", "Al"},
        {"Lee", NULL},     {"Lee", "Ann"},    {"Lee", "Zoe"},       {"Lee Smith", "A"}, {"Leech", "Al"},    {"Łukasik", "Al"},
        {"Mac Coy", "Al"}, {"MacCoy", "Al"},  {"McCoy", "Al"},      {"Muller", "Ann"},  {"MULLER", "Ann"},  {"Müller", "Ann"},
        {"Muller", "Bea"}, {"O Brien", "Zo"}, {"Ó Ceallaigh", "A"}, {"O'Brien", "Al"},  {"OBrien", "Bea"},  {"O’Brien", "Cy"},
        {"Obrien", "Di"},  {"St. John", "A"}, {"St John", "Be"},    {"Strasser", "Al"}, {"Straßer", "Al"},  {"Ŵyn", "Al"},
        {"Żak", "Al"},     {"Παππάς", "Al"},  {"Ковальов", "A"},    {"العلي", "ا"},     {"محمد", NULL},     {"张", "伟"},
        {"李", "明"},
    };
    char *before = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *key = text_sort_key(names[i], 2, &arena);
        assert_null(text_fault(key, strlen(key), true));
        if (before && strcmp(before, key) >= 0) {
            fail_msg("%s, %s comes too late: %s", names[i][0], names[i][1] ? names[i][1] : "", key);
        }
        before = key;
    }
    assert_string_equal(text_sort_key(names[14], 2, &arena), "lee\nzoe");
    assert_string_equal(text_sort_key(NULL, 0, &arena), "");
}

static void check_cell(const char *text, bool raw, const char *cell)
{
    struct buffer out;
    buffer_init(&out);
    assert_int_equal(text_csv_cell(&out, text, raw), 0);
    assert_int_equal(buffer_append(&out, "", 1), 0);
    assert_string_equal((const char *)buffer_head(&out), cell);
    buffer_deinit(&out);
}

static void test_csv(void **state)
{
    (void)state;
    check_cell("plain", false, "plain");
    check_cell("", false, "");
    check_cell("a,b", false, "\"a,b\"");
    check_cell("say \"hi\"", false, "\"say \"\"hi\"\"\"");
    check_cell("two\nlines", false, "\"two\nlines\"");
    check_cell("=1+1", false, "'=1+1");
    check_cell("=HYPERLINK(\"x\",\"y\")", false, "\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\"");
    check_cell("@SUM(A1)", false, "'@SUM(A1)");
    check_cell("+44 7700", false, "'+44 7700");
    check_cell("-cmd", false, "'-cmd");
    check_cell("\t=1", false, "'\t=1");
    check_cell("\r=1", false, "\"'\r=1\"");
    check_cell("＝1+1", false, "'＝1+1");
    check_cell("＋x", false, "'＋x");
    check_cell("－x", false, "'－x");
    check_cell("＠x", false, "'＠x");
    check_cell("-12.5", false, "-12.5");
    check_cell("+7", false, "+7");
    check_cell("-", false, "'-");
    check_cell("-1.", false, "'-1.");
    check_cell("-1+1", false, "'-1+1");
    check_cell("=1+1", true, "=1+1");
}

static void test_distance(void **state)
{
    (void)state;
    assert_int_equal(text_distance("pupil", "pupil"), 0);
    assert_int_equal(text_distance("pupil", "PUPIL"), 0);
    assert_int_equal(text_distance("pupil", "pupli"), 1);
    assert_int_equal(text_distance("pupil", "pupl"), 1);
    assert_int_equal(text_distance("pupil", "pupils"), 1);
    assert_int_equal(text_distance("targte", "target"), 1);
    assert_int_equal(text_distance("", "abc"), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("ca", "abc"), 3);
    assert_true(text_distance(many("a", 1000), "a") > 100);
    assert_int_equal(text_distance(many("a", 64), many("b", 64)), 64);
    assert_true(text_same("Met", "mET"));
    assert_false(text_same("met", "meta"));
    assert_false(text_same("meta", "met"));
    assert_true(text_same("", ""));
}

static void test_excerpt(void **state)
{
    (void)state;
    char buffer[16];
    assert_string_equal(text_excerpt("short", buffer, sizeof buffer), "short");
    assert_string_equal(text_excerpt("\x1b[2J\u202E", buffer, sizeof buffer), "?[2J?");
    assert_string_equal(text_excerpt("exactly fifteen", buffer, sizeof buffer), "exactly fifteen");
    assert_string_equal(text_excerpt("exactly sixteen.", buffer, sizeof buffer), "exactly sixt…");
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        for (size_t size = 1; size <= sizeof buffer; size++) {
            text_excerpt(hostile[i], buffer, size);
            assert_true(strlen(buffer) < size);
            assert_tame(buffer, false);
            text_excerpt("Nguyễn李明عائشة", buffer, size);
            assert_true(strlen(buffer) < size);
            assert_tame(buffer, false);
        }
    }
    assert_int_equal(strlen(text_excerpt(many("é", 300), buffer, sizeof buffer)), 15);
}

static void test_upn(void **state)
{
    (void)state;
    static const char *const good[] = {"B801200005001", "G823432106001", "B938206119001", "U999432112345", "E823432124001",
                                       "U823432124002", "Q82343212400A", "E82343212401T", "B82343212499Z"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_null(upn_fault(good[i]));
        assert_int_equal(upn_letter(good[i] + 1), good[i][0]);
    }
    assert_string_equal(upn_fault("A801200005001"), "the check letter should be B");
    assert_non_null(strstr(upn_fault("X80120000A001"), "character 10 must be a digit"));
    assert_non_null(strstr(upn_fault("B80120000500I"), "character 13"));
    assert_non_null(strstr(upn_fault("B80120000500S"), "character 13"));
    assert_string_equal(upn_fault("B80120000500"), "must have 13 characters, not 12");
    assert_string_equal(upn_fault("B8012000050011"), "must have 13 characters, not 14");
    assert_non_null(strstr(upn_fault("I801200005001"), "must begin with"));
    assert_non_null(upn_fault("b801200005001"));
    assert_non_null(upn_fault("B80120000500ł"));
    assert_non_null(upn_fault(""));
    assert_int_equal(upn_letter("8012"), 0);
    assert_int_equal(upn_letter(""), 0);
    // Every single wrong digit is noticed: no weight shares a factor with 23.
    for (int at = 1; at < 13; at++) {
        for (char digit = '0'; digit <= '9'; digit++) {
            char upn[] = "B801200005001";
            bool same = upn[at] == digit;
            upn[at] = digit;
            assert_int_equal(upn_fault(upn) == NULL, same);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_safe, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_safe_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fault, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_normal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_width, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_width_of_scripts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_csv, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_distance, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_excerpt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_upn, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
