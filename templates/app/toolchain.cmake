# The compiler for the target: Arm's or ST's build of GCC, found on PATH or in -DN6GEN_TOOLCHAIN=<its bin folder>.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)

set(N6GEN_TOOLCHAIN "" CACHE PATH "Folder that holds arm-none-eabi-gcc; empty: search PATH")
find_program(N6GEN_GCC arm-none-eabi-gcc HINTS "${N6GEN_TOOLCHAIN}" REQUIRED)
find_program(N6GEN_OBJCOPY arm-none-eabi-objcopy HINTS "${N6GEN_TOOLCHAIN}" REQUIRED)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES N6GEN_TOOLCHAIN)

set(CMAKE_C_COMPILER "${N6GEN_GCC}")
set(CMAKE_ASM_COMPILER "${N6GEN_GCC}")
# A program for a bare target does not link without a linker script: only compile when CMake tries the compiler.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
