// Apart from what else is said of a session: a program that names one driver carries no other.
#include "sql/sql.h"

namespace finwatch {

SqlConnected connect_sql(const SqlAddress& address, SteadyTime deadline) {
  return address.engine == Engine::postgresql ? connect_postgres(address, deadline) : connect_mysql(address, deadline);
}

}  // namespace finwatch
