/* simulate_work.h - one patient of a population, for cohorts and for calibrating their follow-up. */
#ifndef SV_SIMULATE_WORK_H
#define SV_SIMULATE_WORK_H

#include <survival/rng.h>
#include <survival/simulate.h>

typedef struct sv_sim_patient {
    double share[SV_SIM_SUBCLONES];
    double age, cea;
    int male, stage, grade;
    double death, censoring;     /* standard exponential: cumulative hazards at which they happen */
    double lp;
} sv_sim_patient;

SV_CHECKED int sv_sim_spec_check(const sv_sim *sim, const sv_sim_spec *spec, sv_error *err);

/* z[features], again[features] standardised, or NULL each; core[blocks]: work. */
void sv_sim_patient_draw(sv_sim_patient *out, double *z, double *again, double *core, const sv_sim *sim,
                         const sv_sim_spec *spec, sv_rng *rng);

#endif
