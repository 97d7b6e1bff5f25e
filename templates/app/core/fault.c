/* One record, on a line of its own whatever was being sent. */
#include "fault.h"

#include "report.h"

void fault_report(const char *kind, const struct fault_registers *registers) {
    report_newline();
    report_begin("fault");
    report_text("kind", kind);
    report_word("pc", registers->pc);
    report_word("lr", registers->lr);
    report_word("sp", registers->sp);
    report_word("psr", registers->psr);
    report_word("cfsr", registers->cfsr);
    report_word("hfsr", registers->hfsr);
    report_word("bfar", registers->bfar);
    report_word("mmfar", registers->mmfar);
    report_word("r0", registers->r0);
    report_word("r1", registers->r1);
    report_word("r2", registers->r2);
    report_word("r3", registers->r3);
    report_word("r12", registers->r12);
    report_send();
}
