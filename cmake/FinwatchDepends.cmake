# Every library finwatch needs, and the Debian package to install when one is missing. All missing ones are named at once.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
set(_missing "")

macro(finwatch_pkg name module package)
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${module})
  if(NOT ${name}_FOUND)
    string(APPEND _missing "  ${module}: apt-get install ${package}\n")
  endif()
endmacro()

finwatch_pkg(MICROHTTPD libmicrohttpd libmicrohttpd-dev)
finwatch_pkg(GNUTLS gnutls libgnutls28-dev)
finwatch_pkg(DEFLATE libdeflate libdeflate-dev)
finwatch_pkg(RE2 re2 libre2-dev)
finwatch_pkg(CRYPT libcrypt libcrypt-dev)
finwatch_pkg(SYSTEMD libsystemd libsystemd-dev)
finwatch_pkg(PQXX libpqxx libpqxx-dev)

# It has no pkg-config file.
find_library(FINWATCH_MYSQLCPPCONN mysqlcppconn)
find_path(FINWATCH_MYSQLCPPCONN_INCLUDE mysql_driver.h)
if(NOT FINWATCH_MYSQLCPPCONN OR NOT FINWATCH_MYSQLCPPCONN_INCLUDE)
  string(APPEND _missing "  mysql-connector-c++: apt-get install libmysqlcppconn-dev\n")
endif()

find_package(yaml-cpp CONFIG QUIET)
if(NOT yaml-cpp_FOUND)
  string(APPEND _missing "  yaml-cpp: apt-get install libyaml-cpp-dev\n")
elseif(NOT TARGET yaml-cpp::yaml-cpp)  # before 0.8 the target has no namespace
  add_library(finwatch_yaml_cpp INTERFACE)
  target_link_libraries(finwatch_yaml_cpp INTERFACE yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS finwatch_yaml_cpp)
endif()

find_package(date CONFIG QUIET)
if(NOT TARGET date::date-tz)
  string(APPEND _missing "  date: apt-get install libhowardhinnant-date-dev\n")
endif()

# The package's own CMake file asks for civetweb, zlib and curl even when only its core is linked.
find_package(prometheus-cpp CONFIG QUIET)
if(NOT TARGET prometheus-cpp::core)
  string(APPEND _missing
    "  prometheus-cpp: apt-get install prometheus-cpp-dev libcivetweb-dev zlib1g-dev libcurl4-openssl-dev\n")
endif()
if(FINWATCH_TESTS)
  find_package(Catch2 QUIET)
  if(NOT TARGET Catch2::Catch2WithMain)
    string(APPEND _missing "  Catch2: apt-get install catch2\n")
  endif()
endif()

if(_missing)
  message(FATAL_ERROR "finwatch needs libraries that are not installed:\n${_missing}"
    "Or let deploy/install-deps.sh install them all.")
endif()

function(finwatch_print_summary)
  message(STATUS "")
  message(STATUS "finwatch ${PROJECT_VERSION}, ${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  foreach(name MICROHTTPD GNUTLS DEFLATE RE2 CRYPT SYSTEMD PQXX)
    message(STATUS "  ${name} ${${name}_VERSION}")
  endforeach()
  message(STATUS "  yaml-cpp ${yaml-cpp_VERSION}, date ${date_VERSION}, prometheus-cpp core")
  message(STATUS "  tests ${FINWATCH_TESTS}, fuzzers ${FINWATCH_FUZZERS}, hardening ${FINWATCH_HARDENING}, sanitizers '${FINWATCH_SANITIZE}'")
  foreach(program IN ITEMS host database)
    get_property(collectors GLOBAL PROPERTY FINWATCH_COLLECTORS_${program})
    list(LENGTH collectors count)
    message(STATUS "  finwatch-${program}: ${count} collectors")
  endforeach()
  message(STATUS "")
endfunction()
