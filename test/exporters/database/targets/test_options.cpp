#include "conf/yaml.h"
#include "database/targets/options.h"
#include "support/catch.h"
#include "support/collector_test.h"

using namespace finwatch;
using namespace finwatch::database;
using namespace finwatch::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

Result<DatabaseOptions> read(const std::string& text) {
  const Result<Tree> tree = parse_yaml(text, "db.yml");
  if (!tree) return tree.error();
  return read_options(tree->find("targets"), tree->find("auth_modules"));
}
std::string error_of(const std::string& text) {
  const auto options = read(text);
  return options ? "accepted" : options.error().message;
}

}  // namespace

TEST_CASE("database options: a target with everything") {
  const auto options = read(R"(targets:
  - name: nc-主库
    engine: mysql
    host: db1.example
    port: 3307
    user: monitor
    password: secret
    database: nc
    tls: verify_full
    tls_ca: /etc/finwatch/ca.pem
    timeout: 2s
    medium_interval: 30s
    slow_interval: 10m
    series_budget: 500
    established_names: false
    tables: [nc.gl_voucher, nc.gl_detail]
  - {name: erp, engine: postgresql, socket: /run/postgresql, user: monitor}
)");
  REQUIRE(options);
  REQUIRE(options->targets.size() == 2);
  const TargetOptions& nc = options->targets[0];
  CHECK(nc.name == "nc-主库");
  CHECK(nc.address.engine == Engine::mysql);
  CHECK(nc.address.place() == "db1.example:3307");
  CHECK(nc.address.password.reveal() == "secret");
  CHECK(nc.address.tls == SqlTls::verify_full);
  CHECK(nc.timeout == 2s);
  CHECK(nc.medium == 30s);
  CHECK(nc.slow == 10min);
  CHECK(nc.series_budget == 500);
  CHECK_FALSE(nc.established_names);
  CHECK(nc.tables == std::vector<std::string>{"nc.gl_voucher", "nc.gl_detail"});
  CHECK(options->targets[1].address.place() == "/run/postgresql");
  CHECK(options->targets[1].series_budget == 2000);
}

TEST_CASE("database options: mistakes name line, column and what would be right") {
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: postgres, user: m}"),
             Contains("db.yml:2:23") && Contains("expected one of postgresql mysql mariadb, found 'postgres'"));
  CHECK_THAT(error_of("targets:\n  - {name: a, user: m}"), Contains("engine is missing"));
  CHECK_THAT(error_of("targets:\n  - {engine: mysql, user: m}"), Contains("name"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql}"), Contains("user is missing"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m, passwrod: x}"),
             Contains("passwrod") && Contains("password"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m, port: 70000}"), Contains("1 to 65535"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m, tls: verify_full}"), Contains("needs tls_ca"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m, password: x, password_file: y}"), Contains("keep one"));
  CHECK_THAT(error_of("targets:\n  - {name: 'a b', engine: mysql, user: m}"), Contains("letters, digits"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m, timeout: 1ms}"), Contains("at least 100ms"));
  CHECK_THAT(error_of("targets:\n  - {name: a, engine: mysql, user: m}\n  - {name: a, engine: mysql, user: m}"),
             Contains("db.yml:3") && Contains("names must differ"));
  CHECK_THAT(error_of("targets: [x]"), Contains("expected a map"));
  CHECK_THAT(error_of("auth_modules:\n  nc: {engine: mysql, user: m}"), Contains("hosts is missing"));
}

TEST_CASE("database options: the password is read when it is needed") {
  const TemporaryTree tree;
  tree.write("password", "first\n");
  TargetOptions target;
  target.password_file = tree.path("password");
  CHECK(with_credentials(target)->password.reveal() == "first");
  tree.write("password", "second\r\n");
  CHECK(with_credentials(target)->password.reveal() == "second");
  tree.remove("password");
  CHECK_THAT(with_credentials(target).error().message, Contains("password_file"));
}

TEST_CASE("database options: a client option file of MySQL's gives what is not set") {
  const TemporaryTree tree;
  tree.write("my.cnf",
             "[mysqld]\nuser=mysql\n[client]\n# comment\nuser = monitor\npassword=\"a # "
             "b\"\nhost=db9\nport=3399\n[mysqldump]\npassword=no\n");
  TargetOptions target;
  target.address.engine = Engine::mysql;
  target.my_cnf = tree.path("my.cnf");
  const auto address = with_credentials(target);
  REQUIRE(address);
  CHECK(address->user == "monitor");
  CHECK(address->password.reveal() == "a # b");
  CHECK(address->place() == "db9:3399");
  target.address.user = "mine";
  target.address.port = 1;
  CHECK(with_credentials(target)->user == "mine");
  CHECK(with_credentials(target)->port == 1);
}
