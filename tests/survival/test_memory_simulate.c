/* test_memory_simulate.c - every allocation of the simulation fails once. */
#include "failing_calloc.h"

#include <survival/simulate.h>

static const sv_sim_opts opts = { .seed = 1, .genes = 80, .markers = 10, .share = { 0.25, 0.25, 0.25, 0.25 },
                                  .share_weight = 4, .features = 10, .block = 5, .drivers = 1, .shape = 1 };

static sv_sim sim;
static const sv_sim_follow follow = { 10, 1, 10 };

static int make(sv_error *err)
{
    sv_sim out = { .profile = NULL };
    int rc = sv_sim_make(&out, &opts, err);
    if (rc != SV_OK) { assert_null(out.profile); }
    sv_sim_free(&out);
    return rc;
}

static int calibrate(sv_error *err)
{
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_follow out = { 0, 0, 0 };
    int rc = sv_sim_calibrate(&out, &sim, &spec, err);
    assert_true((out.scale > 0) == (rc == SV_OK));
    return rc;
}

static int draw(sv_error *err)
{
    sv_sim_spec spec = SV_SIM_SPEC_INIT;
    sv_sim_cohort out = { .n = 0 };
    spec.n = 5;
    int rc = sv_sim_draw(&out, &sim, &spec, &follow, err);
    if (rc != SV_OK) { assert_null(out.share); }
    sv_sim_cohort_free(&out);
    return rc;
}

static void test_memory__simulation(void **state)
{
    (void)state;
    sv_error err = { 0 };
    int (*const few[])(sv_error *) = { calibrate };
    int (*const many[])(sv_error *) = { make, draw };
    CHECK_OK(sv_sim_make(&sim, &opts, &err), err);
    check_each_allocation(few, 1, 4);
    check_each_allocation(many, 2, 6);
    sv_sim_free(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_memory__simulation) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
