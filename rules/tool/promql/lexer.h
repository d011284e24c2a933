// The words of a PromQL expression, one at a time. Blanks and comments between them are skipped.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "rules/tool/promql/expression.h"

namespace finwatch::rules {

struct Token {
  enum class Kind : unsigned char {
    end,
    word,      // a name, a keyword, inf, nan
    number,    // its value in `number`
    duration,  // its seconds in `number`
    text,      // its value in `value`
    sign,      // an operator, a bracket, a comma …
  };

  Kind kind = Kind::end;
  std::string_view written;
  std::string value;
  double number = 0;
  Span span;

  bool is(std::string_view sign) const { return kind == Kind::sign && written == sign; }
  /// Keywords are not told apart by case.
  bool is_word(std::string_view word) const;
};

/// config: "3:14: message"; columns count characters.
Error error_at(std::string_view text, std::size_t at, std::string_view message);

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  /// Inside [ ] a colon stands alone; elsewhere it is a letter.
  void inside_brackets(bool inside) { inside_brackets_ = inside; }

  /// config, with line:column, for what begins no word.
  Result<Token> next();

 private:
  void skip_blanks();
  Token take(Token::Kind kind, std::size_t length);
  Result<Token> number();
  Result<Token> quoted();
  Status escape(std::size_t& at, std::string& value) const;

  std::string_view text_;
  std::size_t at_ = 0;
  bool inside_brackets_ = false;
};

/// The milliseconds of "1h30m", units from y to ms in this order and each once; nothing for another text or more than 292 years.
std::optional<std::chrono::milliseconds> parse_length(std::string_view text);

/// [a-zA-Z_][a-zA-Z0-9_]*, what a label may be called without quotes; with colons, what a metric may.
bool is_plain_label(std::string_view name);
bool is_plain_metric(std::string_view name);

}  // namespace finwatch::rules
