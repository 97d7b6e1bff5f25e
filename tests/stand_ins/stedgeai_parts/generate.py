"""`generate`: reads model, profile and pools, prints what the real one prints, writes what the real one writes."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from stedgeai_parts import texts
from stedgeai_parts.layout import ArgumentError, Pool, RefusedError, allocate, read_pools, read_profile, rounded
from stedgeai_parts.network_text import Block, BufferText, NetworkText, PoolText, ecblobs_h, network_c
from stedgeai_parts.onnx_side import Model, Tensor, read_model
from stedgeai_parts.releases import Release, unknown_compiler_options
from stedgeai_parts.stai_text import stai_c, stai_h

_FAILED = 255
_TYPES = {"int8": "INT8", "uint8": "UINT8", "float32": "FLOAT"}
#: The lines of failures that depend on nothing, as recorded.
_SIMPLE = {
    "invalid_model": "E010(InvalidModelError): Non-numerical or not-string elements in unsqueeze_11_DequantizeLinear_"
    "Output_const's parameter out_0",
    "internal_error": "INTERNAL ERROR: Exported ONNX could be malformed since ONNX shape inference fails",
    "tool_error": "TOOL ERROR: list index out of range",
    "not_implemented": "NOT IMPLEMENTED: Unkonwn layer format for layer Input_72",
    "unfeasible": "E700(UnfeasibleAllocation): Allocation Pass failed on schedule. Not enough memory on device\n"
    "Minimal sizes needed are: {'unlimited memory': 6405160}",
}
#: Lines in the block of a failed NPU compiler, as recorded.
_BLOCKS = {
    "unmapped": "Node Gather_7 not mapped",
    "no_shape": "Failed to build a valid graph: missing shape or size for value=Pad_3",
    "crash": "Internal compiler error (signo=11)",
}


def generate(release: Release, options: dict[str, str], faults: set[str]) -> int:
    """Returns the exit status."""
    _bar(release)
    if "hang" in faults:
        time.sleep(600)
    if "silent" in faults:
        return 0
    for fault in faults & _SIMPLE.keys():
        print(f"\n   \n{_SIMPLE[fault]}")
        return _FAILED
    model = read_model(Path(options["--model"]))
    if release.major == 2 and model.ir_version > 9:
        print(f"   \nINTERNAL ERROR: Your model ir_version {model.ir_version} is higher than the checker's (9).")
        return _FAILED
    for layer in model.float_layers:
        print(f"WARNING: {layer} is not quantized")
    value = options.get("--st-neural-art")
    if value is None or value.startswith("-") or "cpu" in faults:
        return _cpu(release, options, model)
    if "@" not in value:
        raise ArgumentError("this stand-in has no built-in profiles")
    pools_file, words, ignored = read_profile(value)
    if ignored and (release.major, release.minor) >= (2, 2):
        print(f"WARNING: Unsupported keys in the current profile are ignored: {', '.join(ignored)}")
    print(" >>>> EXECUTING NEURAL ART COMPILER")
    print(f'   {sys.argv[0]}/atonn -i "{model.name}_OE_{release.exported}.onnx" -g "network.c" {words}')
    try:
        _refuse(release, words, faults)
        pools = read_pools(pools_file)
        return _npu(release, options, model, pools, words, faults)
    except RefusedError as error:
        return _refused(release, str(error))


def _refuse(release: Release, words: str, faults: set[str]) -> None:
    for word in words.split():
        if word in unknown_compiler_options(release):
            raise RefusedError(f"unknown option {word}")
    for fault in faults & _BLOCKS.keys():
        raise RefusedError(_BLOCKS[fault])


def _refused(release: Release, text: str) -> int:
    print("      >>> Shell execution has FAILED (returned code = 1)\n      $ atonn -i …")
    print("\n".join(f"      {line}" for line in text.splitlines()))
    print("      <<<")
    repeated = f" - {['', *text.splitlines(), '']}" if release.number == "2.2.0" else ""
    print(f"\n   \n   E103(CliRuntimeError): Error calling the Neural Art compiler{repeated}")
    return _FAILED


def _npu(
    release: Release, options: dict[str, str], model: Model, pools: list[Pool], words: str, faults: set[str]
) -> int:
    lost = "lost_quantisation" in faults
    if lost:
        print('WARNING: invalid value "BOOL" in tensor x. Ignore Quantization JSON file')
    forced = "FLOAT" if lost or "float_io" in faults else None
    source = _buffer(options, model.input, "Input_0_out_0", "input", forced)
    sink = _buffer(options, model.output, "Quantize_1_out_0", "output", forced)
    weights = model.weights * (4 if "float_weights" in faults else 1)
    activations = rounded(source.size) + rounded(sink.size) + (1 << 32 if "too_large" in faults else 0)
    own = "--no-inputs-allocation" in options
    allocate(pools, 0 if own else activations, len(weights))
    print(" <<<< DONE EXECUTING NEURAL ART COMPILER")
    if "--enable-epoch-controller" in words and release.major >= 4:
        print(" >>>> EXECUTING EPOCH_CONTROLLER POST_PROCESSING\n <<<< DONE EXECUTING EPOCH_CONTROLLER POST_PROCESSING")
    blocks = _blocks(model, words)
    net = _network(release, pools, blocks, source, sink, len(weights), own=own, words=words)
    facts: dict[str, Any] = {"options": words, "weights": len(weights), "activations": activations}
    _write(release, options, net, weights, pools, blocks, facts, faults)
    _say(release, options, model, net, pools, blocks, facts, faults)
    return 1 if "late_status" in faults else 0


def _buffer(options: dict[str, str], tensor: Tensor, name: str, side: str, forced: str | None) -> BufferText:
    asked = _TYPES[options.get(f"--{side}-data-type", "int8" if tensor.scale is not None else "float32")]
    kind = forced or asked
    last = options.get(f"--{side}s-ch-position", "chfirst") == "chlast"
    lengths = (tensor.height, tensor.width, tensor.channels) if last else (tensor.channels, tensor.height, tensor.width)
    scale = None if kind == "FLOAT" else tensor.scale if tensor.scale is not None else 1.0
    zero = tensor.zero_point + (128 if kind == "UINT8" else 0)
    return BufferText(name, 0, (1, *lengths), kind, scale, zero)


def _blocks(model: Model, words: str) -> list[Block]:
    hardware = max(model.convolutions, 1)
    ec = "--enable-epoch-controller" in words
    blocks = [Block("blob", 1, hardware)] if ec else [Block("hw", i, i) for i in range(1, hardware + 1)]
    number = hardware
    for _ in range(model.resizes):
        number += 1
        blocks.append(Block("sw", number, number, "Resize"))
    return [*blocks, Block("hybrid", number + 1, number + 1, "DepthToSpace")]


def _network(
    release: Release,
    pools: list[Pool],
    blocks: list[Block],
    source: BufferText,
    sink: BufferText,
    weights: int,
    *,
    own: bool,
    words: str,
) -> NetworkText:
    ram = next((pool for pool in pools if pool.used and not pool.read_only), pools[0])
    flash = next(pool for pool in pools if pool.read_only)
    placed = [
        BufferText(b.name, None if own else ram.base, b.shape, b.type, b.scale, b.zero_point) for b in (source, sink)
    ]
    params = [BufferText("Conv2D_1_weights", flash.base, (weights,), "INT8", 1.0, 0, param=True)]
    return NetworkText(
        name=release.c_name,
        branch=release.branch,
        runtime=release.runtime,
        strict=(release.major, release.minor) >= (2, 2),
        pools=[_pool_text(i, pool) for i, pool in enumerate(pools)],
        blocks=blocks,
        inputs=placed[:1],
        outputs=placed[1:],
        params=params,
        options=words.split(" --"),
    )


def _pool_text(index: int, pool: Pool) -> PoolText:
    used = "?"
    if pool.used:
        used = f"{pool.used / 1024:.2f} KB" if pool.used < 1 << 20 else f"{pool.used / (1 << 20):.2f} MB"
    return PoolText(index, used, pool.name, pool.file, pool.base, pool.size, read_only=pool.read_only)


def _write(
    release: Release,
    options: dict[str, str],
    net: NetworkText,
    weights: bytes,
    pools: list[Pool],
    blocks: list[Block],
    facts: dict[str, Any],
    faults: set[str],
) -> None:
    out, workspace = Path(options.get("--output", "st_ai_output")), Path(options.get("--workspace", "st_ai_ws"))
    inner = workspace / f"neural_art__{options.get('--name', 'network')}"
    for folder in (out, inner):
        folder.mkdir(parents=True, exist_ok=True)
    code = network_c(net)
    files: dict[Path, str | bytes] = {out / "network.c": code, inner / "network.c": code}
    if "no_weights" not in faults:
        files[out / "network_atonbuf.xSPI2.raw"] = weights
    if net.blobs:
        files[out / "network_ecblobs.h"] = ecblobs_h(net)
    if net.marked:
        files |= {out / "stai_network.c": stai_c(net), out / "stai_network.h": stai_h(net)}
    if "ram_constants" in faults:
        files[out / "network_atonbuf.AXISRAM5.raw"] = b"constants"
    if "--csv-file" in facts["options"]:
        files[inner / "network.csv"] = "epochs\n\nTotal cycles,1000\n"
    files[inner / "atonn_options.ini"] = f"# Tool: atonn\n# Version atonn.{release.compiler}\n\noptimization=3\n"
    info = texts.c_info(release, options["line"], facts, pools, blocks, [("", net.inputs[0]), ("", net.outputs[0])])
    files[inner / "c_info.json"] = json.dumps(info, indent=1)
    info["memory_footprint"] = {"weights": facts["weights"], "activations": facts["activations"], "io": [0, 0]}
    if "no_c_info" in faults:
        del files[inner / "c_info.json"]
    else:
        files[(workspace if release.number == "2.0.0" else out) / "network_c_info.json"] = json.dumps(info, indent=1)
    for path, data in files.items():
        path.write_bytes(data.encode() if isinstance(data, str) else data)


def _say(
    release: Release,
    options: dict[str, str],
    model: Model,
    net: NetworkText,
    pools: list[Pool],
    blocks: list[Block],
    facts: dict[str, Any],
    faults: set[str],
) -> None:
    buffers = [("input 1/1", net.inputs[0]), ("output 1/1", net.outputs[0])]
    shown = {
        "model file": options["--model"],
        "type": "onnx",
        "c_name": "network",
        "target/series": "stm32n6npu",
        "model_fmt": "float",
        "weights (ro)": f"{facts['weights']:,} B (1 segment)",
        "activations (rw)": f"{facts['activations']:,} B (1 segment) *",
    }
    details = [
        "Compilation details",
        "-" * 84,
        f"Compiler version: {release.compiler}",
        f"Compiler arguments:  {facts['options']}",
    ]
    body = [*details, "=" * 84, "", *texts.memory_table(pools), *texts.epoch_list(release, blocks)]
    print("\n".join(texts.summary("generate", shown, buffers)))
    print(" (*) 'input'/'output' buffers are allocated in the activations buffer\n")
    print("Computing AI RT data/code size (target=stm32n6npu)..\n")
    if "no_gcc" in faults:
        print("   >>> Shell execution has FAILED (returned code = 1)\n   $ arm-none-eabi-gcc -mthumb\n   <<<")
    print("\n".join(body))
    report = Path(options.get("--output", "st_ai_output")) / "network_generate_report.txt"
    head = f"ST Edge AI Core v{release.title}\nCreated date          : 2026-02-03 10:06:45\n"
    report.write_text(f"{head}Parameters            : {options['line']}\n\n" + "\n".join(body) + "\n")
    print(f"\nCreating txt report file {report}")
    word = "GENERATE" if release.major >= 4 else "generate"
    print(f"elapsed time ({word}): 0.100s")


def _cpu(release: Release, options: dict[str, str], model: Model) -> int:
    out = Path(options.get("--output", "st_ai_output"))
    out.mkdir(parents=True, exist_ok=True)
    (out / "network.c").write_text(
        '/*\n  * @brief   AI Tool Automatic Code Generator for Embedded NN computing\n  */\n#include "network.h"\n'
    )
    tools = [{"name": "ST.EdgeAI.Core", "version": release.title, "arguments": options["line"]}]
    pools = [
        {"id": 0, "name": "heap", "address": "NULL", "size_bytes": -1, "used_size_bytes": 1, "rights": "ACC_WRITE"}
    ]
    info = {
        "json_schema_version": "2.0",
        "environment": {"tools": tools},
        "memory_pools": pools,
        "buffers": [],
        "graphs": [{"nodes": []}],
        "memory_footprint": {},
    }
    (out / "network_c_info.json").write_text(json.dumps(info))
    shown = {"target/series": "stm32n6", "weights (ro)": f"{len(model.weights):,} B", "activations (rw)": "1 B"}
    print("\n".join(texts.summary("generate", shown, [])))
    print("elapsed time (generate): 0.100s")
    return 0


def _bar(release: Release) -> None:
    sys.stdout.write(f"\nPASS:   0%|          | 0/{99 + release.major} [00:00<?, ?it/s]\r" + " " * 50 + "\r\n")
