#include "rules/tool/promql/parse.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "core/text.h"
#include "rules/tool/promql/check.h"
#include "rules/tool/promql/functions.h"
#include "rules/tool/promql/lexer.h"

namespace finwatch::rules {
namespace {

using Kind = Token::Kind;

struct OperatorRow {
  std::string_view written;
  int rank;  // a higher one binds closer
};
constexpr int kPowerRank = 6;  // from right to left, the others from left to right
// In the order of Operator.
constexpr OperatorRow kOperators[] = {{"or", 1}, {"and", 2}, {"unless", 2}, {"==", 3},        {"!=", 3}, {"<", 3},
                                      {"<=", 3}, {">", 3},   {">=", 3},     {"+", 4},         {"-", 4},  {"*", 5},
                                      {"/", 5},  {"%", 5},   {"atan2", 5},  {"^", kPowerRank}};

const OperatorRow* operator_of(const Token& token) {
  for (const OperatorRow& row : kOperators)
    if (token.is(row.written) || token.is_word(row.written)) return &row;
  return nullptr;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view one) { return same_word(one, word); });
}
bool is_number_word(std::string_view word) { return is_one_of(word, {"inf", "nan"}); }
bool is_never_metric(std::string_view word) {
  return is_one_of(word, {"on", "ignoring", "group_left", "group_right", "bool", "atan2"});
}
bool is_never_function(std::string_view word) {
  return is_one_of(word, {"and", "or", "unless", "by", "without", "offset"}) || word.find(':') != std::string_view::npos;
}

std::string found(const Token& token) {
  constexpr std::size_t kMostShown = 40;
  if (token.kind == Kind::end) return "the end";
  const std::string_view start = token.written.substr(0, kMostShown);
  return "'" + std::string(start.substr(0, utf8_prefix(start))) + (token.written.size() > kMostShown ? "…'" : "'");
}

// Each function reads one piece of the grammar from token_ on, and leaves token_ behind it; false with error_ when it is not there.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text), lexer_(text) {}

  Result<Expression> parse() {
    Expression expression;
    if (!advance() || !this->expression(1, expression)) return error_;
    if (token_.kind != Kind::end) {
      fail("an operator or the end");
      return error_;
    }
    return expression;
  }

 private:
  bool expression(int least_rank, Expression& out);
  bool operand(Expression& out);
  bool word(Expression& out);
  bool parentheses(Expression& out);
  bool selector(Expression& out, const Token* name);
  bool matchers(Selector& selector);
  bool matcher(Matcher& matcher);
  bool call(Expression& out, const Token& name);
  bool aggregation(Expression& out, const Token& name);
  bool grouping(Aggregation& aggregation);
  bool arguments(Expression& out);
  bool modifiers(Binary& binary);
  bool labels(std::vector<Label>& labels);
  bool suffixes(Expression& out);
  bool brackets(Expression& out);
  bool offset(Expression& out);
  bool at(Expression& out);
  bool length(bool positive, Length& out);

  bool advance() {
    last_end_ = token_.span.end;
    Result<Token> next = lexer_.next();
    if (!next) error_ = next.error();
    if (next) token_ = std::move(*next);
    return static_cast<bool>(next);
  }
  bool expect(std::string_view sign, std::string_view place) {
    if (!token_.is(sign)) return fail("'" + std::string(sign) + "' " + std::string(place));
    return advance();
  }
  bool refuse(std::size_t where, std::string_view message) {
    error_ = error_at(text_, where, message);
    return false;
  }
  bool fail(std::string_view expected) {
    return refuse(token_.span.begin, "expected " + std::string(expected) + ", found " + found(token_));
  }
  bool too_deep(std::size_t where) {
    return refuse(where, "the expression is nested deeper than " + std::to_string(kDeepestExpression) +
                             " levels; a recording rule can hold a part of it");
  }
  // The last word of every node: where it ends, and how high it stands.
  bool finish(Expression& out, ValueType type) {
    out.type = type;
    out.span.end = last_end_;
    for (const Expression& part : out.parts) out.height = std::max<std::uint16_t>(out.height, part.height + 1U);
    return out.height <= kDeepestExpression || too_deep(out.span.begin);
  }

  std::string_view text_;
  Lexer lexer_;
  Token token_;
  std::size_t last_end_ = 0;  // of the token before
  int depth_ = 0;
  Error error_;
};

bool Parser::expression(int least_rank, Expression& out) {
  if (depth_ >= kDeepestExpression) return too_deep(token_.span.begin);
  ++depth_;
  if (!operand(out)) return false;
  while (const OperatorRow* row = operator_of(token_)) {
    if (row->rank < least_rank) break;
    Binary binary;
    binary.op = static_cast<Operator>(row - kOperators);
    binary.op_span = token_.span;
    Expression right;
    if (!advance() || !modifiers(binary) || !expression(row->rank == kPowerRank ? kPowerRank : row->rank + 1, right))
      return false;
    const bool is_scalar = out.type == ValueType::scalar && right.type == ValueType::scalar;
    Expression joined;
    joined.span = out.span;
    joined.node = std::move(binary);
    joined.parts.reserve(2);
    joined.parts.push_back(std::move(out));
    joined.parts.push_back(std::move(right));
    out = std::move(joined);
    if (!finish(out, is_scalar ? ValueType::scalar : ValueType::vector)) return false;
  }
  --depth_;
  return true;
}

bool Parser::operand(Expression& out) {
  out.span = token_.span;
  if (token_.is("+") || token_.is("-")) {
    out.node = Unary{token_.is("-")};
    // -2 ^ 2 is -(2 ^ 2), and -2 * 2 is (-2) * 2.
    return advance() && expression(kPowerRank, out.parts.emplace_back()) && finish(out, out.parts.front().type);
  }
  bool read = false;
  if (token_.kind == Kind::number || token_.kind == Kind::duration) {
    out.node = Number{token_.number, token_.kind == Kind::duration};
    read = advance() && finish(out, ValueType::scalar);
  } else if (token_.kind == Kind::text) {
    out.node = Text{token_.value};
    read = advance() && finish(out, ValueType::text);
  } else if (token_.is("(")) {
    read = parentheses(out);
  } else if (token_.is("{")) {
    read = selector(out, nullptr);
  } else if (token_.kind == Kind::word && !is_never_metric(token_.written)) {
    read = word(out);
  } else {
    return fail("an expression");
  }
  return read && suffixes(out);
}

bool Parser::word(Expression& out) {
  const Token name = token_;
  if (!advance()) return false;
  if (is_number_word(name.written)) {
    out.node = Number{name.is_word("inf") ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN()};
    return finish(out, ValueType::scalar);
  }
  const bool is_aggregate = find_aggregate(name.written) != nullptr;
  if (is_aggregate && (token_.is("(") || token_.is_word("by") || token_.is_word("without"))) return aggregation(out, name);
  if (token_.is("(") && !is_never_function(name.written)) return call(out, name);
  return selector(out, &name);
}

bool Parser::parentheses(Expression& out) {
  out.node = Parentheses{};
  return advance() && expression(1, out.parts.emplace_back()) && expect(")", "or an operator") &&
         finish(out, out.parts.front().type);
}

bool Parser::selector(Expression& out, const Token* name) {
  Selector selector;
  if (name != nullptr) {
    Matcher& matcher = selector.matchers.emplace_back();
    matcher.form = Matcher::Form::name;
    matcher.label.name = kNameLabel;
    matcher.value = name->written;
    matcher.value_span = name->span;
  }
  if (token_.is("{") && !matchers(selector)) return false;
  out.node = std::move(selector);
  return finish(out, ValueType::vector);
}

bool Parser::matchers(Selector& selector) {
  if (!advance()) return false;
  while (!token_.is("}")) {
    if (!matcher(selector.matchers.emplace_back())) return false;
    if (!token_.is("}") && !expect(",", "or '}' behind a label matcher")) return false;
  }
  return advance();
}

bool Parser::matcher(Matcher& matcher) {
  constexpr std::string_view kKinds[] = {"=", "!=", "=~", "!~"};  // in the order of MatchKind
  const bool is_quoted = token_.kind == Kind::text;
  if (!is_quoted && (token_.kind != Kind::word || !is_plain_label(token_.written))) return fail("a label name or '}'");
  const Token label = token_;
  if (!advance()) return false;
  if (is_quoted && (token_.is(",") || token_.is("}"))) {
    matcher.form = Matcher::Form::quoted_name;
    matcher.label.name = kNameLabel;
    matcher.value = label.value;
    matcher.value_span = label.span;
    return true;
  }
  matcher.label = {is_quoted ? label.value : std::string(label.written), label.span, is_quoted};
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](std::string_view sign) { return token_.is(sign); });
  if (kind == std::end(kKinds)) return fail("=, !=, =~ or !~ behind the label name");
  matcher.kind = static_cast<MatchKind>(kind - kKinds);
  matcher.kind_span = token_.span;
  if (!advance()) return false;
  if (token_.kind != Kind::text) return fail("a string in quotes");
  matcher.value = token_.value;
  matcher.value_span = token_.span;
  return advance();
}

bool Parser::call(Expression& out, const Token& name) {
  const Function* function = find_function(name.written);
  if (function == nullptr)
    return refuse(name.span.begin, "unknown function " + found(name) + did_you_mean_function(name.written));
  out.node = Call{function, name.span};
  return arguments(out) && finish(out, function->gives);
}

bool Parser::aggregation(Expression& out, const Token& name) {
  Aggregation aggregation;
  aggregation.aggregate = find_aggregate(name.written);
  aggregation.name = name.span;
  if (!token_.is("(") && !grouping(aggregation)) return false;
  if (!arguments(out)) return false;
  const bool is_grouped = aggregation.grouping != Aggregation::Grouping::all;
  if (!is_grouped && (token_.is_word("by") || token_.is_word("without")) && !grouping(aggregation)) return false;
  out.node = std::move(aggregation);
  return finish(out, ValueType::vector);
}

bool Parser::grouping(Aggregation& aggregation) {
  aggregation.grouping = token_.is_word("by") ? Aggregation::Grouping::by : Aggregation::Grouping::without;
  return advance() && labels(aggregation.labels);
}

bool Parser::arguments(Expression& out) {
  if (!expect("(", "before the arguments")) return false;
  while (!token_.is(")")) {
    if (!expression(1, out.parts.emplace_back())) return false;
    if (token_.is(")")) break;
    if (!expect(",", "or ')' behind an argument")) return false;
    if (token_.is(")")) return fail("an expression behind ','");
  }
  return advance();
}

bool Parser::modifiers(Binary& binary) {
  if (token_.is_word("bool")) {
    binary.returns_bool = true;
    if (!advance()) return false;
  }
  const bool is_on = token_.is_word("on");
  if (!is_on && !token_.is_word("ignoring")) return true;
  binary.matching = is_on ? Binary::Matching::on : Binary::Matching::ignoring;
  if (!advance() || !labels(binary.labels)) return false;
  const bool is_left = token_.is_word("group_left");
  if (!is_left && !token_.is_word("group_right")) return true;
  binary.group = is_left ? Binary::Group::left : Binary::Group::right;
  return advance() && (!token_.is("(") || labels(binary.include));
}

bool Parser::labels(std::vector<Label>& labels) {
  if (!expect("(", "before the label names")) return false;
  while (!token_.is(")")) {
    const bool is_quoted = token_.kind == Kind::text && !token_.value.empty();
    const bool is_plain = token_.kind == Kind::word && is_plain_label(token_.written) && !is_number_word(token_.written);
    if (!is_quoted && !is_plain) return fail("a label name or ')'");
    labels.push_back({is_quoted ? token_.value : std::string(token_.written), token_.span, is_quoted});
    if (!advance()) return false;
    if (!token_.is(")") && !expect(",", "or ')' behind a label name")) return false;
  }
  return advance();
}

bool Parser::suffixes(Expression& out) {
  for (;;) {
    if (token_.is("[")) {
      if (!brackets(out)) return false;
    } else if (token_.is_word("offset")) {
      if (!offset(out)) return false;
    } else if (token_.is("@")) {
      if (!at(out)) return false;
    } else {
      return true;
    }
  }
}

bool Parser::brackets(Expression& out) {
  const std::size_t begin = token_.span.begin;
  Length range;
  lexer_.inside_brackets(true);
  if (!advance() || !length(true, range)) return false;
  if (token_.is(":")) {
    Subquery subquery;
    subquery.range = range;
    if (!advance() || (!token_.is("]") && !length(true, subquery.step.emplace()))) return false;
    Expression inner = std::move(out);
    out = {};
    out.span = inner.span;
    out.node = subquery;
    out.parts.push_back(std::move(inner));
  } else {
    auto* selector = out.as<Selector>();
    if (!token_.is("]")) return fail("']', or ':' for a subquery");
    if (selector == nullptr || selector->range)
      return refuse(begin, "a range like [5m] follows a selector only; a subquery of another expression is written [5m:]");
    if (selector->when.offset || selector->when.at != When::At::now)
      return refuse(begin, "the range stands before offset and @");
    selector->range = range;
  }
  lexer_.inside_brackets(false);
  return expect("]", "behind the step of the subquery") && finish(out, ValueType::range);
}

When* when_of(Expression& expression) {
  if (auto* selector = expression.as<Selector>()) return &selector->when;
  if (auto* subquery = expression.as<Subquery>()) return &subquery->when;
  return nullptr;
}

bool Parser::offset(Expression& out) {
  When* when = when_of(out);
  if (when == nullptr) return refuse(token_.span.begin, "offset follows a selector, a range or a subquery only");
  if (when->offset) return refuse(token_.span.begin, "a second offset");
  if (!advance()) return false;
  const std::size_t begin = token_.span.begin;
  const bool is_negative = token_.is("-");
  if ((is_negative && !advance()) || !length(false, when->offset.emplace())) return false;
  if (is_negative) when->offset = Length{-when->offset->time, {begin, when->offset->span.end}, when->offset->is_number};
  return finish(out, out.type);
}

bool Parser::at(Expression& out) {
  When* when = when_of(out);
  if (when == nullptr) return refuse(token_.span.begin, "@ follows a selector, a range or a subquery only");
  if (when->at != When::At::now) return refuse(token_.span.begin, "a second @");
  if (!advance()) return false;
  const bool is_start = token_.is_word("start");
  if (is_start || token_.is_word("end")) {
    when->at = is_start ? When::At::start : When::At::end;
    return advance() && expect("(", "behind start or end") && expect(")", "behind start( or end(") && finish(out, out.type);
  }
  const bool is_negative = token_.is("-");
  if ((is_negative || token_.is("+")) && !advance()) return false;
  if (token_.kind != Kind::number) return fail("a Unix time in seconds, start() or end() behind @");
  if (token_.number >= 0x1p63) return refuse(token_.span.begin, "a time too far away");
  when->at = When::At::time;
  when->at_seconds = is_negative ? -token_.number : token_.number;
  return advance() && finish(out, out.type);
}

bool Parser::length(bool positive, Length& out) {
  constexpr double kMost = 9'223'372'036;  // seconds: Prometheus counts nanoseconds
  if (token_.kind != Kind::number && token_.kind != Kind::duration) return fail("a duration like 5m");
  if (token_.number > kMost) return refuse(token_.span.begin, "a duration of more than 292 years");
  // Durations are whole milliseconds already, which a double may miss by a hair.
  const double milliseconds = token_.number * 1000;
  out.time = std::chrono::milliseconds(std::llround(token_.kind == Kind::duration ? milliseconds : std::trunc(milliseconds)));
  out.span = token_.span;
  out.is_number = token_.kind == Kind::number;
  if (positive && out.time.count() == 0) return refuse(token_.span.begin, "a duration here is longer than 0");
  return advance();
}

}  // namespace

std::string_view to_string(Operator op) { return kOperators[static_cast<unsigned char>(op)].written; }

Result<Expression> parse_promql(std::string_view text) {
  if (text.size() > kLongestExpression)
    return error_at(text, 0,
                    "the expression has " + std::to_string(text.size()) + " bytes; at most " +
                        std::to_string(kLongestExpression) + " are read");
  if (const std::size_t valid = utf8_prefix(text); valid != text.size()) return error_at(text, valid, "this is not UTF-8");
  Result<Expression> expression = Parser(text).parse();
  if (!expression) return expression;
  if (Status checked = check_promql(*expression, text); !checked) return checked.error();
  return expression;
}

}  // namespace finwatch::rules
