# Random cohorts through R and through against_r (see ../against_r.sh):
#   Rscript against_r.R PROGRAM FOLDER COHORTS SEED TASK
suppressMessages(library(survival))
args <- commandArgs(TRUE)
program <- args[1]; folder <- args[2]; cohorts <- as.integer(args[3]); first_seed <- as.integer(args[4]); only <- args[5]
has <- function(package) requireNamespace(package, quietly = TRUE)

# ---- The other side -----------------------------------------------------------------------------

ours <- function(columns, task, ...) {
  file <- file.path(folder, "table")
  m <- as.matrix(columns)
  con <- file(file, "wb")
  writeLines(paste(c(nrow(m), colnames(m)), collapse = " "), con)
  writeBin(as.double(m), con)
  close(con)
  lines <- suppressWarnings(system2(program, c(file, task, ...), stdout = TRUE))
  if (!is.null(attr(lines, "status"))) return(list(error = paste("exit", attr(lines, "status"))))
  words <- strsplit(lines, " ")
  values <- lapply(words, function(w) if (w[1] == "error") paste(w[-1], collapse = " ") else as.numeric(w[-1]))
  setNames(values, vapply(words, `[`, "", 1))
}

# ---- Counting -----------------------------------------------------------------------------------

checked <- new.env(); worst <- new.env(); failures <- 0
note <- function(name, difference, tolerance, seed, detail = "") {
  checked[[name]] <- (if (is.null(checked[[name]])) 0 else checked[[name]]) + 1
  worst[[name]] <- max(worst[[name]], difference, 0, na.rm = TRUE)
  if (is.na(difference) || difference > tolerance) {
    failures <<- failures + 1
    cat(sprintf("DIFFERS %-28s seed %d: %.3g, allowed %.0g %s\n", name, seed, difference, tolerance, detail))
  }
}
# Largest difference as a share of the largest value; NA and infinities must stand at the same places.
apart <- function(r, c, unit = NULL) {
  r <- as.vector(r); c <- as.vector(c)
  if (length(r) != length(c)) return(Inf)
  if (any(is.na(r) != is.na(c))) return(Inf)
  inf <- is.infinite(r) | is.infinite(c)
  inf[is.na(inf)] <- FALSE
  if (any(r[inf] != c[inf])) return(Inf)
  keep <- !is.na(r) & !inf
  if (!any(keep)) return(0)
  scale <- if (is.null(unit)) max(abs(r[keep]), 1e-300) else unit
  max(abs(r[keep] - c[keep])) / scale
}
same <- function(name, r, c, tolerance, seed, detail = "", unit = NULL) note(name, apart(r, c, unit), tolerance, seed, detail)

# ---- Cohorts ------------------------------------------------------------------------------------

pick <- function(...) sample(list(...), 1)[[1]]

cohort <- function(weights = TRUE, starts = TRUE, strata = TRUE, awkward = TRUE, most = 200) {
  n <- pick(6, 10, 25, 60, most)
  p <- min(pick(1, 2, 3, 5), max(1, n %/% 8))
  x <- matrix(rnorm(n * p), n)
  for (j in seq_len(p)) {
    kind <- if (awkward) sample(9, 1) else 1
    x[, j] <- switch(kind, x[, j], x[, j], round(x[, j]), as.numeric(x[, j] > 0), x[, j] * 1e6 + 3e8, x[, j] * 1e-7,
                     if (j > 1) 2 * x[, 1] - 3 else x[, j], if (j > 2) rep(4, n) else x[, j], exp(2 * x[, j]))
  }
  colnames(x) <- paste0("x", seq_len(p))
  z <- scale(x[, 1]); z[is.na(z)] <- 0
  t <- rexp(n, exp(pick(0, 0.5, 1) * pmin(pmax(z, -3), 3)))
  cens <- rexp(n, pick(0.05, 0.5, 2))
  d <- data.frame(time = pmin(t, cens), event = as.numeric(t <= cens))
  d$time <- switch(sample(5, 1), d$time, ceiling(d$time * 5), ceiling(d$time * 50) / 30.44, d$time * 1e5,
                   ceiling(d$time * 2) / 10)
  if (runif(1) < 0.1) d$event[] <- 1
  if (sum(d$event) == 0) d$event[sample(n, 1)] <- 1
  if (weights && runif(1) < 0.4) d$weight <- if (runif(1) < 0.5) sample(1:4, n, TRUE) else round(runif(n, 0.2, 3), 2)
  if (starts && runif(1) < 0.4) {
    d$start <- d$time * ifelse(runif(n) < 0.4, 0, round(runif(n, 0, 0.9), 1))
  }
  if (strata && runif(1) < 0.4) d$stratum <- sample(pick(2, 3, 7), n, TRUE)
  d$group <- sample(pick(2, 3, 5), n, TRUE)
  cbind(d, x)
}
covariates <- function(d) as.matrix(d[, grep("^x[0-9]", names(d)), drop = FALSE])
response <- function(d) if (is.null(d$start)) Surv(d$time, d$event) else Surv(d$start, d$time, d$event)
what_is_it <- function(d) paste0("n=", nrow(d), " p=", ncol(covariates(d)), " events=", sum(d$event),
  if (!is.null(d$weight)) " weights", if (!is.null(d$start)) " start-stop", if (!is.null(d$stratum)) " strata")

# ---- Tasks --------------------------------------------------------------------------------------

tasks <- list()

tasks$km <- function(seed) {
  d <- cohort(strata = FALSE)
  ci <- sample(0:2, 1); fh <- sample(0:1, 1)
  w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
  f <- survfit(response(d) ~ 1, weights = w, conf.type = c("log", "log-log", "plain")[ci + 1], stype = 1 + fh, ctype = 1,
               robust = if (is.null(d$weight)) FALSE)
  tau <- 0.8 * max(d$time)
  o <- ours(d, "km", paste0("ci=", ci), paste0("exp_cumhaz=", fh), sprintf("tau=%.17g", tau))
  at <- what_is_it(d)
  if (!is.null(o$error)) return(note("km refused", NA, 0, seed, paste(o$error, at)))
  # R lists entry times of start-stop data as well: compare where both have a row
  k <- match(round(o$time, 9), round(f$time, 9))
  same("km n.risk", f$n.risk[k], o$n.risk, 1e-10, seed, at)
  same("km surv", f$surv[k], o$surv, 1e-10, seed, at)
  alive <- f$surv[k] > 1e-12
  # R takes the error of the hazard for that of exp(-hazard) where the weights are no whole numbers
  own_error <- fh == 1 && !f$logse
  if (!own_error) same("km std.err", (if (f$logse) f$std.err * f$surv else f$std.err)[k][alive], o$std.err[alive], 1e-9, seed, at)
  same("km cumhaz", f$cumhaz[k], o$cumhaz, 1e-10, seed, at)
  same("km std.chaz", f$std.chaz[k], o$std.chaz, 1e-9, seed, at, unit = max(1, f$std.chaz, na.rm = TRUE))
  if (own_error) return()
  same("km lower", f$lower[k][alive], o$lower[alive], 1e-9, seed, at)
  same("km upper", f$upper[k][alive], o$upper[alive], 1e-9, seed, at)
  # of limits that rise again R takes another time than the first; where S is 0 its robust limits are 0, here they are none;
  # of a curve that ends at the level itself its quantile() takes the middle to the last time, its print() the first, as here
  rises <- function(v) any(diff(v[!is.na(v)]) > 1e-12)
  if (min(abs(f$surv[length(f$surv)] - c(0.25, 0.5, 0.75))) < 1e-8) return()
  if (rises(f$lower) || rises(f$upper) || (!f$logse && any(!alive))) return()
  q <- quantile(f, c(0.25, 0.5, 0.75))
  for (i in 1:3) same("km quantile", c(q$quantile[i], q$lower[i], q$upper[i]), o[[paste0("q", 25 * i)]], 1e-8, seed, at)
  if (is.null(d$start) && is.null(d$weight) && fh == 0) {
    r <- summary(f, rmean = tau)$table[c("rmean", "se(rmean)")]
    same("km rmean", r, o$rmean, 1e-8, seed, at)
  }
}

tasks$logrank <- function(seed) {
  d <- cohort(weights = FALSE, starts = FALSE)
  rho <- pick(0, 1, 0.5)
  form <- if (is.null(d$stratum)) Surv(time, event) ~ group else Surv(time, event) ~ group + strata(stratum)
  f <- tryCatch(survdiff(form, d, rho = rho), error = function(e) NULL)
  o <- ours(d, "logrank", paste0("rho=", rho))
  at <- what_is_it(d)
  if (is.null(f) || !is.null(o$error)) {
    if (!is.null(f) && is.finite(f$chisq) && f$chisq > 0) note("logrank refused", NA, 0, seed, paste(o$error, at))
    return()
  }
  sums <- function(m) if (is.matrix(m)) rowSums(m) else m
  same("logrank exp", sums(f$exp), o$exp, 1e-9, seed, at)
  same("logrank obs", sums(f$obs), o$obs, 1e-9, seed, at)
  same("logrank var", f$var, o$var, 1e-9, seed, at)
  same("logrank chisq", f$chisq, o$chisq, 1e-8, seed, at)
}

# R gets centred columns of unit size, so that what differs is not its own loss of digits; all is compared in those units.
tasks$cox <- function(seed) {
  d <- cohort()
  ties <- sample(c("efron", "breslow"), 1)
  raw <- covariates(d)
  unit <- apply(raw, 2, sd); unit[unit == 0] <- 1
  middle <- colMeans(raw)
  x <- sweep(sweep(raw, 2, middle), 2, unit, "/")
  p <- ncol(x)
  y <- response(d)
  w <- if (is.null(d$weight)) NULL else d$weight
  d$cluster <- sample(max(3, nrow(d) %/% 3), nrow(d), TRUE)
  control <- suppressWarnings(coxph.control(eps = 1e-13, iter.max = 60))
  model <- function(...) suppressWarnings(tryCatch(
    if (is.null(d$stratum)) coxph(y ~ x, weights = w, ties = ties, control = control, ...)
    else coxph(y ~ x + strata(d$stratum), weights = w, ties = ties, control = control, ...), error = function(e) NULL))
  f <- model(robust = FALSE)
  o <- ours(d, "cox", if (ties == "breslow") "breslow=1" else "breslow=0")
  at <- paste(what_is_it(d), ties)
  if (is.null(f)) return()
  if (!is.null(o$error)) return(note("cox refused", NA, 0, seed, paste(o$error, at)))
  b <- coef(f); se <- sqrt(diag(f$var))
  b[se == 0] <- NA                              # no information: R says 0 with error 0, the library drops it
  ok <- !is.na(b)
  # a coefficient on its way to infinity stops somewhere: only that it is told is compared
  if (any(o$flags >= 2) || any(se[ok] > 1000)) {
    return(note("cox monotone is told", as.numeric(!any(o$flags >= 2)), 0, seed, at))
  }
  same("cox loglik", f$loglik[c(1, length(f$loglik))], o$loglik, 1e-9, seed, at, unit = max(1, abs(f$loglik[1])))
  note("cox dropped", sum(is.na(b) != is.na(o$coef)), 0, seed, at)
  if (!any(ok) || any(is.na(o$coef) != is.na(b))) return()
  same("cox coef", (b / se)[ok], (o$coef * unit / se)[ok], 1e-6, seed, at, unit = 1)
  v <- (matrix(o$vcov, p) * outer(unit, unit) / outer(se, se))[ok, ok]
  same("cox vcov", (f$var / outer(se, se))[ok, ok], v, 1e-6, seed, at)
  same("cox score test", f$score, o$tests[2], 1e-7, seed, at, unit = max(1, f$score))
  same("cox wald test", f$wald.test, o$tests[3], 1e-6, seed, at, unit = max(1, f$wald.test))
  if (any(!ok)) return()
  by_row <- function(v) matrix(v, nrow(d), byrow = TRUE)
  times <- function(m, v) matrix(m, nrow(d)) %*% diag(v, p)
  same("cox martingale", residuals(f, "martingale"), o$martingale, 1e-7, seed, at)
  same("cox deviance residuals", residuals(f, "deviance"), o$deviance, 1e-6, seed, at)
  same("cox score residuals", times(residuals(f, "score"), se), times(by_row(o$score.residuals), se / unit), 1e-6, seed, at)
  same("cox dfbeta", times(residuals(f, "dfbeta", weighted = FALSE), 1 / se), times(by_row(o$dfbeta), unit / se), 1e-6, seed, at)
  g <- model(cluster = d$cluster)
  if (!is.null(g)) same("cox robust", g$var / outer(se, se), matrix(o$robust, p) * outer(unit, unit) / outer(se, se), 1e-6, seed, at, unit = 1)
  for (how in c("km", "rank", "identity", "log")) {
    z <- tryCatch(cox.zph(f, how, terms = FALSE), error = function(e) NULL)
    if (how == "rank" && !is.null(d$start)) next
    if (!is.null(z) && !is.null(o[[paste0("zph.", how)]]))
      same(paste("zph", how), z$table[if (p == 1) c(1, 1) else seq_len(p + 1), 1], o[[paste0("zph.", how)]], 1e-5, seed, at,
           unit = max(1, z$table[, 1]))
  }
  if (is.null(d$stratum)) {
    at_mean <- basehaz(f, centered = TRUE)$hazard
    lp <- sum((middle + f$means * unit) * b / unit)
    if (abs(lp) < 30) same("cox baseline", at_mean[length(at_mean)] * exp(-lp), o$basehaz[length(o$basehaz)], 1e-6, seed, at)
  }
}

tasks$exact <- function(seed) {
  d <- cohort(weights = FALSE, most = 40)
  raw <- covariates(d); y <- response(d)
  unit <- apply(raw, 2, sd)
  if (any(unit == 0)) return()
  x <- scale(raw)
  control <- suppressWarnings(coxph.control(eps = 1e-13, iter.max = 60))
  f <- suppressWarnings(tryCatch(
    if (is.null(d$stratum)) coxph(y ~ x, ties = "exact", control = control)
    else coxph(y ~ x + strata(d$stratum), ties = "exact", control = control), error = function(e) NULL))
  if (is.null(f) || any(is.na(coef(f)))) return()
  o <- ours(d, "cox", "exact=1")
  se <- suppressWarnings(sqrt(diag(f$var)))
  if (!all(is.finite(se)) || any(se > 1000 | se < 1e-6)) return()
  if (!is.null(o$error)) return(note("exact refused", NA, 0, seed, paste(o$error, what_is_it(d))))
  same("exact loglik", f$loglik[2], o$loglik[2], 1e-8, seed, what_is_it(d), unit = max(1, abs(f$loglik[1])))
  if (any(o$flags >= 2)) return()
  same("exact coef", coef(f) / se, o$coef * unit / se, 1e-5, seed, what_is_it(d), unit = 1)
  same("exact vcov", f$var / outer(se, se), matrix(o$vcov, length(se)) * outer(unit, unit) / outer(se, se), 1e-5, seed, what_is_it(d))
}

tasks$ridge <- function(seed) {
  d <- cohort(awkward = FALSE)
  x <- covariates(d); y <- response(d); theta <- pick(0.1, 1, 10)
  w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
  failed <- FALSE                               # R's search does not always arrive, and says so
  control <- suppressWarnings(coxph.control(eps = 1e-13, iter.max = 60))
  f <- withCallingHandlers(tryCatch(
    if (is.null(d$stratum)) coxph(y ~ ridge(x, theta = theta, scale = FALSE), weights = w, control = control)
    else coxph(y ~ ridge(x, theta = theta, scale = FALSE) + strata(d$stratum), weights = w, control = control),
    error = function(e) NULL), warning = function(w) { failed <<- TRUE; invokeRestart("muffleWarning") })
  if (is.null(f) || failed) return()
  o <- ours(d, "cox", paste0("theta=", theta))
  if (!is.null(o$error)) return(note("ridge refused", NA, 0, seed, paste(o$error, what_is_it(d))))
  same("ridge coef", coef(f), o$coef, 1e-6, seed, what_is_it(d), unit = 1)
}

tasks$concordance <- function(seed) {
  d <- cohort()
  if (runif(1) < 0.5) d$x1 <- round(d$x1)
  y <- response(d)
  w <- if (is.null(d$weight)) rep(1, nrow(d)) else d$weight
  f <- tryCatch(if (is.null(d$stratum)) concordance(y ~ x1, d, weights = w, reverse = TRUE)
                else concordance(y ~ x1 + strata(stratum), d, weights = w, reverse = TRUE), error = function(e) NULL)
  if (is.null(f)) return()
  o <- ours(d, "concordance")
  at <- what_is_it(d)
  if (!is.null(o$error)) return(note("concordance refused", NA, 0, seed, paste(o$error, at)))
  counts <- if (is.matrix(f$count)) colSums(f$count) else f$count
  same("concordance counts", counts, o$counts, 1e-9, seed, at)
  if (sum(counts[1:3]) > 0) same("concordance", c(f$concordance, sqrt(f$var)), o$c, 1e-8, seed, at)
  if (is.null(d$stratum) && is.null(d$weight) && is.null(d$start)) {
    u <- tryCatch(concordance(y ~ x1, d, reverse = TRUE, timewt = "n/G2"), error = function(e) NULL)
    v <- ours(d, "concordance", "uno=1")
    if (!is.null(u) && is.null(v$error) && is.finite(u$concordance))
      same("concordance n/G2", c(u$concordance, sqrt(u$var)), v$c, 1e-8, seed, at)
  }
}

tasks$maxstat <- function(seed) {
  if (!has("maxstat")) return()
  d <- cohort(weights = FALSE, starts = FALSE, strata = FALSE)
  if (runif(1) < 0.4) d$x1 <- round(d$x1)
  f <- tryCatch(maxstat::maxstat.test(Surv(time, event) ~ x1, d, smethod = "LogRank", pmethod = "Lau94"), error = function(e) NULL)
  g <- tryCatch(maxstat::maxstat.test(Surv(time, event) ~ x1, d, smethod = "LogRank", pmethod = "Lau92"), error = function(e) NULL)
  if (is.null(f)) return()
  o <- ours(d, "maxstat")
  at <- what_is_it(d)
  if (!is.null(o$error)) return(if (is.finite(f$statistic)) note("maxstat refused", NA, 0, seed, paste(o$error, at)))
  same("maxstat statistic", f$statistic, o$statistic, 1e-9, seed, at, unit = max(1, f$statistic))
  near_tie <- sum(abs(f$stats - max(f$stats)) < 1e-9) > 1
  if (!near_tie) same("maxstat cut", f$estimate, o$cut, 1e-12, seed, at)
  same("maxstat all", f$stats, o$stats, 1e-8, seed, at, unit = max(1, f$statistic))
  # R subtracts from 1 in the tail; at a statistic of 1 the formula of 1992 jumps
  same("maxstat p (1994)", min(f$p.value, 1), o$p[2], 1e-12, seed, at, unit = 1)
  if (abs(f$statistic - 1) > 1e-9) same("maxstat p (1992)", g$p.value, o$p[1], 1e-9, seed, at)
}

tasks$path <- function(seed) {
  if (!has("glmnet")) return()
  family <- pick("cox", "cox", "binomial")
  n <- pick(40, 100, 200); p <- pick(3, 20, 60)
  x <- matrix(rnorm(n * p), n) + pick(0, 0.7) * rnorm(n)
  x[, 2] <- round(x[, 2])
  if (p > 5) x[, 5] <- 100 * x[, 5] + 1e4
  twins <- p > 5 && runif(1) < 0.3              # two columns all but alike: the optimum is flat
  if (twins) x[, 4] <- x[, 3] * 2 + rnorm(n, 0, 1e-3)
  colnames(x) <- paste0("x", seq_len(p))
  lp <- drop(x[, 1:3] %*% c(0.8, -0.5, 0.3))
  alpha <- pick(1, 1, 0.5, 0.2); standardise <- sample(0:1, 1)
  w <- if (runif(1) < 0.3) round(runif(n, 0.3, 3), 2) else rep(1, n)
  fit <- function(y, family) suppressWarnings(tryCatch(glmnet::glmnet(x, y, family = family, weights = w, alpha = alpha,
    standardize = standardise == 1, nlambda = 30, lambda.min.ratio = 0.05, thresh = 1e-14, maxit = 1e8),
    error = function(e) NULL))
  old <- glmnet::glmnet.control(fdev = 0, devmax = 1); on.exit(glmnet::glmnet.control(factory = TRUE))
  if (family == "cox") {
    t <- rexp(n, exp(lp)); cc <- rexp(n, 0.5)
    time <- pmin(t, cc); if (runif(1) < 0.5) time <- ceiling(time * 10)
    time <- match(time, sort(unique(time))) * 1e-3      # glmnet breaks ties of large times at random
    d <- cbind(time = time, event = as.numeric(t <= cc), weight = w, x)
    if (sum(d[, "event"]) < 3) return()
    y <- Surv(time, d[, "event"])
    if (n <= 100 && p <= 20 && runif(1) < 0.4) {
      d <- cbind(d, start = ifelse(runif(n) < 0.5, 0, (round(time * 1e3) %/% 2) * 1e-3))
      y <- Surv(d[, "start"], time, d[, "event"])
      if (runif(1) < 0.5) {
        d <- cbind(d, stratum = sample(2, n, TRUE))
        y <- glmnet::stratifySurv(y, d[, "stratum"])
      }
    }
    f <- fit(y, "cox")
  } else {
    y <- rbinom(n, 1, 1 / (1 + exp(-lp)))
    if (length(unique(y)) < 2) return()
    d <- cbind(y = y, weight = w, x)
    f <- fit(y, "binomial")
  }
  if (is.null(f)) return()
  o <- ours(d, "path", paste0("alpha=", alpha), paste0("standardise=", standardise))
  at <- sprintf("%s n=%d p=%d alpha=%g standardise=%d", family, n, p, alpha, standardise)
  if (!is.null(o$error)) return(note("path refused", NA, 0, seed, paste(o$error, at)))
  k <- min(length(f$lambda), length(o$lambda))
  share <- w / sum(w)
  s <- sqrt(colSums(share * sweep(x, 2, colSums(share * x))^2))
  beta <- matrix(o$beta, p)[, 1:k] * s; r_beta <- as.matrix(f$beta)[, 1:k] * s
  unit <- if (standardise == 1) 1 else s
  penalty <- function(b) colSums(alpha * abs(b / unit) + (1 - alpha) / 2 * (b / unit)^2)
  excess <- f$lambda[1:k] * (penalty(beta) - penalty(r_beta)) - (o$dev.ratio[1:k] - f$dev.ratio[1:k]) * o$nulldev / 2 / sum(w)
  note(paste("path objective above R's,", family), max(excess), 1e-11, seed, at)
  if (!twins && max(-excess) < 1e-9) {          # with strata or late entry R may stop short
    same(paste("path coef", family), r_beta, beta, 1e-5, seed, at)
    same("path deviance", f$dev.ratio[1:k], o$dev.ratio[1:k], 1e-6, seed, at, unit = 1)
  }
  same("path null deviance", f$nulldev, o$nulldev, 1e-8, seed, at)
}

tasks$competing <- function(seed) {
  if (!has("cmprsk")) return()
  d <- cohort(weights = FALSE, starts = FALSE, strata = FALSE, awkward = FALSE)
  d$cause <- ifelse(d$event == 1, sample(1:2, nrow(d), TRUE, c(0.6, 0.4)), 0)
  if (!all(1:2 %in% d$cause)) return()
  d$group <- sample(2:3, nrow(d), TRUE)
  x <- covariates(d)
  units <- sample(c(1, 1, 1e-7, 1e8), ncol(x), TRUE)
  e <- d[, setdiff(names(d), "event")]
  e[, colnames(x)] <- sweep(x, 2, units, "*")
  o <- ours(e, "competing")
  at <- what_is_it(d)
  f <- cmprsk::cuminc(d$time, d$cause)
  t <- o$time1
  for (k in 1:2) {
    g <- cmprsk::timepoints(f[paste(1, k)], t)
    same("cuminc", g$est, o[[paste0("est", k)]], 1e-10, seed, at)
    same("cuminc variance", g$var, o[[paste0("var", k)]], 1e-9, seed, at)
  }
  if (length(unique(d$group)) == 2) {
    h <- tryCatch(cmprsk::cuminc(d$time, d$cause, d$group), error = function(e) NULL)
    if (!is.null(h$Tests)) for (k in 1:2) if (!is.null(o[[paste0("gray", k)]]))
      same("gray", h$Tests[as.character(k), "stat"], o[[paste0("gray", k)]], 1e-8, seed, at, unit = max(1, h$Tests[, "stat"]))
  }
  r <- suppressWarnings(tryCatch(cmprsk::crr(d$time, d$cause, x, gtol = 1e-10, maxiter = 100), error = function(e) NULL))
  if (is.null(r) || !r$converged || is.null(o$crr)) return()
  se <- sqrt(diag(r$var))
  if (any(se > 10 | abs(r$coef) > 8)) return()  # on its way to infinity
  same("crr coef", r$coef / se, o$crr * units / se, 1e-6, seed, at, unit = 1)
  same("crr var", r$var, matrix(o$crr.var, ncol(x)) * outer(units, units), 1e-6, seed, at)
  same("crr loglik", c(r$loglik.null, r$loglik), o$crr.loglik, 1e-8, seed, at)
  same("crr cumhaz", cumsum(r$bfitj), o$crr.cumhaz, 1e-6, seed, at)
}

tasks$combat <- function(seed) {
  if (!has("sva")) return()
  n <- pick(12, 30, 80); p <- pick(3, 20)
  batch <- rep_len(seq_len(pick(2, 3)), n)
  x <- matrix(rnorm(n * p, 5, 2), n) + 0.7 * batch * rep(rnorm(p), each = n)
  colnames(x) <- paste0("x", seq_len(p))
  nonparametric <- sample(0:1, 1); mean_only <- sample(0:1, 1); reference <- pick(0, 0, 1)
  f <- suppressMessages(tryCatch(sva::ComBat(t(x), batch, par.prior = nonparametric == 0, mean.only = mean_only == 1,
    ref.batch = if (reference > 0) reference), error = function(e) NULL))
  if (is.null(f)) return()
  o <- ours(cbind(batch = batch, x), "combat", paste0("nonparametric=", nonparametric), paste0("mean_only=", mean_only),
            paste0("reference=", reference))
  at <- sprintf("n=%d p=%d nonparametric=%d mean_only=%d reference=%d", n, p, nonparametric, mean_only, reference)
  if (!is.null(o$error)) return(note("combat refused", NA, 0, seed, paste(o$error, at)))
  same("combat", as.vector(f), o$combat, 1e-8, seed, at)
}

tested <- function(test, statistic = "statistic") c(test[[statistic]], test$p.value)
quiet <- function(expression) suppressWarnings(tryCatch(expression, error = function(e) NULL))

tasks$groups <- function(seed) {
  n <- pick(4, 8, 20, 60, 150)
  d <- data.frame(x1 = rnorm(n) * pick(1, 1e5) + pick(0, 1e6), group = rep_len(seq_len(pick(2, 2, 4)), n))
  if (runif(1) < 0.5) d$x1 <- round(d$x1)
  o <- ours(d, "groups")
  x <- d$x1[d$group == 1]; y <- d$x1[d$group == 2]
  r <- list(welch = quiet(tested(t.test(x, y))), pooled = quiet(tested(t.test(x, y, var.equal = TRUE))),
            var = quiet(tested(var.test(x, y))), wilcoxon = quiet(tested(wilcox.test(x, y))), ks = quiet(tested(ks.test(x, y))),
            kruskal = quiet(tested(kruskal.test(d$x1, d$group))), shapiro = quiet(tested(shapiro.test(d$x1))),
            anova = quiet({ a <- anova(lm(x1 ~ factor(group), d)); c(a[1, 4], a[1, 5]) }))
  for (k in names(r)) if (!is.null(r[[k]]) && !is.null(o[[k]]))
    same(k, r[[k]], o[[k]], if (k == "anova") 1e-6 else 1e-8, seed, paste0("n=", n), unit = max(1, abs(r[[k]][1]), na.rm = TRUE))
}

tasks$pairs <- function(seed) {
  n <- pick(4, 7, 9, 12, 40, 200)
  d <- data.frame(x1 = rnorm(n), p = runif(n)^3)
  d$x2 <- pick(0, 0.5, -1) * d$x1 + rnorm(n)
  if (runif(1) < 0.5) { d$x1 <- round(d$x1, 1); d$x2 <- round(d$x2, 1) }
  o <- ours(d, "pairs")
  r <- list(pearson = quiet(tested(cor.test(d$x1, d$x2))), spearman = quiet(tested(cor.test(d$x1, d$x2, method = "spearman"))),
            kendall = quiet(tested(cor.test(d$x1, d$x2, method = "kendall"))),
            paired = quiet(tested(t.test(d$x1, d$x2, paired = TRUE))), signed = quiet(tested(wilcox.test(d$x1, d$x2, paired = TRUE))))
  for (k in names(r)) if (!is.null(r[[k]]) && !is.null(o[[k]]))
    same(k, r[[k]], o[[k]], 1e-8, seed, paste0("n=", n), unit = max(1, abs(r[[k]][1]), na.rm = TRUE))
  for (k in c("bonferroni", "holm", "hochberg", "hommel", "BH", "BY")) same(k, p.adjust(d$p, k), o[[k]], 1e-12, seed)
}

tasks$labels <- function(seed) {
  n <- pick(20, 60, 200); p <- pick(2, 4)
  x <- matrix(rnorm(n * p), n, dimnames = list(NULL, paste0("x", seq_len(p))))
  if (runif(1) < 0.5) x[, 1] <- round(x[, 1])
  y <- rbinom(n, 1, 1 / (1 + exp(-x[, 1])))
  if (min(table(factor(y, 0:1))) < 2) return()
  units <- sample(c(1, 1, 1e-7, 1e8), p, TRUE)
  o <- ours(cbind(y = y, sweep(x, 2, units, "*")), "labels")
  at <- sprintf("n=%d p=%d", n, p)
  f <- suppressWarnings(glm(y ~ x, family = binomial, control = list(epsilon = 1e-14, maxit = 100)))
  if (o$end == 0 && max(abs(coef(f))) < 15) {
    same("glm coef", coef(f), o$glm * c(1, units), 1e-7, seed, at)
    same("glm se", sqrt(diag(vcov(f))), o$glm.se * c(1, units), 1e-6, seed, at)
    same("glm deviance", c(f$deviance, f$null.deviance, f$aic), o$glm.deviance, 1e-9, seed, at)
  }
  if (has("pROC")) {
    a <- pROC::roc(y, x[, 1], direction = "<", quiet = TRUE); b <- pROC::roc(y, x[, 2], direction = "<", quiet = TRUE)
    same("roc auc", c(a$auc, pROC::var(a)), o$auc, 1e-9, seed, at)
    t <- quiet(pROC::roc.test(a, b, method = "delong"))
    if (!is.null(t) && is.finite(t$statistic)) same("roc test", c(t$statistic, t$p.value), o$roc.test, 1e-7, seed, at, unit = max(1, abs(t$statistic)))
  }
  q <- prcomp(x, scale. = TRUE)
  same("prcomp sdev", q$sdev, o$pca.sdev, 1e-10, seed, at)
  same("prcomp rotation", abs(q$rotation), abs(matrix(o$pca.rotation, p)), 1e-7, seed, at)
}

# ---- All of them --------------------------------------------------------------------------------

chosen <- if (only == "all") names(tasks) else only
for (task in chosen) {
  for (i in seq_len(cohorts)) {
    seed <- first_seed + i - 1
    set.seed(seed)
    tasks[[task]](seed)
  }
}
for (name in sort(ls(checked))) cat(sprintf("%-28s %6d compared, largest difference %.1e\n", name, checked[[name]], worst[[name]]))
cat(sprintf("%d differences\n", failures))
quit(status = as.integer(failures > 0))
