// A server as a configuration names it: engine, place, user, password and TLS.
//
//   engine: postgresql
//   host: db1.example          # or socket:
//   user: finwatch_monitor
//   password_file: /etc/finwatch/nc.password
//   database: nc
//   tls: verify_full
//   tls_ca: /etc/finwatch/ca.pem
//
//   SqlLogin login;
//   read_place(reader, login.address);
//   read_login(reader, map, login);
//   Result<SqlAddress> address = with_credentials(login);     // at each connecting
#pragma once

#include <string>

#include "conf/yaml.h"
#include "core/result.h"
#include "sql/sql.h"

namespace finwatch {

struct SqlLogin {
  SqlAddress address;         // without the password when password_file is set: it is read at each connecting
  std::string password_file;  // its last line break does not count
  std::string my_cnf;         // a client option file of MySQL's; its [client] section gives what is not set here
};

/// host, port and socket.
void read_place(MapReader& reader, SqlAddress& address);
/// engine, user, password, password_file, my_cnf, database, tls and its files. What is wrong goes to the reader of `map`.
void read_login(MapReader& reader, const Tree& map, SqlLogin& login);

/// The address with the password as it is now: from password_file or my_cnf when they are set.
Result<SqlAddress> with_credentials(const SqlLogin& login);

}  // namespace finwatch
