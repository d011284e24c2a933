# One interface target carries every flag: finwatch_options for warnings and hardening.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo" FORCE)
endif()
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "" FORCE)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)

find_program(FINWATCH_CCACHE ccache)
if(FINWATCH_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${FINWATCH_CCACHE})
endif()

option(FINWATCH_HARDENING "Fortify, stack protector, full relro" ON)
set(FINWATCH_SANITIZE "" CACHE STRING "Sanitizers, for example address,undefined")

add_library(finwatch_options INTERFACE)
target_compile_options(finwatch_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Wimplicit-fallthrough
  # Designated initializers leave members at their defaults on purpose.
  -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override>
  $<$<CXX_COMPILER_ID:Clang>:-Wrange-loop-analysis>)
if(FINWATCH_SANITIZE)
  target_compile_options(finwatch_options INTERFACE -fsanitize=${FINWATCH_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=undefined $<$<BOOL:${FINWATCH_FUZZERS}>:-fsanitize=fuzzer-no-link>)
  target_link_options(finwatch_options INTERFACE -fsanitize=${FINWATCH_SANITIZE})
elseif(FINWATCH_HARDENING)
  target_compile_options(finwatch_options INTERFACE
    -fstack-protector-strong -fstack-clash-protection $<$<CXX_COMPILER_ID:GNU>:-ftrivial-auto-var-init=zero>)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    target_compile_options(finwatch_options INTERFACE -fcf-protection=full)
  endif()
  target_compile_definitions(finwatch_options INTERFACE
    _GLIBCXX_ASSERTIONS $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(finwatch_options INTERFACE LINKER:-z,relro,-z,now LINKER:--as-needed)
  set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")
endif()
