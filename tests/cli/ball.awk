# awk -v n=NUMBER -v dir=FOLDER -f ball.awk: a textured ball as two NRRD files in text encoding,
# image and mask; size and texture depend on the number.
function head(f, type) { printf "NRRD0004\ntype: %s\ndimension: 3\nspace: left-posterior-superior\nsizes: 28 28 20\nspace directions: (1,0,0) (0,1,0) (0,0,1.5)\nkinds: domain domain domain\nencoding: ascii\nspace origin: (0,0,0)\n\n", type > f }
BEGIN { srand(7 + n); i_f = dir "/image" n ".nrrd"; m_f = dir "/mask" n ".nrrd"; head(i_f, "short"); head(m_f, "uchar")
  for (k = 0; k < 20; k++) for (j = 0; j < 28; j++) for (i = 0; i < 28; i++) {
    r = (i-13.5)^2 + (j-13.5)^2 + (1.5*(k-9.5))^2
    print int((r < (6+n%4)^2 ? 60 + 15*n : 0) + 20*sin(i/(2+n%3))*cos(j/3) + 12*rand()) > i_f
    print (r < (6+n%4)^2 ? 1 : 0) > m_f } }
