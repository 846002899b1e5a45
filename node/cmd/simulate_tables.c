/* Tables of simulated cohorts. Numbers have 7 significant digits: what a machine's logarithm may do to the last ones
 * is cut off, so that a seed gives the same bytes everywhere. */
#include "cmd/simulate_tables.h"
#include <inttypes.h>
#include <radiomics/extract.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/file.h"
#include "base/limits.h"
#include "cmd/matrix_table.h"

static const char *const pathways[SV_SIM_SUBCLONES] = {"WNT_SIGNALLING", "CELL_DIFFERENTIATION", "CELL_CYCLE",
                                                       "EXTRACELLULAR_MATRIX"};
static const struct { const char *name, *coding; } covariates[SV_SIM_COVARIATES] = {
    {"age", "(age - 60) / 12"}, {"male", "1: sex is M"}, {"stage_3_4", "1: tnm is III or IV"},
    {"cea_high", "1: cea is at least 5 ng/ml"}, {"grade_low", "1: grade is low"}};
static const char *const stages[] = {"I", "II", "III", "IV"}, *const grades[] = {"low", "middle", "high"};

void sim_feature_name(char *out, size_t size, size_t j)
{
    static const char *const images[] = {
        "wavelet-LLH", "wavelet-LHL", "wavelet-LHH", "wavelet-HLL", "wavelet-HLH", "wavelet-HHL", "wavelet-HHH",
        "wavelet-LLL", "log-sigma-1-0-mm-3D", "log-sigma-2-0-mm-3D", "log-sigma-3-0-mm-3D", "log-sigma-4-0-mm-3D",
        "log-sigma-5-0-mm-3D", "square", "squareroot", "logarithm", "exponential", "gradient"};
    const rx_feature_def *defs = rx_features();
    size_t shapes = 0, surface = (size_t)rx_feature_index("original_shape_SurfaceVolumeRatio"),
           entropy = (size_t)rx_feature_index("original_gldm_DependenceEntropy");
    while (defs[shapes].cls == RX_SHAPE) { shapes++; }
    if (j < RX_NFEATURES) {
        /* 0 and 5 are the first drivers in blocks of five. */
        size_t at = j == 0 ? surface : j == surface ? 0 : j == 5 ? entropy : j == entropy ? 5 : j;
        snprintf(out, size, "%s", defs[at].full_name);
        return;
    }
    size_t filtered = RX_NFEATURES - shapes, k = j - RX_NFEATURES;
    const rx_feature_def *d = &defs[shapes + k % filtered];
    snprintf(out, size, "%s_%s_%s", images[k / filtered], rx_class_name(d->cls), d->name);
}

static int put_gene(pn_buf *b, size_t gene, pn_error *err) { return pn_buf_printf(b, err, "GENE%05zu", gene + 1); }

static int put_patient(pn_buf *b, const sim_cohort *c, size_t i, pn_error *err)
{
    return pn_buf_printf(b, err, "%s-%04zu", c->prefix, i + 1);
}

/* Ends what rc says about it, writes b as FOLDER/FILE, and empties it. */
static int finish(int rc, pn_buf *b, const char *folder, const char *file, pn_error *err)
{
    if (rc == PN_OK) { rc = mt_write(folder, file, b, err); }
    pn_buf_free(b);
    *b = (pn_buf){0};
    return rc;
}

static int write_sets(const char *folder, const sv_sim *sim, pn_error *err)
{
    pn_buf b = {0};
    int rc = PN_OK;
    for (size_t s = 0; s < sim->sets.n && rc == PN_OK; s++) {
        if (s < SV_SIM_SUBCLONES) {
            rc = pn_buf_printf(&b, err, "%s\tmarkers of subpopulation s%zu and a fifth of other genes", pathways[s], s + 1);
        } else {
            rc = pn_buf_printf(&b, err, "DECOY_%02zu\tany genes", s - SV_SIM_SUBCLONES + 1);
        }
        for (size_t i = sim->set_start[s]; i < sim->set_start[s + 1] && rc == PN_OK; i++) {
            rc = pn_buf_printf(&b, err, "\t");
            if (rc == PN_OK) { rc = put_gene(&b, sim->set_gene[i], err); }
        }
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "\n"); }
    }
    return finish(rc, &b, folder, "genesets.gmt", err);
}

static int write_profiles(const char *folder, const sv_sim *sim, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "gene,s1,s2,s3,s4\n");
    for (size_t g = 0; g < sim->opts.genes && rc == PN_OK; g++) {
        const double *s = sim->profile + g * SV_SIM_SUBCLONES;
        rc = put_gene(&b, g, err);
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, ",%.7g,%.7g,%.7g,%.7g\n", s[0], s[1], s[2], s[3]); }
    }
    rc = finish(rc, &b, folder, "profiles.csv", err);
    if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "gene,subpopulation\n"); }
    for (size_t g = 0; g < sim->opts.genes && rc == PN_OK; g++) {
        if (sim->marker[g] == 0) { continue; }
        rc = put_gene(&b, g, err);
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, ",s%d\n", sim->marker[g]); }
    }
    return finish(rc, &b, folder, "markers.csv", err);
}

static int write_features_truth(const char *folder, const sv_sim *sim, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "feature,block,loading,icc,mean,sd,linked_share,core_correlation,log_hazard_ratio\n");
    for (size_t j = 0; j < sim->opts.features && rc == PN_OK; j++) {
        const sv_sim_feature *f = &sim->feature[j];
        int link = sim->link[f->block];
        char name[128];
        sim_feature_name(name, sizeof name, j);
        rc = pn_buf_printf(&b, err, "%s,%zu,%.7g,%.7g,%.7g,%.7g,", name, f->block + 1, f->loading, f->icc, f->mean, f->sd);
        if (rc == PN_OK && link != 0) {
            rc = pn_buf_printf(&b, err, "s%d,%.7g,", abs(link), link < 0 ? -sim->opts.link : sim->opts.link);
        } else if (rc == PN_OK) {
            rc = pn_buf_printf(&b, err, ",0,");
        }
        if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "%.7g\n", f->log_hr); }
    }
    return finish(rc, &b, folder, "features.csv", err);
}

static int write_hazard(const char *folder, const sv_sim *sim, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "covariate,coding,log_hazard_ratio\n");
    for (size_t j = 0; j < sim->opts.features && rc == PN_OK; j++) {
        char name[128];
        if (j / sim->opts.block >= sim->opts.drivers || j % sim->opts.block != 0) { continue; }
        sim_feature_name(name, sizeof name, j);
        rc = pn_buf_printf(&b, err, "%s,(value - %.7g) / %.7g,%.7g\n", name, sim->feature[j].mean, sim->feature[j].sd,
                           sim->feature[j].log_hr);
    }
    for (size_t k = 0; k < SV_SIM_SUBCLONES && rc == PN_OK; k++) {
        rc = pn_buf_printf(&b, err, "s%zu,(share - %.7g) / %.7g,%.7g\n", k + 1, sim->share_mean[k], sim->share_sd[k],
                           sim->opts.share_log_hr[k]);
    }
    for (size_t k = 0; k < SV_SIM_COVARIATES && rc == PN_OK; k++) {
        rc = pn_buf_printf(&b, err, "%s,%s,%.7g\n", covariates[k].name, covariates[k].coding, sim->opts.clinical_log_hr[k]);
    }
    return finish(rc, &b, folder, "hazard.csv", err);
}

int sim_write_population(const char *folder, const sv_sim *sim, pn_error *err)
{
    char truth[PN_PATH_SIZE];
    int rc = pn_path(truth, sizeof truth, err, "%s/truth", folder);
    if (rc == PN_OK) { rc = pn_mkdir_p(truth, err); }
    if (rc == PN_OK && sim->opts.genes > 0) { rc = write_sets(folder, sim, err); }
    if (rc == PN_OK && sim->opts.genes > 0) { rc = write_profiles(truth, sim, err); }
    if (rc == PN_OK && sim->opts.features > 0) { rc = write_features_truth(truth, sim, err); }
    return rc == PN_OK ? write_hazard(truth, sim, err) : rc;
}

static int write_feature_table(const char *folder, const char *file, const sv_sim *sim, const sim_cohort *c,
                               const double *v, pn_error *err)
{
    pn_buf b = {0};
    size_t p = sim->opts.features;
    int rc = pn_buf_printf(&b, err, "case");
    for (size_t j = 0; j < p && rc == PN_OK; j++) {
        char name[128];
        sim_feature_name(name, sizeof name, j);
        rc = pn_buf_printf(&b, err, ",%s", name);
    }
    for (size_t i = 0; i < c->spec.n && rc == PN_OK; i++) {
        rc = pn_buf_printf(&b, err, "\n");
        if (rc == PN_OK) { rc = put_patient(&b, c, i, err); }
        for (size_t j = 0; j < p && rc == PN_OK; j++) { rc = pn_buf_printf(&b, err, ",%.7g", v[i * p + j]); }
    }
    if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "\n"); }
    return finish(rc, &b, folder, file, err);
}

static int write_expression(const char *folder, const sv_sim *sim, const sim_cohort *c, const sv_sim_cohort *d, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "gene");
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        rc = pn_buf_printf(&b, err, ",");
        if (rc == PN_OK) { rc = put_patient(&b, c, i, err); }
    }
    for (size_t g = 0; g < sim->opts.genes && rc == PN_OK; g++) {
        rc = pn_buf_printf(&b, err, "\n");
        if (rc == PN_OK) { rc = put_gene(&b, g, err); }
        for (size_t i = 0; i < d->n && rc == PN_OK; i++) { rc = pn_buf_printf(&b, err, ",%.7g", d->expression[g * d->n + i]); }
    }
    if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "\n"); }
    return finish(rc, &b, folder, "expression.csv", err);
}

/* Months with four digits, and never 0. */
static double shown_time(double t) { return t < 1e-4 ? 1e-4 : t; }

static int write_clinical(const char *folder, const sim_cohort *c, const sv_sim_cohort *d, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "case,time,event,centre,age,sex,tnm,cea,grade,male,stage_3_4,cea_high,grade_low\n");
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        double v[SV_SIM_COVARIATES];
        sv_sim_clinical(v, d, i);
        rc = put_patient(&b, c, i, err);
        if (rc == PN_OK) {
            rc = pn_buf_printf(&b, err, ",%.4f,%d,%s,%.1f,%s,%s,%.4g,%s,%d,%.0f,%.0f,%.0f\n", shown_time(d->time[i]),
                               d->event[i], c->name, d->age[i], d->male[i] ? "M" : "F", stages[d->stage[i] - 1], d->cea[i],
                               grades[d->grade[i] - 1], d->male[i], v[SV_SIM_LATE_STAGE], v[SV_SIM_HIGH_CEA],
                               v[SV_SIM_LOW_GRADE]);
        }
    }
    return finish(rc, &b, folder, "clinical.csv", err);
}

static int write_patients_truth(const char *folder, const sim_cohort *c, const sv_sim_cohort *d, pn_error *err)
{
    pn_buf b = {0};
    int rc = pn_buf_printf(&b, err, "case,s1,s2,s3,s4,linear_predictor\n");
    for (size_t i = 0; i < d->n && rc == PN_OK; i++) {
        const double *s = d->share + i * SV_SIM_SUBCLONES;
        rc = put_patient(&b, c, i, err);
        if (rc == PN_OK) {
            rc = pn_buf_printf(&b, err, ",%.7g,%.7g,%.7g,%.7g,%.7g\n", s[0], s[1], s[2], s[3], d->lp[i]);
        }
    }
    return finish(rc, &b, folder, "truth.csv", err);
}

int sim_write_cohort(const char *folder, const sv_sim *sim, const sim_cohort *c, const sv_sim_cohort *d, pn_error *err)
{
    char to[PN_PATH_SIZE];
    int rc = pn_path(to, sizeof to, err, "%s/%s", folder, c->name);
    if (rc == PN_OK) { rc = pn_mkdir_p(to, err); }
    if (rc == PN_OK && d->feature != NULL) { rc = write_feature_table(to, "features.csv", sim, c, d->feature, err); }
    if (rc == PN_OK && d->again != NULL) { rc = write_feature_table(to, "features_repeat.csv", sim, c, d->again, err); }
    if (rc == PN_OK && d->expression != NULL) { rc = write_expression(to, sim, c, d, err); }
    if (rc == PN_OK) { rc = write_clinical(to, c, d, err); }
    return rc == PN_OK ? write_patients_truth(to, c, d, err) : rc;
}

int sim_describe_cohort(pn_buf *b, const sim_cohort *c, const sv_sim_cohort *d, pn_error *err)
{
    size_t events = 0;
    double sum = 0;
    for (size_t i = 0; i < d->n; i++) {
        events += (size_t)d->event[i];
        sum += d->time[i];
    }
    return pn_buf_printf(b, err,
                         "  - name: %s\n    patients: %zu\n    events: %zu            # expected %.1f\n"
                         "    mean_follow_up_months: %.4g   # expected %.4g\n"
                         "    expression: %s\n    features: %s\n    feature_shift: %.7g\n    gene_shift: %.7g\n"
                         "    baseline_scale_months: %.7g   # H(t) = (t / scale)^shape exp(linear predictor)\n"
                         "    censoring: {shape: %.7g, scale_months: %.7g}\n",
                         c->name, d->n, events, c->spec.event_share * (double)d->n, sum / (double)d->n, c->spec.follow_up_mean,
                         d->expression != NULL ? "true" : "false", d->feature != NULL ? "true" : "false",
                         c->spec.feature_shift, c->spec.gene_shift, c->follow.scale, c->follow.censoring_shape,
                         c->follow.censoring_scale);
}

int sim_write_truth(const char *folder, const sv_sim *sim, const pn_buf *cohorts, pn_error *err)
{
    const sv_sim_opts *o = &sim->opts;
    char truth[PN_PATH_SIZE];
    pn_buf b = {0};
    int rc = pn_path(truth, sizeof truth, err, "%s/truth", folder);
    if (rc == PN_OK) {
        rc = pn_buf_printf(&b, err,
                           "# Artificial patients: nothing here was measured on anybody. Effects: hazard.csv; features:\n"
                           "# features.csv; subpopulations: profiles.csv, markers.csv; patients: truth.csv of a cohort.\n"
                           "simulated_by: prognode " PN_VERSION "\nseed: %" PRIu64 "\ngenes: %zu\nmarkers: %zu\n"
                           "gene_noise: %.7g\nfeatures: %zu\ndrivers: %zu\nlink: %.7g\nhazard_shape: %.7g\nsubpopulations:\n",
                           o->seed, o->genes, o->markers, o->gene_noise, o->features, o->drivers, o->link, o->shape);
    }
    for (size_t k = 0; k < SV_SIM_SUBCLONES && rc == PN_OK; k++) {
        rc = pn_buf_printf(&b, err, "  - {name: s%zu, pathway: %s, mean_share: %.7g, log_hazard_ratio: %.7g}\n", k + 1,
                           pathways[k], o->share[k], o->share_log_hr[k]);
    }
    if (rc == PN_OK) { rc = pn_buf_printf(&b, err, "cohorts:\n%s", cohorts->p); }
    return finish(rc, &b, truth, "truth.yaml", err);
}
