# Runs while installing: the unit and the file of flags of ${program}, made to fit ${CMAKE_INSTALL_PREFIX}.
# /usr is Debian's own prefix, with its settings in /etc; any other has bin and etc below itself.
set(settings ${CMAKE_INSTALL_PREFIX}/etc)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(settings /etc)
endif()

file(READ ${source}/deploy/systemd/${program}.service unit)
string(REPLACE "/usr/bin/" "${CMAKE_INSTALL_PREFIX}/bin/" unit "${unit}")
string(REPLACE "/usr/share/" "${CMAKE_INSTALL_PREFIX}/share/" unit "${unit}")
string(REPLACE "-/etc/default/" "-${settings}/default/" unit "${unit}")
file(WRITE ${binary}/install/${program}.service "${unit}")
file(INSTALL ${binary}/install/${program}.service DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(INSTALL ${source}/deploy/debian/${program}/default DESTINATION ${settings}/default RENAME ${program}
  PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
# Where the configuration and its secrets go; nothing is put there.
file(MAKE_DIRECTORY $ENV{DESTDIR}${settings}/finwatch)
