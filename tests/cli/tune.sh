#!/bin/bash
# `prognode tune`: planted truth found and told honestly, the same seed the same bytes, wrong use told.
prognode=$1
verb=tune
. "$(dirname "$0")/stderr.sh"

# The label is whether a and b have one sign, which no line tells; c says nothing. The event comes earlier the larger a is.
awk 'BEGIN { print "case,a,b,c,note,label,time,event"; s = 7
  for (i = 0; i < 80; i++) {
    for (j = 0; j < 4; j++) { s = s * 16807 % 2147483647; v[j] = 2 * s / 2147483647 - 1 }
    printf("p%d,%.6f,%.6f,%.6f,x,%d,%.6f,%d\n", i, v[0], v[1], v[2], (v[0] * v[1] > 0), exp(-2 * v[0] + v[3]), (i % 5 != 0)) } }' > t.csv
# column FILE N: distinct values
column() { tail -n +2 "$1" | cut -d, -f"$2" | sort -u | tr '\n' ' '; }

expect 0 '^80 patients, 3 columns: auc 0\.[89].* \(sd 0\.[0-9]+ over 5 folds\); ' t.csv --method svm --label label --without time,event \
       --grid kernel=linear,rbf --grid cost=1,10 --scores scores.csv
head -1 out | grep -qx 'repeat,fold,kernel,cost,chosen_by,auc' || complain "header: $(head -1 out)"
[ "$(column out 3)" = "rbf " ] || complain "kernels: $(cat out)"
[ "$(wc -l < out)" -eq 6 ] || complain "folds: $(cat out)"
head -1 scores.csv | grep -qx 'patient,score_1' || complain "header of scores: $(head -1 scores.csv)"
[ "$(wc -l < scores.csv)" -eq 81 ] || complain "scores: $(wc -l < scores.csv)"
cp out first
expect 0 '' t.csv --method svm --label label --without time,event --grid kernel=linear,rbf --grid cost=1,10 -o again -q
cmp -s first again || complain "the same seed gives other folds"
[ ! -s out ] && [ ! -s err ] || complain "-o -q also says: $(cat out err)"
expect 0 '' t.csv --method svm --label label --without time,event --grid kernel=linear,rbf --grid cost=1,10 --seed 2
cmp -s first out && complain "another seed gives the same folds"

# Follow-up: the label is a column like others now; the note is text.
expect 0 '^80 patients, 4 columns: concordance 0\.[78]' t.csv --method lasso_cox --time time --event event \
       --grid lambda=0.3,0.05 --repeats 2 --folds 4 -o folds.csv
[ "$(wc -l < folds.csv)" -eq 9 ] || complain "folds of two repeats: $(cat folds.csv)"
expect 0 'log_loss' t.csv --method naive_bayes --label label --criterion log_loss
head -1 out | grep -qx 'repeat,fold,chosen_by,log_loss' || complain "without a grid: $(head -1 out)"

expect 0 '' --list
for m in elm svm knn naive_bayes tree forest logistic lasso_logistic cox ridge_cox lasso_cox survival_forest; do
  grep -q "^$m (of " out || complain "--list lacks $m"
done
expect 2 '0 tables, expected 1' --method svm --label label
expect 2 'method is "oracle"' t.csv --method oracle --label label
expect 2 'svm needs --label alone' t.csv --method svm --time time --event event
expect 2 'cox needs --time and --event alone' t.csv --method cox --label label
expect 2 'criterion is "auc", expected concordance' t.csv --method cox --time time --event event --criterion auc
expect 2 'grid is "depth=3"' t.csv --method svm --label label --grid depth=3
expect 2 'grid is "cost"' t.csv --method svm --label label --grid cost
expect 2 'grid is "-1", expected a number from' t.csv --method svm --label label --grid cost=1,-1
expect 2 'grid is "2.5", expected a whole number' t.csv --method knn --label label --grid k=2.5
expect 2 'kernel is cubic' t.csv --method svm --label label --grid kernel=cubic
expect 2 'folds is "1"' t.csv --method svm --label label --folds 1
expect 1 'no column "lable" of numbers' t.csv --method svm --label lable
expect 1 'no column "tome" of numbers' t.csv --method svm --label label --without tome
expect 1 'no column to learn from' t.csv --method svm --label label --without a,b,c,time,event
expect 1 'row 2, column "a" is .*, expected 0 or 1' t.csv --method svm --label a
expect 1 'log_loss needs probabilities' t.csv --method elm --label label --criterion log_loss
expect 1 'k is 1000' t.csv --method knn --label label --grid k=1000
sed '4s/^p2,[^,]*/p2,/' t.csv > gap.csv
expect 1 'gap.csv: row 4, column "a" is .*nan, expected a number' gap.csv --method svm --label label -o made
[ ! -e made ] || complain "a table from a bad one"
[ $status -eq 0 ] && echo passed
exit $status
