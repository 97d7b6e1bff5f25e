#include "answer.h"

#include <stddef.h>

#include "report.h"

static void answer(const char *type, const char *command, uint32_t ref, const char *reason) {
    report_begin(type);
    report_text("cmd", command);
    report_u32("ref", ref);
    if (reason != NULL) {
        report_text("reason", reason);
    }
    report_send();
}

void answer_ok(const char *command, uint32_t ref) {
    answer("ok", command, ref, NULL);
}

void answer_done(const char *command, uint32_t ref) {
    answer("done", command, ref, NULL);
}

void answer_error(const char *command, uint32_t ref, const char *reason) {
    answer("error", command, ref, reason);
}
