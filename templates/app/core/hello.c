#include "hello.h"

#include "app_config.h"
#include "app_info.h"
#include "board.h"
#include "inject.h"
#include "network.h"
#include "report.h"

/* Frequencies that were read back; what cannot be read is said to be unknown. */
static void report_hz(const char *key, uint32_t hz) {
    if (hz == 0) {
        report_text(key, "unknown");
    } else {
        report_u32(key, hz);
    }
}

/* The caches that are on, or `none`. */
static void report_caches(void) {
    static const char *const words[8] = {"none", "i", "d", "i,d", "npu", "i,npu", "d,npu", "i,d,npu"};
    const struct board_caches on = board_caches();

    report_text("caches", words[(on.instructions ? 1 : 0) + (on.data ? 2 : 0) + (on.npu ? 4 : 0)]);
}

static void say_hello(uint32_t nonce) {
    const struct board_clocks clocks = board_clocks();

    report_begin("hello");
    report_u32("protocol", TELEMETRY_PROTOCOL);
    report_word("nonce", nonce);
    report_text("board", BOARD_NAME);
    report_hex("network", app_info.network_id, sizeof app_info.network_id);
    report_hex("build", app_info.build_id, sizeof app_info.build_id);
    report_text("app", APP_VERSION);
    report_text("runtime", network_runtime);
    report_u32("tick_hz", board_clock_hz());
    report_u32("tick2_hz", board_second_hz());
    report_hz("cpu_hz", clocks.cpu);
    report_hz("npu_hz", clocks.npu);
    report_hz("bus_hz", clocks.bus);
    report_caches();
    report_u32("in_h", network_input_info.height);
    report_u32("in_w", network_input_info.width);
    report_u32("out_h", network_output_info.height);
    report_u32("out_w", network_output_info.width);
    report_u32("classes", network_output_info.channels);
    report_u32("mask_h", APP_MASK_HEIGHT);
    report_u32("mask_w", APP_MASK_WIDTH);
    report_text("decode", APP_DECODE_NAME);
    report_text("input", APP_INPUT_NAME);
    report_send();
}

/* With the number that this app speaks, so that the host can say both. */
static void refuse_protocol(uint32_t ref) {
    report_begin("error");
    report_text("cmd", "hello");
    report_u32("ref", ref);
    report_text("reason", "protocol");
    report_u32("protocol", TELEMETRY_PROTOCOL);
    report_send();
}

const char *hello(const struct telemetry_record *record) {
    uint32_t nonce, protocol;

    /* Another version's hello may have other keys besides: its number counts first. */
    if (!telemetry_get_u32(record, "protocol", &protocol)) {
        return "key";
    }
    if (protocol != TELEMETRY_PROTOCOL) {
        refuse_protocol(record->seq);
        return NULL;
    }
    if (telemetry_count(record) != 2 || !telemetry_get_word(record, "nonce", &nonce) || nonce == 0) {
        return "key";
    }
    report_session(nonce);
    inject_end();
    say_hello(nonce);
    return NULL;
}
