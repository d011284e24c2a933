// What an integrity check is: one statement that counts what must not be in the books, and how often it is asked.
//
//   checks:                                                     # of the configuration
//     - file: packs/integrity/tryton.yml
//       name: tryton                                            # the label `book`
//       connection: ledger
//       variables: {tag: "PROBE ", close_days: 10}
//       only: [unbalanced, numbering]                           # all when it is left out
//       intervals: {unbalanced: 10m}
//
//   Result<std::vector<CheckFile>> files = read_check_files(tree.find("checks"), "checks");
//   Result<Book> book = read_book(files->front(), connections);  // the head of packs/integrity/tryton.yml says what stands there
//   book->checks[0].statement(text);
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conf/both_languages.h"
#include "core/result.h"
#include "core/tree.h"
#include "workflow/run/sql_connection.h"
#include "workflow/value/template.h"

namespace finwatch::workflow {

/// A file of checks, as the configuration names it.
struct CheckFile {
  std::string path;
  std::string name;
  std::string connection;
  std::map<std::string, Tree, std::less<>> variables;
  std::vector<std::string> only;
  std::map<std::string, std::chrono::nanoseconds, std::less<>> intervals;
  Position where;  // in the configuration
};

/// None for nullptr. config with file:line:column.
Result<std::vector<CheckFile>> read_check_files(const Tree* section, const std::string& path);

/// What a number is; each has a family of its own.
enum class Unit : unsigned char { count, seconds, ratio, amount };
inline constexpr std::string_view kUnitNames[] = {"count", "seconds", "ratio", "amount"};

struct CheckValue {
  std::string column;
  Unit unit = Unit::count;
};

struct Check {
  std::string id;
  Words title, text;
  std::chrono::nanoseconds interval{};
  std::chrono::nanoseconds timeout{};
  std::vector<std::string> labels;  // columns that tell rows apart; none: one row
  std::vector<CheckValue> values;
  Template sql;
  std::unique_ptr<const Scope> scope;
  std::vector<std::pair<std::size_t, Value>> givens;  // variables of the file and the window

  Status statement(std::string& out) const;
};

/// The checks of one set of books.
struct Book {
  std::string name;
  std::string connection;
  std::string product;
  Engine engine = Engine::postgresql;
  std::vector<std::string> needs;  // relations without which nothing here is supported: "table", "schema.table"
  std::vector<std::shared_ptr<const Check>> checks;

  /// A statement that gives the needed relations that are not there.
  std::string self_test() const;
};

/// config with file:line:column and the next step.
Result<Book> read_book(const CheckFile& file, const std::vector<SqlConnection>& connections, const Context& context = {});

}  // namespace finwatch::workflow
