#include "app.h"
#include "database/assembly.h"

int main(int argc, char** argv) {
  finwatch::database::Assembler assembler;
  return finwatch::run_program(
      {.name = "finwatch-database",
       .summary = "Connections, locks, slow statements and more of PostgreSQL, MySQL and MariaDB for Prometheus.",
       .summary_zh = "向 Prometheus 提供 PostgreSQL、MySQL 与 MariaDB 的连接、锁、慢语句等指标。",
       .listen_address = "127.0.0.1:19601",
       .collectors = finwatch::database::Assembler::collector_infos(),
       .always = finwatch::database::Assembler::always(),
       .sections = finwatch::database::Assembler::kSections,
       .assemble = [&](const finwatch::Assembly& assembly,
                       const finwatch::Env& env) { return assembler.assemble(assembly, env); },
       .routes = assembler.routes()},
      argc, argv);
}
