/* What open cases wait for when the clock is set. The machine's clock stays as it is: instead, what
 * the clock remembers is moved. */
#include "check.h"
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "case_fixture.h"
#include "role/clock.h"

static const int64_t hour = 3600000, day = 24 * INT64_C(3600000), patience = 100 * INT64_C(3600000);

/* A case that waits, made at `made_ms`; its give-up time is 100 hours after. */
static int64_t waiting_since(node *n, int64_t made_ms, const char *digest)
{
    contour c;
    make_contour(&c, 1, 3);
    snprintf(c.rois[0].name, sizeof c.rois[0].name, "GTV %s", digest);
    n->cfg.give_up_s = 360000;
    n->now = made_ms;
    (void)contour_arrives(n, &c, digest);
    return (int64_t)n_cases(n);
}

static int64_t wait_of(node *n, int64_t id, int64_t now_ms)
{
    return case_number(n, id)->give_up_at_ms - now_ms;
}

static void expect_wait(node *n, int64_t id, int64_t now_ms, int64_t want_ms)
{
    int64_t got = wait_of(n, id, now_ms);
    if (llabs(got - want_ms) > 30000) { fail_msg("case %d waits %lld ms, expected %lld", (int)id, (long long)got, (long long)want_ms); }
}

/* As if the clock had been set by so much since the last call. */
static void set_clock(node *n, pn_clock *k, int64_t by_ms)
{
    k->clock_ms -= by_ms;
    CHECK_OK(pn_clock_follow(k, n->s, &n->err), n->err);
}

static void clock__set_back_takes_waiting_cases_along(void **state)
{
    node *n = *state;
    pn_clock k = {0};
    int64_t now = pn_now_ms();
    CHECK_OK(pn_clock_follow(&k, n->s, &n->err), n->err);
    int64_t id = waiting_since(n, now, "a");
    set_clock(n, &k, -day);
    expect_wait(n, id, now, patience - day);       /* by the old time */
    CHECK_OK(pn_clock_follow(&k, n->s, &n->err), n->err);
    expect_wait(n, id, now, patience - day);       /* once */
    set_clock(n, &k, -59000);                  /* a step of NTP */
    expect_wait(n, id, now, patience - day);
}

static void clock__set_forwards_and_right_again_leaves_what_was_before(void **state)
{
    node *n = *state;
    pn_clock k = {0};
    int64_t now = pn_now_ms();
    CHECK_OK(pn_clock_follow(&k, n->s, &n->err), n->err);
    int64_t before = waiting_since(n, now - 1000, "a");
    set_clock(n, &k, day);
    expect_wait(n, before, now, patience);         /* due by the new time */
    int64_t meanwhile = waiting_since(n, now + day + 1000, "b");
    set_clock(n, &k, -day);
    expect_wait(n, before, now, patience);
    expect_wait(n, meanwhile, now, patience);
    /* Further back than it had gone forwards. */
    set_clock(n, &k, hour);
    set_clock(n, &k, -3 * hour);
    expect_wait(n, before, now, patience - 2 * hour);
}

static void clock__set_back_while_nobody_looked_is_seen(void **state)
{
    node *n = *state;
    pn_clock k = {0};
    int64_t now = pn_now_ms();
    int64_t id = waiting_since(n, now + day, "a");     /* its last change is of tomorrow */
    CHECK_OK(pn_clock_follow(&k, n->s, &n->err), n->err);
    expect_wait(n, id, now, patience);
}

#define T(name) cmocka_unit_test_setup_teardown(name, node_setup, node_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(clock__set_back_takes_waiting_cases_along),
        T(clock__set_forwards_and_right_again_leaves_what_was_before),
        T(clock__set_back_while_nobody_looked_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
