"""What the recorded files of `fixtures/stedgeai` say: pool tables, raw byte counts, epoch lists.

Figures were taken from the files' own text (totals, epoch lines, c_info). The wording of errors, and the path and
version of files without figures, were written with the parser's output in view: those rows hold it to what it says
today.
Bytes are given where a file gives bytes; kB as printed otherwise.
"""

from __future__ import annotations

import attrs

KIB = 1024


@attrs.frozen
class Figures:
    """Figures of one file. `flash_slack`: KiB that a file leaves open (MB with three decimals)."""

    version: str | None
    path: str
    internal: float | None = None
    external: float | None = None
    flash: float | None = None
    epochs: tuple[int | None, int | None, int | None, int | None] = (None, None, None, None)
    errors: tuple[str, ...] = ()
    flash_slack: float = 0.002


def _cpu(version: str, *errors: str) -> Figures:
    return Figures(version, "cpu", errors=errors)


def _npu(
    version: str | None,
    internal: float,
    flash: float,
    epochs: tuple[int, int, int, int],
    *,
    external: float = 0,
    errors: tuple[str, ...] = (),
    flash_slack: float = 0.002,
) -> Figures:
    return Figures(version, "npu", internal, external, flash, epochs, errors, flash_slack)


# Networks that several files describe: internal KiB, flash KiB, (total, hw, hybrid, sw).
_MNIST = (8944 / KIB, 35553 / KIB, (9, 6, 0, 3))
_YOLOV8N = (1216.0, 3051361 / KIB, (211, 200, 0, 11))
_FACE = (480.0, 2455409 / KIB, (81, 70, 1, 10))
_RECOGNITION = (2452.0, 1242529 / KIB, (165, 53, 0, 112))
_MOBILENET_21 = (240.0, 367233 / KIB, (56, 55, 0, 1))
_MOBILENET_22 = (240.0, 367201 / KIB, (56, 55, 0, 1))
_MOBILENET_30 = (240.0, 212609 / KIB, (56, 55, 0, 1))
_SSD = (768.0, 822337 / KIB, (67, 58, 0, 9))
_POSE = (644032 / KIB, 3300769 / KIB, (148, 128, 2, 18))
_BLAZEFACE = (528.0, 166225 / KIB, (85, 58, 0, 27))
_YOLOX = (2593.0, 1201104 / KIB, (194, 192, 2, 0))
#: Ends of used ranges are rounded up to 16 bytes.
_ROUNDED = 16 / KIB

FIGURES: dict[str, Figures] = {
    "1.0.0-cpu-stm32l4-generate/sww_model_generate_report.txt": _cpu("1.0.0"),
    "1.0.0-cpu-stm32l4-generate/sww_model_strm_ww_int8.tflite_c_info.json": _cpu("1.0.0"),
    "1.0.0-cpu-stm32l4-generate/sww_model_strm_ww_int8.tflite_report.json": Figures("1.0.0", "unknown"),
    "2.0.0-cpu-stm32u5-generate/network_generate_report.txt": _cpu("2.0.0"),
    "2.0.0-mnist-analyze-cubemx/cnn_mnist_quantized_OE_3_1_0_Q.json": Figures("2.0.0", "unknown"),
    "2.0.0-mnist-analyze-cubemx/network_analyze_report.txt": _npu("2.0.0", *_MNIST),
    "2.0.0-mnist-analyze-cubemx/network_cnn_mnist_quantized.tflite_c_info.json": _npu("2.0.0", *_MNIST),
    "2.0.0-mnist-analyze-cubemx/network_cnn_mnist_quantized.tflite_report.json": Figures("2.0.0", "unknown"),
    "2.0.0-ssd-epoch-controller-user-io/network_c_info.json": _npu("2.0.0", 768.0, 854209 / KIB, (67, 58, 0, 9)),
    "2.0.0-yolov8n-epoch-controller-user-io/network_c_info.json": _npu("2.0.0", *_YOLOV8N),
    "2.0.0-yolov8n-epoch-controller-user-io/network_generate_report.txt": _npu(
        "2.0.0", *_YOLOV8N, flash_slack=_ROUNDED
    ),
    "2.0.0-yolov8n-epoch-controller-user-io/network_report.json": Figures("2.0.0", "unknown"),
    "2.0.0-yolov8n-epoch-controller-user-io/ws_atonn_options.ini": Figures("2.0.0", "npu"),
    "2.1.0-audio-analyze/network_analyze_report.txt": _npu(
        "2.1.0", 144.0, 3.415 * KIB, (39, 36, 0, 3), flash_slack=0.52
    ),
    "2.1.0-face-detection-epoch-controller/face_detection_c_info.json": _npu("2.1.0", *_FACE),
    "2.1.0-face-detection-epoch-controller/face_detection_generate_report.txt": _npu(
        "2.1.0", *_FACE, flash_slack=_ROUNDED
    ),
    "2.1.0-face-detection-epoch-controller/ws_c_info.json": _npu("2.1.0", *_FACE),
    "2.1.0-face-detection-epoch-controller/ws_atonn_options.ini": Figures("2.1.0", "npu"),
    "2.1.0-face-recognition-epoch-controller/face_recognition_c_info.json": _npu(
        "2.1.0", *_RECOGNITION, external=1568.0
    ),
    "2.1.0-face-recognition-epoch-controller/face_recognition_generate_report.txt": _npu(
        "2.1.0", *_RECOGNITION, external=1568.0, flash_slack=_ROUNDED
    ),
    "2.1.0-face-recognition-epoch-controller/ws_atonn_options.ini": Figures("2.1.0", "npu"),
    "2.1.0-mobilenetv2-cubemx-generate/network_generate_report.txt": _npu("2.1.0", *_MOBILENET_21),
    "2.1.0-mobilenetv2-cubemx-generate/network_null_c_info.json": _npu("2.1.0", *_MOBILENET_21),
    "2.1.0-ssd-epoch-controller-user-io/network_c_info.json": _npu("2.1.0", *_SSD),
    "2.1.0-ssd-epoch-controller-user-io/network_generate_report.txt": _npu("2.1.0", *_SSD),
    "2.1.0-yolov8n-pose-epoch-controller-user-io/network_c_info.json": _npu("2.1.0", *_POSE),
    "2.1.0-yolov8n-pose-epoch-controller-user-io/network_generate_report.txt": _npu("2.1.0", *_POSE),
    "2.2.0-audio-analyze/network_analyze_report.txt": _npu(
        "2.2.0", 144.0, 3.415 * KIB, (39, 36, 0, 3), flash_slack=0.52
    ),
    "2.2.0-blazeface-windows/network_analyze_report.txt": _npu("2.2.0", *_BLAZEFACE),
    "2.2.0-blazeface-windows/network_c_info.json": _npu("2.2.0", *_BLAZEFACE),
    "2.2.0-blazeface-windows/network_generate_report.txt": _npu("2.2.0", *_BLAZEFACE),
    "2.2.0-blazeface-windows/ws_atonn_options.ini": Figures("2.2.0", "npu"),
    "2.2.0-cpu-stm32f4-validate-host/network_c_info.json": _cpu("2.2.0"),
    "2.2.0-cpu-stm32f4-validate-host/network_validate_report.txt": _cpu("2.2.0"),
    "2.2.0-cubemx-console-failures/Resnet34.txt": Figures(
        "2.2.0",
        "npu",
        errors=(
            "INTERNAL ERROR: Your model ir_version 10 is higher than the checker's (9).",
            (
                "E103(CliRuntimeError): Error calling the Neural Art compiler (the memory pools are too small by "
                "3211264 bytes)"
            ),
        ),
    ),
    "2.2.0-cubemx-console-mobilenetv2/mobilenet_v2_224.txt": _npu("2.2.0", 2058.0, 4137361 / KIB, (58, 55, 0, 3)),
    "2.2.0-cubemx-console-yunet/analyze_console.txt": _npu("2.2.0", 825.020, 110.235, (72, 70, 0, 2)),
    "2.2.0-cubemx-target-validate-conv2d_1x1/network_c_info.json": Figures("2.2.0", "npu"),
    "2.2.0-cubemx-target-validate-conv2d_1x1/network_generate_report.txt": _npu(
        "2.2.0", 12.031, 225 / KIB, (2, 2, 0, 0)
    ),
    "2.2.0-cubemx-target-validate-conv2d_1x1/network_validate_report.txt": Figures("2.2.0", "npu"),
    "2.2.0-cubemx-target-validate-conv2d_32f_7x7/network_c_info.json": Figures("2.2.0", "npu"),
    "2.2.0-cubemx-target-validate-conv2d_32f_7x7/network_generate_report.txt": _npu(
        "2.2.0", 4 * 256.0 + 268.0, 4.720, (5, 5, 0, 0)
    ),
    "2.2.0-cubemx-target-validate-conv2d_32f_7x7/network_validate_report.txt": Figures("2.2.0", "npu"),
    "2.2.0-cubemx-target-validate-depthwise_3x3/network_c_info.json": Figures("2.2.0", "npu"),
    "2.2.0-cubemx-target-validate-depthwise_3x3/network_generate_report.txt": _npu(
        "2.2.0", 24.0, 65 / KIB, (3, 3, 0, 0)
    ),
    "2.2.0-cubemx-target-validate-depthwise_3x3/network_validate_report.txt": Figures("2.2.0", "npu"),
    "2.2.0-devcloud-console/conv2d_1x1_report.txt": _npu("2.2.0", 12.031, 225 / KIB, (2, 2, 0, 0)),
    "2.2.0-devcloud-console/depthwise_3x3.txt": _npu("2.2.0", 24.0, 65 / KIB, (3, 3, 0, 0)),
    "2.2.0-failure-ir-version/command.txt": Figures(None, "unknown"),
    "2.2.0-failure-ir-version/compiler.log": Figures(
        "2.2.0",
        "unknown",
        errors=("INTERNAL ERROR: Your model ir_version 10 is higher than the checker's (9).",),
    ),
    "2.2.0-mnist-cubemx-generate/network_cnn_mnist_quantized.tflite_c_info.json": _npu("2.2.0", *_MNIST),
    "2.2.0-mnist-cubemx-generate/network_generate_report.txt": _npu("2.2.0", *_MNIST),
    "2.2.0-mobilenetv2-cubemx-generate/network_test_generate_report.txt": _npu("2.2.0", *_MOBILENET_22),
    "2.2.0-mobilenetv2-cubemx-generate/network_test_null_c_info.json": _npu("2.2.0", *_MOBILENET_22),
    "2.2.0-npu-profiler/npu_profiler.log": Figures(None, "npu"),
    "2.2.0-supported-ops/supported-ops.txt": Figures("2.2.0", "unknown"),
    "3.0.0-cpu-stm32u5-generate/network_c_info.json": _cpu("3.0.0"),
    "3.0.0-cpu-stm32u5-generate/network_generate_report.txt": _cpu("3.0.0"),
    "3.0.0-mobilenetv2-generate/network_c_info.json": _npu("3.0.0", *_MOBILENET_30),
    "3.0.0-mobilenetv2-generate/network_generate_report.txt": _npu("3.0.0", *_MOBILENET_30),
    "3.0.0-mobilenetv2-generate/ws_c_info.json": _npu("3.0.0", *_MOBILENET_30),
    "3.0.0-mobilenetv2-generate/ws_atonn_options.ini": Figures("3.0.0", "npu"),
    "3.0.0-yolox-epoch-controller-hybrid/network_c_info.json": _npu("3.0.0", *_YOLOX),
    "3.0.0-yolox-epoch-controller-hybrid/network_generate_report.txt": _npu("3.0.0", *_YOLOX),
    "3.0.0-yolox-epoch-controller-hybrid/ws_atonn_options.ini": Figures("3.0.0", "npu"),
    "3.1.0-cpu-stm32u5-generate/network_c_info.json": _cpu("3.1.0"),
    "3.1.0-cpu-stm32u5-generate/network_generate_report.txt": _cpu("3.1.0"),
    "4.0.0-aistudio-console/conv2d_32f_7x7.txt": _npu(
        "4.0.0",
        512.0 + 3 * 256.0 + 268.0,
        4833 / KIB,
        (5, 5, 0, 0),
        errors=("LOAD ERROR: STM32 - read timeout 50078.0ms/50000ms",),
    ),
    "4.0.0-cpu-path-console/analyze_report.txt": _cpu("4.0.0"),
    "4.0.0-cpu-path-console/network_c_info.json": _cpu("4.0.0"),
    "4.0.0-cpu-path-console/network_generate_report.txt": _cpu("4.0.0"),
    "4.0.0-devcloud-console/conv2d_1x1_report.txt": _npu("4.0.0", 140.0, 225 / KIB, (2, 2, 0, 0)),
    "4.0.0-devcloud-console/conv2d_32f_7x7_epochController_report.txt": _npu(
        "4.0.0",
        512.0 + 3 * 256.0 + 268.0,
        4704 / KIB,
        (5, 5, 0, 0),
        errors=("LOAD ERROR: STM32 - read timeout 50094.0ms/50000ms",),
    ),
    "4.0.0-devcloud-console/depthwise_3x3_report.txt": _npu("4.0.0", 12.003, 129 / KIB, (1, 1, 0, 0)),
    "4.0.0-trap-st-neural-art-E-is-cpu/network_c_info.json": _cpu(
        "4.0.0", "NotNpu: the NPU was asked for (--st-neural-art=-E) and code for the CPU was made"
    ),
    "4.0.0-trap-st-neural-art-E-is-cpu/network_generate_report.txt": _cpu(
        "4.0.0", "NotNpu: the NPU was asked for (--st-neural-art=-E) and code for the CPU was made"
    ),
    "4.0.1-aistudio-failures/mobileclipB.txt": Figures(
        "4.0.1",
        "unknown",
        errors=(
            "TOOL ERROR: list index out of range",
            (
                "E010(InvalidModelError): Non-numerical or not-string elements in "
                "unsqueeze_11_DequantizeLinear_Output_const's parameter out_0"
            ),
        ),
    ),
    "4.0.1-aistudio-failures/mobileclips0.txt": Figures(
        "4.0.1",
        "unknown",
        errors=(
            "INTERNAL ERROR: Exported ONNX could be malformed since ONNX shape inference fails",
            "NOT IMPLEMENTED: Unkonwn layer format for layer Input_72",
        ),
    ),
    "4.0.1-aistudio-failures/yolov11n_no_npu_E700.txt": Figures(
        "4.0.1",
        "unknown",
        errors=(
            (
                "E700(UnfeasibleAllocation): Allocation Pass failed on schedule. Not enough memory on device "
                "(6405160 bytes are needed)"
            ),
        ),
    ),
    "4.0.1-aistudio-failures/yolov11x_float32_E103.txt": Figures(
        "4.0.1",
        "npu",
        errors=(
            (
                "E103(CliRuntimeError): Error calling the Neural Art compiler (the memory pools are too small by "
                "2150083916 bytes)"
            ),
        ),
    ),
    "4.0.1-aistudio-mobilenetv2-full/mobilenet_v2_224.txt": _npu("4.0.1", 2058.0, 3669793 / KIB, (58, 55, 0, 3)),
    "4.0.1-aistudio-yolov8n-micro/yolov8n_micro_224.txt": _npu("4.0.1", 392.0, 3158049 / KIB, (108, 95, 8, 5)),
    "4.0.1-help/stedgeai_help.txt": Figures("4.0.1", "unknown"),
    "4.0.1-stt-zipformer/atonn_options.ini": Figures("4.0.1", "npu"),
    "4.0.1-stt-zipformer/g1200_compile_tail.log": Figures(None, "npu"),
    "4.0.1-stt-zipformer/g800_real_compile_tail.log": Figures(None, "npu"),
    "4.0.1-stt-zipformer/g800_st_mem_traffic_tail.csv": Figures(None, "npu"),
    "4.0.1-stt-zipformer/g800_st_summary.txt": _npu(
        "4.0.1", 500.0 + 425.0, 9.728 * KIB, (618, 618, 0, 0), flash_slack=0.52
    ),
    "4.0.1-stt-zipformer/network.csv": Figures(None, "npu"),
    "4.0.1-stt-zipformer/network_generate_report.txt": _npu(
        "4.0.1", 500.0 + 425.0, 9.728 * KIB, (618, 618, 0, 0), flash_slack=0.52
    ),
    "4.0.1-yolo26n-console-filtered/compiler.log": _npu(None, 280.0 + 440.0, 2461073 / KIB, (176, 146, 16, 14)),
}

#: Files that other tools wrote, or their authors: refused as none of stedgeai's.
FOREIGN = {
    "2.2.0-failure-ir-version/environment.json",
    "2.2.0-n6-scripts/compile.log",
    "2.2.0-n6-scripts/config.json",
    "2.2.0-n6-scripts/config_n6l.json",
    "2.2.0-n6-scripts/n6_loader.log",
    "4.0.1-stt-zipformer/g800_st_cycles.json",
    "4.0.1-stt-zipformer/network_atonbuf.xSPI2.raw.md5",
}

#: Memory pools that are not strict JSON: a trailing comma on line 26, a missing quote on line 32.
BROKEN_POOLS = {
    "2.2.0-n6-reloc-test/stm32n6_ext.mpool": "MpoolNotStrictJson: line 26",
    "2.2.0-n6-scripts/stm32n6 __bootFromFlash.mpool": "MpoolNotStrictJson: line 32",
}

#: Pools of a few descriptions: names, addresses, sizes in KiB.
POOLS = {
    "2.1-configs-STM32N6-GettingStarted-SemanticSegmentation/stm32n6-app2_STM32N6570-DK.mpool": [
        ("flexMEM", 0x34000000, 0),
        ("cpuRAM1", 0x34080000, 0),
        ("cpuRAM2", 0x34100000, 1024),
        ("npuRAM3", 0x34200000, 448),
        ("npuRAM4", 0x34270000, 448),
        ("npuRAM5", 0x342E0000, 448),
        ("npuRAM6", 0x34350000, 448),
        ("hyperRAM", 0x90000000, 16 * 1024),
        ("octoFlash", 0x70380000, 61 * 1024),
    ],
}

#: Profiles by file.
PROFILES = {
    "2.0-configs-edgeimpulse/user_neuralart.json": ["default"],
    "3.0-configs-STM32N6-GettingStarted-ReID/user_neuralart_STM32N6570-DK.json": ["od", "reid"],
    "2.1-configs-x-cube-n6-ai-hand-landmarks/user_neuralart.json": ["palm_detector", "hand_landmark"],
    "4.0.0-configs/user_neuralart_sram.json": ["sram_weights"],
    "4.0.1-stt-zipformer/audio_profile.json": ["audio"],
}
