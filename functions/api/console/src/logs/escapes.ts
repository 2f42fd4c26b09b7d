/** What a terminal obeys and does not show, as parts of regular expressions (ECMA-48; xterm's "OSC"). */
const ESC = "\u001b";
const BELL = "\u0007";
/** Colours, and what moves the cursor. */
export const CSI = `${ESC}\\[[!<-?]*[\\d;:]*[ -,]*[@-~]`;
/** Titles and links, and what chooses character sets. */
export const OTHER = `${ESC}\\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\\\)|${ESC}[()][0-9A-Za-z]|${ESC}[=>78MDEHc]`;
