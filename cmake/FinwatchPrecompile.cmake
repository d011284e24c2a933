# The standard headers that most files begin with, read once for all libraries and once for all tests: with clang and sanitizers
# that is a good part of the building time. Only there: what users run is built from what each file includes itself, and where
# there is a compiler cache it does better. Nothing that brings <iomanip>, whose std::quoted is found by argument where we have a quoted().
#
#   finwatch_precompile()    # after all targets are there
set(FINWATCH_PRECOMPILED <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <set>
    <span> <string> <string_view> <unordered_map> <utility> <variant> <vector>)

function(finwatch_precompile)
  # GCC wants every macro of a command line to be the same, and ours are each library's own.
  if(NOT FINWATCH_SANITIZE OR CMAKE_CXX_COMPILER_LAUNCHER OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    return()
  endif()
  target_compile_options(finwatch_options INTERFACE -pthread)  # the same flags everywhere
  # Libraries are compiled for -fPIC and optimised, tests for -fPIE and not: one set of flags, one precompiled header.
  set(first_test test_core)
  set(first_library finwatch_common)
  target_precompile_headers(${first_library} PRIVATE ${FINWATCH_PRECOMPILED})
  target_precompile_headers(${first_test} PRIVATE ${FINWATCH_PRECOMPILED}
    ${PROJECT_SOURCE_DIR}/test/support/catch.h)
  foreach(folder exporters/common exporters/host exporters/database exporters/workflow exporters/notifier rules/tool test)
    get_directory_property(targets DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} BUILDSYSTEM_TARGETS)
    foreach(target IN LISTS targets)
      get_target_property(type ${target} TYPE)
      if(type STREQUAL "STATIC_LIBRARY" AND NOT target STREQUAL first_library)
        target_precompile_headers(${target} REUSE_FROM ${first_library})
      elseif(target MATCHES "^test_" AND NOT target STREQUAL first_test)
        target_precompile_headers(${target} REUSE_FROM ${first_test})
      endif()
    endforeach()
  endforeach()
endfunction()
