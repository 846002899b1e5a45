# One task of survival_r.sh in R:
#   Rscript survival_r.R make DIR             writes the tables of all tasks (tests/support/rtable.h)
#   Rscript survival_r.R run TASK DIR         prints CPU seconds, writes the answer to DIR/TASK.r
#   Rscript survival_r.R compare TASK DIR     prints how far DIR/TASK.c is from it
suppressMessages(library(survival))
args <- commandArgs(TRUE)

write_table <- function(columns, file) {
  con <- file(file, "wb")
  m <- as.matrix(columns)
  writeLines(paste(c(nrow(m), colnames(m)), collapse = " "), con)
  writeBin(as.double(m), con)
  close(con)
}
read_table <- function(file) {
  con <- file(file, "rb")
  head <- strsplit(readLines(con, 1), " ")[[1]]
  n <- as.numeric(head[1])
  m <- matrix(readBin(con, "double", n * (length(head) - 1)), n, dimnames = list(NULL, head[-1]))
  close(con)
  m
}
named <- function(m, letter) { colnames(m) <- paste0(letter, seq_len(ncol(m))); m }

# Exponential times, about a third censored.
follow_up <- function(lp) {
  t <- rexp(length(lp), exp(lp))
  c <- rexp(length(lp), 0.5)
  cbind(time = pmin(t, c), event = as.numeric(t <= c))
}
# Columns in blocks of ten that share half of their variance, as expression and radiomic features do.
blocks <- function(n, p) {
  shared <- matrix(rnorm(n * ceiling(p / 10)), n)
  sqrt(0.5) * (matrix(rnorm(n * p), n) + shared[, (seq_len(p) - 1) %/% 10 + 1])
}
lasso_case <- function(n, p) {
  x <- blocks(n, p)
  b <- numeric(p)
  b[seq(1, by = 15, length.out = 20)] <- rep(c(0.4, -0.3), 10)
  cbind(follow_up(drop(x %*% b)), fold = (seq_len(n) - 1) %% 10, named(x, "x"))
}

make <- function(dir) {
  table <- function(columns, name) write_table(columns, file.path(dir, paste0(name, ".tab")))
  set.seed(1)
  x <- matrix(rnorm(1e4 * 20), 1e4)
  table(cbind(follow_up(drop(x %*% rnorm(20, 0, 0.2))), named(x, "x")), "cox")
  set.seed(2)
  table(lasso_case(500, 2000), "lasso_wide")
  file.copy(file.path(dir, "lasso_wide.tab"), file.path(dir, "lasso_cv.tab"))
  set.seed(3)
  table(lasso_case(5000, 1000), "lasso_long")
  set.seed(4)
  n <- 1e6
  group <- rbinom(n, 1, 0.5)
  risk <- rnorm(n)
  million <- cbind(follow_up(0.3 * group + 0.5 * risk), group = group, risk = risk)
  table(million[, 1:3], "km")
  table(million[, 1:3], "logrank")
  table(million[, c(1, 2, 4)], "concordance")
  set.seed(5)
  n <- 560
  x <- matrix(rnorm(n * 4), n) + 1.5 * outer(rep(1:3, length.out = n), c(1, -1, 0, 0.5))
  set.seed(1234)                                # as ConsensusClusterPlus does
  d <- replicate(1000, c(sort(sample(n, floor(0.8 * n))), rep(0, n - floor(0.8 * n))))
  table(cbind(named(x, "x"), named(d, "d")), "consensus_hc")
  table(named(x, "x"), "consensus_km")
  set.seed(6)
  table(named(blocks(236, 15000), "x"), "spectra")
  sizes <- sample(15:200, 500, replace = TRUE)
  table(cbind(set = rep(1:500, sizes), gene = unlist(lapply(sizes, function(k) sample(15000, k)))), "sets")
}

# Gao et al. 2019, all sets of a patient at once: hits sorted within sets, steps by cumulative sums.
functional_spectra <- function(x, set, gene) {
  n <- ncol(x)
  k <- tabulate(set)
  first <- cumsum(k) - k + 1
  x <- sweep(x, 2, colMeans(x))
  within <- sequence(k)
  out <- matrix(0, nrow(x), length(k))
  for (i in seq_len(nrow(x))) {
    place <- integer(n)
    place[order(x[i, ], decreasing = TRUE, method = "radix")] <- seq_len(n)
    hit <- place[gene]
    o <- order(set, hit, method = "radix")
    weight <- abs(x[i, gene[o]])
    sums <- cumsum(weight)
    base <- c(0, sums)[first]
    total <- sums[first + k - 1] - base
    lost <- (hit[o] - within) / (n - k)[set]
    after <- (sums - base[set]) / total[set] - lost
    before <- (sums - weight - base[set]) / total[set] - lost
    top <- pmax(after[order(set, after, method = "radix")][first + k - 1], 0)
    bottom <- pmin(before[order(set, before, method = "radix")][first], 0)
    out[i, ] <- ifelse(top > -bottom, top, bottom)
  }
  out
}

surv <- function(m) Surv(m[, "time"], m[, "event"])
features <- function(m) m[, grep("^x[0-9]", colnames(m)), drop = FALSE]
consensus <- function(x, alg, metric) {
  pdf(NULL)
  res <- suppressMessages(ConsensusClusterPlus::ConsensusClusterPlus(t(x), maxK = 4, reps = 1000, pItem = 0.8,
    clusterAlg = alg, distance = metric, seed = 1234))
  unlist(lapply(res[2:4], function(r) r$consensusMatrix))
}

# Each gives list(work = the call that is timed, answer = what it found, in the order of bench_against_r).
tasks <- list(
  cox = list(work = function(m) { x <- features(m); y <- surv(m); function() coxph(y ~ x) },
             answer = function(f) c(coef(f), sqrt(diag(vcov(f))), f$loglik[2])),
  lasso_wide = list(work = function(m) { x <- features(m); y <- surv(m)
                                         function() glmnet::glmnet(x, y, family = "cox") },
                    answer = function(f) c(length(f$lambda), f$nulldev, f$lambda, f$dev.ratio,
                                           as.vector(as.matrix(f$beta)))),
  lasso_cv = list(work = function(m) { x <- features(m); y <- surv(m); fold <- m[, "fold"] + 1
                                       function() glmnet::cv.glmnet(x, y, family = "cox", foldid = fold) },
                  answer = function(f) c(f$lambda.min, f$cvm)),
  km = list(work = function(m) { d <- data.frame(m); function() survfit(Surv(time, event) ~ group, d) },
            answer = function(f) { n <- f$strata; a <- seq_len(n[1]); b <- n[1] + seq_len(n[2])
                                   c(f$surv[a], f$lower[a[-n[1]]], f$surv[b], f$lower[b[-n[2]]]) }),
  logrank = list(work = function(m) { d <- data.frame(m); function() survdiff(Surv(time, event) ~ group, d) },
                 answer = function(f) c(f$chisq, f$obs, f$exp)),
  concordance = list(work = function(m) { d <- data.frame(m)
                                          function() concordance(Surv(time, event) ~ risk, d, reverse = TRUE) },
                     answer = function(f) c(f$concordance, sqrt(f$var), f$count[1:2])),
  consensus_hc = list(work = function(m) { x <- features(m); function() consensus(x, "hc", "pearson") },
                      answer = identity),
  consensus_km = list(work = function(m) { x <- features(m); function() consensus(x, "km", "euclidean") },
                      answer = identity),
  spectra = list(work = function(m) { s <- read_table(file.path(args[3], "sets.tab"))
                                      function() functional_spectra(m, s[, "set"], s[, "gene"]) },
                 answer = function(f) as.vector(t(f))))
tasks$lasso_long <- tasks$lasso_wide

answer_of <- function(file) readBin(file, "double", file.size(file) / 8)

run <- function(task, dir) {
  work <- tasks[[task]]$work(read_table(file.path(dir, paste0(task, ".tab"))))
  if (grepl("lasso", task)) suppressMessages(library(glmnet))
  if (grepl("consensus", task)) suppressMessages(library(ConsensusClusterPlus))
  invisible(gc())
  before <- proc.time()
  fit <- work()
  cpu <- proc.time() - before
  cat(sprintf("%.3f\n", cpu[["user.self"]] + cpu[["sys.self"]]))
  writeBin(as.vector(tasks[[task]]$answer(fit), "double"), file.path(dir, paste0(task, ".r")))
}

# Both stop where coefficients are still loose if there are more columns than rows: what both minimise is compared as
# well, per row. A path of R may end one lambda earlier or later: what both have is compared.
path_difference <- function(r, c, x) {
  k <- min(r[1], c[1]); p <- ncol(x); n <- nrow(x)
  s <- apply(x, 2, sd) * sqrt((n - 1) / n)
  part <- function(a, skip, length) a[2 + skip + seq_len(length)]
  beta <- function(a) matrix(part(a, 2 * a[1], k * p), p)
  objective <- function(a) part(a, 0, k) * colSums(abs(beta(a)) * s) - part(a, a[1], k) * r[2] / 2 / n
  d <- objective(c) - objective(r)
  sprintf("%d and %d lambdas; what is minimised lower in prognode at %d of them, at most %.0e higher; largest coefficient difference %.0e of the largest",
          r[1], c[1], sum(d <= 0), max(d, 0), max(abs(beta(r) - beta(c))) / max(abs(beta(r))))
}

compare <- function(task, dir) {
  r <- answer_of(file.path(dir, paste0(task, ".r")))
  c <- answer_of(file.path(dir, paste0(task, ".c")))
  x <- function() features(read_table(file.path(dir, paste0(task, ".tab"))))
  relative <- function(a, b) max(abs(a - b) / pmax(abs(a), 1e-3))
  cat(switch(task,
    lasso_wide = path_difference(r, c, x()),
    lasso_long = path_difference(r, c, x()),
    lasso_cv = { k <- min(length(r), length(c))
                 sprintf("the best lambda within %.0e, the curve within %.0e", relative(r[1], c[1]),
                         relative(r[2:k], c[2:k])) },
    consensus_km = sprintf("other starts: mean |difference| of the %d shares %.4f", length(r), mean(abs(r - c))),
    if (length(r) != length(c)) sprintf("%d and %d values", length(r), length(c))
    else sprintf("%d values within %.0e", length(r), relative(r, c))), "\n", sep = "")
}

switch(args[1], make = make(args[2]), run = run(args[2], args[3]), compare = compare(args[2], args[3]))
