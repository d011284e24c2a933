# `cmake --install` and `cpack -G DEB`: one component, so one .deb, a program.
#
# What belongs to a program beside its binary:
#   deploy/systemd/<program>.service                            its unit
#   deploy/debian/<program>/{default,conffiles,postinst,prerm,postrm}   its flags and what dpkg runs
#   deploy/<program>.yml                                        the sample of its configuration
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # packing a program needs no tests built
set(CPACK_PACKAGE_NAME finwatch)
set(CPACK_PACKAGE_VENDOR "finwatch")
set(CPACK_PACKAGE_CONTACT "finwatch maintainers <maintainers@finwatch.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_GENERATOR DEB)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FINWATCH-HOST_DESCRIPTION
"finwatch-host shows what node_exporter shows of a Linux server, under the same names. A mount that hangs costs only itself. It
adds groups of processes, systemd units, watched TCP ports, mounts that are missing or turned read-only, and the
synchronisation of the clock.")

set(CPACK_DEBIAN_FINWATCH-DATABASE_DESCRIPTION
"finwatch-database shows connections, locks and who blocks whom, slow statements, replication, sizes, tables, accounts and settings of
PostgreSQL, MySQL and MariaDB. A server that hangs, is full or is down costs it nothing and is named with its reason.")

set(CPACK_DEBIAN_FINWATCH-WORKFLOW_DESCRIPTION
"finwatch-workflow runs voucher entry, reports and other transactions of finance software as an accountant does, on its own schedule, measures
each step, removes what it made, and checks the books. What it may write, where and how often, is granted in its configuration.")

set(CPACK_DEBIAN_FINWATCH-NOTIFIER_DESCRIPTION
"finwatch-notifier makes incidents of what Alertmanager says, keeps their clocks by the service level agreement, and tells those on duty, one
step after another until somebody acknowledges: DingTalk, WeCom, Feishu, text messages, calls, e-mail. Nothing that it accepted is lost.")

get_property(FINWATCH_PROGRAMS GLOBAL PROPERTY FINWATCH_PROGRAMS)
foreach(program IN LISTS FINWATCH_PROGRAMS)
  string(TOUPPER ${program} component)
  set(folder ${PROJECT_SOURCE_DIR}/deploy/debian/${program})
  set(CPACK_DEBIAN_${component}_PACKAGE_NAME ${program})
  set(CPACK_DEBIAN_${component}_PACKAGE_DEPENDS adduser)
  if(program STREQUAL "finwatch-notifier")  # the providers speak HTTPS, and a rota changes hands by local time
    string(APPEND CPACK_DEBIAN_${component}_PACKAGE_DEPENDS ", ca-certificates, tzdata")
  endif()
  set(CPACK_DEBIAN_${component}_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  set(CPACK_DEBIAN_${component}_PACKAGE_CONTROL_EXTRA
    ${folder}/conffiles ${folder}/postinst ${folder}/prerm ${folder}/postrm)

  string(REPLACE "finwatch-" "" short ${program})
  set(documents share/doc/${program})
  file(GLOB guides CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/guides/${short}[.-]*md)
  if(program STREQUAL "finwatch-workflow")
    list(APPEND guides ${PROJECT_SOURCE_DIR}/docs/guides/integrity.md ${PROJECT_SOURCE_DIR}/docs/guides/integrity.zh-CN.md)
  endif()
  install(FILES ${PROJECT_SOURCE_DIR}/CHANGELOG.md ${PROJECT_SOURCE_DIR}/deploy/debian/copyright
    ${guides}
    ${PROJECT_SOURCE_DIR}/docs/guides/configuration.md ${PROJECT_SOURCE_DIR}/docs/guides/configuration.zh-CN.md
    ${PROJECT_SOURCE_DIR}/docs/guides/web-config.md ${PROJECT_SOURCE_DIR}/docs/guides/web-config.zh-CN.md
    DESTINATION ${documents} COMPONENT ${program})
  install(FILES ${PROJECT_SOURCE_DIR}/deploy/${program}.yml DESTINATION ${documents}/examples COMPONENT ${program})
  if(program MATCHES "database|workflow")
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/deploy/sql DESTINATION ${documents} COMPONENT ${program})
  endif()
  # Where these two go and what they say depends on the prefix, which is known only while installing.
  install(CODE "set(program ${program})\nset(source ${PROJECT_SOURCE_DIR})\nset(binary ${PROJECT_BINARY_DIR})" COMPONENT ${program})
  install(SCRIPT ${PROJECT_SOURCE_DIR}/cmake/FinwatchInstallUnit.cmake COMPONENT ${program})
endforeach()
set(CPACK_COMPONENTS_ALL ${FINWATCH_PROGRAMS})
include(CPack)
