"""`stai_network.h` and `.c` as releases from 3.0 on add them: the functions of the ST-AI interface, doing nothing."""

from __future__ import annotations

from stedgeai_parts.network_text import BufferText, NetworkText

_FORMATS = {"INT8": "S8", "UINT8": "U8", "FLOAT": "FLOAT32"}
_PROTOTYPES = (
    "stai_return_code stai_network_init(stai_network *network)",
    "stai_return_code stai_network_deinit(stai_network *network)",
    "stai_return_code stai_network_run(stai_network *network, const stai_run_mode mode)",
    "stai_return_code stai_network_get_info(stai_network *network, stai_network_info *info)",
    "stai_return_code stai_network_get_inputs(stai_network *network, stai_ptr *inputs, stai_size *n_inputs)",
    "stai_return_code stai_network_get_outputs(stai_network *network, stai_ptr *outputs, stai_size *n_outputs)",
    "stai_return_code stai_network_set_inputs(stai_network *network, const stai_ptr *inputs, const stai_size n_inputs)",
    (
        "stai_return_code stai_network_set_outputs(stai_network *network, const stai_ptr *outputs, "
        "const stai_size n_outputs)"
    ),
    "stai_return_code stai_network_get_error(stai_network *network)",
    "stai_return_code stai_network_set_callback(stai_network *network, const stai_event_cb cb, void *cb_cookie)",
    "stai_return_code stai_ext_network_run_continue(stai_network *network)",
    "stai_return_code stai_ext_network_get_nn_run_status(stai_network *network)",
    "stai_return_code stai_ext_network_new_inference(stai_network *network)",
)


def stai_h(net: NetworkText) -> str:
    """`stai_network.h`."""
    lines = [
        "#ifndef __STAI_ATON_NETWORK_H",
        "#define __STAI_ATON_NETWORK_H",
        '#include "stai.h"',
        '#include "stai_events.h"',
        "#define STAI_NETWORK_CONTEXT_SIZE      (64)",
        "#define STAI_NETWORK_CONTEXT_ALIGNMENT (8)",
        *(f"{prototype};" for prototype in _PROTOTYPES),
    ]
    for side, buffers in (("IN", net.inputs), ("OUT", net.outputs)):
        lines.append(f"#define STAI_NETWORK_{side}_NUM ({len(buffers)})")
        for index, buffer in enumerate(buffers, 1):
            lines += _macros(f"STAI_NETWORK_{side}_{index}", buffer)
    return "\n".join([*lines, "#endif"]) + "\n"


def stai_c(net: NetworkText) -> str:
    """`stai_network.c`."""
    bodies = []
    for prototype in _PROTOTYPES:
        arguments = prototype[prototype.index("(") + 1 : -1].split(",")
        names = [argument.split()[-1].lstrip("*") for argument in arguments]
        unused = "".join(f"  (void)({name});\n" for name in names)
        done = "STAI_DONE" if "run_status" in prototype else "STAI_SUCCESS"
        bodies.append(f"{prototype}\n{{\n{unused}{_answer(prototype, net)}  return {done};\n}}\n")
    return '#include "stai_network.h"\n\n' + "\n".join(bodies)


def _answer(prototype: str, net: NetworkText) -> str:
    for word, buffers in (("inputs", net.inputs), ("outputs", net.outputs)):
        if f"get_{word}(" in prototype:
            return f"  {word}[0] = (stai_ptr)({buffers[0].address or 0:#x}UL);\n  *n_{word} = 1;\n"
    return ""


def _macros(name: str, buffer: BufferText) -> list[str]:
    batch, height, width, channels = (*buffer.shape, 1, 1, 1)[:4]
    lengths = ", ".join(map(str, buffer.shape))
    return [
        f'#define {name}_NAME "{buffer.name}"',
        f"#define {name}_FLAGS (STAI_FLAG_PREALLOCATED|STAI_FLAG_CHANNEL_LAST)",
        f"#define {name}_FORMAT (STAI_FORMAT_{_FORMATS[buffer.type]})",
        f"#define {name}_SIZE_BYTES ({buffer.size})",
        f"#define {name}_CHANNEL ({channels})",
        f"#define {name}_HEIGHT ({height})",
        f"#define {name}_WIDTH ({width})",
        f"#define {name}_BATCH ({batch})",
        f"#define {name}_SHAPE {{ {lengths} }}",
        f"#define {name}_SCALES {{ {buffer.scale or 1.0!r} }}",
        f"#define {name}_OFFSETS {{ {buffer.zero_point} }}",
    ]
