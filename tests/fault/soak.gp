# gnuplot -e "csv='soak.csv'; png='soak.png'" soak.gp
set datafile separator ","
set terminal pngcairo size 1200,1000
set output png
set key autotitle columnheader outside right
set multiplot layout 3,1
set xlabel "simulated hours"
set ylabel "PSS, KB"
plot for [c in "supervisor receiver indexer header worker sender keeper"] csv using "hours":(column(c."_pss_kb")) with lines title c
set ylabel "open descriptors"
plot for [c in "supervisor receiver indexer header worker sender keeper"] csv using "hours":(column(c."_fds")) with lines title c
set ylabel "queue age, s; instances, MB"
plot csv using "hours":"queue_age_s" with lines, csv using "hours":(column("instances_kb")/1024) with lines title "instances, MB"
unset multiplot
