/* report/colours.h - the colours of reports and plots, 0xRRGGBB, on white paper.
 *
 * They are told apart by the colour-blind (Wong 2011, Nat Methods 8:441) and in grey, and nothing is told by
 * colour alone. */
#ifndef PN_REPORT_COLOURS_H
#define PN_REPORT_COLOURS_H

enum {
    PN_INK = 0x17222C, PN_MUTED = 0x566573, PN_HAIRLINE = 0xCBD3DA, PN_PANEL = 0xF4F6F8,
    PN_PAPER = 0xFFFFFF, PN_LOW_RISK = 0x0072B2, PN_HIGH_RISK = 0xC04B00, PN_GOOD = 0x00795A,
    PN_CARE = 0x8A5A00, PN_CARE_PAPER = 0xFFF1CF, PN_OUTLINE = 0xFFE14A, PN_OTHER_OUTLINE = 0x7FD4FF,
    PN_BOX_FILL = 0xCFDAE2, PN_BOX_LINE = 0x8494A2,
};

#endif
