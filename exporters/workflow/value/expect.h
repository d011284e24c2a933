// What an answer must be, and what a failure means.
//
//   classify:                                    # first: the first rule that holds names the failure
//     - {json: /error/1/0, contains: closed period, as: data}
//     - {status: [401, 403], as: authentication}
//   expect:                                      # then: every one must hold
//     - {status: 2xx}
//     - {time: 2s, reason: timeout}
//     - {json: /Result/IsSuccess, eq: true}
//     - {json: "$.result[*].state", in: [draft, posted]}            # all that are found
//     - {column: balance, eq: "${amount}"}
//
//   std::optional<Failure> failure = first_failure(checks, answer, variables);
//   if (failure) report(failure->reason, failure->sentence);
//
// Two texts that are decimals are compared as decimals, exactly, whatever their size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "workflow/value/answer.h"
#include "workflow/value/reason.h"
#include "workflow/value/template.h"

namespace finwatch::workflow {

struct Failure {
  Reason reason = Reason::assertion;
  std::string sentence;  // for a person: what was expected, what was found; masked
};

/// One comparison with one operand.
struct Test {
  enum class Kind : unsigned char {
    eq,
    ne,
    lt,
    le,
    gt,
    ge,
    in,
    not_in,
    contains,
    not_contains,
    matches,
    not_matches,
    exists,
    absent,
    length,
  };
  Kind kind = Kind::exists;
  std::optional<Value> fixed;       // the operand, where it is the same in each run
  std::optional<Template> operand;  // where it is not
  std::optional<Pattern> pattern;   // of matches
  std::vector<Test> inner;          // of length
};

/// A value of the answer and the tests that it must pass; or a set of statuses.
struct Part {
  Source source;
  std::vector<Test> tests;
  std::vector<std::pair<int, int>> statuses;  // from and to
  std::string statuses_written;
};

/// All parts of one map in the file; it holds when each of them does.
struct Condition {
  std::vector<Part> parts;
  Reason reason = Reason::assertion;
};

struct Checks {
  std::vector<Condition> classify;
  std::vector<Condition> expect;
};

/// From the keys `classify` and `expect` of a step. config with file:line:column.
Result<Checks> read_checks(MapReader& step, const Scope& scope);

/// The first rule of `classify` that holds, else the first expectation that does not; nothing when all is well. An operand that
/// cannot be worked out is Reason::internal.
std::optional<Failure> first_failure(const Checks& checks, const Answer& answer, Variables& variables);

}  // namespace finwatch::workflow
