#include <algorithm>
#include <array>

#include "conf/words.h"
#include "core/text.h"
#include "workflow/value/decimal.h"
#include "workflow/value/template.h"

namespace finwatch::workflow {
namespace {

constexpr std::size_t kMostDepth = 16;  // of calls inside calls

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class ExpressionParser {
 public:
  ExpressionParser(std::string_view text, std::size_t& at, const Scope& scope) : text_(text), at_(at), scope_(scope) {}

  Result<Expression> whole() {
    Result<Expression> expression = value(0);
    if (!expression) return expression;
    blanks();
    if (at_ >= text_.size()) return {Errc::config, "'${' is never closed: expected '}'"};
    if (text_[at_] != '}') return {Errc::config, "expected '}', found " + found()};
    ++at_;
    return expression;
  }

 private:
  Result<Expression> value(std::size_t depth) {
    blanks();
    if (depth > kMostDepth) return {Errc::config, "more than 16 calls inside each other"};
    if (at_ >= text_.size()) return {Errc::config, "'${' is never closed: expected '}'"};
    const char c = text_[at_];
    if (c == '\'' || c == '"') return quoted();
    if ((c >= '0' && c <= '9') || c == '-') return number();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name_character(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    if (name.empty()) return {Errc::config, "expected a name, a 'text', a number or a function, found " + found()};
    if (name == "true" || name == "false") return fixed(Value::of_boolean(name == "true"));
    if (at_ < text_.size() && text_[at_] == '(') return call(name, begin, depth);
    return variable(name, begin);
  }

  Result<Expression> quoted() {
    const char quote = text_[at_];
    const std::size_t begin = at_++;
    std::string out;
    for (; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\' || at_ + 1 >= text_.size()) {
        out += text_[at_];
        continue;
      }
      const char escape = text_[++at_];
      out += escape == 'n' ? '\n' : escape == 'r' ? '\r' : escape == 't' ? '\t' : escape;
    }
    if (at_ >= text_.size()) {
      at_ = begin;
      return {Errc::config, "a quoted text that never ends"};
    }
    ++at_;
    return fixed(Value::of_text(std::move(out)));
  }

  Result<Expression> number() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (is_name_character(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+'))
      ++at_;
    const std::string_view digits = text_.substr(begin, at_ - begin);
    if (is_json_number(digits)) return fixed(Value::of_number(std::string(digits)));
    at_ = begin;
    return {Errc::config, "expected a number, found " + found() + "; a text stands in quotes"};
  }

  Result<Expression> variable(std::string_view name, std::size_t begin) {
    Expression expression;
    expression.kind = Expression::Kind::variable;
    expression.name = name;
    const auto place = scope_.find(name);
    if (!place) {
      at_ = begin;
      if (const Function* function = find_function(name))
        return {Errc::config, "'" + expression.name + "' is a function: write ${" + std::string(function->usage) + "}"};
      const std::vector<std::string_view> known(scope_.names().begin(), scope_.names().end());
      return {Errc::config,
              "unknown variable '" + expression.name + "': nothing before here sets it" + did_you_mean(name, known)};
    }
    expression.place = *place;
    const std::size_t path_begin = at_;
    char quote = 0;  // ['a, b'] may hold anything
    while (at_ < text_.size() && (quote != 0 || std::string_view("}, )").find(text_[at_]) == std::string_view::npos)) {
      const char c = text_[at_++];
      if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
      } else if (c == quote) {
        quote = 0;
      }
    }
    if (at_ == path_begin) return expression;
    const std::string_view written = text_.substr(path_begin, at_ - path_begin);
    Result<JsonPath> path = JsonPath::compile(written.front() == '/' ? std::string(written) : "$" + std::string(written));
    if (!path) {
      at_ = path_begin;
      return {Errc::config, "behind " + expression.name + ": " + path.error().message};
    }
    expression.path = std::make_shared<const JsonPath>(std::move(*path));
    expression.name += written;
    return expression;
  }

  Result<Expression> call(std::string_view name, std::size_t begin, std::size_t depth) {
    Expression expression;
    expression.kind = Expression::Kind::call;
    expression.name = name;
    expression.function = find_function(name);
    if (expression.function == nullptr) {
      at_ = begin;
      return {Errc::config, "unknown function '" + expression.name + "'" + did_you_mean(name, function_names())};
    }
    ++at_;
    blanks();
    while (at_ < text_.size() && text_[at_] != ')') {
      if (!expression.arguments.empty()) {
        if (text_[at_] != ',') return {Errc::config, "expected ',' or ')', found " + found()};
        ++at_;
      }
      Result<Expression> argument = value(depth + 1);
      if (!argument) return argument;
      expression.arguments.push_back(std::move(*argument));
      blanks();
    }
    if (at_ >= text_.size()) return {Errc::config, "expected ')' of " + expression.name + "()"};
    ++at_;
    if (Status status = check(expression); !status) {
      at_ = begin;
      return status.error();
    }
    return expression;
  }

  // The number of its arguments and the words among them; with fixed arguments, that it works. What always gives the same is
  // replaced by what it gives.
  Status check(Expression& expression) const {
    const Function& function = *expression.function;
    const std::size_t count = expression.arguments.size();
    if (count < function.least || count > function.most) {
      std::string many = std::to_string(function.least);
      if (function.most != function.least) many += " to " + std::to_string(function.most);
      return {Errc::config, "expected " + many + (many == "1" ? " argument" : " arguments") + " as in " +
                                std::string(function.usage) + ", found " + std::to_string(count)};
    }
    if (!function.choices.empty() && count == function.most) {
      const Expression& word = expression.arguments.back();
      std::vector<std::string_view> words;
      for (FieldReader choices(function.choices); !choices.done();) words.push_back(choices.next());
      if (word.kind == Expression::Kind::literal && std::find(words.begin(), words.end(), word.literal.text) == words.end())
        return {Errc::config, expression.name + ": '" + word.literal.text + "' is none of " + std::string(function.choices) +
                                  did_you_mean(word.literal.text, words)};
    }
    const bool all_fixed = std::all_of(expression.arguments.begin(), expression.arguments.end(),
                                       [](const Expression& one) { return one.kind == Expression::Kind::literal; });
    if (!all_fixed) return ok();
    Value result;
    const Variables nothing(scope_);
    const Result<const Value*> tried = expression.evaluate(nothing, result);
    if (!tried) return {Errc::config, tried.error().message};
    if (function.pure) {
      Value value = **tried;
      expression = Expression{};
      expression.literal = std::move(value);
    }
    return ok();
  }

  static Result<Expression> fixed(Value value) {
    Expression expression;
    expression.literal = std::move(value);
    return expression;
  }

  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t')) ++at_;
  }

  std::string found() const {
    return at_ < text_.size() ? "'" + valid_utf8(text_.substr(at_, 12)) + "'" : std::string("the end");
  }

  std::string_view text_;
  std::size_t& at_;
  const Scope& scope_;
};

Error in_function(const Expression& call, const Error& error) { return {error.code, call.name + "(): " + error.message}; }

}  // namespace

Result<Expression> parse_expression(std::string_view text, std::size_t& at, const Scope& scope) {
  return ExpressionParser(text, at, scope).whole();
}

// At most as deep as the parser allows.
Result<const Value*> Expression::evaluate(const Variables& variables, Value& scratch) const {
  if (kind == Kind::literal) return &literal;
  if (kind == Kind::variable) {
    const Value& whole = variables.get(place);
    if (whole.kind == Value::Kind::unset) return {Errc::unavailable, "variable '" + name + "' is not set"};
    if (!path) return &whole;
    const std::optional<JsonRef> inside = whole.json ? path->first(whole.json->root()) : std::nullopt;
    if (!inside) return {Errc::unavailable, "there is no '" + name + "'" + (whole.json ? "" : ": the variable is not JSON")};
    scratch = Value::of(*inside);
    scratch.secret = whole.secret;
    return &scratch;
  }
  static const Value kUnset;
  std::array<Value, kMostArguments> scratches;
  std::array<const Value*, kMostArguments> given{};
  bool secret = function->secret;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Result<const Value*> argument = arguments[i].evaluate(variables, scratches[i]);
    const bool absent = !argument && argument.error().code == Errc::unavailable && arguments[i].kind == Kind::variable;
    if (!argument && !(absent && function->accepts_unset)) return argument.error();
    given[i] = argument ? *argument : &kUnset;
    secret = secret || given[i]->secret;
  }
  if (const Status status = function->call({{given.data(), arguments.size()}, variables.context()}, scratch); !status)
    return in_function(*this, status.error());
  scratch.secret = secret;
  return &scratch;
}

}  // namespace finwatch::workflow
