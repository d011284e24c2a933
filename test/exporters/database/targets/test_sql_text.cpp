#include "database/targets/sql_text.h"

#include "support/catch.h"

using namespace finwatch;
using finwatch::database::show_statement;

namespace {
std::string postgres(std::string_view text) { return show_statement(text, Engine::postgresql, 500); }
std::string mysql(std::string_view text) { return show_statement(text, Engine::mysql, 500); }
}  // namespace

TEST_CASE("statement text: literals go, names stay") {
  CHECK(postgres("UPDATE nc.voucher SET amount = -12.5e-3, t2 = 0xFF\n WHERE payee = 'O''Brien'  AND \"Row 1\" = $1") ==
        "UPDATE nc.voucher SET amount = -?, t2 = ? WHERE payee = ? AND \"Row 1\" = $1");
  CHECK(mysql("SELECT \"a secret\", `col 1` FROM 凭证 WHERE id IN (1,2,.5) AND x=1.5") ==
        "SELECT ?, `col 1` FROM 凭证 WHERE id IN (?,?,?) AND x=?");
  CHECK(postgres("ALTER ROLE monitor PASSWORD 'geheim'") == "ALTER ROLE monitor PASSWORD ?");
  CHECK(postgres("DO $body$ secret $x$ 'y' $body$; SELECT $$s$$, E'a', $2") == "DO ?; SELECT ?, E?, $2");
}

TEST_CASE("statement text: comments go") {
  CHECK(postgres("SELECT a -- card 4111\nFROM /* outer /* inner */ 'x' */ b") == "SELECT a FROM b");
  CHECK(mysql("/* trace 77 */ SELECT a # card 4111\nFROM b") == "SELECT a FROM b");
}

TEST_CASE("statement text: what is cut inside a literal, and what servers read in two ways, is not shown") {
  CHECK(postgres("INSERT INTO t VALUES ('cut in the midd") == "INSERT INTO t VALUES (?");
  CHECK(mysql(R"(SELECT 'it\'s', 'secret' FROM t)") == "SELECT ?…");
  CHECK(postgres(R"(SELECT 'a\', 'secret')") == "SELECT ?…");
  CHECK(mysql(R"(SELECT 'a\\', b FROM t)") == "SELECT ?, b FROM t");
  CHECK(postgres("SELECT \"cut") == "SELECT \"cut");
  CHECK(postgres("SELECT $tag$ cut") == "SELECT ?");
  CHECK(postgres("SELECT /* cut") == "SELECT");
  CHECK(postgres("$") == "$");
  CHECK(postgres("") == "");
}

TEST_CASE("statement text: shortened to whole characters of valid UTF-8") {
  CHECK(show_statement("SELECT 凭证凭证", Engine::postgresql, 15) == "SELECT 凭…");
  CHECK(show_statement("SELECT 凭证", Engine::postgresql, 13) == "SELECT 凭证");
  CHECK(postgres("SELECT a\xff"
                 "b\x01"
                 "c") ==
        "SELECT a\xEF\xBF\xBD"
        "b c");
}
