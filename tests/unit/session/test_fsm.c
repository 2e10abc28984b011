/* The machine against what RFC 4271 §8.2.2 (with RFC 9687 and RFC 2918) says of every state and
 * event. The expectation is written in words, event by event, apart from the table of fsm.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "session/fsm.h"

/* "=": stays, and nothing is done. Otherwise the next state's initial (I C A S F E, F:
 * OpenConfirm), and the actions as words. */
#define FAIL     "I stop-timers stop-retry drop count"
#define CEASE    "I notify stop-timers stop-retry drop"
#define NOTIFY   "I notify stop-timers stop-retry drop count"
#define QUIT     "I stop-timers stop-retry drop"
#define NOTIFY_E NOTIFY " down"

static const struct expectation {
    enum fsm_event event;
    const char *in[FSM_STATE_COUNT]; /* Idle, Connect, Active, OpenSent, OpenConfirm, Established */
} expectations[] = {
    /* "In all other states start events are ignored." */
    {FSM_MANUAL_START, {"C retry connect", "=", "=", "=", "=", "="}},
    {FSM_MANUAL_START_PASSIVE, {"A retry", "=", "=", "=", "=", "="}},
    /* A stop is a Cease from OpenSent on, and sets the retry counter to zero. */
    {FSM_MANUAL_STOP, {"=", QUIT, QUIT, CEASE, CEASE, CEASE " down"}},
    /* Connect: drops the connection, restarts the timer, connects. Active: connects. */
    {FSM_CONNECT_RETRY_EXPIRED,
     {"=", "C drop count retry connect", "C retry connect", NOTIFY, NOTIFY, NOTIFY_E}},
    {FSM_HOLD_EXPIRED, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    {FSM_KEEPALIVE_EXPIRED,
     {"=", FAIL, FAIL, NOTIFY, "F keepalive start-keepalive", "E keepalive start-keepalive"}},
    {FSM_SEND_HOLD_EXPIRED, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    /* Idle refuses; Connect and Active send the OPEN and wait with a large hold timer; later ones
     * are tracked elsewhere. */
    {FSM_TCP_CONNECTED,
     {"I drop", "S stop-retry open open-hold", "S stop-retry open open-hold", "=", "=", "="}},
    {FSM_TCP_FAILED,
     {"=", "A drop count retry", FAIL, "A stop-timers drop count retry", FAIL, FAIL " down"}},
    {FSM_OPEN_RECEIVED,
     {"=", FAIL, FAIL, "F stop-retry keepalive hold start-keepalive", NOTIFY, NOTIFY_E}},
    {FSM_HEADER_ERROR, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    {FSM_OPEN_ERROR, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    {FSM_COLLISION_DUMP, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    /* Never answered by another one. */
    {FSM_NOTIFICATION_RECEIVED, {"=", FAIL, FAIL, FAIL, FAIL, FAIL " down"}},
    {FSM_KEEPALIVE_RECEIVED, {"=", FAIL, FAIL, NOTIFY, "E restart-hold up", "E restart-hold"}},
    {FSM_UPDATE_RECEIVED, {"=", FAIL, FAIL, NOTIFY, NOTIFY, "E restart-hold deliver"}},
    {FSM_UPDATE_ERROR, {"=", FAIL, FAIL, NOTIFY, NOTIFY, NOTIFY_E}},
    {FSM_REFRESH_RECEIVED, {"=", FAIL, FAIL, NOTIFY, NOTIFY, "E restart-hold deliver"}},
};

static const struct {
    const char *word;
    enum fsm_action action;
} words[] = {
    {"notify", FSM_SEND_NOTIFICATION},
    {"open", FSM_SEND_OPEN},
    {"keepalive", FSM_SEND_KEEPALIVE},
    {"connect", FSM_START_CONNECT},
    {"drop", FSM_DROP_TCP},
    {"retry", FSM_START_CONNECT_RETRY},
    {"stop-retry", FSM_STOP_CONNECT_RETRY},
    {"open-hold", FSM_START_OPEN_HOLD},
    {"hold", FSM_START_HOLD},
    {"restart-hold", FSM_RESTART_HOLD},
    {"start-keepalive", FSM_START_KEEPALIVE},
    {"stop-timers", FSM_STOP_TIMERS},
    {"up", FSM_REPORT_UP},
    {"down", FSM_REPORT_DOWN},
    {"deliver", FSM_DELIVER},
    {"count", FSM_COUNT_RETRY},
};

static unsigned action_of(const char *word)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].action;
    fail_msg("no action '%s'", word);
    return 0;
}

static struct fsm_step parse(enum fsm_state state, const char *text)
{
    static const char initials[] = "ICASFE";
    if (strcmp(text, "=") == 0)
        return (struct fsm_step){.next = state, .actions = 0};
    struct fsm_step step = {.next = (enum fsm_state)(strchr(initials, text[0]) - initials)};
    char copy[128];
    char *save;
    strncpy(copy, text + 1, sizeof(copy) - 1);
    copy[sizeof(copy) - 1] = '\0';
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        step.actions |= action_of(word);
    return step;
}

static void every_state_and_event(void **ctx)
{
    (void)ctx;
    size_t count = sizeof(expectations) / sizeof(expectations[0]);
    assert_int_equal(count, FSM_EVENT_COUNT);
    for (size_t i = 0; i < count; i++) {
        const struct expectation *e = &expectations[i];
        for (enum fsm_state s = FSM_IDLE; s < FSM_STATE_COUNT; s++) {
            struct fsm_step expected = parse(s, e->in[s]);
            struct fsm_step actual = fsm_step(s, e->event);
            if (actual.next != expected.next || actual.actions != expected.actions)
                fail_msg("%s in %s: to %s with %#x, expected %s with %#x", fsm_event_name(e->event),
                         fsm_state_name(s), fsm_state_name(actual.next), actual.actions,
                         fsm_state_name(expected.next), expected.actions);
        }
    }
}

static void no_session_ends_unreported(void **ctx)
{
    (void)ctx;
    for (enum fsm_event e = 0; e < FSM_EVENT_COUNT; e++) {
        for (enum fsm_state s = FSM_IDLE; s < FSM_STATE_COUNT; s++) {
            struct fsm_step step = fsm_step(s, e);
            bool leaves = s == FSM_ESTABLISHED && step.next != FSM_ESTABLISHED;
            bool enters = s != FSM_ESTABLISHED && step.next == FSM_ESTABLISHED;
            assert_int_equal(leaves, (step.actions & FSM_REPORT_DOWN) != 0);
            assert_int_equal(enters, (step.actions & FSM_REPORT_UP) != 0);
            /* A connection that is given up is closed. */
            if (s >= FSM_OPEN_SENT && step.next < FSM_OPEN_SENT)
                assert_true(step.actions & FSM_DROP_TCP);
        }
    }
}

static void names(void **ctx)
{
    (void)ctx;
    assert_string_equal(fsm_state_name(FSM_OPEN_CONFIRM), "OpenConfirm");
    assert_string_equal(fsm_state_name(FSM_STATE_COUNT), "unknown");
    for (enum fsm_event e = 0; e < FSM_EVENT_COUNT; e++)
        assert_non_null(fsm_event_name(e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_and_event),
        cmocka_unit_test(no_session_ends_unreported),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
